"""How fast the running app answers: a real server, warm networks, and a client that draws nothing.

A browser on the same two cores would be measured along, so a bare websocket asks instead. Skipped
unless asked for, since a busy machine says nothing:

    MTLBUS_SPEED=1 python -m pytest -n 0 -s tests/browser/test_speed.py

Every figure is printed and held to its limit. A run lasts from the client's message to the
server's word that the script has finished.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import replace

import pytest
import torch

from mtlbus.core.outputs import positive_logit
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.explain.subject import BATCH
from mtlbus.inference.cost import measure_costs
from mtlbus.inference.predictor import Predictor
from mtlbus.ui.speed import CASES, THRESHOLD, THRESHOLDS, WARM, Drawn, Tab

METHODS = ("ctan", "mtl", "mtl_cosa")
FILLS = (10, 15, 20, 25, 30, 35)

pytestmark = pytest.mark.skipif(
    os.environ.get("MTLBUS_SPEED") != "1", reason="measures time: MTLBUS_SPEED=1 on a quiet machine"
)


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


def hold_sliders(limits: Limits, session: Tab, shown: Drawn, name: str) -> None:
    """Move the threshold and the fill of a page that is shown."""
    for label, values in ((THRESHOLD, THRESHOLDS), ("Fill", FILLS)):
        times = [session.run(shown.widgets[label], value).milliseconds for value in values]
        limits.hold(f"{name}: {label}", times, 150, " ms")


def test_predict(fresh_server, bare, limits):
    Tab(fresh_server, "", "").run()  # loads what every page needs
    for method in METHODS:
        totals, shown = [], None
        for case in (WARM, *CASES):
            session = Tab(fresh_server, "predict", f"case={case}&method={method}")
            shown = session.run()
            totals.append(shown.computed)
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
        Tab(fresh_server, "methods", f"case={case}").run()  # makes the phantom
        session = Tab(fresh_server, "compare", f"case={case}&methods={','.join(METHODS)}")
        first, again = session.run().milliseconds, session.run().milliseconds
        ratios.append((first - again) / sum(bare.values()))
        if case != CASES[-1]:
            session.close()
    hold_sliders(limits, session, session.run(), "Compare")
    limits.hold("Compare: what three networks add, in their sum", ratios[1:], 1.15)
    assert not limits.above


def test_phantom_lab(server, limits):
    """A knob to the new answer of one network, of which the phantom is a part."""
    session = Tab(server, "phantom_lab", f"case={WARM}&methods=mtl_cosa&knob=gain_db")
    session.run(session.run().widgets["Gain (dB)"], 1.0)
    times = []
    for gain in (2.0, 3.0, 4.0, 5.0, 6.0, 7.0):
        session = Tab(server, "phantom_lab", f"case={WARM}&methods=mtl_cosa&knob=gain_db")
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
    Tab(server, "predict", f"case={WARM}&method=mtl_cosa").run()  # loads the network
    asked = [Tab(server, "predict", f"case={c}&method=mtl_cosa") for c in keys[1:9:2]]
    shown = [session.run().milliseconds for session in asked]
    session = Tab(server, "predict", f"case={keys[8]}&method=mtl_cosa&lecture=1")
    times, answer = [], session.run()
    for _ in range(6):  # cases that nobody has asked about
        answer = session.run(answer.widgets["Next"])
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
        session = Tab(
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
