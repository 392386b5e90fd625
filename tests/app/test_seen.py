"""Images that a network knows from its training are not judged as if they were new."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.export.case_views import CompareView
from mtlbus.export.report import report_of
from mtlbus.export.tables import csv_of
from mtlbus.ui import datasets, records, seen, services, takeaway
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

CARD = {"training": {"data": {"manifest": 9}, "validation": {"manifest": 1}, "fold": 1}}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Two networks with fold 1 as test part; one was trained with the dataset of these tests."""
    root = tmp_path_factory.mktemp("checkpoints")
    for method in ("mtl", "resnet"):
        write_stand_in(root, method)
    card = root / "mtl" / "card.json"
    text = json.loads(card.read_text())
    card.write_text(json.dumps({**text, "training": text["training"] | CARD["training"]}))
    return root


@pytest.fixture
def dataset(root, monkeypatch, tmp_path):
    """A dataset of four images: two folds, one image without a fold, and one without a class."""
    for number in range(4):
        phantom = make_phantom(GALLERY["simple-cyst"].parameters, 96 + 16 * number)
        Image.fromarray(phantom.image).save(tmp_path / f"image{number}.png")
        Image.fromarray(phantom.mask).save(tmp_path / f"mask{number}.png")
    (tmp_path / "list.csv").write_text(
        "image,mask,label,group,fold\nimage0.png,mask0.png,0,a,1\nimage1.png,mask1.png,1,b,4\n"
        "image2.png,mask2.png,1,c,\nimage3.png,mask3.png,,d,2\n"
    )
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    monkeypatch.setenv("MTLBUS_DATA", f"manifest={tmp_path / 'list.csv'}")


def cautions(app: AppTest) -> list[str]:
    found = [one.value for one in (*app.main.warning, *app.main.markdown)]
    return [text for text in found if "took part in training or validation" in text]


@pytest.mark.parametrize("page", ["home", "predict", "compare", "attention", "attributions"])
def test_an_image_of_the_training_is_a_caution_and_one_of_the_test_fold_is_not(dataset, page):
    assert len(cautions(visit(page, case="manifest:image1", method="mtl", methods="mtl"))) == 1
    for known in ("manifest:image0", "manifest:image2", "manifest:image3", "simple-cyst"):
        assert not cautions(visit(page, case=known, method="mtl", methods="mtl"))


@pytest.mark.parametrize("page", ["home", "predict"])
def test_it_is_about_the_network_that_is_asked(dataset, page):
    assert not cautions(visit(page, case="manifest:image1", method="resnet"))


def test_compare_says_whose_training_it_was(dataset):
    (said,) = cautions(visit("compare", case="manifest:image1", methods="mtl,resnet"))
    assert "validation of MTL;" in said.replace(services.title_of("mtl"), "MTL")
    (mirrored,) = cautions(
        visit("compare", case="manifest:image1", methods="mtl,resnet", compare="mirror")
    )
    assert mirrored == said
    both = seen.sentence_of_several(["A", "B"], 2)
    assert "of all 2 networks" in both and seen.sentence_of_several([], 2) == ""


def test_report_and_json_say_it(dataset):
    checkpoint = services.checkpoint("mtl")
    for name, wanted in (("image1", 1), ("image0", 0)):
        case = datasets.case_of("manifest", name)
        view = takeaway.predicted(case, services.predict(case, "mtl"), checkpoint, 0.5)
        for one in (view, replace(view, case=replace(case, truth=None))):
            assert report_of([one], takeaway.PALETTE).count(seen.SENTENCE) == wanted
        table = pd.read_csv(io.StringIO(csv_of(view))).set_index("quantity")["value"]
        assert table["seen_in_training"] == (seen.SENTENCE if wanted else "no")
        several = pd.read_csv(io.StringIO(csv_of(CompareView(case, (view,)))))
        assert list(several["seen_in_training"]) == [bool(wanted)]
        document = records.as_json(
            case, view.prediction, "", 0.5, 0.5, None, None, seen=view.seen
        )  # fmt: skip
        assert json.loads(document)["seen_in_training"] == (seen.SENTENCE if wanted else None)


def test_folds_that_the_training_gave_are_known_too(monkeypatch, tmp_path):
    lines = ["image,mask,label,group"]
    for number in range(20):
        pixels = make_phantom(GALLERY["scar"].parameters, 64).image
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,,{number % 2},{number}")
    (tmp_path / "list.csv").write_text("\n".join(lines))
    monkeypatch.setenv("MTLBUS_DATA", f"manifest={tmp_path / 'list.csv'}")
    found = [datasets.case_of("manifest", str(number)) for number in range(20)]
    assert sorted(case.fold for case in found) == sorted([1, 2, 3, 4, 5] * 4)
    assert sum(seen.in_training(case, CARD) for case in found) == 16
