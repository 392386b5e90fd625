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

from mtlbus.checkpoints import IMAGES, sha256
from mtlbus.core.training_images import DIGITS, TrainingImage, images_csv
from mtlbus.data.intake import read_image
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.export.case_views import CompareView
from mtlbus.export.recipes import notebook_of
from mtlbus.export.report import report_of
from mtlbus.export.tables import csv_of
from mtlbus.findings import seen
from mtlbus.ui import cases, datasets, services, takeaway
from mtlbus.ui.finding import finding_of
from mtlbus.ui.predict import files
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

PARTS = {0: "test", 1: "train", 4: "validation"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A dataset of five images; number 2 is without a fold, number 3 without a class."""
    folder = tmp_path_factory.mktemp("data")
    for number in range(5):
        phantom = make_phantom(GALLERY["simple-cyst"].parameters, 96 + 16 * number)
        Image.fromarray(phantom.image).save(folder / f"image{number}.png")
        Image.fromarray(phantom.mask).save(folder / f"mask{number}.png")
    (folder / "list.csv").write_text(
        "image,mask,label,group,fold\nimage0.png,mask0.png,0,a,1\nimage1.png,mask1.png,1,b,4\n"
        "image2.png,mask2.png,1,c,\nimage3.png,mask3.png,,d,2\nimage4.png,mask4.png,0,e,4\n"
    )
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory, folder) -> Path:
    """Two networks; the first one's list names three of the images, by their pixels."""
    root = tmp_path_factory.mktemp("checkpoints")
    for method in ("mtl", "resnet"):
        rows = [TrainingImage("0" * DIGITS, "train", "busi", "0", "other")]
        if method == "mtl":
            for number, part in PARTS.items():
                pixels = read_image(folder / f"image{number}.png").pixel_sha256
                rows.append(TrainingImage(pixels[:DIGITS], part, "manifest", "0", str(number)))
        content = images_csv(rows)
        (write_stand_in(root, method) / IMAGES).write_bytes(content)
        card = root / method / "card.json"
        text = json.loads(card.read_text())
        text["training"]["images_sha256"] = sha256(content)
        card.write_text(json.dumps(text))
    return root


@pytest.fixture
def dataset(root, folder, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    monkeypatch.setenv("MTLBUS_DATA", f"manifest={folder / 'list.csv'}")


def cautions(app: AppTest) -> list[str]:
    found = [one.value for one in (*app.main.warning, *app.main.markdown)]
    words = ("was trained on this image", "took part in training or validation")
    return [text for text in found if any(one in text for one in words)]


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


def test_report_json_table_and_notebook_say_it(dataset):
    said = seen.SENTENCES["train"]
    for name, part in (("image1", "train"), ("image0", "test"), ("image2", None)):
        case = datasets.case_of("manifest", name)
        view = finding_of(case, services.predict(case, "mtl"))
        wanted = int(part == "train")
        for one in (view, replace(view, case=replace(case, truth=None))):
            assert report_of([one], takeaway.PALETTE).count(said) == wanted
        table = pd.read_csv(io.StringIO(csv_of(view))).set_index("quantity")["value"]
        assert table["seen"] == part or (part is None and pd.isna(table["seen"]))
        several = pd.read_csv(io.StringIO(csv_of(CompareView(case, (view,)))))
        assert several["cautions"].fillna("").str.contains("training").tolist() == [bool(wanted)]
        document = json.loads(files.as_json(view))
        assert document["seen"] == part and document["cautious"] >= bool(wanted)
        assert ("was trained on this image" in notebook_of(view)) == bool(wanted)


def test_a_copy_under_another_name_and_in_another_container_is_known(dataset, folder, tmp_path):
    for number, part in {**PARTS, 2: None}.items():
        copy = tmp_path / f"copy{number}.tif"
        Image.open(folder / f"image{number}.png").save(copy)
        case = cases.from_upload("upload:copy", read_image(copy))
        assert case.dataset is None and seen.part_of(case, services.checkpoint("mtl")) == part
        assert seen.part_of(case, services.checkpoint("resnet")) is None


def test_what_was_cut_out_of_an_image_is_known_as_that_image(dataset):
    case = datasets.case_of("manifest", "image1")
    cut = replace(case.image, pixels=case.image.pixels[10:60, 10:60].copy(), sha256="cut")
    assert cut.pixel_sha256 != case.image.pixel_sha256
    part = replace(case, image=cut, truth=None, before=case)
    assert seen.part_of(part, services.checkpoint("mtl")) == "train"


def test_the_mirror_of_a_training_image_was_seen_too(dataset):
    app = visit("compare", case="manifest:image1", methods="mtl", compare="mirror")
    assert len(cautions(app)) == 1
