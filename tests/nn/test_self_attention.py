"""SAGAN self-attention against the published formula, written with loops."""

from __future__ import annotations

import math

import torch

from mtlbus.nn.self_attention import SelfAttention


def naive(module: SelfAttention, query, key, value, residual):
    """out_i = γ Σ_j softmax_j(q_i · k_j) v_j + residual_i, cell by cell."""
    b, _, h, w = residual.shape
    q, k, v = module.query(query), module.key(key), module.value(value)
    out, attention = residual.clone(), torch.zeros(b, h * w, h * w)
    for n in range(b):
        for i in range(h * w):
            scores = [
                sum(
                    float(q[n, d, i // w, i % w]) * float(k[n, d, j // w, j % w])
                    for d in range(q.shape[1])
                )
                for j in range(h * w)
            ]
            largest = max(scores)
            shares = [math.exp(score - largest) for score in scores]
            total = sum(shares)
            for j, share in enumerate(shares):
                attention[n, i, j] = share / total
                out[n, :, i // w, i % w] += (
                    float(module.gamma) * share / total * v[n, :, j // w, j % w]
                )
    return out, attention


def test_it_equals_the_loops():
    module = SelfAttention(16)
    with torch.no_grad():
        module.gamma.fill_(0.7)
        tensors = [torch.randn(2, 16, 3, 4) for _ in range(4)]
        out, attention = module(*tensors)
        expected, rows = naive(module, *tensors)
    torch.testing.assert_close(attention, rows, rtol=0, atol=1e-5)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-4)
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones(2, 12))


def test_gamma_starts_at_zero_so_nothing_is_added():
    module = SelfAttention(8)
    x = torch.randn(1, 8, 4, 4)
    assert torch.equal(module(x, x, x, x)[0], x)


def test_gamma_may_begin_above_nothing():
    torch.manual_seed(0)
    module, images = SelfAttention(8, gamma=0.5), torch.randn(2, 8, 3, 3)
    out, attention = module(images, images, images, images)
    context = torch.einsum("bij,bcj->bci", attention, module.value(images).flatten(2))
    torch.testing.assert_close(out.flatten(2), images.flatten(2) + 0.5 * context)
