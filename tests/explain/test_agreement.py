"""Pointing game, mass and rank correlations on maps made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from mtlbus.core.outputs import Map
from mtlbus.data.transforms import Frame
from mtlbus.explain.agreement import (
    mass_inside,
    own_planes,
    peak,
    points_into,
    rank_correlation,
    rank_correlations,
)

MASK = np.zeros((4, 4), bool)
MASK[1:3, 1:3] = True


def test_mass_by_hand():
    plane = np.zeros((4, 4))
    plane[1, 1], plane[2, 2], plane[0, 0] = 2.0, -1.0, -1.0
    assert mass_inside(plane, MASK) == pytest.approx(3 / 4)
    assert mass_inside(np.ones((4, 4)), MASK) == pytest.approx(4 / 16)
    assert mass_inside(np.zeros((4, 4)), MASK) is None


def test_the_strongest_place_counts_by_size():
    plane = np.zeros((4, 4))
    plane[0, 3], plane[2, 1] = 1.0, -1.5
    assert peak(plane) == (2, 1) and points_into(plane, MASK) is True
    plane[0, 3] = 2.0
    assert peak(plane) == (0, 3) and points_into(plane, MASK) is False
    assert points_into(np.ones((4, 4)), MASK) is None


def test_the_strongest_place_of_cells_is_the_middle_of_the_first():
    plane = np.kron(np.array([[0.0, 1.0], [1.0, 0.2]]), np.ones((5, 5)))
    assert peak(plane) == (2, 7)


def test_rank_correlations_against_scipy():
    generator = np.random.default_rng(0)
    a, b, c = generator.random((3, 9, 9))
    planes = {"a": a, "flat": np.ones((9, 9)), "b": b, "cube of a": a**3, "c": c}
    table = rank_correlations(planes)
    assert table[0, 2] == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)
    assert table[0, 3] == pytest.approx(1) and np.isnan(table[1]).all()
    assert table[4, 2] == pytest.approx(rank_correlation(c, b))
    two = rank_correlations({"a": a, "minus a": -a})
    np.testing.assert_allclose(two, [[1, -1], [-1, 1]])
    assert rank_correlations({"a": a, "flat": 0 * a})[0, 0] == 1
    assert rank_correlation(a, np.ones((9, 9))) is None


def test_own_maps_come_to_the_images_grid():
    """A wide image sees rows 1 and 2 of 4 cells; what is no plane of the image is left out."""
    gate = torch.arange(16.0).view(1, 4, 4) / 16

    def a_map(tensor, kind, **more):
        return Map(tensor, kind, "", 4, "A test.", **more)

    look = torch.zeros(1, 4, 4)
    look[..., 2] = 1.0  # every cell looks at cell 2, which is row 1, column 0
    maps = {
        "a_gate.1": a_map(torch.cat([gate, 1 + 0 * gate]), "gate"),
        "sa_attention": a_map(look, "attention", grid=(2, 2)),
        "channel_gate": a_map(torch.ones(5, 1, 1), "gate"),
        "gamma": a_map(torch.ones(3), "scalar"),
        "regions": a_map(torch.ones(3, 4, 4), "region"),
        "pooled_features": a_map(torch.ones(3, 4, 4), "feature"),
        "other_features": a_map(torch.tensor([[[1.0, -3.0], [0.0, 2.0]]]), "feature"),
    }
    planes = own_planes(maps, Frame(8, 16), 16)
    assert set(planes) == {"a_gate.1", "sa_attention", "other_features"}
    assert all(plane.shape == (8, 16) for plane in planes.values())
    assert planes["a_gate.1"][0, 0] == pytest.approx((4 / 16 + 1) / 2)
    assert planes["sa_attention"][7, 0] == 1 and planes["sa_attention"][0, 0] == 0
    assert planes["other_features"][0, 15] == 3
