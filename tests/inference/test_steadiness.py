"""The same image a little different: what is changed, what is left out, and batch = loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mtlbus.inference.loaded import prepare
from mtlbus.inference.predictor import Predictor
from mtlbus.inference.steadiness import COUNT, CUT, ask_again, changed
from mtlbus.ui.cases import phantom_case
from tests.app.stand_ins import write_stand_in

PIXELS = np.random.default_rng(0).integers(0, 256, (100, 200), dtype=np.uint8)


def test_the_changes_are_what_they_say():
    found = changed(PIXELS)
    assert len(found) == COUNT == 8
    assert (found["mirrored"] == PIXELS[:, ::-1]).all()
    assert (found["cropped on the left"] == PIXELS[:, int(200 * CUT) :]).all()
    assert found["cropped on three sides"].shape == (94, 176)
    assert found["darker"].mean() < PIXELS.mean() < found["brighter"].mean()
    assert found["with lifted shadows"].min() >= PIXELS.min()


def test_a_crop_that_would_cut_the_outline_is_left_out():
    outline = np.zeros(PIXELS.shape, bool)
    outline[40:60, :30] = True  # at the left edge
    found = changed(PIXELS, outline)
    assert "cropped on the right" in found and "mirrored" in found
    assert not {"cropped on the left", "cropped on three sides"} & found.keys()


def test_a_batch_says_what_one_by_one_says(tmp_path):
    write_stand_in(tmp_path, "mtl")
    network, image = Predictor.of(tmp_path / "mtl", "cpu"), phantom_case("lipoma").image
    images = changed(image.pixels)
    answers = {one.change: one for one in ask_again(network, images)}
    assert list(answers) == list(images)
    turned = replace(prepare(image, network.size), grey=prepare(image, network.size).grey.flip(-1))
    alone = network.predict(turned)
    assert answers["mirrored"].probability == pytest.approx(alone.probability, abs=1e-4)
    assert answers["mirrored"].presence == pytest.approx(alone.presence, abs=1e-4)
