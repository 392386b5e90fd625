"""AAA against a version written with loops, and what its decisions change."""

from __future__ import annotations

import pytest
import torch

from mtlbus.core.errors import UnknownNameError
from mtlbus.nn.anatomy_attention import AnatomyAwareAttention


def naive(module: AnatomyAwareAttention, y: torch.Tensor) -> torch.Tensor:
    """Eqs 6 and 7 for one image C×H×W with even sides, cell by cell."""
    channels, height, width = y.shape
    half = torch.zeros(2 * channels, height // 2, width // 2)
    for row in range(height // 2):
        for column in range(width // 2):
            block = y[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].reshape(channels, 4)
            half[:channels, row, column] = block.max(dim=1).values
            half[channels:, row, column] = block.sum(dim=1) / 4
    kernel, bias = module.upsample.weight, module.upsample.bias  # 2C×C×2×2
    full = torch.zeros(channels, height, width)
    for row in range(height):
        for column in range(width):
            weight = kernel[:, :, row % 2, column % 2]
            full[:, row, column] = half[:, row // 2, column // 2] @ weight + bias
    down, across = module.strips.column, module.strips.row
    vertical = torch.zeros_like(full)
    for row in range(height):
        for tap in range(9):
            source = row + tap - 4
            if 0 <= source < height:
                vertical[:, row] += down.weight[:, :, tap, 0] @ full[:, source]
    vertical += down.bias[:, None, None]
    both = torch.zeros_like(full)
    for column in range(width):
        for tap in range(9):
            source = column + tap - 4
            if 0 <= source < width:
                both[:, :, column] += across.weight[:, :, 0, tap] @ vertical[:, :, source]
    both += across.bias[:, None, None]
    return y / (1 + torch.exp(-both))


@pytest.mark.parametrize("height,width", [(8, 8), (12, 16)])
@torch.inference_mode()
def test_equals_the_loops(height, width):
    module = AnatomyAwareAttention(5)
    y = 3 * torch.randn(2, 5, height, width)
    out, gate = module(y)
    torch.testing.assert_close(out, torch.stack([naive(module, image) for image in y]))
    torch.testing.assert_close(out, y * gate)
    assert gate.shape == y.shape and gate.min() > 0 and gate.max() < 1


def test_zeroed_strips_let_half_through():
    module = AnatomyAwareAttention(8)
    for conv in (module.strips.row, module.strips.column):
        torch.nn.init.zeros_(conv.weight)
        torch.nn.init.zeros_(conv.bias)
    y = torch.randn(1, 8, 6, 6)
    out, gate = module(y)
    assert torch.equal(out, y / 2) and (gate == 0.5).all()


def test_combination_decides_the_input_of_the_upsampling():
    concat, total = AnatomyAwareAttention(8), AnatomyAwareAttention(8, combine="sum")
    assert concat.upsample.in_channels == 16 and total.upsample.in_channels == 8
    assert concat.upsample.out_channels == total.upsample.out_channels == 8


def test_sum_adds_the_pooled_maps():
    module = AnatomyAwareAttention(4, combine="sum")
    seen = []
    module.upsample.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    y = torch.randn(1, 4, 4, 4)
    module(y)
    block = y[0, 2, 2:4, 0:2]
    torch.testing.assert_close(seen[0][0, 2, 1, 0], block.max() + block.mean())


@pytest.mark.parametrize("channels,millions", [(128, 0.43), (256, 1.70), (512, 6.82), (1024, 27.3)])
def test_dense_sizes_are_those_measured(channels, millions):
    with torch.device("meta"):
        module = AnatomyAwareAttention(channels)
    assert sum(p.numel() for p in module.parameters()) / 1e6 == pytest.approx(millions, rel=0.01)


@pytest.mark.parametrize("kernels", ["series", "parallel", "depthwise"])
@pytest.mark.parametrize("gate_channels,expected", [("all", 6), ("one", 1)])
@pytest.mark.parametrize("size", [(8, 8), (5, 7)])
def test_every_option_gates_any_size(kernels, gate_channels, expected, size):
    module = AnatomyAwareAttention(6, kernels=kernels, gate_channels=gate_channels)
    out, gate = module(torch.randn(2, 6, *size))
    assert out.shape == (2, 6, *size) and gate.shape == (2, expected, *size)


def test_parallel_strips_make_a_cross_and_serial_ones_a_square():
    for kernels, cells in (("parallel", 17), ("series", 81)):
        strips = AnatomyAwareAttention(1, kernels=kernels).strips
        for conv in (strips.row, strips.column):
            torch.nn.init.ones_(conv.weight)
            torch.nn.init.zeros_(conv.bias)
        impulse = torch.zeros(1, 1, 15, 15)
        impulse[0, 0, 7, 7] = 1
        assert int((strips(impulse) > 0).sum()) == cells


@pytest.mark.parametrize("bad", [{"combine": "mean"}, {"kernels": "3x3"}, {"gate_channels": "two"}])
def test_unknown_values_are_refused(bad):
    with pytest.raises(UnknownNameError, match=r"H[35]"):
        AnatomyAwareAttention(4, **bad)
