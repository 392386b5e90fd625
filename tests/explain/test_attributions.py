"""Attribution methods against values worked out by hand, and what they leave behind."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from mtlbus.core.errors import UnknownNameError
from mtlbus.core.outputs import Output
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.data.transforms import Frame
from mtlbus.explain import chance
from mtlbus.explain.attributions import attribute
from mtlbus.explain.gradcam import NotServed
from mtlbus.explain.options import Options
from mtlbus.explain.techniques import TECHNIQUES

from .toys import Linear, OfGrey, Toy, ask, hooks_of, small_net

SIZE = 12
QUICK = Options(steps=4, samples=6, superpixels=9, coalitions=64, window=6, stride=3)


@pytest.fixture
def linear():
    """A linear network with a normalisation, its weight of each grey pixel, and an image."""
    generator = torch.Generator().manual_seed(3)
    weights = torch.randn(2, 3, SIZE, SIZE, generator=generator)
    toy = Toy(Linear(weights), SIZE, mean=(0.2, 0.3, 0.4), std=(0.5, 0.25, 0.2))
    of_grey = ((weights[1] - weights[0]) / torch.tensor(toy.std).view(3, 1, 1)).sum(dim=0)
    return toy, of_grey.numpy(), torch.rand(SIZE, SIZE, generator=generator)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("saliency", Options()),
        ("smoothgrad", Options(samples=6, noise=0.3)),
    ],
)
def test_slopes_of_a_linear_network_are_its_weights(linear, name, options):
    """Over three replicated, normalised channels: Σ_c w_c / std_c (chain rule)."""
    toy, weight, grey = linear
    found = attribute(ask(toy, grey), name, options)
    np.testing.assert_allclose(found.square, weight, rtol=1e-4, atol=1e-5)
    assert found.completeness is None


@pytest.mark.parametrize("name", ["integrated_gradients", "gradient_shap", "deeplift"])
@pytest.mark.parametrize("baseline", ["black", "mean", "blurred"])
def test_shares_of_a_linear_network_are_weight_times_difference(linear, name, baseline):
    toy, weight, grey = linear
    subject, options = ask(toy, grey), Options(baseline=baseline, noise=0.0, samples=5, steps=3)
    found = attribute(subject, name, options)
    difference = (subject.grey - subject.baseline(baseline))[0, 0].numpy()
    np.testing.assert_allclose(found.square, weight * difference, rtol=1e-3, atol=1e-4)
    assert found.completeness.change == pytest.approx((weight * difference).sum(), rel=1e-4)
    assert found.completeness.share < 1e-4


def test_input_x_gradient_of_a_linear_network(linear):
    toy, weight, grey = linear
    found = attribute(ask(toy, grey), "input_x_gradient")
    np.testing.assert_allclose(found.square, weight * grey.numpy(), rtol=1e-4, atol=1e-4)


def test_occlusion_of_a_linear_network_is_the_sum_under_the_square(linear):
    toy, weight, grey = linear
    options = Options(window=4, stride=4, baseline="black")
    found = attribute(ask(toy, grey), "occlusion", options).square
    share = (weight * grey.numpy()).reshape(3, 4, 3, 4).sum(axis=(1, 3))
    np.testing.assert_allclose(found, np.kron(share, np.ones((4, 4))), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["feature_ablation", "kernel_shap"])
def test_superpixels_of_a_linear_network_get_their_own_sum(linear, name):
    """In an additive game the Shapley value is what the part adds alone."""
    from mtlbus.explain.perturbations import parts_of

    toy, weight, grey = linear
    subject, options = ask(toy, grey), Options(superpixels=9, coalitions=64, baseline="black")
    found = attribute(subject, name, options)
    parts, share = parts_of(subject, options), weight * grey.numpy()
    for part in range(parts.max() + 1):
        inside = found.square[parts == part]
        assert np.ptp(inside) == 0
        assert inside[0] == pytest.approx(share[parts == part].sum(), abs=2e-3)
    if name == "kernel_shap":
        assert found.completeness.total == pytest.approx(share.sum(), abs=1e-2)


def test_integrated_gradients_of_a_product_by_hand():
    """F = x·y from black: each gets half of it, because the gradients grow along the way."""
    toy = Toy(OfGrey(lambda grey: grey[:, 0, 0] * grey[:, 0, 1]), 2)
    grey = torch.tensor([[0.8, 0.5], [0.3, 0.9]])
    found = attribute(ask(toy, grey), "integrated_gradients", Options(baseline="black", steps=4))
    np.testing.assert_allclose(found.square, [[0.2, 0.2], [0.0, 0.0]], atol=1e-6)
    assert found.completeness == pytest.approx((0.4, 0.4))


class Rectified(torch.nn.Module):
    """relu(2a − b) − relu(a + b − 1) of the first two pixels."""

    def __init__(self):
        super().__init__()
        self.up, self.down = torch.nn.ReLU(inplace=True), torch.nn.ReLU(inplace=True)

    def forward(self, images, maps=False):
        a, b = images[:, 0, 0, 0], images[:, 0, 0, 1]
        logit = self.up(2 * a - b) - self.down(a + b - 1)
        return Output(class_logits={MALIGNANCY.name: logit[:, None]})


def test_guided_backprop_by_hand():
    """Only the first rectifier is entered with a positive gradient: 2 and −1, nothing else."""
    grey = torch.tensor([[0.9, 0.6], [0.3, 0.2]])
    toy = Toy(Rectified(), 2)
    plain = attribute(ask(toy, grey), "saliency").square
    guided = attribute(ask(toy, grey), "guided_backprop").square
    np.testing.assert_allclose(plain, [[1, -2], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(guided, [[2, -1], [0, 0]], atol=1e-6)


def test_deeplift_by_hand():
    """From black: relu(2a − b) goes 0 → 1.2 (slope 1); relu(a + b − 1) 0 → 0.5 over 1.5."""
    grey = torch.tensor([[0.9, 0.6], [0.3, 0.2]])
    found = attribute(ask(Toy(Rectified(), 2), grey), "deeplift", Options(baseline="black"))
    expected = [[2 * 0.9 - 0.9 / 3, -0.6 - 0.6 / 3], [0, 0]]
    np.testing.assert_allclose(found.square, expected, atol=1e-5)
    assert found.completeness == pytest.approx((0.7, 0.7), abs=1e-5)


@pytest.mark.parametrize("target", ["class:difference", "mask:difference:image"])
def test_deeplift_adds_up_over_overlapping_windows(target):
    found = attribute(ask(small_net(), torch.rand(32, 32), target), "deeplift")
    assert found.completeness.share < 1e-3


def test_deeplift_is_refused_where_it_does_not_add_up():
    """A product of two pixels has no DeepLIFT rule."""
    toy = Toy(OfGrey(lambda g: g[:, 0, 0] * g[:, 0, 1] * g[:, 1, 0]), 2)
    with pytest.raises(NotServed, match="does not add up"):
        attribute(ask(toy, torch.rand(2, 2) + 0.5), "deeplift", Options(baseline="black"))


@pytest.mark.parametrize(
    ("toy", "reason"),
    [
        (small_net(functional=True), "functions and not modules"),
        (Toy(OfGrey(lambda g: torch.nn.functional.gelu(g).sum((1, 2))), 4), "works with GELU"),
        (Toy(OfGrey(lambda g: g.sum((1, 2))), 4), "has no ReLU"),
    ],
)
def test_guided_backprop_is_refused_where_it_would_guide_by_halves(toy, reason):
    with pytest.raises(NotServed, match=reason):
        attribute(ask(toy, torch.rand(toy.size, toy.size)), "guided_backprop")


def test_a_rectifier_used_twice_is_guided_at_both_places():
    grey = torch.rand(32, 32)
    once, twice = small_net(), small_net(reuse=True)
    found = [attribute(ask(toy, grey), "guided_backprop").square for toy in (once, twice)]
    np.testing.assert_allclose(*found, atol=1e-6)


@pytest.mark.parametrize("name", TECHNIQUES)
def test_the_cost_that_is_shown_is_the_cost_that_is_run(name):
    """On a wide image, whose padding takes no squares and no superpixels."""
    seen = []
    subject = ask(small_net(), torch.rand(32, 32), frame=Frame(60, 100))
    found = attribute(replace(subject, watch=seen.append), name, QUICK)
    assert found.cost == TECHNIQUES[name].price(QUICK, subject.frame, subject.size)
    assert sum(seen) == found.cost.passes and max(seen) <= 4


@pytest.mark.parametrize("name", TECHNIQUES)
def test_any_pass_can_be_the_last(name):
    class Stop(BaseException):
        pass

    toy, seen = small_net(), []

    def watch(images):
        seen.append(images)
        raise Stop

    with pytest.raises(Stop):
        attribute(replace(ask(toy, torch.rand(32, 32)), watch=watch), name, QUICK)
    assert len(seen) == 1 and hooks_of(toy.model) == 0
    assert not chance._TURN.locked(), "others could never draw again"


@pytest.mark.parametrize("name", TECHNIQUES)
def test_the_shared_network_is_left_as_it_was(name):
    toy = small_net()
    before = {key: value.clone() for key, value in toy.model.state_dict().items()}
    attribute(ask(toy, torch.rand(32, 32)), name, QUICK)
    assert hooks_of(toy.model) == 0
    assert not any(p.requires_grad or p.grad is not None for p in toy.model.parameters())
    assert toy.model.relu.inplace and not toy.model.training
    assert all(torch.equal(before[key], value) for key, value in toy.model.state_dict().items())


def test_two_sessions_on_one_network_never_mix():
    """Each thread asks another question; every map is the one it gets alone."""
    toy = small_net()
    questions = [
        (ask(toy, torch.rand(32, 32), target), name)
        for target in ("class:malignant", "mask:difference:image")
        for name in (
            "deeplift",
            "guided_backprop",
            "saliency",
            "smoothgrad",
            "gradient_shap",
            "kernel_shap",
        )
    ]
    alone = [attribute(subject, name, QUICK).square for subject, name in questions]
    start = threading.Barrier(len(questions))

    def work(question):
        start.wait()
        return [attribute(*question, QUICK).square for _ in range(5)]

    with ThreadPoolExecutor(len(questions)) as pool:
        for expected, found in zip(alone, pool.map(work, questions), strict=True):
            for square in found:
                np.testing.assert_allclose(square, expected, atol=1e-5 * abs(expected).max())
    assert hooks_of(toy.model) == 0


@pytest.mark.parametrize("name", ["smoothgrad", "gradient_shap", "feature_ablation", "kernel_shap"])
def test_what_others_draw_from_is_put_back(name):
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    attribute(ask(small_net(), torch.full((32, 32), 0.5)), name, QUICK)
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert (before[1] == np.random.get_state()[1]).all()


@pytest.mark.parametrize("name", ["smoothgrad", "gradient_shap", "kernel_shap"])
def test_draws_follow_the_seed_and_nothing_else(name):
    subject = ask(small_net(), torch.rand(32, 32))
    options = [Options(samples=4, superpixels=9, coalitions=20, seed=seed) for seed in (1, 1, 2)]
    maps = []
    for option in options:
        np.random.rand(3), torch.rand(2)
        maps.append(attribute(subject, name, option).square)
    assert (maps[0] == maps[1]).all() and not (maps[0] == maps[2]).all()


def test_a_map_comes_back_on_the_images_own_grid():
    """100×60 in a square of 100: rows 20 to 79 of it, scaled from 32 px."""
    toy = Toy(OfGrey(lambda g: g[:, 16, 16] + 0 * g.sum((1, 2))), 32)
    subject = ask(toy, torch.rand(32, 32), frame=Frame(60, 100))
    found = attribute(subject, "saliency")
    assert found.plane.shape == (60, 100) and found.square.shape == (32, 32)
    row, column = np.unravel_index(found.plane.argmax(), found.plane.shape)
    # The middle of input pixel 16 lies at 16.5 · 100/32 = 51.6 of the square, 31.6 of the image.
    assert abs(column - 51) <= 1 and abs(row - 31) <= 1


def test_an_unknown_method_is_corrected():
    with pytest.raises(UnknownNameError, match="Did you mean 'gradcam'"):
        attribute(ask(small_net(), torch.rand(32, 32)), "gradcamm")
