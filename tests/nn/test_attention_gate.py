"""The additive attention gate against its formula, written cell by cell."""

from __future__ import annotations

import math

import pytest
import torch

from mtlbus.nn.attention_gate import AttentionGate


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def interpolate(plane: list[list[float]], row: float, column: float) -> float:
    """Bilinear, cell centres at half, the border repeated."""
    rows, columns = len(plane), len(plane[0])
    row, column = max(row, 0.0), max(column, 0.0)
    top, left = min(int(row), rows - 1), min(int(column), columns - 1)
    bottom, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
    down, across = min(row - top, 1.0), min(column - left, 1.0)
    upper = plane[top][left] * (1 - across) + plane[top][right] * across
    lower = plane[bottom][left] * (1 - across) + plane[bottom][right] * across
    return upper * (1 - down) + lower * down


def naive_gate(gate: AttentionGate, x: torch.Tensor, g: torch.Tensor) -> list[list[float]]:
    """α for one image, x of C×H×W and g of G×H/2×W/2, with loops only."""
    theta, phi = gate.theta.weight.tolist(), gate.phi.weight.tolist()
    bias, psi = gate.phi.bias.tolist(), gate.psi.weight.tolist()[0]
    skip, gating = x.tolist(), g.tolist()
    coarse = []
    for row in range(g.shape[1]):
        coarse.append([])
        for column in range(g.shape[2]):
            logit = gate.psi.bias.item()
            for inner in range(len(phi)):
                value = bias[inner]
                for channel in range(len(gating)):
                    value += phi[inner][channel][0][0] * gating[channel][row][column]
                for channel in range(len(skip)):
                    for i in range(2):
                        for j in range(2):
                            cell = skip[channel][2 * row + i][2 * column + j]
                            value += theta[inner][channel][i][j] * cell
                logit += psi[inner][0][0] * max(value, 0.0)
            coarse[-1].append(sigmoid(logit))
    return [
        [
            interpolate(coarse, (row + 0.5) / 2 - 0.5, (column + 0.5) / 2 - 0.5)
            for column in range(x.shape[2])
        ]
        for row in range(x.shape[1])
    ]


@pytest.mark.parametrize("height,width", [(8, 8), (6, 10)])
def test_gate_is_the_formula(height, width):
    gate = AttentionGate(skip=4, gating=6)
    assert gate.theta.out_channels == 2  # half of the skip's channels
    x, g = torch.randn(1, 4, height, width), torch.randn(1, 6, height // 2, width // 2)
    with torch.no_grad():
        gate.psi.weight.mul_(3)  # away from the flat middle of the sigmoid
        gated, alpha = gate(x, g)
    expected = torch.tensor(naive_gate(gate, x[0], g[0]))
    assert expected.max() - expected.min() > 0.05
    torch.testing.assert_close(alpha[0, 0], expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(gated[0], x[0] * expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("bias,passes", [(-60.0, 0.0), (0.0, 0.5), (60.0, 1.0)])
def test_gate_closes_halves_and_opens(bias, passes):
    gate = AttentionGate(skip=3, gating=5)
    torch.nn.init.zeros_(gate.psi.weight)
    torch.nn.init.constant_(gate.psi.bias, bias)
    x = torch.randn(2, 3, 8, 8)
    gated, alpha = gate(x, torch.randn(2, 5, 4, 4))
    assert alpha.shape == (2, 1, 8, 8)
    torch.testing.assert_close(gated, passes * x)
