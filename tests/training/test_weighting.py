"""Weights of several losses against values worked out by hand and properties of the formula."""

import math

import pytest
import torch

from mtlbus.core.errors import InputError, UnknownNameError
from mtlbus.training.loss_weighting import (
    DynamicWeightAverage,
    FixedWeights,
    LearnedWeights,
    dynamic_weights,
)
from mtlbus.training.weighting import make_weighting

TASKS = ("mask", "class")


def after(*epochs: tuple[float, float], temperature: float = 2.0) -> DynamicWeightAverage:
    """DWA that has seen these mean losses, oldest first."""
    weighting = DynamicWeightAverage(TASKS, temperature)
    for mask, label in epochs:
        weighting.end_epoch({"mask": mask, "class": label})
    return weighting


def test_dwa_is_even_in_the_first_two_epochs():
    assert after().current() == {"mask": 1, "class": 1}
    assert after((0.9, 0.1)).current() == {"mask": 1, "class": 1}
    assert after((0.9, 0.1), (0.1, 0.1)).current() != {"mask": 1, "class": 1}


def test_dwa_by_hand():
    # w = (0.4/0.8, 0.6/0.5) = (0.5, 1.2), T = 2: λ = 2·e^(w/2) / (e^0.25 + e^0.6)
    # e^0.25 = 1.2840254, e^0.6 = 1.8221188, sum 3.1061442: λ = (0.8267649, 1.1732351)
    weights = after((7.0, 7.0), (0.8, 0.5), (0.4, 0.6)).current()
    assert weights["mask"] == pytest.approx(0.8267649, abs=1e-6)
    assert weights["class"] == pytest.approx(1.1732351, abs=1e-6)


def test_dwa_sums_to_the_number_of_tasks():
    before, previous = torch.rand(5).double() + 0.1, torch.rand(5).double() + 0.1
    assert float(dynamic_weights(previous, before).sum()) == pytest.approx(5)


def test_equal_ratios_and_a_high_temperature_give_even_weights():
    assert after((0.8, 0.4), (0.4, 0.2)).current() == pytest.approx({"mask": 1, "class": 1})
    cold = after((0.8, 0.5), (0.2, 0.6), temperature=0.1).current()
    hot = after((0.8, 0.5), (0.2, 0.6), temperature=1e9).current()
    assert hot == pytest.approx({"mask": 1, "class": 1}) and cold["class"] > 1.9


def test_dwa_survives_a_loss_of_zero():
    weights = after((0.0, 0.5), (0.1, 0.5)).current()
    assert all(math.isfinite(value) for value in weights.values())
    assert sum(weights.values()) == pytest.approx(2)


def test_dwa_weighs_the_losses_without_touching_their_gradient():
    weighting = after((0.8, 0.5), (0.4, 0.6))
    losses = {
        name: torch.tensor(value, requires_grad=True)
        for name, value in zip(TASKS, (2.0, 3.0), strict=True)
    }
    total = weighting(losses)
    total.backward()
    weights = weighting.current()
    assert float(total.detach()) == pytest.approx(2 * weights["mask"] + 3 * weights["class"])
    assert float(losses["mask"].grad) == pytest.approx(weights["mask"])


def test_dwa_survives_a_restart():
    weighting = after((0.8, 0.5), (0.4, 0.6))
    other = DynamicWeightAverage(TASKS)
    other.load_state_dict(weighting.state_dict())
    assert other.current() == weighting.current()
    assert list(weighting.parameters()) == []


def test_fixed_weights():
    losses = {"class": torch.tensor(3.0), "mask": torch.tensor(2.0)}
    weighting = FixedWeights(TASKS, {"mask": 0.8, "class": 0.2})
    assert float(weighting(losses)) == pytest.approx(0.8 * 2 + 0.2 * 3)
    assert float(FixedWeights(TASKS)(losses)) == 5
    with pytest.raises(UnknownNameError, match="mask"):
        FixedWeights(TASKS, {"masks": 1.0})


def test_learned_weights_by_hand():
    weighting = LearnedWeights(TASKS)
    losses = {"mask": torch.tensor(2.0), "class": torch.tensor(3.0)}
    # p = 1: 0.5·2 + 0.5·3 + 2·log 2
    assert float(weighting(losses).detach()) == pytest.approx(2.5 + 2 * math.log(2))
    with torch.no_grad():
        weighting.p.copy_(torch.tensor([2.0, 0.5]))
    expected = 0.5 / 4 * 2 + 0.5 / 0.25 * 3 + math.log(5) + math.log(1.25)
    assert float(weighting(losses).detach()) == pytest.approx(expected)
    assert weighting.current() == pytest.approx({"mask": 0.125, "class": 2.0})


def test_learned_weights_settle_where_the_derivative_is_zero():
    # d/dp (L/2p² + log(1 + p²)) = 0 where 2p⁴ = L·(1 + p²): L = 1 gives p = 1.
    weighting = LearnedWeights(("mask",))
    with torch.no_grad():
        weighting.p.fill_(2.0)
    optimizer = torch.optim.Adam(weighting.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        weighting({"mask": torch.tensor(1.0)}).backward()
        optimizer.step()
    assert float(weighting.p.detach()) == pytest.approx(1.0, abs=1e-3)


def test_bad_weightings_are_refused():
    assert isinstance(make_weighting("dwa", TASKS, temperature=1.0), DynamicWeightAverage)
    with pytest.raises(UnknownNameError, match="learned"):
        make_weighting("learnt", TASKS)
    with pytest.raises(InputError, match="above 0"):
        make_weighting("dwa", TASKS, temperature=0)
    with pytest.raises(InputError, match="do not fit"):
        FixedWeights(TASKS)({"mask": torch.tensor(1.0)})
