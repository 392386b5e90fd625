"""Deformable convolution against plain convolution, and ACSNet's spatial attention."""

from __future__ import annotations

import torch
from torch.nn import functional as F
from torchvision.ops import deform_conv2d

from mtlbus.nn.deformable import (
    DeformableSpatialAttention,
    ModulatedDeformableConv,
    deform_conv3x3,
)


def test_it_computes_what_torchvision_computes():
    """Answers and gradients, with samples between cells and far outside the image."""
    parts = (
        torch.randn(2, 6, 9, 7),
        torch.randn(2, 18, 9, 7) * 3,
        torch.randn(4, 6, 3, 3),
        torch.rand(2, 9, 9, 7),
    )
    ours, theirs = ([part.clone().requires_grad_() for part in parts] for _ in range(2))
    answer = deform_conv3x3(*ours)
    features, offset, weight, modulation = theirs
    expected = deform_conv2d(features, offset, weight, padding=1, mask=modulation)
    torch.testing.assert_close(answer, expected, rtol=1e-4, atol=1e-4)
    pull = torch.randn_like(answer)
    for mine, other in zip(
        torch.autograd.grad(answer, ours, pull),
        torch.autograd.grad(expected, theirs, pull),
        strict=True,
    ):
        torch.testing.assert_close(mine, other, rtol=1e-3, atol=1e-3)


def test_it_starts_as_half_of_a_plain_convolution():
    conv = ModulatedDeformableConv(6, 4)
    features = torch.randn(2, 6, 9, 7)
    answer, offset, modulation = conv(features)
    assert (offset == 0).all() and (modulation == 0.5).all()
    assert offset.shape == (2, 18, 9, 7) and modulation.shape == (2, 9, 9, 7)
    torch.testing.assert_close(answer, F.conv2d(features, conv.weight, padding=1) / 2)


def test_without_offsets_and_with_full_weights_it_is_a_plain_convolution():
    conv = ModulatedDeformableConv(6, 4)
    torch.nn.init.constant_(conv.modulation.bias, 100.0)  # sigmoid = 1
    features = torch.randn(2, 6, 9, 7)
    torch.testing.assert_close(conv(features)[0], F.conv2d(features, conv.weight, padding=1))


def test_offsets_are_pairs_of_dy_and_dx():
    conv = ModulatedDeformableConv(3, 3)
    torch.nn.init.constant_(conv.modulation.bias, 100.0)
    with torch.no_grad():
        conv.offset.bias[0::2] = 1.0  # every sample one row down
        conv.offset.bias[1::2] = -2.0  # and two columns to the left
    features = torch.randn(1, 3, 12, 12)
    plain = F.conv2d(features, conv.weight, padding=1)
    torch.testing.assert_close(
        conv(features)[0][..., 3:9, 5:9], plain[..., 4:10, 3:7], rtol=1e-4, atol=1e-5
    )


def test_gradients_move_the_samples():
    conv = ModulatedDeformableConv(3, 3)
    conv(torch.randn(1, 3, 8, 8))[0].square().sum().backward()
    for predictor in (conv.offset, conv.modulation):
        assert predictor.weight.grad.abs().sum() > 0 and predictor.bias.grad.abs().sum() > 0


def test_half_precision_stays_close():
    conv = ModulatedDeformableConv(4, 4)
    features = torch.randn(1, 4, 8, 8)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        rough = conv(features.bfloat16())[0]
    exact = conv(features.bfloat16().float())[0]
    torch.testing.assert_close(rough.float(), exact, rtol=0.02, atol=0.02)


def test_both_spatial_gates_come_from_the_same_features():
    module = DeformableSpatialAttention(8)
    features = torch.randn(2, 8, 6, 6)
    found = module(features)
    c1 = F.group_norm(F.conv2d(features, module.first.weight, padding=1) / 2, 2).clamp_min(0)
    for conv, pooled, gate in (
        (module.gate_of_mean, c1.mean(1, keepdim=True), found.mean),
        (module.gate_of_largest, c1.max(1, keepdim=True).values, found.largest),
    ):
        expected = torch.sigmoid(F.conv2d(pooled, conv.weight, conv.bias, padding=1))
        torch.testing.assert_close(gate, expected, rtol=1e-4, atol=1e-5)
    joined = torch.cat([found.mean * c1, found.largest * c1], dim=1)
    joined = F.group_norm(F.conv2d(joined, module.second.weight, padding=1) / 2, 2)
    torch.testing.assert_close(found.features, joined.clamp_min(0), rtol=1e-3, atol=1e-4)
