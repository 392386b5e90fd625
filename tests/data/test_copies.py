"""Copies made on the spot are found, whatever was done to them, and nothing else is."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mtlbus.data.copies import (
    SAME_PICTURE,
    Pair,
    candidates,
    correlate,
    find_copies,
    group_copies,
    perceptual_hash,
)
from mtlbus.data.phantom import make_phantom, random_parameters


def picture(seed: int, calipers: bool = False) -> np.ndarray:
    return make_phantom(replace(random_parameters(seed), calipers=calipers), 192).image


def cropped(pixels: np.ndarray, left: int, top: int, share: float = 0.8) -> np.ndarray:
    """A part of the picture, brought back to the size of the whole."""
    side = round(share * 192)
    part = Image.fromarray(pixels[top : top + side, left : left + side])
    return np.asarray(part.resize((192, 192), Image.Resampling.BICUBIC))


def saved_badly(pixels: np.ndarray) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=15)
    return np.asarray(Image.open(buffer))


def noisy(pixels: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 12, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


CHANGES = {
    "noise": noisy,
    "jpeg": saved_badly,
    "brightness": lambda a: np.clip(0.6 * a.astype(float) + 40, 0, 255).astype(np.uint8),
    "half the size": lambda a: np.asarray(Image.fromarray(a).resize((96, 96))),
    "crop at the left": lambda a: cropped(a, 0, 0),
    "crop at the right": lambda a: cropped(a, 38, 0),
    "crop below": lambda a: cropped(a, 20, 19),
    "margin cut": lambda a: a[:, 25:],
    "margin added": lambda a: np.pad(a, ((0, 0), (30, 30))),
}


@pytest.fixture(scope="module")
def originals() -> list[np.ndarray]:
    return [picture(seed) for seed in range(16)]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_and_nothing_else(originals, change):
    changed = [CHANGES[change](pixels) for pixels in originals[:4]]
    found = find_copies([*originals, *changed])
    assert {(pair.first, pair.second) for pair in found} == {(i, 16 + i) for i in range(4)}
    assert all(SAME_PICTURE <= pair.correlation <= 1.001 for pair in found)


def test_calipers_do_not_hide_a_copy(originals):
    found = find_copies([*originals[:6], picture(2, calipers=True)])
    assert [(pair.first, pair.second) for pair in found] == [(2, 6)]


def test_an_image_correlates_with_itself_fully_and_with_its_negative_not(originals):
    images = [originals[0], originals[0], 255 - originals[0]]
    same, negative = correlate(images, np.array([0, 0]), np.array([1, 2]))
    assert same == pytest.approx(1, abs=1e-4)
    assert negative < SAME_PICTURE


def test_the_order_of_the_images_does_not_matter(originals):
    small = cropped(originals[3], 38, 0)
    forth = correlate([originals[3], small], np.array([0]), np.array([1]))
    back = correlate([small, originals[3]], np.array([0]), np.array([1]))
    assert forth == pytest.approx(back, abs=1e-5)


def test_the_hash_forgets_size_and_brightness_but_not_the_picture(originals):
    image = Image.fromarray(originals[0])
    bits = perceptual_hash(image)
    assert bits.shape == (63,) and bits.sum() == 31  # half of 63 lie above their median
    darker = Image.fromarray((originals[0] * 0.5).astype(np.uint8)).resize((120, 120))
    assert (bits != perceptual_hash(darker)).sum() <= 4
    first, second = candidates(originals[:8])
    assert (first < second).all() and len(first) < 28


def test_copies_of_copies_are_one_group():
    groups = group_copies(6, [Pair(0, 3, 0.9), Pair(3, 5, 0.6)])
    assert groups[0] == groups[3] == groups[5]
    assert len(set(groups.tolist())) == 4
    assert len(set(group_copies(3, []).tolist())) == 3
