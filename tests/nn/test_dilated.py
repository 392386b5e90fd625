"""DFE: three dilations beside the identity."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from mtlbus.nn.dilated import DilatedFeatureEnhancement


def test_branches_are_convolutions_with_holes():
    module = DilatedFeatureEnhancement(4).eval()
    assert module.dilations == (1, 3, 5)
    features = torch.randn(2, 4, 20, 20)
    with torch.inference_mode():
        _, answers = module(features)
        for dilation, branch, answer in zip((1, 3, 5), module.branches, answers, strict=True):
            side = 2 * dilation + 1
            kernel = torch.zeros(4, 4, side, side)
            kernel[:, :, ::dilation, ::dilation] = branch[0].weight
            expected = F.conv2d(features, kernel, padding=dilation) / (1 + 1e-5) ** 0.5
            torch.testing.assert_close(answer, expected.clamp_min(0), rtol=1e-4, atol=1e-5)


def test_a_silent_fusion_leaves_the_identity():
    module = DilatedFeatureEnhancement(4)
    torch.nn.init.zeros_(module.fuse.weight)
    torch.nn.init.zeros_(module.fuse.bias)
    features = torch.randn(2, 4, 8, 8)
    assert torch.equal(module(features)[0], features)


def test_fusion_is_a_weighted_sum_over_all_branches():
    module = DilatedFeatureEnhancement(4, (1, 2, 4)).eval()
    features = torch.randn(1, 4, 8, 8)
    with torch.inference_mode():
        enhanced, answers = module(features)
        weight = module.fuse.weight[:, :, 0, 0]
        total = torch.einsum("oc,bchw->bohw", weight, torch.cat(answers, dim=1))
    expected = features + total + module.fuse.bias[:, None, None]
    torch.testing.assert_close(enhanced, expected, rtol=1e-4, atol=1e-5)
