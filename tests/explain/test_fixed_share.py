"""The fixed share of a gate against variances worked out by hand and by another formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtlbus.core.outputs import Map
from mtlbus.explain.fixed_share import GateRepeats, has_places


def share_of(images: np.ndarray, seen: np.ndarray | None = None) -> float | None:
    """Of N×C×H×W values; `seen` is N×H×W."""
    gate = GateRepeats()
    for number, values in enumerate(images):
        gate.add(values, np.ones(values.shape[1:], bool) if seen is None else seen[number])
    return gate.share()


def test_two_cells_on_three_images_by_hand():
    """Cells 1 2 3 and 5 6 7: within 1, means 2 and 6 vary by 8, of which 1/3 is chance."""
    images = np.array([[[[1.0, 5.0]]], [[[2.0, 6.0]]], [[[3.0, 7.0]]]])
    assert share_of(images) == pytest.approx((8 - 1 / 3) / (8 - 1 / 3 + 1))


def test_one_channel_is_the_intraclass_correlation():
    """(MSB − MSW) / (MSB + (k − 1)·MSW), from the sums of squares of the whole table."""
    rng = np.random.default_rng(3)
    table = rng.normal(size=(30, 1)) + rng.normal(size=(30, 7))  # cells by images
    grand, cells = table.mean(), table.mean(axis=1)
    between = 7 * ((cells - grand) ** 2).sum() / 29
    within = ((table - cells[:, None]) ** 2).sum() / (30 * 6)
    expected = (between - within) / (between + 6 * within)
    assert share_of(table.T.reshape(7, 1, 5, 6)) == pytest.approx(expected)


def test_a_pattern_without_an_image_is_wholly_fixed_and_chance_is_not():
    rng = np.random.default_rng(0)
    pattern = rng.random((1, 4, 8, 8))
    assert share_of(np.repeat(pattern, 5, axis=0)) == pytest.approx(1)
    assert share_of(rng.random((40, 4, 8, 8))) < 0.01
    assert share_of(np.full((5, 1, 2, 2), 0.5)) is None, "nothing varies"


def test_padding_does_not_count():
    rng = np.random.default_rng(1)
    images = np.repeat(rng.random((1, 2, 4, 4)), 6, axis=0)
    seen = np.ones((6, 4, 4), bool)
    seen[::2, :, 0] = False
    images[::2, :, :, 0] = 100
    assert share_of(images, seen) == pytest.approx(1)
    assert share_of(images[:1], seen[:1]) is None, "one image says nothing of others"


def test_only_a_gate_with_places_has_a_share():
    def gate(kind: str, *shape: int) -> bool:
        return has_places(Map(torch.zeros(shape), kind, "", 8, ""))

    assert gate("gate", 3, 4, 4) and not gate("gate", 3, 1, 1) and not gate("region", 3, 4, 4)
