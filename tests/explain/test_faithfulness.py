"""Curves, infidelity and max-sensitivity on networks whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mtlbus.data.transforms import Frame
from mtlbus.explain.attributions import attribute
from mtlbus.explain.faithfulness import (
    CURVE_STEPS,
    faithfulness_cost,
    infidelity,
    max_sensitivity,
    measure_faithfulness,
    measure_random,
    perturbation_curve,
)
from mtlbus.explain.options import Options
from mtlbus.explain.techniques import technique_of

from .toys import OfGrey, Toy, ask, small_net

BLACK = Options(baseline="black")
GREY = torch.tensor([[0.4, 0.3], [0.2, 0.1]])


def total(size: int) -> Toy:
    """The answer is the sum of all grey values."""
    return Toy(OfGrey(lambda grey: grey.sum(dim=(1, 2))), size)


def test_curves_by_hand():
    """Grey values 4, 3, 2, 1 (tenths) go in this order: 10, 6, 3, 1, 0; area 3.75."""
    subject = ask(total(2), GREY)
    gone = perturbation_curve(subject, GREY.numpy(), BLACK, "deletion", steps=4)
    assert gone.value == pytest.approx([1.0, 0.6, 0.3, 0.1, 0.0], abs=1e-6)
    assert gone.area == pytest.approx(0.375, abs=1e-6)
    come = perturbation_curve(subject, GREY.numpy(), BLACK, "insertion", steps=4)
    assert come.value == pytest.approx([0.0, 0.4, 0.7, 0.9, 1.0], abs=1e-6)
    assert come.area == pytest.approx(0.625, abs=1e-6)


def test_the_wrong_order_is_worse():
    subject = ask(total(2), GREY)
    right, wrong = (
        perturbation_curve(subject, sign * GREY.numpy(), BLACK, "deletion", steps=4).area
        for sign in (1, -1)
    )
    assert wrong == pytest.approx(0.625, abs=1e-6) and right < wrong


def test_random_orders_are_worse_than_the_right_one_and_better_than_the_wrong_one():
    grey = torch.linspace(0, 1, 256).view(16, 16)
    subject = ask(total(16), grey)
    found = measure_random(subject, BLACK)
    assert found.deletion.value == pytest.approx(np.linspace(128, 0, CURVE_STEPS + 1), abs=8)
    assert found.insertion.value == pytest.approx(found.deletion.value[::-1], abs=16)
    best, worst = (
        perturbation_curve(subject, sign * grey.numpy(), BLACK, "deletion", CURVE_STEPS).area
        for sign in (1, -1)
    )
    assert best < 0.8 * found.deletion.area < worst
    assert measure_random(subject, BLACK).deletion.area == found.deletion.area


def test_equal_pixels_go_in_no_order_of_rows():
    subject = ask(total(16), torch.linspace(0, 1, 256).view(16, 16))
    flat = perturbation_curve(subject, np.zeros((16, 16)), BLACK, "deletion", steps=8).value
    even = np.linspace(128, 0, 9)
    assert np.abs(flat - even).max() < 10  # by rows the first half would take 32 of 128 only


def test_the_padding_never_goes():
    """Of 8 rows 2 and 2 are padding, which here counts −1 a pixel."""
    toy = Toy(OfGrey(lambda g: g[:, 2:6].sum(dim=(1, 2)) - g[:, :2].sum(dim=(1, 2))), 8)
    grey = torch.ones(8, 8)
    subject = ask(toy, grey, frame=Frame(8, 16))
    curve = perturbation_curve(subject, np.ones((8, 8)), BLACK, "deletion", steps=4)
    assert curve.value == pytest.approx([16, 8, 0, -8, -16])


@pytest.mark.parametrize("name", ["integrated_gradients", "saliency"])
def test_an_exact_map_has_no_infidelity(name):
    weight = torch.randn(32, 32)
    toy = Toy(OfGrey(lambda grey: (grey * weight).sum(dim=(1, 2))), 32)
    subject = ask(toy, torch.rand(32, 32))
    found = attribute(subject, name)
    exact = infidelity(subject, name, found.square, Options())
    wrong = infidelity(subject, name, np.roll(found.square, 11, axis=1), Options())
    assert exact == pytest.approx(0, abs=1e-3) and wrong > 0.1


def test_max_sensitivity_by_hand():
    """A linear network's slope never changes; x·gradient = w·x moves by at most 2 % of white."""
    subject = ask(total(8), torch.full((8, 8), 0.5))
    assert max_sensitivity(subject, "saliency", Options()) == pytest.approx(0, abs=1e-6)
    moved = max_sensitivity(subject, "input_x_gradient", Options())
    assert 0.01 < moved <= 0.02 / 0.5  # uniform in ±0.02 around 0.5 everywhere


@pytest.mark.parametrize("sensitivity", [False, True])
@pytest.mark.parametrize("name", ["gradcam", "integrated_gradients", "occlusion"])
def test_the_cost_is_known_before(name, sensitivity):
    options, seen = Options(steps=3, window=16, stride=16), []
    subject = replace(ask(small_net(), torch.rand(32, 32)), watch=seen.append)
    measure_faithfulness(
        subject, name, np.random.default_rng(0).random((32, 32)), options, sensitivity
    )
    own = technique_of(name).cost(options, subject.frame, subject.size)
    assert sum(seen) == faithfulness_cost(own, sensitivity).passes
