"""CTAE, CTAB and MTAN's attention against the equations written out, on random tensors."""

import math

import pytest
import torch

from mtlbus.core.errors import UnknownNameError
from mtlbus.nn.cross_task import (
    ATTENTIONS,
    CrossTaskBottleneck,
    CrossTaskEncoder,
    TaskAttention,
    TaskMask,
    cross_attention,
)

SEGMENTATION, CLASSIFICATION = 0, 1


def stage(module):
    """A stage's inputs: U, P and the streams of both tasks from above."""
    above = 6 if isinstance(module, CrossTaskEncoder) else 8
    before, last = torch.randn(2, 8, 4, 6), torch.randn(2, 8, 4, 6)
    return before, last, [torch.randn(2, above, 4, 6) for _ in range(2)]


def crossed_stage() -> CrossTaskEncoder:
    return CrossTaskEncoder(before=8, channels=8, above=6, pool=True).eval()


def own_stage() -> TaskAttention:
    return TaskAttention(tasks=2, before=8, channels=8, below=12, first=False).eval()


@pytest.mark.parametrize(
    "build,changed", [(crossed_stage, CLASSIFICATION), (own_stage, SEGMENTATION)]
)
def test_the_segmentation_embedding_reaches_one_stream_only(build, changed):
    """CTAN crosses: only the class stream changes. MTAN does not: only the mask stream does."""
    module = build()
    before, last, streams = stage(module)
    original = module(before, last, streams)
    other = module(before, last, [streams[SEGMENTATION] + 1, streams[CLASSIFICATION]])
    assert not torch.equal(original.masks[SEGMENTATION], other.masks[SEGMENTATION])
    assert torch.equal(original.masks[CLASSIFICATION], other.masks[CLASSIFICATION])
    for task in (SEGMENTATION, CLASSIFICATION):
        for values, after in ((original.gated, other.gated), (original.attended, other.attended)):
            assert torch.equal(values[task], after[task]) == (task != changed)


def test_equation_1_cell_by_cell():
    module = crossed_stage()
    before, last, streams = stage(module)
    found = module(before, last, streams)
    for own, crossing in ((0, 1), (1, 0)):
        product = found.masks[crossing] * last
        for row in range(2):
            for column in range(3):
                cells = product[:, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
                expected = cells.flatten(2).max(dim=2).values
                assert torch.equal(found.attended[own][:, :, row, column], expected)
        assert torch.equal(found.gated[own], product)


def test_mask_is_two_pointwise_layers_and_a_sigmoid():
    mask = TaskMask(inputs=12, channels=8).eval()
    x = torch.randn(2, 12, 3, 3)
    first, second = mask[0][0].weight[:, :, 0, 0], mask[1].weight[:, :, 0, 0]
    scale = 1 / math.sqrt(1 + 1e-5)  # batch normalisation that has seen nothing yet
    hidden = torch.einsum("oi,bihw->bohw", first, x) * scale
    expected = 1 / (1 + (-torch.einsum("oi,bihw->bohw", second, hidden.clamp(min=0)) * scale).exp())
    torch.testing.assert_close(mask(x), expected)


def test_first_and_last_stage():
    before, last = torch.randn(1, 8, 4, 4), torch.randn(1, 8, 4, 4)
    top = CrossTaskEncoder(8, 8, above=0, pool=True)(before, last, None)
    assert [tuple(x.shape) for x in top.attended] == [(1, 8, 2, 2)] * 2
    bottom = CrossTaskEncoder(8, 8, above=0, pool=False).eval()(before, last, None)
    assert torch.equal(bottom.attended[0], bottom.gated[0])
    own = TaskAttention(3, before=8, channels=8, below=16, first=True).eval()(before, last, None)
    assert [tuple(x.shape) for x in own.attended] == [(1, 16, 2, 2)] * 3
    alone = TaskAttention(1, before=8, channels=8, below=None, first=True).eval()
    deepest = alone(before, last, None)
    assert torch.equal(deepest.attended[0], deepest.gated[0])


def pair() -> tuple[torch.Tensor, torch.Tensor]:
    """Ê_t and Ê_t', 2×5×7: five channels, seven positions."""
    return torch.randn(2, 5, 7), torch.randn(2, 5, 7)


def test_token_attention_with_loops():
    own, other = pair()
    found, weights = cross_attention(own, other, "token")
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 7))
    for b in range(2):
        for query in range(7):
            scores = [float(other[b, :, query] @ own[b, :, key]) / math.sqrt(5) for key in range(7)]
            exponents = [math.exp(score) for score in scores]
            shares = [value / sum(exponents) for value in exponents]
            expected = sum(share * own[b, :, key] for key, share in enumerate(shares))
            torch.testing.assert_close(found[b, :, query], expected)


