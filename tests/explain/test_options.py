"""Settings of attributions, baselines, superpixels and the placebo."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtlbus.core.errors import MtlbusError
from mtlbus.explain.agreement import rank_correlation
from mtlbus.explain.attributions import attribute
from mtlbus.explain.gradcam import NotServed
from mtlbus.explain.options import Options, baseline_image
from mtlbus.explain.placebo import randomised
from mtlbus.explain.request import Request, answer
from mtlbus.explain.superpixels import grid_of, superpixels

from .toys import Linear, Toy, ask, hooks_of, small_net


def test_options_as_text_and_back():
    options = Options(steps=32, baseline="black", noise=0.25)
    assert str(options) == "baseline=black,steps=32,noise=0.25"
    assert Options.parse(str(options)) == options and str(Options()) == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("step=3", "Did you mean 'steps'"),
        ("steps=0", "2 to 256 is allowed"),
        ("steps=many", "NAME=NUMBER"),
        ("steps", "NAME=NUMBER"),
        ("baseline=grey", "Allowed: black, blurred, mean"),
        ("window=8,stride=16", "Make the stride smaller"),
        ("superpixels=100,coalitions=100", "twice as many"),
    ],
)
def test_a_wrong_option_says_what_is_allowed(text, says):
    with pytest.raises(MtlbusError, match=says):
        Options.parse(text)


def test_baselines_by_hand():
    grey = torch.tensor([[[[0.0, 0.0], [0.2, 0.6]]]])
    visible = np.array([[False, False], [True, True]])  # the upper row is padding
    assert baseline_image(grey, visible, "black").flatten().tolist() == [0, 0, 0, 0]
    mean = baseline_image(grey, visible, "mean").flatten()
    assert mean.tolist() == pytest.approx([0, 0, 0.4, 0.4])


def test_a_blurred_even_image_stays_even_up_to_its_rim():
    grey, visible = torch.zeros(1, 1, 32, 32), np.zeros((32, 32), bool)
    visible[8:24] = True
    grey[0, 0, 8:24] = 0.7
    blurred = baseline_image(grey, visible, "blurred")[0, 0]
    assert blurred[8:24].numpy() == pytest.approx(0.7, abs=1e-4)
    assert (blurred[:8] == 0).all() and (blurred[24:] == 0).all()


def test_superpixels_follow_an_edge():
    grey, visible = np.zeros((64, 64), np.float32), np.ones((64, 64), bool)
    grey[:, 37:] = 1  # not on the regular grid
    parts = superpixels(grey, visible, 16)
    assert sorted(np.unique(parts)) == list(range(16))
    shares = [grey[parts == part].mean() for part in range(16)]
    assert max(min(share, 1 - share) for share in shares) < 0.1
    even = np.bincount(superpixels(np.zeros((64, 64), np.float32), visible, 16).ravel())
    assert len(even) == 16 and even.min() > 200 and even.max() < 320  # squares of 256 and rims


def test_superpixels_of_a_wide_image_lie_on_its_visible_part():
    visible = np.zeros((64, 64), bool)
    visible[20:44] = True
    rows, columns = grid_of(visible, 12)
    assert (rows, columns) == (2, 6)
    parts = superpixels(np.random.default_rng(0).random((64, 64)), visible, 12)
    assert sorted(np.unique(parts[visible])) == list(range(12))


def test_the_placebo_holds_the_same_weights_in_another_order():
    toy = small_net()
    first, again, other = (randomised(toy.model, seed) for seed in (0, 0, 1))
    for name, weight in toy.model.named_parameters():
        shuffled = first.get_parameter(name)
        assert torch.equal(weight.flatten().sort().values, shuffled.flatten().sort().values)
        assert torch.equal(shuffled, again.get_parameter(name))
    assert not torch.equal(first.second.weight, toy.model.second.weight)
    assert not torch.equal(first.second.weight, other.second.weight)
    assert not first.training and not first.first.weight.requires_grad


def test_shuffled_weights_leave_no_order_in_the_map():
    """Of 3600 pixels with independent weights: |ρ| stays below 4/√3600."""
    weights = torch.randn(2, 3, 60, 60)
    subject = ask(Toy(Linear(weights), 60), torch.rand(60, 60))
    found = answer(Request(("saliency", "integrated_gradients")), subject)
    assert list(found) == ["saliency", "integrated_gradients", "saliency_placebo",
                           "integrated_gradients_placebo"]  # fmt: skip
    for name in ("saliency", "integrated_gradients"):
        pair = found[name].plane, found[f"{name}_placebo"].plane
        assert abs(rank_correlation(*pair)) < 4 / 60
        assert rank_correlation(pair[0], pair[0]) == pytest.approx(1)


def test_the_placebo_never_touches_the_trained_network():
    toy = small_net()
    subject = ask(toy, torch.rand(32, 32))
    alone = attribute(subject, "deeplift").square
    answer(Request(("deeplift", "guided_backprop")), subject)
    assert hooks_of(toy.model) == 0
    np.testing.assert_allclose(attribute(subject, "deeplift").square, alone, atol=1e-7)


def test_a_map_that_cannot_be_made_is_answered_by_its_reason():
    toy = Toy(Linear(torch.randn(2, 3, 8, 8)), 8)
    found = answer(Request(("gradcam", "saliency")), ask(toy, torch.rand(8, 8)))
    assert isinstance(found["gradcam"], NotServed) and "gradcam_placebo" not in found
    assert "saliency_placebo" in found


def test_a_request_says_what_is_wrong():
    with pytest.raises(MtlbusError, match="Did you mean 'gradcam'"):
        Request(("grad-cam",))
    with pytest.raises(MtlbusError, match="named twice"):
        Request(("gradcam", "gradcam"))
