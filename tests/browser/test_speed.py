"""How fast the running app answers: a real server, warm networks, and a client that draws nothing.

A browser on the same two cores would be measured along, so a bare websocket asks instead. Skipped
unless asked for, since a busy machine says nothing:

    MTLBUS_SPEED=1 python -m pytest -n 0 -s tests/browser/test_speed.py

Every figure is printed and held to its limit. A run lasts from the client's message to the
server's word that the script has finished.
"""

from __future__ import annotations

import io
import os
import re
import statistics
import time
from dataclasses import dataclass, field, replace

import pandas as pd
import pyarrow
import pytest
import torch
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from mtlbus.core.outputs import positive_logit
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.explain.subject import BATCH
from mtlbus.inference.cost import measure_costs
from mtlbus.inference.predictor import Predictor

METHODS = ("ctan", "mtl", "mtl_cosa")
WARM, *CASES = list(GALLERY)[:9]
THRESHOLDS, FILLS = [0.3, 0.35, 0.4, 0.45, 0.55, 0.6], [10, 15, 20, 25, 30, 35]
EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN

pytestmark = pytest.mark.skipif(
    os.environ.get("MTLBUS_SPEED") != "1", reason="measures time: MTLBUS_SPEED=1 on a quiet machine"
)


@dataclass
class Answer:
    """What a run of the script sent: how long it took, its line of times, widgets and tables.

    `widgets` maps a label to the id and the fragment of a slider or button, `buttons` the key of
    a button that may have no label.
    """

    milliseconds: float = 0.0
    timing: str = ""
    widgets: dict[str, tuple[str, str]] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    tables: list[pd.DataFrame] = field(default_factory=list)


class Session:
    """A connection to the server that shows one page."""

    def __init__(self, server: str, page: str, query: str) -> None:
        client = pytest.importorskip("websockets.sync.client")
        self._page, self._query = page, query
        address = server.replace("http", "ws") + "/_stcore/stream"
        self._socket = client.connect(
            address, subprotocols=["streamlit"], origin=server, max_size=None
        )

    def run(self, widget: tuple[str, str] | None = None, value: float | None = None) -> Answer:
        """Run the script, or what a slider that is moved or a button that is clicked runs."""
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._page
        if widget is not None:
            message.rerun_script.fragment_id = widget[1]
            state = message.rerun_script.widget_states.widgets.add(id=widget[0])
            if value is None:
                state.trigger_value = True
            else:
                state.double_array_value.data.append(value)
        answer, started = Answer(), time.perf_counter()
        self._socket.send(message.SerializeToString())
        while True:
            said = ForwardMsg.FromString(self._socket.recv())
            if said.WhichOneof("type") == "delta":
                _read(said.delta, answer)
            elif said.WhichOneof("type") == "page_info_changed":  # as a browser would keep it
                self._query = said.page_info_changed.query_string
            elif said.WhichOneof("type") == "script_finished" and said.script_finished != EARLY:
                answer.milliseconds = 1000 * (time.perf_counter() - started)
                return answer

    def close(self) -> None:
        self._socket.close()


def _read(delta, answer: Answer) -> None:
    element = delta.new_element
    kind = element.WhichOneof("type")
    if kind == "markdown" and "Computed in" in element.markdown.body:
        answer.timing = element.markdown.body
    elif kind in ("slider", "button"):
        widget = getattr(element, kind)
        answer.widgets[widget.label] = (widget.id, delta.fragment_id)
        if kind == "button" and "_walk_" in widget.id:
            answer.buttons[widget.id[widget.id.index("_walk_") :]] = answer.widgets[widget.label]
    elif kind == "dataframe":
        data = io.BytesIO(element.dataframe.arrow_data.data)
        answer.tables.append(pyarrow.ipc.open_stream(data).read_pandas())


class Limits:
    """Prints what was measured, and remembers what is above its limit."""

    def __init__(self) -> None:
        self.above: list[str] = []

    def hold(self, what: str, values: list[float], limit: float, unit: str = "") -> None:
        median = statistics.median(values)
        spread = f"{min(values):.2f} to {max(values):.2f}"
        print(f"{what:<46}{median:8.2f}{unit}  (at most {limit:g}; {spread})", flush=True)
        if not median <= limit:
            self.above.append(what)


@pytest.fixture
def limits() -> Limits:
    print()
    return Limits()


@pytest.fixture(scope="module")
def bare() -> dict[str, float]:
    """Milliseconds of a forward of each network, by itself."""
    networks = [Predictor.of(method) for method in METHODS]
    costs = measure_costs([(network.model, network.size) for network in networks], forwards=40)
    found = {m: cost.milliseconds for m, cost in zip(METHODS, costs, strict=True)}
    for method, milliseconds in found.items():
        print(f"\n{method}: bare forward {milliseconds:.1f} ms", end="", flush=True)
    return found


