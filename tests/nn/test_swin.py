"""SwinV2 against timm's own forward, and its windows against a loop over pairs of cells."""

from __future__ import annotations

import math

import pytest
import torch
from timm.models.swin_transformer_v2 import SwinTransformerV2, SwinTransformerV2Block
from torch.nn import functional as F

from mtlbus.core.spec import MapSpec
from mtlbus.nn.swin import (
    COMPACT_EMBEDDING,
    COMPACT_WINDOWS,
    attend,
    join_windows,
    run_block,
    split_windows,
    swin_encoder,
)


def awake(module: torch.nn.Module) -> torch.nn.Module:
    """Random weights everywhere; the closing normalisations of SwinV2 start at zero."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3 if parameter.ndim == 1 else 0.1)
    return module.eval()


def timm_at(height: int, width: int) -> SwinTransformerV2:
    """timm's own network built for one input size."""
    return SwinTransformerV2(
        img_size=(height, width), num_classes=0, embed_dim=COMPACT_EMBEDDING, depths=(2, 2, 2, 2),
        num_heads=(1, 2, 4, 8), window_size=COMPACT_WINDOWS,
        pretrained_window_sizes=COMPACT_WINDOWS,
    ).eval()  # fmt: skip


@pytest.mark.parametrize("height,width", [(256, 256), (192, 256), (128, 128), (512, 256)])
def test_stages_and_attention_are_timms_own(height, width):
    encoder = awake(swin_encoder("compact"))
    reference = timm_at(height, width)
    reference.load_state_dict(encoder.body.state_dict())
    seen: dict[int, torch.Tensor] = {}
    for index, layer in enumerate(reference.layers):
        last = [block for block in layer.blocks if not any(block.shift_size)][-1]
        last.attn.softmax.register_forward_hook(
            lambda _, __, weights, index=index: seen.update({index: weights})
        )
    images = torch.randn(2, 3, height, width)
    with torch.inference_mode():
        cells = expected = encoder.embed(images)
        for index, layer in enumerate(reference.layers):
            expected = layer(expected)
            if index == 3:
                expected = reference.norm(expected)
            cells, attention = encoder.stage(index, cells)
            torch.testing.assert_close(cells, expected, rtol=1e-4, atol=1e-4)
            found = attention.weights.flatten(0, 1)
            torch.testing.assert_close(found, seen[index], rtol=1e-4, atol=1e-5)
            expected = cells


def test_attention_without_hooks_equals_timms_module():
    block = awake(SwinTransformerV2Block(16, (8, 8), 2, window_size=4))
    cells = torch.randn(3, 4, 16, 16)  # batch, windows, cells, channels
    with torch.inference_mode():
        answer, weights = attend(block.attn, cells, (4, 4), None)
        torch.testing.assert_close(answer.flatten(0, 1), block.attn(cells.flatten(0, 1)))
    assert weights.shape == (3, 4, 2, 16, 16)


def test_the_gradient_of_a_cell_of_zeros_does_not_explode():
    """Its key has no length to be divided by, and after a ReLU there are such cells."""
    block = awake(SwinTransformerV2Block(16, (8, 8), 2, window_size=4))
    cells = torch.randn(2, 8, 8, 16).relu()
    cells[0, 5, 5] = 0
    cells.requires_grad_()
    run_block(block, cells, 4)[0].square().mean().backward()
    gradients = cells.grad.norm(dim=-1)
    assert 0 < gradients[0, 5, 5] < 100 * gradients.median()


@pytest.mark.parametrize("shift", [0, 2])
@pytest.mark.parametrize("height,width", [(8, 8), (6, 9), (5, 4)])
def test_block_equals_a_loop_over_pairs(height, width, shift):
    """Also where the window does not divide the features: padding is never looked at."""
    window, heads, channels = 4, 2, 8
    block = awake(
        SwinTransformerV2Block(
            channels, (64, 64), heads, window_size=window, shift_size=shift,
            pretrained_window_size=6, dynamic_mask=True,
        )
    )  # fmt: skip
    cells = torch.randn(1, height, width, channels)
    attention = block.attn
    q, k, v = F.linear(cells, attention.qkv.weight).chunk(3, dim=-1)
    q, v = q + attention.q_bias, v + attention.v_bias

    def place(position: int, length: int) -> tuple[int, bool]:
        """Number of the window and whether the cell was wrapped around the edge."""
        padded = math.ceil(length / window) * window
        step = shift if length > window else 0
        return (position - step) % padded // window, position < step

    def log_offset(distance: int) -> float:
        scaled = 8 * distance / (6 - 1)
        return math.copysign(math.log2(abs(scaled) + 1) / math.log2(8), scaled)

    context = torch.zeros_like(cells)
    inner = channels // heads
    for row in range(height):
        for column in range(width):
            home = place(row, height), place(column, width)
            friends = [
                (r, c)
                for r in range(height)
                for c in range(width)
                if (place(r, height), place(c, width)) == home
            ]
            for head in range(heads):
                part = slice(head * inner, (head + 1) * inner)
                logits = []
                for r, c in friends:
                    cosine = F.cosine_similarity(q[0, row, column, part], k[0, r, c, part], dim=0)
                    offset = torch.tensor([log_offset(row - r), log_offset(column - c)])
                    bias = 16 * torch.sigmoid(attention.cpb_mlp(offset)[head])
                    logits.append(cosine * attention.logit_scale[head].exp().squeeze() + bias)
                weights = torch.stack(logits).softmax(0)
                values = torch.stack([v[0, r, c, part] for r, c in friends])
                context[0, row, column, part] = weights @ values
    expected = cells + block.norm1(attention.proj(context))
    expected = expected + block.norm2(block.mlp(expected))
    found, attended, shifted = run_block(block, cells, window)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert shifted == (shift > 0 and max(height, width) > window)
    rows = attended.weights.sum(-1)
    torch.testing.assert_close(rows, torch.ones_like(rows))


def test_windows_are_rectangles_in_reading_order():
    cells = torch.arange(2 * 4 * 6.0).view(2, 4, 6, 1)
    windows = split_windows(cells, (2, 3))
    assert windows.shape == (2, 4, 6, 1)
    assert windows[0, 1, :, 0].tolist() == [3, 4, 5, 9, 10, 11]
    assert windows[0, 2, :, 0].tolist() == [12, 13, 14, 18, 19, 20]
    assert torch.equal(join_windows(windows, (2, 3), (4, 6)), cells)


def test_map_has_an_axis_of_windows_only_where_there_are_several():
    encoder = swin_encoder("compact").eval()
    declared = MapSpec("attention", "attention", "Where a cell looks.")
    with torch.inference_mode():
        cells = encoder.embed(torch.randn(1, 3, 256, 256))
        found = []
        for index in range(4):
            cells, attention = encoder.stage(index, cells)
            found.append(attention.as_map(declared, "stage", 4)["attention"])
    assert [m.windows for m in found] == [(8, 8), (4, 4), None, None]
    assert [m.grid for m in found] == [(8, 8), (8, 8), (16, 16), (8, 8)]
    assert found[0].tensor.shape == (1, 64, 1, 64, 64)
    assert found[2].tensor.shape == (1, 4, 256, 256)
