"""A panel that was judged itself: its outlines, its presence, its own card beside its members'."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout

import numpy as np
import pytest

from mtlbus.checkpoints import CARD, Checkpoint
from mtlbus.cli import main
from mtlbus.data.intake import GreyImage
from mtlbus.data.layouts import load_dataset
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.data.splits import split_fold
from mtlbus.evaluation.panels import find_network, list_panels
from mtlbus.inference.familiarity import channel_means, feature_maps
from mtlbus.inference.predictor import Predictor
from mtlbus.inference.presence import PresenceReadout, write_presence
from tests.app.stand_ins import write_stand_in
from tests.protocol.test_presence import write_set

PHANTOM = GreyImage(make_phantom(random_parameters(5), 64).image, "", (), "")
NAME = "panel:hps+mtl"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> str:
    return write_set(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two networks with random weights and random functions of their features."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl", "hps")):
        checkpoint = Checkpoint(write_stand_in(root, method, seed))
        maps = Predictor(checkpoint, "cpu").predict(PHANTOM, maps=True).maps
        names = feature_maps(maps)
        weights = np.random.default_rng(seed).normal(size=channel_means(maps, names).shape[1])
        write_presence(checkpoint, PresenceReadout(names, weights.astype(np.float32), 0.2))
    return root


@pytest.fixture(scope="module")
def judge(root, data):
    """Judge the panel and write its card: once for all, and again where a test asks."""

    def judge() -> dict:
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
            patch.setenv("MTLBUS_CHECKPOINTS", str(root))
            verb = ["evaluate", NAME, "--data", data, "--fold", "1", "--card", "--json"]
            assert main(verb) == 0
        return json.loads(out.getvalue())

    assert list_panels(root) == []
    judge()
    return judge


def test_its_outlines_and_its_presence_are_judged(judge, root, data):
    assert list_panels(root) == [NAME]
    panel = find_network(NAME, root)
    samples = split_fold(load_dataset("manifest", data.removeprefix("manifest=")).samples, 1).test
    members = [Predictor(find_network(name, root), "cpu") for name in ("mtl", "hps")]
    outlined, present = {}, {}
    for sample in samples:
        said = [member.predict(sample.grey()) for member in members]
        odds = np.mean([np.log(s.mask_square / (1 - s.mask_square)) for s in said], axis=0)
        readout = 1 / (1 + np.exp(-np.mean([np.log(s.readout / (1 - s.readout)) for s in said])))
        present[sample.id] = readout if odds.max() >= 0 else 0
        outlined[sample.id] = (odds > 0).sum()
    rows = panel.rows(everything=True)
    test = rows[rows["part"] == "test"].set_index("image_id")
    assert set(test.index) == set(present)
    for name, expected in present.items():
        assert test.loc[name, "presence"] == pytest.approx(expected, abs=1e-3)
        assert test.loc[name, "predicted_area"] == pytest.approx(outlined[name], abs=3)
    entry = panel.card.metrics.datasets["manifest"]
    assert entry["dice"]["value"] == pytest.approx(test["dice"].mean())
    assert panel.presence_threshold is not None and panel.card.presence.test["normal"]["n"] == 4


def test_judged_again_it_is_the_same_and_evaluate_says_so(judge, root):
    document = judge()
    assert document["reproduced"]["figure"] < 1e-6 and document["reproduced"]["images"] == 12
    assert document["presence"]["threshold"] == find_network(NAME, root).presence_threshold


def test_with_other_weights_it_counts_for_nothing(judge, root):
    card = root / "hps" / CARD
    content = card.read_text()
    try:
        card.write_text(content.replace(json.loads(content)["weights_sha256"], "0" * 64))
        assert list_panels(root) == [] and not find_network(NAME, root).judged
    finally:
        card.write_text(content)
    assert list_panels(root) == [NAME]
