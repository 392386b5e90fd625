"""The distance from the training images, against the full covariance and on made images."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import ortho_group
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from mtlbus.checkpoints import list_checkpoints
from mtlbus.cli import main
from mtlbus.core.errors import CheckpointError, InputError
from mtlbus.core.outputs import Map
from mtlbus.data.intake import GreyImage
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.inference import familiarity
from mtlbus.inference.familiarity import (
    FILE,
    channel_means,
    feature_maps,
    fit,
    read_familiarity,
    write_familiarity,
)
from mtlbus.inference.predictor import Predictor
from tests.made import make_manifest, untrained_checkpoint

CHANNELS = 48


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    """3000×48 with a steep spectrum, turned at random."""
    generator = np.random.default_rng(0)
    spread = 3.0 / np.arange(1, CHANNELS + 1)
    turn = ortho_group.rvs(CHANNELS, random_state=0)
    return generator.normal(size=(3000, CHANNELS)) * spread @ turn + 5


def test_distances_are_those_of_the_model_covariance(features):
    found = fit(("deep",), features[:2000], features[2000:])
    scaler = StandardScaler().fit(features[:2000])
    model = PCA(familiarity.DIRECTIONS, svd_solver="full").fit(scaler.transform(features[:2000]))
    precision = np.linalg.inv(model.get_covariance())  # the covariance of probabilistic PCA
    scaled = scaler.transform(features[2000:])
    expected = np.sqrt(np.einsum("ij,jk,ik->i", scaled, precision, scaled))
    np.testing.assert_allclose(found.distances(features[2000:]), expected, rtol=1e-2)
    assert found.limit == pytest.approx(np.quantile(expected, 0.99), rel=1e-2)


def test_the_limit_is_passed_by_one_in_a_hundred_and_by_strangers(features):
    found = fit(("deep",), features[:2000], features[2000:])
    beyond = found.distances(features[2000:]) > found.limit
    assert beyond.mean() == pytest.approx(0.01, abs=0.001)
    direction = np.zeros(CHANNELS)
    direction[0] = 1
    strangers = features[2000:] + 4 * direction  # across all directions, mostly weak ones
    assert (found.distances(strangers) > found.limit).mean() > 0.99


def test_a_dead_channel_and_few_images_do_no_harm():
    generator = np.random.default_rng(1)
    rows = generator.normal(size=(12, 20))
    rows[:, 3] = 0
    found = fit(("deep",), rows, rows)
    assert np.isfinite(found.distances(rows)).all() and found.limit > 0
    woken = rows[:1] + 0.01 * (np.arange(20) == 3)
    assert found.distances(woken)[0] == pytest.approx(found.distances(rows[:1])[0], abs=0.5)


def test_features_are_the_channel_means_of_feature_maps_and_gates():
    def entry(kind: str, *values: float) -> Map:
        return Map(torch.tensor(values).view(1, -1, 1, 1).expand(1, -1, 4, 6), kind, "", 8, "")

    maps = {"a": entry("feature", 1, 2), "rows": entry("attention", 9), "b": entry("gate", 0.5)}
    assert feature_maps(maps) == ("a", "b")
    np.testing.assert_allclose(channel_means(maps, ("a", "b")), [[1, 2, 0.5]])
    single = {name: replace(found, tensor=found.tensor[0]) for name, found in maps.items()}
    np.testing.assert_allclose(channel_means(single, ("b", "a")), [[0.5, 1, 2]])
    with pytest.raises(InputError, match="neither feature maps nor gates"):
        feature_maps({"rows": maps["rows"]})


def test_maps_that_have_changed_give_no_distance(features):
    found = fit(("a", "b"), features[:, :3], features[:, :3])
    plane = Map(torch.ones(1, 2, 4, 4), "feature", "", 8, "")
    assert found.relative_distance({"a": plane}) is None
    assert found.relative_distance({"a": plane, "b": plane}) is None  # 4 channels, not 3


@pytest.fixture
def checkpoint(tmp_path):
    """Of a small network: 16 channels, a class and no mask."""
    return untrained_checkpoint(tmp_path / "weights", "lenet")


def made(pixels: np.ndarray) -> GreyImage:
    return GreyImage(pixels, "", (), "")


def test_it_is_kept_beside_the_weights_and_comes_with_the_prediction(checkpoint):
    predictor = Predictor(checkpoint, "cpu")
    images = [made(make_phantom(random_parameters(seed), 64).image) for seed in range(8)]
    assert predictor.predict(images[0]).distance is None and read_familiarity(checkpoint) is None
    maps = [predictor.predict(image, maps=True).maps["pooled_features"].tensor for image in images]
    rows = np.stack([entry.mean(dim=(1, 2)).numpy() for entry in maps])
    found = fit(("pooled_features",), rows[:6], rows)
    path = write_familiarity(checkpoint, found)
    assert path.name == FILE and path.stat().st_size <= 150_000

    again = Predictor(checkpoint, "cpu")
    expected = found.distances(rows) / found.limit
    for image, distance in zip(images, expected, strict=True):
        prediction = again.predict(image)
        assert prediction.distance == pytest.approx(distance, rel=1e-3)
        assert prediction.maps == {} and "familiarity" in prediction.seconds
        assert bool(again.check(prediction)) == (prediction.distance > 1)
    assert again.predict(images[0]).probability == predictor.predict(images[0]).probability


@pytest.mark.parametrize("damage", ["other weights", "cut", "no safetensors"])
def test_a_file_that_does_not_belong_is_not_used_and_said_so(checkpoint, damage, tmp_path):
    rows = np.random.default_rng(0).normal(size=(40, 16))
    source = checkpoint
    if damage == "other weights":
        source = untrained_checkpoint(tmp_path / "other", "lenet", seed=1)
    content = write_familiarity(source, fit(("pooled_features",), rows, rows)).read_bytes()
    content = {"cut": content[:-99], "no safetensors": b"{}"}.get(damage, content)
    (checkpoint.folder / FILE).write_bytes(content)
    with pytest.raises(CheckpointError, match="is not used"):
        read_familiarity(checkpoint)
    predictor = Predictor(checkpoint, "cpu")
    prediction = predictor.predict(made(make_phantom(random_parameters(1), 64).image))
    assert predictor.familiarity is None and prediction.distance is None
    assert "is not used" in predictor.familiarity_problem and predictor.check(prediction) == ()


@pytest.fixture(scope="module")
def near_and_far() -> tuple[GreyImage, GreyImage]:
    """A phantom, and noise."""
    noise = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)
    return made(make_phantom(random_parameters(700_002), 256).image), made(noise)


@pytest.mark.parametrize("method", list_checkpoints())
def test_what_ships_belongs_to_its_weights(method, near_and_far):
    checkpoint = list_checkpoints()[method]
    if not (checkpoint.folder / FILE).is_file():
        pytest.skip(f"{method} ships without {FILE}")
    assert (checkpoint.folder / FILE).stat().st_size <= 150_000
    predictor = Predictor(checkpoint, "cpu")
    assert predictor.familiarity_problem == ""
    near, far = (predictor.predict(image).distance for image in near_and_far)
    assert near < 1 < far


def test_the_command_writes_it_and_reports_each_part(checkpoint, tmp_path, capsys):
    manifest = make_manifest(tmp_path / "data", count=40, size=64)
    arguments = ["familiarity", str(checkpoint.folder), "--data", f"manifest={manifest}", "--json"]
    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["weights_sha256"] == checkpoint.digest and document["quantile"] == 0.99
    parts = document["parts"]
    assert set(parts) == {"training", "validation", "test"}
    assert sum(part["manifest"]["n"] for part in parts.values()) == 40
    found = read_familiarity(checkpoint)
    assert found.limit == document["limit"] and list(found.maps) == document["maps"]


def test_a_network_without_features_is_told_so(checkpoint, tmp_path, capsys, monkeypatch):
    manifest = make_manifest(tmp_path / "data", count=40, size=64)
    predict = Predictor.predict

    def without(self, image, maps=False):
        found = predict(self, image, maps)
        found.maps.clear()
        return found

    monkeypatch.setattr(Predictor, "predict", without)
    code = main(["familiarity", str(checkpoint.folder), "--data", f"manifest={manifest}"])
    assert code == 1 and "neither feature maps nor gates" in capsys.readouterr().err
