"""Grad-CAM on features and weights that are known, and what it costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtlbus.core.outputs import Map, Output
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.explain.attributions import attribute
from mtlbus.explain.gradcam import NotServed
from mtlbus.explain.options import Options

from .toys import OfGrey, Toy, ask, small_net


class Pooled(nn.Module):
    """Two feature maps, the 2×2 means of the image and of 1 − image; logit 3·A_0 − 2·A_1, mean."""

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        cells = nn.functional.avg_pool2d(images[:, :1], 2)
        features = torch.cat([cells, 1 - cells], dim=1)
        unused = Map(images * 1, "feature", "start", 1, "A test.")
        pooled = features.mean(dim=(2, 3))
        logit = 3 * pooled[:, :1] - 2 * pooled[:, 1:]
        found = {"other": unused, "pooled_features": Map(features, "feature", "end", 2, "A test.")}
        return Output(class_logits={MALIGNANCY.name: logit}, maps=found if maps else {})


GREY = torch.tensor(
    [[0.8, 0.8, 0.1, 0.1], [0.8, 0.8, 0.1, 0.1], [0.5, 0.5, 0.4, 0.4], [0.5, 0.5, 0.4, 0.4]]
)


def test_by_hand():
    """α = (3/4, −2/4) on four cells: relu(0.75·a − 0.5·(1 − a)) = relu(1.25·a − 0.5)."""
    found = attribute(ask(Toy(Pooled(), 4), GREY), "gradcam").square
    cells = np.array([[0.5, 0.0], [0.125, 0.0]])
    np.testing.assert_allclose(found, np.kron(cells, np.ones((2, 2))), atol=1e-6)


def test_against_the_answer_the_signs_turn():
    found = attribute(ask(Toy(Pooled(), 4), GREY, "class:benign"), "gradcam").square
    cells = np.array([[0.0, 0.375], [0.0, 0.0]])
    np.testing.assert_allclose(found, np.kron(cells, np.ones((2, 2))), atol=1e-6)


def test_a_feature_map_that_the_answer_does_not_use_is_refused():
    with pytest.raises(NotServed, match="does not depend"):
        attribute(ask(Toy(Pooled(), 4), GREY), "gradcam", Options(layer="other"))


def test_without_a_wish_the_first_map_that_the_answer_uses_is_taken():
    """The mask of this toy hangs on `other` alone, which here is the image itself."""
    found = attribute(ask(Toy(Masked(), 4), GREY, "mask:difference:image"), "gradcam").square
    np.testing.assert_allclose(found, 2 * GREY, atol=1e-6)  # α = (2 + 0 + 0) over three channels


class Masked(Pooled):
    """Its mask's logit is twice the first channel of the map `other`."""

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        output = super().forward(images, maps=True)
        other = output.maps["other"].tensor
        return replace(output, mask_logits=2 * other[:, :1])


def test_a_network_without_feature_maps_is_refused():
    with pytest.raises(NotServed, match="returns none"):
        attribute(ask(Toy(OfGrey(lambda g: g.sum((1, 2))), 4), GREY), "gradcam")


def test_the_way_back_ends_at_the_features():
    """No gradient is computed below them: the first convolution is never asked for one."""
    toy, asked = small_net(), []
    image = torch.rand(32, 32)
    first = toy.model.first.forward
    toy.model.first.forward = lambda x: _Noted.apply(first(x), asked)
    attribute(ask(toy, image), "gradcam")
    assert asked == []
    attribute(ask(toy, image), "saliency")
    assert asked == [True]


class _Noted(torch.autograd.Function):
    """The identity, which notes when a gradient passes."""

    @staticmethod
    def forward(context, x, notes):
        context.notes = notes
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        context.notes.append(True)
        return gradient, None


def test_guided_gradcam_is_the_product():
    subject = ask(small_net(), torch.rand(32, 32))
    guided = attribute(subject, "guided_backprop").square
    product = attribute(subject, "guided_gradcam").square
    cam = attribute(subject, "gradcam").square
    assert (product[cam.max() == cam] != 0).any()
    lit = np.abs(guided) > 1e-9
    assert (product[lit] / guided[lit] >= -1e-6).all()  # a factor that is never negative
    assert np.abs(product).max() <= np.abs(guided).max() * cam.max() + 1e-6
