"""Speckle wider than high leads down, its transpose across, and noise neither."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mtlbus.inference.grain import grain


def speckle(down: float, across: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=(256, 256))
    smooth = ndimage.gaussian_filter(noise, (down, across))
    return np.clip(120 + 40 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def test_the_lead_is_the_ratio_of_the_widths():
    """Of Gaussian noise of widths a and b the powers of change are as b² to a²: ln 4 for 1, 2.

    Steps of one pixel and the filter make it a little less.
    """
    found = grain(speckle(1.0, 2.0), 30)
    assert found.lead == pytest.approx(np.log(4), abs=0.35) and found.share > 0.99


def test_turned_it_is_the_other_way_round_and_noise_has_none():
    plain, turned = (grain(image, 30) for image in (speckle(1, 2), speckle(1, 2).T.copy()))
    assert turned.lead == pytest.approx(-plain.lead, abs=1e-3) and turned.share < 0.01
    even = grain(speckle(1.5, 1.5), 30)
    assert abs(even.lead) < 0.1 and 0.3 < even.share < 0.7


def test_a_dark_image_has_no_grain():
    assert grain(np.full((256, 256), 5, np.uint8), 30) is None
