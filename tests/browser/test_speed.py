"""How fast the running app is, on a quiet machine: a real server, a real browser, warm networks.

Skipped unless asked for, since a busy machine says nothing:

    MTLBUS_SPEED=1 python -m pytest -n 0 -s tests/browser/test_speed.py

Every figure is printed and held to its limit. Times of a run are those between the browser's
message to the server and the server's word that the script has finished.
"""

from __future__ import annotations

import io
import os
import re
import statistics
import time
from dataclasses import dataclass, field

import pandas as pd
import pytest
import torch
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from mtlbus.data.phantom import GALLERY
from mtlbus.inference.cost import measure_cost
from mtlbus.inference.predictor import Predictor

from .test_journey import settle

MAIN = "[data-testid=stMain]"
METHODS = ("ctan", "mtl", "mtl_cosa")
WARM, *CASES = list(GALLERY)[:9]
STEPS = 24  # of Integrated Gradients

pytestmark = pytest.mark.skipif(
    os.environ.get("MTLBUS_SPEED") != "1", reason="measures time: MTLBUS_SPEED=1 on a quiet machine"
)


@dataclass
class Runs:
    """Times of script runs, from the messages of the page's connection."""

    asked: float = 0.0
    milliseconds: list[float] = field(default_factory=list)

    def follow(self, page) -> Runs:
        page.on("websocket", self._connected)
        return self

    def _connected(self, socket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, payload) -> None:
        if isinstance(payload, bytes):
            message = BackMsg.FromString(payload)
            if message.WhichOneof("type") == "rerun_script":
                self.asked = time.perf_counter()

    def _received(self, payload) -> None:
        if isinstance(payload, bytes):
            message = ForwardMsg.FromString(payload)
            if message.WhichOneof("type") == "script_finished":
                self.milliseconds.append(1000 * (time.perf_counter() - self.asked))

    def last(self) -> float:
        return self.milliseconds[-1]


@pytest.fixture(scope="module")
def bare() -> dict[str, float]:
    """Median milliseconds of a forward at 256 px, before any server runs; also of a gradient."""
    found = {}
    for name in METHODS:
        network = Predictor.of(name)
        found[name] = measure_cost(network.model, network.size, forwards=40).milliseconds
        found[f"{name} gradient"] = gradient_milliseconds(network)
    return found


def gradient_milliseconds(network: Predictor, repeats: int = 20) -> float:
    """Median of a forward and a backward to the pixels, for the logit of malignant."""
    images = torch.rand(1, 3, network.size, network.size)
    images = images.contiguous(memory_format=torch.channels_last).requires_grad_()
    times = []
    for _ in range(repeats + 3):
        started = time.perf_counter()
        logits = next(iter(network.model(images).class_logits.values()))
        torch.autograd.grad(logits[:, -1].sum(), images)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times[3:])


class Limits:
    """Figures as they come, each with its limit; those above it fail the test at the end."""

    def __init__(self) -> None:
        self.above: list[str] = []

    def hold(self, what: str, value: float, limit: float, unit: str = "") -> None:
        print(f"{what:<58}{value:8.2f}{unit}  (at most {limit:g}{unit})", flush=True)
        if not value <= limit:
            self.above.append(what)


def test_the_running_app_is_fast(server, page, bare):
    print()
    limits, runs = Limits(), Runs().follow(page)
    main = page.locator(MAIN)

    for method in METHODS:
        totals, again = [], []
        for case in (WARM, *CASES):
            page.goto(f"{server}/predict?case={case}&method={method}")
            page.wait_for_selector(f"{MAIN} >> text=Computed in")
            settle(page)
            text = main.get_by_text("Computed in").inner_text()
            totals.append(float(re.search(r"Computed in (\d+) ms", text)[1]))
        for case in CASES:
            page.goto(f"{server}/predict?case={case}&method={method}")
            page.wait_for_selector(f"{MAIN} >> text=(kept from before)")
            settle(page)
            again.append(runs.last())
        total = statistics.median(totals[1:])
        print(f"{method}: bare forward {bare[method]:.1f} ms, a new image {total:.0f} ms, "
              f"the script of one seen before {statistics.median(again):.0f} ms")  # fmt: skip
        limits.hold(f"{method}: a new image, in bare forwards", total / bare[method], 1.6)

    for name, keys in (("Mask threshold", 8), ("Opacity of the inside", 8)):
        slider = page.get_by_role("slider", name=name)
        times = []
        for _ in range(keys):
            slider.press("ArrowRight")
            settle(page)
            times.append(runs.last())
        limits.hold(f"{name}, median", statistics.median(times), 150, " ms")

    ratios = []
    for case in list(GALLERY)[9:14]:
        page.goto(f"{server}/compare?case={case}&methods={','.join(METHODS)}")
        main.get_by_role("button", name="Take it away").wait_for()
        settle(page)
        main.get_by_role("button", name="Take it away").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Numbers (CSV)").click()
        table = pd.read_csv(download.value.path())
        ratios.append(table["milliseconds"].sum() / sum(bare[name] for name in METHODS))
    total = statistics.median(ratios)
    limits.hold("three networks, in the sum of their bare forwards", total, 1.15)

    for method in METHODS:
        shares: dict[str, list[float]] = {}
        for case in CASES[:4]:
            page.goto(
                f"{server}/attributions?case={case}&method={method}&settings=steps={STEPS}"
                "&placebo=0&attributions=gradcam,integrated_gradients"
            )
            main.get_by_role("button", name="Run").click()
            page.wait_for_selector(f"{MAIN} >> text=The maps in numbers")
            settle(page)
            main.get_by_role("button", name="Take it away").click()
            with page.expect_download() as download:
                page.get_by_role("button", name="Numbers (CSV)").click()
            with open(download.value.path(), "rb") as file:
                table = pd.read_csv(io.BytesIO(file.read()))
            seconds = dict(zip(table["Attribution"], table["Seconds"], strict=True))
            shares.setdefault("Grad-CAM", []).append(1000 * seconds["Grad-CAM"] / bare[method])
            shares.setdefault("Integrated Gradients", []).append(
                1000 * seconds["Integrated Gradients"] / (STEPS * bare[f"{method} gradient"])
            )
        for title, unit, limit in (
            ("Grad-CAM", "bare forwards", 1.3),
            ("Integrated Gradients", f"{STEPS} bare gradients", 1.05),
        ):
            median = statistics.median(shares[title])
            limits.hold(f"{method}: {title}, in {unit}", median, limit)
    assert not limits.above
