"""Operations counted by hand, and nothing that multiplies matrices left out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mtlbus.inference.cost import count_cost, machine_name, measure_costs
from mtlbus.methods import create_model

PRODUCTS = ("conv", "mm", "matmul", "attention")


class Small(nn.Module):
    """A convolution, an activation, attention between the cells, and a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.layer = nn.Linear(8, 5)

    def forward(self, images):
        features = torch.relu(self.convolution(images))
        cells = features.flatten(2).transpose(1, 2)[:, None].contiguous()
        mixed = nn.functional.scaled_dot_product_attention(cells, cells, cells)
        return self.layer(mixed[:, 0])


def test_operations_are_those_counted_by_hand():
    cost = count_cost(Small().eval(), size=16)
    cells = 8 * 8
    by_hand = 2 * cells * 8 * (3 * 3 * 3) + 2 * (2 * cells * cells * 8) + 2 * cells * 8 * 5
    assert cost.flops == by_hand
    assert cost.parameters == (3 * 9 * 8 + 8) + (8 * 5 + 5)
    assert cost.not_counted == {"relu": round(cells * 8 / 1e6, 3)}


@pytest.mark.parametrize(
    "method", ["acsnet", "ctan", "hybrid_mt_estan", "mtl_cosa", "resformer_mtl", "sha_mtl", "vit"]
)
def test_no_product_is_left_out(method):
    model = create_model(method).eval()
    cost = count_cost(model, size=256)
    left_out = [name for name in cost.not_counted if any(word in name for word in PRODUCTS)]
    assert not left_out
    # What is left out touches each number a few times; the products touch it hundreds of times.
    assert 0 < sum(cost.not_counted.values()) * 1e6 < 0.05 * cost.flops
    assert cost.milliseconds is None


def test_time_is_a_median_with_its_spread():
    (cost,) = measure_costs([(Small().eval(), 64)], forwards=11)
    assert 0 < cost.fastest <= cost.milliseconds <= cost.slowest
    assert cost.forwards == 11 and cost.threads == torch.get_num_threads()
    assert cost.machine == machine_name() and cost.machine


def test_networks_are_timed_by_turns():
    """Two forwards each, of which one is timed; three turns to warm up, then those that count."""
    seen = []

    class Noted(Small):
        def forward(self, images):
            seen.append((self, images.shape[-1]))
            return super().forward(images)

    first, second = Noted().eval(), Noted().eval()
    costs = measure_costs([(first, 64), (second, 32)], forwards=4)
    turn = [(first, 64)] * 2 + [(second, 32)] * 2
    assert seen[: 7 * len(turn)] == 7 * turn
    assert [cost.size for cost in costs] == [64, 32] and costs[0].flops > costs[1].flops
