"""How long the app takes beside the networks it asks: a real server, and tabs that draw nothing.

    python -m mtlbus bench mtl_cosa mtl ctan --app

runs this in a process of its own. A browser on the same cores would be measured along, so a bare
websocket asks instead. A run lasts from its message to the server's word that the script has
finished. Each image is new to the server; after it the networks are timed here by themselves, so
that a machine that is slower for a while is slower for both.
"""

from __future__ import annotations

import io
import json
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow
import torch
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from ..data.phantom import GALLERY
from ..inference.cost import forward_time
from ..inference.predictor import Predictor
from .services import settle

APP = Path(__file__).resolve().parents[2] / "app.py"
WARM, *CASES = list(GALLERY)[:9]
OTHERS = list(GALLERY)[9:]  # that nobody has asked about when Compare does
THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.55, 0.6)
THRESHOLD = "Mask threshold"
_PATIENCE = 120  # seconds for the server to start
_EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


@dataclass
class Drawn:
    """What a run of the script sent: how long it took, its line of times, widgets and tables.

    `widgets` maps a label to the id and the fragment of a slider or button.
    """

    milliseconds: float = 0.0
    timing: str = ""
    widgets: dict[str, tuple[str, str]] = field(default_factory=dict)
    tables: list[pd.DataFrame] = field(default_factory=list)

    @property
    def computed(self) -> float:
        """Milliseconds that the page says it computed."""
        found = re.search(r"Computed in (\d+) ms", self.timing)
        return float(found[1]) if found else float("nan")


class Tab:
    """A connection to the server that shows one page.

    Args:
        server: its address.
        page, query: of the page.
    """

    def __init__(self, server: str, page: str = "", query: str = "") -> None:
        self._page, self._query = page, query
        address = server.replace("http", "ws") + "/_stcore/stream"
        self._socket = connect(
            address, subprotocols=["streamlit"], origin=server, max_size=None
        ).__enter__()

    def run(self, widget: tuple[str, str] | None = None, value: float | None = None) -> Drawn:
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
        drawn, started = Drawn(), time.perf_counter()
        self._socket.send(message.SerializeToString())
        while True:
            said = ForwardMsg.FromString(self._socket.recv())
            if said.WhichOneof("type") == "delta":
                _read(said.delta, drawn)
            elif said.WhichOneof("type") == "page_info_changed":  # as a browser would keep it
                self._query = said.page_info_changed.query_string
            elif said.WhichOneof("type") == "script_finished" and said.script_finished != _EARLY:
                drawn.milliseconds = _since(started)
                return drawn

    def close(self) -> None:
        self._socket.close()


def _read(delta, drawn: Drawn) -> None:
    element = delta.new_element
    kind = element.WhichOneof("type")
    if kind == "markdown" and "Computed in" in element.markdown.body:
        drawn.timing = element.markdown.body
    elif kind in ("slider", "button"):
        widget = getattr(element, kind)
        drawn.widgets[widget.label] = (widget.id, delta.fragment_id)
    elif kind == "dataframe":
        data = io.BytesIO(element.dataframe.arrow_data.data)
        drawn.tables.append(pyarrow.ipc.open_stream(data).read_pandas())


class AppTime(NamedTuple):
    """A row of the table.

    Attributes:
        what: was done.
        app: milliseconds of the app, median.
        bare: of the forwards by themselves; None where none is needed.
    """

    what: str
    app: float
    bare: float | None = None


def measure(server: str, methods: Sequence[str]) -> Iterator[AppTime]:
    """Visit a server that nobody has visited.

    Args:
        server: its address.
        methods: that ship; Predict is asked about each, Compare about all.

    Yields:
        The rows, as they are measured.
    """
    settle()
    networks = {method: Predictor.of(method) for method in methods}
    # It loads what every page needs.
    yield AppTime("the first page of the first visitor", Tab(server).run().milliseconds)
    for method in methods:
        found = [_new_image(server, case, method, networks[method]) for case in (WARM, *CASES)]
        page, computed, bare = map(statistics.median, zip(*found[1:], strict=True))
        yield AppTime(f"{method}: a new image on Predict, what is computed", computed, bare)
        yield AppTime(f"{method}: the same, the whole page", page, bare)
    yield from _threshold(server, f"Predict, {methods[0]}", "predict", f"method={methods[0]}")
    if len(methods) > 1:
        joined = ",".join(methods)
        added = [_compared(server, case, joined, networks.values()) for case in OTHERS]
        more, bare = map(statistics.median, zip(*added[1:], strict=True))
        yield AppTime(f"what {len(methods)} networks add to Compare", more, bare)
        yield from _threshold(server, "Compare", "compare", f"methods={joined}")


def _new_image(
    server: str, case: str, method: str, network: Predictor
) -> tuple[float, float, float]:
    """Milliseconds of the page, of what it computed, and of a bare forward."""
    _make(server, case)
    tab = Tab(server, "predict", f"case={case}&method={method}")
    drawn = tab.run()
    tab.close()
    return drawn.milliseconds, drawn.computed, _bare(network)


def _make(server: str, case: str) -> None:
    """Let the server make a phantom, which is no matter of the networks."""
    tab = Tab(server, "methods", f"case={case}")
    tab.run()
    tab.close()


def _compared(
    server: str, case: str, joined: str, networks: Iterable[Predictor]
) -> tuple[float, float]:
    """Milliseconds that a page takes more than the same once more, and of the bare forwards."""
    _make(server, case)
    tab = Tab(server, "compare", f"case={case}&methods={joined}")
    first, again = tab.run().milliseconds, tab.run().milliseconds
    tab.close()
    return first - again, sum(_bare(network) for network in networks)


def _threshold(server: str, name: str, page: str, query: str) -> Iterator[AppTime]:
    """Move the threshold of a page whose images are drawn already."""
    tab = Tab(server, page, f"case={CASES[0]}&{query}")
    slider = tab.run().widgets.get(THRESHOLD)
    if slider is not None:
        times = [tab.run(slider, value).milliseconds for value in THRESHOLDS]
        yield AppTime(f"the mask threshold on {name}", statistics.median(times))
    tab.close()


@torch.inference_mode()
def _bare(network: Predictor) -> float:
    return forward_time(network.model, network.size)


@contextmanager
def served() -> Iterator[str]:
    """The address of a server of one's own, stopped afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(APP), "--server.headless", "true",
         "--server.address", "127.0.0.1", "--server.port", str(port)],
        cwd=APP.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        end = time.monotonic() + _PATIENCE
        while not _healthy(address):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"mtlbus: the app did not start. Try: streamlit run {APP.name}")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


if __name__ == "__main__":
    began = time.perf_counter()
    with served() as own:
        ready = AppTime("the server, from its start to its answer", _since(began))
        for row in chain([ready], measure(own, sys.argv[1:])):
            print(json.dumps(row), flush=True)
            print(f"timed {row.what}", file=sys.stderr, flush=True)
