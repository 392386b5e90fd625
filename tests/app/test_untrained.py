"""Networks without trained weights: the same ones each time, through the same door as trained."""

from __future__ import annotations

import pytest
import torch

from mtlbus.inference.loaded import prepare
from mtlbus.inference.predictor import Predictor, inner_maps
from mtlbus.methods import list_methods
from mtlbus.ui import cases, state, untrained
from mtlbus.ui.results import ResultStore
from tests.app.stand_ins import write_stand_in


@pytest.fixture
def case():
    return cases.open_shipped(state.DEFAULT_CASE)


def test_random_weights_are_the_same_each_time_and_chance_is_left_alone(case, monkeypatch):
    found = []
    for seed in (5, 6):
        monkeypatch.setattr(untrained, "_NETWORKS", ResultStore(10**9, lambda network: 1))
        monkeypatch.setattr(untrained, "_MAPS", ResultStore(10**8, lambda maps: 1))
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        found.append(untrained.maps_of(case, "sha_mtl"))
        assert torch.equal(before, torch.get_rng_state())
    first, second = found
    assert "ag_gate.1" in first
    assert all(torch.equal(first[name].tensor, second[name].tensor) for name in first)


def test_inner_maps_are_those_of_the_predictor(case, tmp_path):
    predictor = Predictor.of(write_stand_in(tmp_path, "mtl_sa"), device="cpu")
    expected = predictor.predict(case.image, maps=True).maps
    found = inner_maps(predictor.model, prepare(case.image, predictor.size))
    assert list(found) == list(expected)
    for name, one in found.items():
        torch.testing.assert_close(one.tensor, expected[name].tensor)


def test_a_method_is_trained_or_untrained_never_both(tmp_path, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    assert all(untrained.is_untrained(name) for name in list_methods())
    write_stand_in(tmp_path, "mtl_sa")
    assert not untrained.is_untrained("mtl_sa") and "mtl_sa" not in untrained.methods()
    assert "ctan" in untrained.methods() and "vgg16" not in untrained.methods()
    assert not untrained.is_untrained("no such method") and not untrained.is_untrained(None)