def gradient_seconds(method: str, images: int) -> float:
    """Seconds that forwards and backwards of so many images take by themselves, in batches."""
    network = Predictor.of(method)
    started = time.perf_counter()
    for _ in range(images // BATCH):
        inputs = torch.rand(BATCH, 3, network.size, network.size)
        inputs = inputs.contiguous(memory_format=torch.channels_last).requires_grad_()
        logits = network.model(inputs).class_logits[MALIGNANCY.name]
        torch.autograd.grad(positive_logit(logits).sum(), inputs)
    return time.perf_counter() - started


def hold_sliders(limits: Limits, session: Session, shown: Answer, name: str) -> None:
    """Move the threshold and the fill of a page that is shown."""
    for label, values in (("Mask threshold", THRESHOLDS), ("Fill", FILLS)):
        times = [session.run(shown.widgets[label], value).milliseconds for value in values]
        limits.hold(f"{name}: {label}", times, 150, " ms")


def test_predict(fresh_server, bare, limits):
    Session(fresh_server, "", "").run()  # loads what every page needs
    for method in METHODS:
        totals, shown = [], None
        for case in (WARM, *CASES):
            session = Session(fresh_server, "predict", f"case={case}&method={method}")
            shown = session.run()
            totals.append(float(re.search(r"Computed in (\d+) ms", shown.timing)[1]))
            if case != CASES[-1]:
                session.close()
        print(shown.timing.removeprefix(":material/timer: "))
        ratios = [total / bare[method] for total in totals[1:]]
        limits.hold(f"{method}: a new image, in bare forwards", ratios, 1.6)
        hold_sliders(limits, session, shown, method)
        session.close()
    assert not limits.above


def test_compare(fresh_server, bare, limits):
    ratios = []
    for case in (WARM, *CASES):
        Session(fresh_server, "methods", f"case={case}").run()  # makes the phantom
        session = Session(fresh_server, "compare", f"case={case}&methods={','.join(METHODS)}")
        first, again = session.run().milliseconds, session.run().milliseconds
        ratios.append((first - again) / sum(bare.values()))
        if case != CASES[-1]:
            session.close()
    hold_sliders(limits, session, session.run(), "Compare")
    limits.hold("Compare: what three networks add, in their sum", ratios[1:], 1.15)
    assert not limits.above


def test_phantom_lab(server, limits):
    """A knob to the new answer of one network, of which the phantom is a part."""
    session = Session(server, "phantom_lab", f"case={WARM}&methods=mtl_cosa&knob=gain_db")
    session.run(session.run().widgets["Gain (dB)"], 1.0)
    times = []
    for gain in (2.0, 3.0, 4.0, 5.0, 6.0, 7.0):
        session = Session(server, "phantom_lab", f"case={WARM}&methods=mtl_cosa&knob=gain_db")
        slider = session.run().widgets["Gain (dB)"]
        times.append(session.run(slider, gain).milliseconds)
        session.close()
    limits.hold("Phantom lab: a knob to the new answer", times, 600, " ms")
    drawn = []
    for gain in (-2.0, -3.0, -4.0):
        started = time.perf_counter()
        make_phantom(replace(GALLERY[WARM].parameters, gain_db=gain))
        drawn.append(1000 * (time.perf_counter() - started))
    limits.hold("Phantom lab: the phantom of it", drawn, 200, " ms")
    assert not limits.above


def test_lecture(server, limits):
    """The next case in lecture mode takes no longer than a new image on Predict."""
    keys = list(GALLERY)
    Session(server, "predict", f"case={WARM}&method=mtl_cosa").run()  # loads the network
    asked = [Session(server, "predict", f"case={c}&method=mtl_cosa") for c in keys[1:9:2]]
    shown = [session.run().milliseconds for session in asked]
    session = Session(server, "predict", f"case={keys[8]}&method=mtl_cosa&lecture=1")
    times, answer = [], session.run()
    for _ in range(6):  # cases that nobody has asked about
        answer = session.run(answer.buttons["_walk_chevron_right"])
        times.append(answer.milliseconds)
    for one in (*asked, session):
        one.close()
    base = statistics.median(shown)
    limits.hold("Lecture: next case, in new images on Predict", [t / base for t in times], 1.3)
    assert not limits.above


@pytest.mark.parametrize("method", METHODS)
def test_attributions(fresh_server, bare, limits, method):
    cam, gradients = [], []
    for case in (WARM, *CASES[:6]):
        session = Session(
            fresh_server,
            "attributions",
            f"case={case}&method={method}&placebo=0&attributions=gradcam,integrated_gradients",
        )
        done = session.run(session.run().widgets["Run"])
        table = next(table for table in done.tables if "Seconds" in table)
        table = table.set_index("Attribution")
        cam.append(1000 * table["Seconds"]["Grad-CAM"] / bare[method])
        ends, steps = map(int, table["Passes"]["Integrated Gradients"].split(" + "))
        # In turn, since a core that others share is a tenth faster in one minute than in the next.
        alone = gradient_seconds(method, steps) + ends * bare[method] / 1000
        gradients.append(table["Seconds"]["Integrated Gradients"] / alone)
        session.close()
    limits.hold(f"{method}: Grad-CAM, in bare forwards", cam[1:], 1.3)
    limits.hold(f"{method}: Integrated Gradients, in its passes", gradients[1:], 1.05)
    assert not limits.above
