"""A panel of trained networks: asked like one, judged by the images that all have judged."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mtlbus.core.errors import CheckpointError, DataError, InputError, UnknownNameError
from mtlbus.data.case import Case
from mtlbus.data.intake import read_image
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.evaluation.panels import find_network, judged_images
from mtlbus.evaluation.tables import read_predictions, write_predictions
from mtlbus.figures.overlay import encode_png
from mtlbus.findings import find
from mtlbus.inference.predictor import Predictor
from tests.app.stand_ins import write_stand_in

NAME = "panel:hps+mtl"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    found = tmp_path_factory.mktemp("shipped")
    for seed, method in enumerate(("mtl", "hps", "uresnet")):
        write_stand_in(found, method, seed)
    return found


@pytest.fixture(scope="module")
def image():
    return read_image(encode_png(make_phantom(random_parameters(5), 128).image), "phantom.png")


def test_its_answer_is_the_mean_of_its_networks(root, image):
    panel = Predictor(find_network(NAME, root), "cpu").predict(image)
    alone = [Predictor(find_network(name, root), "cpu").predict(image) for name in ("mtl", "hps")]
    assert panel.logit == pytest.approx(np.mean([one.logit for one in alone]), abs=1e-4)
    assert panel.members == pytest.approx({"MTL": alone[0].logit, "HPS": alone[1].logit}, abs=1e-4)
    logits = [np.log(one.mask_square / (1 - one.mask_square)) for one in alone]
    expected = 1 / (1 + np.exp(-np.mean(logits, axis=0)))
    assert np.abs(panel.mask_square - expected).max() < 1e-3
    assert panel.method == NAME and panel.maps == {}


def test_its_figures_follow_from_the_images_that_all_have_judged(root):
    panel = find_network(NAME, root)
    tables = [read_predictions(root / name / "predictions.csv") for name in ("mtl", "hps")]
    logits = np.mean([table["logit"] for table in tables], axis=0)
    test = ((tables[0]["part"] == "test") & (tables[0]["dataset"] == "busi")).to_numpy()
    wanted = roc_auc_score(tables[0]["label"][test], logits[test])
    assert panel.card.metrics.datasets["busi"]["auc"]["value"] == pytest.approx(wanted)
    assert "dice" not in panel.card.metrics.datasets["busi"], "nobody judged its outlines"
    assert panel.presence_threshold is None
    sizes = [find_network(name, root).card.parameters for name in ("mtl", "hps")]
    assert panel.card.parameters == sum(sizes)


def test_its_threshold_is_chosen_on_validation_images_alone(root, tmp_path):
    for seed, method in enumerate(("mtl", "hps")):
        path = write_stand_in(tmp_path, method, seed) / "predictions.csv"
        rows = read_predictions(path)
        test = rows["part"] == "test"
        rows.loc[test, "probability"] = 1 - rows.loc[test, "probability"]
        rows.loc[test, "logit"] = -rows.loc[test, "logit"]
        write_predictions(path, rows)
    same = find_network(NAME, tmp_path).threshold
    assert same == find_network(NAME, root).threshold


def test_a_finding_tells_how_far_its_networks_are_apart(root, image):
    panel = find_network(NAME, root)
    predictor = Predictor(panel, "cpu")
    case = Case("phantom", "phantom", image, None, None, "upload", "")
    finding = find(case, predictor.predict(image), panel)
    assert finding.title == "Panel of HPS and MTL"
    assert set(finding.numbers()["members"]) == {"MTL", "HPS"}
    assert finding.spread.startswith("Its networks say ") and "MTL" in finding.spread
    one = find_network("mtl", root)
    assert find(case, Predictor(one, "cpu").predict(image), one).spread == ""


def test_an_image_is_seen_where_a_member_has_seen_it(root, monkeypatch):
    panel = find_network(NAME, root)
    parts = {"mtl": "test", "hps": "train"}
    monkeypatch.setattr(
        type(panel.members[0]), "part_of", lambda member, pixels: parts[member.method]
    )
    assert type(panel).part_of(panel, "0" * 64) == "train"


def test_its_digest_changes_with_a_member(root, tmp_path):
    write_stand_in(tmp_path, "mtl", 0)
    write_stand_in(tmp_path, "hps", 7)
    here, there = (find_network(NAME, place) for place in (root, tmp_path))
    assert here.digest != there.digest and judged_images(here)[1] != judged_images(there)[1]


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("panel:mtl", InputError, "2 to 5"),
        ("panel:mtl+ctan", UnknownNameError, "ctan"),  # no weights here
        ("ctan", CheckpointError, "No trained weights"),
    ],
)
def test_what_cannot_be_had_is_one_line(root, name, wrong, said):
    with pytest.raises(wrong, match=said) as raised:
        find_network(name, root)
    assert "\n" not in str(raised.value)


def test_networks_of_other_test_images_are_no_panel(root, tmp_path):
    write_stand_in(tmp_path, "mtl", 0)
    path = write_stand_in(tmp_path, "hps", 1) / "predictions.csv"
    rows = read_predictions(path)
    write_predictions(path, rows.assign(label=1 - rows["label"]))
    with pytest.raises(DataError, match="disagree"):
        _ = find_network(NAME, tmp_path).card
