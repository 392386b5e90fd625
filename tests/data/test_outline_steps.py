"""A reader's outline against areas worked out by hand and against matplotlib's polygons."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.path import Path

from mtlbus.core.errors import InputError
from mtlbus.data.outline_steps import (
    MOST_CORNERS,
    OutlineStep,
    corrected,
    polygon,
    polygon_step,
    read_steps,
    write_steps,
)


def test_a_polygon_holds_the_pixels_whose_middles_lie_inside():
    square = polygon((10, 20, 40, 20, 40, 50, 10, 50), (64, 64))
    assert square.sum() == 30 * 30 and square[20:50, 10:40].all()
    draw = np.random.default_rng(3)
    for corners in (draw.uniform(-20, 120, (7, 2)), draw.uniform(0, 90, (30, 2))):
        found = polygon(corners.ravel().tolist(), (80, 100))
        middles = np.stack(np.meshgrid(np.arange(100) + 0.5, np.arange(80) + 0.5), -1)
        turns = np.zeros(80 * 100, int)  # even-odd from triangles of a fan, each by matplotlib
        for second, third in pairwise(corners[1:]):
            turns += Path([corners[0], second, third]).contains_points(middles.reshape(-1, 2))
        assert found.any() and np.array_equal(found, turns.reshape(80, 100) % 2 == 1)


def test_steps_are_done_in_their_order_and_leave_the_network_mask_alone():
    mask = np.zeros((60, 60), bool)
    mask[20:40, 20:40] = True
    truth = np.zeros_like(mask)
    truth[:10, :10] = True
    add = OutlineStep("add", (40, 20, 50, 20, 50, 40, 40, 40))
    cut = OutlineStep("cut", (20, 20, 30, 20, 30, 40, 20, 40))
    assert corrected(mask, [add]).sum() == 600 and corrected(mask, [add, cut]).sum() == 400
    assert corrected(mask, [OutlineStep("grow", (2,))])[30, 18:42].all()
    assert corrected(mask, [OutlineStep("grow", (-3,))]).sum() == 14 * 14
    assert not corrected(mask, [OutlineStep("clear")]).any()
    assert corrected(mask, [add, OutlineStep("truth")], truth).sum() == 100
    assert mask.sum() == 400
    with pytest.raises(InputError, match="not known"):
        corrected(mask, [OutlineStep("truth")])


def test_an_address_brings_the_steps_back_and_nonsense_is_refused():
    steps = (
        OutlineStep("add", (0, 0, 9, 0, 9, 9)),
        OutlineStep("grow", (-3,)),
        OutlineStep("clear"),
    )
    assert write_steps(steps) == "add:0.0.9.0.9.9_grow:-3_clear"
    assert read_steps(write_steps(steps)) == steps and read_steps("") == ()
    for wrong in (
        "add:1.2.3.4", "add:1.2.3.4.5.6.7", "add:1.2.3.4.5.-6", "grow:0", "grow:41", "grow:1e3",
        "grow", "clear:1", "x", "add:1,2", "_".join(["clear"] * 21), "add:" + ".".join("1" * 122),
    ):  # fmt: skip
        with pytest.raises(InputError, match="Allowed: "):
            read_steps(wrong)


def test_a_line_drawn_by_hand_is_thinned_out():
    turn = np.linspace(0, 2 * np.pi, 500, endpoint=False)
    circle = 50 + 30 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    step = polygon_step("add", circle.tolist())
    assert len(step.numbers) == 2 * MOST_CORNERS
    assert polygon(step.numbers, (100, 100)).sum() == pytest.approx(np.pi * 900, rel=0.02)
