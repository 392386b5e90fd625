"""How fast the running app answers: a real server, warm networks, and a client that draws nothing.

A browser on the same two cores would be measured along, so a bare websocket asks instead. Skipped
unless asked for, since a busy machine says nothing:

    MTLBUS_SPEED=1 python -m pytest -n 0 -s tests/browser/test_speed.py

Every figure is printed and held to its limit. A run lasts from the client's message to the
server's word that the script has finished.
"""

from __future__ import annotations

import os
import re
import statistics
import time
from dataclasses import dataclass, field

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from mtlbus.data.phantom import GALLERY
from mtlbus.inference.cost import measure_cost
from mtlbus.inference.predictor import Predictor

METHODS = ("ctan", "mtl", "mtl_cosa")
WARM, *CASES = list(GALLERY)[:9]
SLIDERS = {
    "Mask threshold": [0.3, 0.35, 0.4, 0.45, 0.55, 0.6],
    "Opacity of the inside": [10, 15, 20, 25, 30, 35],
}

pytestmark = pytest.mark.skipif(
    os.environ.get("MTLBUS_SPEED") != "1", reason="measures time: MTLBUS_SPEED=1 on a quiet machine"
)


@dataclass
class Answer:
    """What a run of the script sent: how long it took, its line of times, its sliders."""

    milliseconds: float = 0.0
    timing: str = ""
    sliders: dict[str, tuple[str, str]] = field(default_factory=dict)  # label to id and fragment


class Session:
    """A connection to the server that shows one page."""

    def __init__(self, server: str, page: str, query: str) -> None:
        client = pytest.importorskip("websockets.sync.client")
        self._page, self._query = page, query
        address = server.replace("http", "ws") + "/_stcore/stream"
        self._socket = client.connect(
            address, subprotocols=["streamlit"], origin=server, max_size=None
        )

    def run(self, widget: tuple[str, str] | None = None, value: float = 0.0) -> Answer:
        """Run the script, or the fragment of a slider that is moved."""
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._page
        if widget is not None:
            message.rerun_script.fragment_id = widget[1]
            state = message.rerun_script.widget_states.widgets.add(id=widget[0])
            state.double_array_value.data.append(value)
        answer, started = Answer(), time.perf_counter()
        self._socket.send(message.SerializeToString())
        while True:
            said = ForwardMsg.FromString(self._socket.recv())
            kind = said.WhichOneof("type")
            element = said.delta.new_element
            if kind == "delta" and "Computed in" in element.markdown.body:
                answer.timing = element.markdown.body
            elif kind == "delta" and element.WhichOneof("type") == "slider":
                place = (element.slider.id, said.delta.fragment_id)
                answer.sliders[element.slider.label] = place
            elif kind == "script_finished":
                answer.milliseconds = 1000 * (time.perf_counter() - started)
                return answer

    def close(self) -> None:
        self._socket.close()


def test_the_running_app_is_fast(server):
    bare = {}
    for method in METHODS:
        network = Predictor.of(method)
        bare[method] = measure_cost(network.model, network.size, forwards=40).milliseconds
    print()
    above = []

    def hold(what: str, value: float, limit: float, unit: str = "") -> None:
        print(f"{what:<50}{value:8.2f}{unit}  (at most {limit:g}{unit})", flush=True)
        if not value <= limit:
            above.append(what)

    Session(server, "", "").run()  # loads what every page needs
    for method in METHODS:
        totals, shown = [], None
        for case in (WARM, *CASES):
            session = Session(server, "predict", f"case={case}&method={method}")
            shown = session.run()
            totals.append(float(re.search(r"Computed in (\d+) ms", shown.timing)[1]))
            if case != CASES[-1]:
                session.close()
        total = statistics.median(totals[1:])
        print(f"{method}: bare forward {bare[method]:.1f} ms; {shown.timing}")
        hold(f"{method}: a new image, in bare forwards", total / bare[method], 1.6)
        for label, values in SLIDERS.items():
            times = [session.run(shown.sliders[label], value).milliseconds for value in values]
            hold(f"{method}: {label}", statistics.median(times), 150, " ms")
        session.close()
    assert not above
