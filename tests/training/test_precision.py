"""Where a network is trained: the quick depthwise convolution is the plain one."""

import copy

import pytest
import torch
from torch import nn

from mtlbus.training.precision import quicken_depthwise


def _network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 3, padding=1, groups=8)
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def test_values_and_gradients_stay():
    plain, quick = _network(), _network()
    quicken_depthwise(quick)
    images = torch.rand(2, 3, 6, 6)
    for network in (plain, quick):
        network(images).square().sum().backward()
    torch.testing.assert_close(quick(images), plain(images))
    torch.testing.assert_close(quick[1].weight.grad, plain[1].weight.grad)
    torch.testing.assert_close(quick[0].weight.grad, plain[0].weight.grad)


def test_only_depthwise_convolutions_leave_autocast():
    network = _network()
    quicken_depthwise(network)
    with torch.autocast("cpu", torch.bfloat16):
        assert network[0](torch.rand(1, 3, 6, 6)).dtype == torch.bfloat16
        assert network(torch.rand(1, 3, 6, 6)).dtype == torch.float32


def test_a_deep_copy_computes_with_its_own_weights():
    network = _network()
    quicken_depthwise(network)
    copied = copy.deepcopy(network)
    with torch.no_grad():
        copied[1].weight.zero_()
        copied[1].bias.zero_()
    images = torch.rand(1, 3, 6, 6)
    assert copied(images).abs().max() == 0
    assert network(images).abs().max() > 0


@pytest.mark.parametrize("groups", [1, 2])
def test_other_convolutions_are_left_alone(groups):
    network = nn.Conv2d(8, 8, 3, groups=groups)
    quicken_depthwise(network)
    assert "forward" not in vars(network)
