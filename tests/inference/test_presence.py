"""What tells a lesion by the features: the function of scikit-learn, its limit, and its file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mtlbus.core.errors import CheckpointError, InputError
from mtlbus.core.outputs import Map
from mtlbus.data.intake import GreyImage
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.inference.predictor import Predictor
from mtlbus.inference.presence import (
    FILE,
    STRENGTHS,
    PresenceReadout,
    fit_presence,
    read_presence,
    write_presence,
)
from tests.made import untrained_checkpoint


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features 2·count×5, the first half with a lesion, whose first two channels are higher."""
    rng = np.random.default_rng(seed)
    lesion = np.arange(2 * count) < count
    return rng.normal(size=(2 * count, 5)) * 3 + 4 * lesion[:, None] * [1, 1, 0, 0, 0], lesion


def as_maps(features: np.ndarray) -> dict[str, Map]:
    tensor = torch.from_numpy(features).float()[None, :, None, None].expand(1, -1, 2, 2)
    return {"features": Map(tensor, "feature", "", 8, "")}


def test_it_is_one_of_the_functions_of_scikit_learn_moved_to_its_limit():
    training, validation = drawn(60, 0), drawn(100, 1)
    training[0][:, 4] = 1e-40 * np.arange(120)  # a gate that never moves
    found = fit_presence(("features",), training, validation)
    scores = np.array([found.score(as_maps(one)) for one in validation[0]])
    lesions = np.sort(scores[validation[1]])
    assert lesions[0] < 0.5 < lesions[1]  # one of a hundred lies below
    logits = np.log(scores / (1 - scores))
    assert found.weights[4] == 0
    training, validation = (
        (features[:, :4], lesion) for features, lesion in (training, validation)
    )
    scaler = StandardScaler().fit(training[0])
    moved = [
        logits
        - LogisticRegression(C=c, class_weight="balanced", max_iter=3000)
        .fit(scaler.transform(training[0]), training[1])
        .decision_function(scaler.transform(validation[0]))
        for c in STRENGTHS
    ]
    assert min(np.ptp(one) for one in moved) < 1e-3  # the same but for a constant


@pytest.mark.parametrize("lesion", [True, False])
def test_a_part_of_one_kind_says_so(lesion):
    features = np.zeros((4, 2))
    with pytest.raises(InputError, match="validation part has no"):
        fit_presence(("a",), drawn(4, 0), (features, np.full(4, lesion)))


def test_a_prediction_has_it_and_a_file_of_other_weights_does_not_count(tmp_path):
    checkpoint = untrained_checkpoint(tmp_path, "mtl")
    image = GreyImage(make_phantom(random_parameters(1), 64).image, "", (), "")
    plain = Predictor(checkpoint).predict(image, maps=True)
    assert plain.readout is None and read_presence(checkpoint) is None
    name, found = next((n, m) for n, m in plain.maps.items() if m.kind == "feature")
    width = found.tensor.shape[0]
    write_presence(checkpoint, PresenceReadout((name,), np.zeros(width, np.float32), 1.25))
    again = Predictor(checkpoint).predict(image)
    assert again.readout == pytest.approx(1 / (1 + np.exp(-1.25)))
    assert replace(again, mask_square=np.ones((4, 4))).presence == again.readout
    assert replace(again, mask_square=np.zeros((4, 4))).presence == 0  # nothing is outlined
    (checkpoint.folder / FILE).write_bytes(b"none")
    with pytest.raises(CheckpointError, match="damaged"):
        read_presence(checkpoint)
    assert "presence.safetensors is damaged" in Predictor(checkpoint).familiarity_problem
