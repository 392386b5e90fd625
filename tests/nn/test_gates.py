"""The level gate and the channel attention of ACSNet, worked out beside them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from mtlbus.nn.gates import ChannelAttention, LevelGate


def test_a_is_a_mean_and_b_a_maximum_of_the_returned_maps():
    gate = LevelGate(32)
    features = 5 * torch.randn(4, 32, 6, 9)
    passed, numbers, maps = gate(features)
    assert passed.shape == features.shape and maps.shape == (4, 2, 6, 9)
    for image in range(4):
        values = maps[image].detach().numpy()
        assert abs(numbers[image, 0].item() - values[0].mean()) < 1e-6
        assert numbers[image, 1].item() == values[1].max()
    total = numbers.sum(dim=1)
    assert ((total > 0) & (total < 2)).all()


def test_the_gate_scales_the_whole_level():
    gate = LevelGate(32)
    features = torch.randn(2, 32, 5, 5)
    passed, numbers, _ = gate(features)
    conv, norm = gate.refine[0], gate.refine[1]
    by_hand = torch.stack(
        [numbers[i, 0] * features[i] + numbers[i, 1] * features[i] for i in range(2)]
    )
    by_hand = F.conv2d(by_hand, conv.weight, conv.bias, padding=1)
    groups = by_hand.view(2, 8, -1)  # C/4 groups
    deviation = groups.var(dim=2, unbiased=False, keepdim=True).add(1e-5).sqrt()
    groups = (groups - groups.mean(dim=2, keepdim=True)) / deviation
    torch.testing.assert_close(passed, groups.view_as(passed).clamp_min(0), rtol=1e-4, atol=1e-5)
    assert norm.num_groups == 8


def test_without_its_bias_the_gate_would_not_matter():
    """GN(W·s·x) = GN(W·x): what the specification of ACSNet says against the design."""
    refine = LevelGate(32).refine
    features = torch.randn(2, 32, 5, 5)
    assert not torch.allclose(refine(0.5 * features), refine(2 * features), rtol=0.02, atol=0.02)
    nn.init.zeros_(refine[0].bias)
    torch.testing.assert_close(refine(0.5 * features), refine(2 * features), rtol=1e-3, atol=1e-3)


def test_groups_of_the_gate_are_those_of_the_code():
    norms = [m for m in LevelGate(256).modules() if isinstance(m, nn.GroupNorm)]
    assert [(n.num_channels, n.num_groups) for n in norms] == [(32, 16), (256, 64)]


def test_channel_attention_by_hand():
    attention = ChannelAttention(16)
    features = torch.randn(3, 16, 4, 5)
    weighted, weights = attention(features)
    first, second = attention.weigh[0], attention.weigh[2]
    assert first.in_features == 32 and first.out_features == 1
    flat = features.flatten(2)
    pooled = torch.cat([flat.mean(2), flat.max(2).values], dim=1)
    hidden = (pooled @ first.weight.T + first.bias).clamp_min(0)
    expected = 1 / (1 + torch.exp(-(hidden @ second.weight.T + second.bias)))
    torch.testing.assert_close(weights[:, :, 0, 0], expected)
    torch.testing.assert_close(weighted, (features * expected[:, :, None, None]).clamp_min(0))
