"""Changes of grey values as other scanners would make them."""

from __future__ import annotations

import pytest
import torch

from mtlbus.data.devices import CHANGES, as_other_device, depth_gain, marks, tone_curve
from mtlbus.data.transforms import Augmentation


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def padded() -> torch.Tensor:
    """Noise between two black bars, as a wide image in its square."""
    grey = torch.rand(4, 1, 64, 64, generator=chance(7)) * 0.8 + 0.1
    grey[:, :, :12] = 0
    grey[:, :, 52:] = 0
    return grey


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_each_change_changes_and_keeps_the_shape(change):
    grey = padded()
    changed = change(grey, chance())
    assert changed.shape == grey.shape and changed.isfinite().all()
    assert not torch.equal(changed, grey)
    assert torch.equal(grey, padded()), "what came in is left alone"


def test_the_padding_stays_black_and_values_in_their_range():
    changed = as_other_device(padded(), 1.0, chance())
    assert not changed[:, :, :12].any() and not changed[:, :, 52:].any()
    assert changed.min() >= 0 and changed.max() <= 1


def test_the_share_is_a_probability_and_chance_is_the_generators():
    grey = padded()
    assert torch.equal(as_other_device(grey, 0.0, chance()), grey)
    once, again = (as_other_device(grey, 0.5, chance(3)) for _ in range(2))
    assert torch.equal(once, again)
    assert not torch.equal(once, as_other_device(grey, 0.5, chance(4)))


def test_black_and_white_stay_under_another_tone_curve():
    ends = torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3)
    assert tone_curve(ends, chance()) == pytest.approx(ends)


def test_depth_gain_grows_along_the_beam_alone():
    changed = depth_gain(torch.full((1, 1, 9, 5), 0.4), chance(1))
    assert torch.allclose(changed, changed[..., :1].expand_as(changed))
    middle, steps = float(changed[0, 0, 4, 0]), changed[0, 0, :, 0].diff()
    assert middle == pytest.approx(0.4) and abs(float(steps[0])) > 0.005
    assert torch.allclose(steps, steps[:1].expand_as(steps), atol=1e-6)


def test_calipers_are_white_crosses():
    changed = marks(torch.zeros(3, 1, 64, 64), chance())
    assert set(changed.unique().tolist()) == {0.0, 1.0}
    assert 5 <= changed[0].sum() <= 20  # one to four crosses of five pixels


def test_masks_do_not_hear_of_it():
    grey, masks = padded(), torch.zeros(4, 1, 64, 64)
    masks[:, :, 20:40, 20:40] = 1
    plain = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0)
    devices = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0, devices=1.0)
    first, second = (one(grey, masks, chance()) for one in (plain, devices))
    assert torch.equal(first[1], second[1]) and not torch.equal(first[0], second[0])
