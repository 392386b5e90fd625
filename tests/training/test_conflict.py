"""The angle between the gradients of two tasks, worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mtlbus.training.conflict import gradient_cosine


@pytest.fixture
def shared() -> nn.Parameter:
    return nn.Parameter(torch.zeros(2))


@pytest.mark.parametrize(
    "first,second,cosine",
    [((1, 0), (2, 0), 1), ((1, 0), (-3, 0), -1), ((1, 0), (0, 1), 0), ((1, 0), (1, 1), 0.5**0.5)],
)
def test_directions(shared, first, second, cosine):
    losses = {
        name: (torch.tensor(along, dtype=torch.float) * shared).sum()
        for name, along in (("mask", first), ("class", second))
    }
    assert gradient_cosine(losses, [shared]) == pytest.approx(cosine)
    sum(losses.values()).backward()  # the graph is still there, and nothing was added to it
    total = [a + b for a, b in zip(first, second, strict=True)]
    assert shared.grad.tolist() == pytest.approx(total)


def test_what_belongs_to_one_task_does_not_count(shared):
    own = nn.Parameter(torch.ones(3))
    losses = {"mask": shared.sum() + 100 * own.sum(), "class": shared[0] - shared[1]}
    assert gradient_cosine(losses, [shared, own]) == pytest.approx(0)


def test_one_task_nothing_shared_or_no_gradient_has_no_angle(shared):
    other = nn.Parameter(torch.ones(2))
    assert gradient_cosine({"mask": shared.sum()}, [shared]) is None
    assert gradient_cosine({"mask": shared.sum(), "class": other.sum()}, [shared, other]) is None
    zero = {"mask": shared.sum(), "class": (shared * 0).sum()}
    assert gradient_cosine(zero, [shared]) is None
