"""Weights of the tasks from their gradients, against values worked out by hand."""

import sys

import pytest
import torch
from torch import nn

from mtlbus.core.errors import InputError
from mtlbus.training.gradient_weighting import gramian
from mtlbus.training.weighting import make_weighting

TASKS = ("mask", "class")


class TwoTasks(nn.Module):
    """Losses whose gradients on `shared` are (1, 0) and (−1, 1), and one weight of each task."""

    def __init__(self):
        super().__init__()
        self.shared = nn.Parameter(torch.tensor([3.0, 1.0]))
        self.own = nn.ParameterList([nn.Parameter(torch.tensor(2.0)) for _ in TASKS])

    def losses(self):
        x, y = self.shared
        return {"mask": x + 5 * self.own[0], "class": y - x + 4 + 7 * self.own[1]}


def _step(name, **options):
    network = TwoTasks()
    weighting = make_weighting(name, TASKS, **options)
    weighting.backward(network.losses(), list(network.parameters()))
    return network, weighting


def test_pcgrad_projects_what_points_against_the_other_task():
    """g₁ − (g₁·g₂)/|g₂|²·g₂ = (½, ½) and g₂ − (g₂·g₁)/|g₁|²·g₁ = (0, 1); their sum."""
    pytest.importorskip("torchjd")
    network, weighting = _step("pcgrad")
    torch.testing.assert_close(network.shared.grad, torch.tensor([0.5, 1.5]))
    assert weighting.current() == pytest.approx({"mask": 2.0, "class": 1.5})


def test_cagrad_without_a_radius_is_the_sum_and_with_one_helps_the_worst_off():
    pytest.importorskip("torchjd")
    pytest.importorskip("cvxpy")
    plain, _ = _step("cagrad", radius=0.0)
    torch.testing.assert_close(plain.shared.grad, torch.tensor([0.0, 1.0]), atol=1e-4, rtol=0)
    moved, _ = _step("cagrad", radius=0.4)
    gains = torch.tensor([[1.0, 0.0], [-1.0, 1.0]]) @ torch.stack(
        [plain.shared.grad, moved.shared.grad], dim=1
    )
    assert gains[:, 1].min() > gains[:, 0].min()


def test_gradnorm_lengthens_the_gradient_of_the_task_that_learned_less():
    network = TwoTasks()
    weighting = make_weighting("gradnorm", TASKS, rate=0.1)
    weighting.backward(network.losses(), list(network.parameters()))
    # Ratios 1 and 1: both wanted lengths are the mean of 1 and √2, so each moves towards it.
    first = weighting.current()
    moved = 1 + 0.1 * 2 / (1 + 2**0.5), 1 - 0.1 * 2 * 2**0.5 / (1 + 2**0.5)
    expected = [2 * one / sum(moved) for one in moved]
    assert list(first.values()) == pytest.approx(expected)
    with torch.no_grad():
        network.own[0].fill_(-0.5)  # the mask's loss falls from 13 to 0.5, the other's stays
    weighting.backward(network.losses(), list(network.parameters()))
    assert weighting.current()["class"] > first["class"]


@pytest.mark.parametrize("name", ["gradnorm", "pcgrad"])
def test_what_belongs_to_one_task_learns_from_its_own_loss_alone(name):
    if name == "pcgrad":
        pytest.importorskip("torchjd")
    network, _ = _step(name)
    assert [float(own.grad) for own in network.own] == [5.0, 7.0]


def test_the_gramian_is_of_what_both_reach():
    shared = [torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, -1.0]])]
    found = gramian([(shared[0], torch.ones(3), None), (shared[1], None, torch.ones(1))])
    torch.testing.assert_close(found, torch.tensor([[5.0, -2.0], [-2.0, 1.0]]))


def test_one_task_has_no_conflict():
    with pytest.raises(InputError, match="need two tasks"):
        make_weighting("gradnorm", ["mask"])


def test_a_missing_package_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchjd", None)
    with pytest.raises(InputError, match=r"pip install 'torchjd\[cagrad\]==") as raised:
        make_weighting("pcgrad", TASKS)
    assert "\n" not in str(raised.value)
