"""One and two channels say the same thing."""

from __future__ import annotations

import pytest
import torch

from mtlbus.core.outputs import positive_logit, positive_probability


def test_two_channels_are_softmax_and_one_is_sigmoid():
    two = torch.tensor([[1.0, 3.0], [0.0, -2.0]])
    torch.testing.assert_close(positive_probability(two), two.softmax(dim=1)[:, 1])
    one = torch.tensor([[2.0], [-2.0]])
    torch.testing.assert_close(positive_probability(one), one.sigmoid()[:, 0])
    torch.testing.assert_close(positive_logit(two), torch.tensor([2.0, -2.0]))


def test_planes_keep_their_shape():
    assert positive_logit(torch.zeros(2, 2, 5, 7)).shape == (2, 5, 7)


def test_more_channels_are_refused():
    with pytest.raises(ValueError, match="got 3"):
        positive_logit(torch.zeros(1, 3))
