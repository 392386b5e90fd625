"""Two visitors at once, as threads through the real services: neither may hold up the other."""

from __future__ import annotations

import hashlib
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from mtlbus.data.intake import GreyImage
from mtlbus.explain.options import Options
from mtlbus.explain.request import Request
from mtlbus.ui import services
from mtlbus.ui.attributions import runs
from mtlbus.ui.attributions.question import Question
from mtlbus.ui.case import Case
from mtlbus.ui.cases import phantom_case
from tests.app.stand_ins import write_stand_in

FIT_IN_STORE = 256  # squares of 256 px, as the networks see them
PATIENCE = 60  # seconds, for work that takes five


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("checkpoints")
    write_stand_in(root, "mtl", seed=70)
    return root


@pytest.fixture(autouse=True)
def here(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))


def other_image(number: int) -> Case:
    pixels = np.full((16, 16), number % 256, np.uint8)
    digest = hashlib.sha256(f"other {number}".encode()).hexdigest()
    image = GreyImage(pixels, digest, (), f"{number}.png")
    return Case(f"other-{number}", str(number), image, None, None, "phantom", "")


class Bar:
    """The progress of the first visitor; at his first pass the second one is through."""

    def __init__(self, second: Thread) -> None:
        self.second, self.said = second, 0

    def progress(self, share: float, words: str) -> None:
        self.said += 1
        if self.said == 1:
            self.second.start()
            self.second.join(PATIENCE)


def test_a_long_run_goes_on_when_others_push_its_image_out_of_the_store(monkeypatch):
    """The second visitor looks at so many images that the first one's square is thrown out."""
    monkeypatch.setattr(runs, "_TELL_EVERY", 0)
    request = Request(attributions=("saliency", "smoothgrad"), options=Options(samples=3, seed=11))
    asked = Question.of(phantom_case("simple-cyst"), "mtl", request)
    steps = runs.map_steps(asked)
    others = [other_image(number) for number in range(FIT_IN_STORE + 1)]
    second = Thread(target=lambda: [services.prepared(case, 256) for case in others], daemon=True)
    progress = runs._Progress(Bar(second), steps)

    def run() -> None:
        for step in steps:
            progress.begin(step)
            runs._do(step, progress)

    first = Thread(target=run, daemon=True)
    first.start()
    first.join(PATIENCE)
    assert not first.is_alive() and not second.is_alive()
    assert set(asked.maps()) == {"saliency", "smoothgrad"}
    third = Thread(target=services.predict, args=(phantom_case("simple-cyst"), "mtl"), daemon=True)
    third.start()
    third.join(PATIENCE)
    assert not third.is_alive()
