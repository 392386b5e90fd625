"""The draft of a description: which word follows from which number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mtlbus.findings.description import BY_EYE, described
from mtlbus.inference.measure import measure


def ellipse(height: int, width: int, inside: int, behind: int):
    """A lesion of these half axes in a grey image."""
    y, x = np.mgrid[:160, :160]
    mask = ((y - 70) / height) ** 2 + ((x - 80) / width) ** 2 <= 1
    pixels = np.full(mask.shape, 100, np.uint8)
    pixels[70 + height :, 80 - width : 81 + width] = behind
    pixels[mask] = inside
    return measure(mask, pixels)


@pytest.mark.parametrize(
    ("lesion", "words"),
    [
        ((20, 40, 40, 60), ("oval", "parallel", "hypoechoic", "shadowing")),
        ((40, 20, 100, 100), ("oval", "not parallel", "isoechoic", "no posterior features")),
        ((30, 30, 160, 180), ("round", "not parallel", "hyperechoic", "enhancement")),
    ],
)
def test_words_follow_from_the_outline(lesion, words):
    found = {one.feature: one.word for one in described(ellipse(*lesion))}
    known = ("Shape", "Orientation", "Echo pattern", "Posterior features")
    assert tuple(found[name] for name in known) == words
    assert all(found[name] == BY_EYE for name in found if name not in known)


def test_a_star_is_irregular_and_what_is_not_measured_is_left_to_the_eye():
    lesion = replace(
        ellipse(20, 40, 40, 60), margin_roughness=0.2, echo_ratio=None, posterior_ratio=None
    )
    found = {one.feature: one.word for one in described(lesion)}
    assert found["Shape"] == "irregular"
    assert found["Echo pattern"] == found["Posterior features"] == BY_EYE
