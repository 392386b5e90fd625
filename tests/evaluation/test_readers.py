"""Scores of readers against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mtlbus.core.errors import InputError
from mtlbus.evaluation.readers import box_overlap, score_reader


def test_a_reader_of_five_cases():
    """Two of three cancers found, one of two benign ones cleared; Wilson by its formula."""
    labels, said = [1, 1, 1, 0, 0], np.array([0.9, 0.6, 0.2, 0.7, 0.1])
    found = score_reader(
        labels, said, (said >= 0.5) == labels, [0.5, math.nan, 1, math.nan, math.nan]
    )
    assert (found.n, found.right) == (5, 3)
    assert found.sensitivity == pytest.approx((2 / 3, 0.2077, 0.9385), abs=5e-4)
    assert found.specificity == pytest.approx((0.5, 0.0945, 0.9055), abs=5e-4)
    assert found.auc == pytest.approx(4 / 6)  # pairs in the right order: 2 + 1 + 1
    assert found.brier == pytest.approx((0.01 + 0.16 + 0.64 + 0.49 + 0.01) / 5)
    assert found.overlap == pytest.approx(0.75)
    one = score_reader([1], [0.3], [True])
    assert one.right == 1 and math.isnan(one.auc) and math.isnan(one.specificity.value)
    with pytest.raises(InputError, match="one for each"):
        score_reader(labels, said, [True])


def test_a_box_is_held_against_the_box_of_the_lesion():
    truth = np.zeros((50, 60), bool)
    truth[10:20, 20:40] = True
    assert box_overlap((20, 10, 20, 10), truth) == 1
    assert box_overlap((30, 10, 20, 10), truth) == pytest.approx(100 / 300)
    assert box_overlap((0, 30, 10, 10), truth) == 0
