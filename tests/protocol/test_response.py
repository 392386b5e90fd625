"""Answers along the knobs of a phantom: where they are asked, and what is made of them."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mtlbus.checkpoints import list_checkpoints
from mtlbus.data.phantom import GALLERY, PhantomParameters, make_phantom, random_parameters
from mtlbus.data.phantom_state import grey_image
from mtlbus.inference.predictor import Predictor
from mtlbus.protocol import response
from mtlbus.protocol.response import Answer
from tests.app.stand_ins import write_stand_in

SCAR = GALLERY["scar"].parameters


@pytest.fixture(scope="module")
def networks(tmp_path_factory) -> dict[str, Predictor]:
    """One with a mask and a class, one with a class only; both random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl", "resnet")):
        write_stand_in(root, method, seed=seed + 7)
    return {name: Predictor(found) for name, found in list_checkpoints(root).items()}


def test_an_answer_is_the_prediction_of_that_phantom(networks):
    turned = replace(SCAR, gain_db=2.0)
    found = response.ask(networks, turned)
    image = grey_image(make_phantom(turned), "x")
    for method, network in networks.items():
        said = network.predict(image)
        assert found[method].probability == pytest.approx(said.probability)
        assert found[method].call in ("benign", "malignant", None)
    assert found["resnet"].dice is None and found["resnet"].outlined is None
    assert 0 <= found["mtl"].dice <= 1
    assert Image.open(io.BytesIO(found["mtl"].picture)).size == response.PICTURE


def test_a_black_image_is_refused_and_no_network_is_asked(networks, monkeypatch):
    monkeypatch.setattr(response, "predict_all", lambda *_: pytest.fail("asked"))
    dark = replace(SCAR, gain_db=-15.0, gamma=2.5, dynamic_range_db=40.0, tgc_error_db_per_cm=-8.0)
    for answer in response.ask(networks, dark).values():
        assert answer.probability is None and answer.doubt


@pytest.mark.parametrize("name", list(GALLERY))
def test_a_knob_reaches_as_far_as_the_lesion_fits(name):
    """Each value of each curve can be drawn, and a step beyond a bound that is not its own
    cannot."""
    parameters = GALLERY[name].parameters
    for knob, about in response.knobs().items():
        values = response.values_of(parameters, knob)
        assert len(values) == len(set(values)) >= 2, knob
        for value in [*values, *response.ends_of(parameters, knob)]:
            assert response.with_knob(parameters, knob, value) is not None, (knob, value)
        if isinstance(about["default"], bool):
            continue
        low, high = response.span(parameters, knob)
        assert about["low"] <= low <= getattr(parameters, knob) <= high <= about["high"]
        beyond = 0.03 if knob == "aspect" else 0.8
        if high < about["high"]:
            assert response.with_knob(parameters, knob, high + beyond) is None, knob
        if low > about["low"]:
            assert response.with_knob(parameters, knob, low - beyond) is None, knob


def test_usual_is_what_phantoms_for_training_have():
    low, high = response.usual_range("gain_db")
    gains = np.array([random_parameters(seed).gain_db for seed in range(5000, 6000)])
    assert np.mean((gains >= low) & (gains <= high)) == pytest.approx(0.9, abs=0.04)
    assert response.usual_range("distortion") == (0, 1)
    assert response.usual_range("gamma") == (0.7, 1.4)


def answer(probability: float | None, call: str | None = None) -> Answer:
    return Answer(probability, call, None, None, "", b"")


def test_the_ranking_begins_with_what_changes_the_answer_most():
    parameters = PhantomParameters(gain_db=1.0, halo=0.5)
    found = {
        "gain_db": {-5.0: answer(0.40), 4.0: answer(0.55)},
        "halo": {0.0: answer(0.10), 1.0: answer(0.45)},
        "noise": {0.0: answer(None), 0.1: None},
    }
    first, second = response.swings(found, answer(0.5), parameters)
    assert first.knob == "halo" and first.size == pytest.approx(0.40)  # the present place counts
    assert first.values == (0.0, 0.5, 1.0) and first.probabilities == (0.10, 0.5, 0.45)
    assert second.knob == "gain_db" and second.size == pytest.approx(0.15)
    (only, *_), none = (
        response.swings(found, None, parameters),
        response.swings({}, None, parameters),
    )
    assert only.size == pytest.approx(0.35) and none == []


def test_a_call_turns_between_two_neighbours():
    answers = [answer(0.1, "benign"), answer(0.2, "benign"), None, answer(0.8, "malignant")]
    assert response.turning_points([1, 2, 3, 4], answers) == [(2, 4)]
    assert response.turning_points([1, 2], answers[:2]) == []
