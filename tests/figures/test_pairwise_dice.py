"""Dice of each pair of outlines: against the textbook formula, and the order of the matrix."""

from __future__ import annotations

import numpy as np
import pytest

from mtlbus.figures.pairwise_dice import dice_matrix, mean_with_others, pairwise_dice


def test_dice_of_each_pair_by_hand():
    a, b, empty = np.zeros((3, 4, 4), bool)
    a[:2], b[1:3] = True, True
    found = pairwise_dice([a, b, empty, empty])
    assert found[0, 1] == found[1, 0] == 2 * 4 / 16
    assert found[0, 2] == 0 and found[2, 3] == 1
    assert (np.diag(found) == 1).all()


def test_the_mean_leaves_out_the_mask_itself():
    dice = np.array([[1, 0.9, 0.5], [0.9, 1, 0.7], [0.5, 0.7, 1]])
    assert mean_with_others(dice) == pytest.approx([0.7, 0.8, 0.6])


def test_who_agrees_most_comes_first_and_the_diagonal_is_empty():
    dice = np.array([[1, 0.9, 0.5], [0.9, 1, 0.7], [0.5, 0.7, 1]])
    (heat,) = dice_matrix(["a", "b", "c"], dice).data
    assert list(heat.x) == list(heat.y) == ["b", "a", "c"]
    assert np.isnan(np.diag(np.array(heat.z, float))).all()
    assert heat.z[0][1] == 0.9 and heat.z[0][2] == 0.7 and heat.z[1][2] == 0.5
    assert heat.zmin == 0.5 and heat.zmax == 1