def test_without_softmax_the_scores_are_the_weights():
    own, other = pair()
    found, weights = cross_attention(own, other, "no_softmax")
    torch.testing.assert_close(weights, torch.einsum("bdq,bdk->bqk", other, own))
    torch.testing.assert_close(found, torch.einsum("bdk,bcq,bck->bdq", own, other, own))


def test_literal_is_the_printed_product_in_either_layout():
    own, other = pair()
    found, weights = cross_attention(own, other, "literal")
    # Ê as d×N: [Ê_t · (Ê_t'ᵀ · Ê_t)]_cj = Σ_i Ê_t[c,i] Σ_k Ê_t'[k,i] Ê_t[k,j]
    expected = torch.empty_like(found)
    for b in range(2):
        for c in range(5):
            for j in range(7):
                expected[b, c, j] = sum(
                    own[b, c, i] * sum(other[b, k, i] * own[b, k, j] for k in range(5))
                    for i in range(7)
                )
    torch.testing.assert_close(found, expected)
    # Ê as N×d: the same numbers, transposed.
    tokens, others = own.transpose(1, 2), other.transpose(1, 2)
    by_token = tokens @ (others.transpose(1, 2) @ tokens)
    torch.testing.assert_close(found, by_token.transpose(1, 2))
    torch.testing.assert_close(found, torch.einsum("bji,bci->bcj", weights, own))


def test_channel_attention_with_loops():
    own, other = pair()
    found, weights = cross_attention(own, other, "channel")
    assert weights.shape == (2, 5, 5)
    for c in range(5):
        scores = torch.stack([(other[:, c] * own[:, k]).sum(-1) / math.sqrt(7) for k in range(5)])
        shares = scores.softmax(dim=0)  # over the own channels, 5×2
        expected = sum(shares[k].unsqueeze(-1) * own[:, k] for k in range(5))
        torch.testing.assert_close(found[:, c], expected)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_bottleneck_keeps_the_grid_and_uses_both_tasks(attention):
    module = CrossTaskBottleneck(channels=8, width=6, attention=attention).eval()
    streams = [torch.randn(2, 8, 2, 3) for _ in range(2)]
    found = module(streams)
    assert [tuple(x.shape) for x in found.features] == [(2, 6, 2, 3)] * 2
    first, second = (module.embeddings[i](streams[i]).flatten(2) for i in range(2))
    for index, (own, other) in enumerate(((first, second), (second, first))):
        expected, _ = cross_attention(own, other, attention)
        torch.testing.assert_close(found.features[index].flatten(2), expected)
    changed = module([streams[0], streams[1] + torch.randn(2, 8, 2, 3)])
    for index in range(2):
        assert not torch.allclose(found.features[index], changed.features[index])


def test_values_come_from_the_own_task():
    """Where the own stream is the same in every cell, no query can find anything else."""
    module = CrossTaskBottleneck(channels=8, width=6).eval()
    flat = torch.randn(1, 8, 1, 1).expand(1, 8, 3, 3)
    embedded = module.embeddings[0](flat)
    found = module([flat, torch.randn(1, 8, 3, 3)])
    torch.testing.assert_close(found.features[0], embedded)


def test_unknown_attention_is_refused():
    with pytest.raises(UnknownNameError, match="token"):
        CrossTaskBottleneck(8, 6, attention="tokens")
