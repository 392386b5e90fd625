"""Networks for other tasks in the app: own words and units, and never an image of another kind."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from mtlbus.checkpoint_writing import write_checkpoint
from mtlbus.checkpoints import find_checkpoint
from mtlbus.cli import main
from mtlbus.core.declaration import Declaration
from mtlbus.core.tables import write_frame
from mtlbus.core.tasks import Task
from mtlbus.data import phantom_ct
from mtlbus.data.openkbp import DECLARATION
from mtlbus.methods import create_model
from mtlbus.protocol.task_judging import JUDGED, task_figures
from mtlbus.ui import services, state
from tests.app.stand_ins import write_stand_in
from tests.app.test_foreign_text import held, shows
from tests.app.visits import visit
from tests.data.test_task_layouts import make_openkbp
from tests.made import make_pair, narrow

HOSTILE = "![q](//foreign.test/q.png)<b>q<b>:red[q]"  # without the signs of a manifest
UNIT = "![q](//q)<b>q:red[q]"  # of twenty signs
SKIN = Declaration(
    "skin", (Task("stage", "image_class", ("I", "II", "III")), Task("edge", "pixel_class",
    ("none", "rim"))), "Skin",
)  # fmt: skip


def at(app, name):
    """What the address says."""
    return "".join(app.query_params[name])


def write_network(root, name, declaration, rows, asked=()):
    """A network with random weights, small images, and invented rows of judged images."""
    method = name.rpartition("/")[2].partition(".")[0]
    tasks = tuple(t for t in declaration.tasks if not asked or t.name in asked)
    torch.manual_seed(0)
    model = create_model(method, tasks=tasks, **narrow(method))
    base = {"image_id": ["a", "b", "c"], "dataset": declaration.name, "group": ["a", "b", "c"]}
    judged = pd.DataFrame({**base, **rows})
    card = {
        "declaration": declaration.as_dict(), "limits": "It knows nothing.",
        "metrics": task_figures(tasks, judged, bootstrap=2),
    }  # fmt: skip
    found = write_checkpoint(root / name, model, card, history=[])
    write_frame(found.folder / JUDGED, judged)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    write_stand_in(root, "mtl")
    organs = {f"organs.dice.{name}": [0.5, 0.6, 0.7] for name in DECLARATION.tasks[0].foreground}
    write_network(root, "openkbp/ctan", DECLARATION, {**organs, "dose.mae": [2.0, 3.0, 4.0]})
    chances = zip(("I", "II", "III"), np.eye(3), strict=True)
    stages = {"stage.true": [0, 1, 2], **{f"stage.p.{name}": row for name, row in chances}}
    write_network(root, "skin/hps", SKIN, {"edge.dice.rim": [0.1, 0.2, 0.3], **stages})
    return root


@pytest.fixture(autouse=True)
def server(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))


def test_networks_of_other_tasks_have_the_names_of_their_folders(root):
    assert list(services.of_other_tasks()) == ["openkbp/ctan", "skin/hps"]
    assert find_checkpoint("openkbp/ctan", root).declaration == DECLARATION


def test_a_planning_ct_is_asked_of_its_networks_and_of_no_other():
    app = visit("predict", case="planning-ct-neck")
    assert at(app, "method") == "openkbp/ctan"
    assert [one.value.partition(" ")[0] for one in app.subheader] == ["Organs", "Dose"]
    network = next(box for box in app.selectbox if box.label == "Network")
    assert network.options == ["CTAN"]
    words = " ".join(one.value for one in app.markdown)
    assert "Difference: network − truth" in words and "malign" not in words
    told = "Dice 0.60 (organs) and Mean absolute error 3.00 Gy (dose). It knows nothing."
    said = f"it may well fail here. On test images of patients it reached {told}"
    assert any(said in one.value for one in app.caption)
    subject = next(box for box in app.selectbox if box.label == "Subject")
    subject.select("breast").run()
    assert not app.exception and not app.error
    assert at(app, "case") == state.DEFAULT_CASE
    assert at(app, "method") == "mtl"
    next(box for box in app.selectbox if box.label == "Case").select("lipoma").run()
    next(box for box in app.selectbox if box.label == "Subject").select("skin").run()
    assert at(app, "case") == "about:skin" and app.title[0].value == "Skin"
    assert "No sample ships" in app.info[0].value
    next(box for box in app.selectbox if box.label == "Subject").select("breast").run()
    assert at(app, "case") == "lipoma", "it is where one was"


def test_where_only_other_tasks_have_networks_one_is_shown_the_way_to_them(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root / "skin"))
    (said,) = visit("predict", case=state.DEFAULT_CASE).info
    assert said.value.startswith("No network for breast ultrasound is here.")
    assert "under *Subject*" in said.value


@pytest.mark.parametrize("page", ["stories", "quiz", "phantom_lab"])
def test_a_page_about_breast_ultrasound_alone_says_so(page):
    line = "This page is about breast ultrasound"
    app = visit(page, case="planning-ct-neck")
    assert [one.value.startswith(line) for one in app.main.info] == [True]
    app = visit(page, case=state.DEFAULT_CASE)
    assert not [one for one in app.main.info if one.value.startswith(line)]


def test_cases_shows_what_there_is_of_the_subject():
    app = visit("cases", case="planning-ct-neck")
    shown = [one.label for one in app.main.button if one.key.startswith("_tile_")]
    titles = [one.title for one in phantom_ct.SLICES.values()]
    assert sorted(label.strip("*") for label in shown) == sorted(titles)
    app.button(key="_tile_planning-ct-parotids").click().run()
    assert at(app, "case") == "planning-ct-parotids" and not app.exception


def test_an_address_of_a_subject_opens_its_first_sample():
    assert at(visit("predict", case="about:openkbp"), "case") == next(iter(phantom_ct.SLICES))


def test_a_lecture_hides_the_answers_about_a_planning_ct():
    app = visit("compare", case="planning-ct-neck", lecture="1", blind="1")
    assert app.title[0].value == "What do you see?" and not app.subheader
    assert any("organs and dose" in one.value for one in app.markdown)
    app.button(key="_lecture_blind").click().run()
    assert [one.value.partition(" ")[0] for one in app.subheader] == ["Organs", "Dose"]


def test_one_file_is_two_cases_under_two_subjects():
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(
        buffer, "PNG"
    )
    file, keys = ("scan.png", buffer.getvalue(), "image/png"), []
    for case in ("about:skin", state.DEFAULT_CASE):
        app = visit("performance", case=case)
        app.file_uploader(key="_upload").set_value(file).run(timeout=60)
        keys.append(app.session_state["case"])
    assert keys[0] != keys[1] and all(key.startswith("upload:") for key in keys)


def test_a_network_of_another_subject_in_the_address_is_told_from_one_that_is_not_here():
    app = visit("predict", case=state.DEFAULT_CASE, method="openkbp/ctan")
    assert at(app, "method") == "mtl"
    said = [one.value for one in app.warning]
    assert "“openkbp/ctan” is not about breast ultrasound; showing another." in said


def test_cross_task_masks_name_the_tasks_that_gate_each_other():
    app = visit("attention", case="planning-ct-neck", map="ctae_mask.2")
    words = " ".join(one.value for one in app.markdown)
    assert "Mask of organs → gates the dose stream" in words
    assert "Mask of dose → gates the organs stream" in words
    assert at(app, "map") == "ctae_mask.2"


def test_an_attribution_explains_the_dose_of_an_organ_and_an_address_brings_it_back():
    link = {"case": "planning-ct-parotids", "target": "dose", "attributions": "saliency",
            "placebo": "0"}  # fmt: skip
    app = visit("attributions", **link)
    assert any("mean dose over the image" in one.value for one in app.markdown)
    assert any("**Saliency**" in one.value for one in app.markdown)
    assert {name: at(app, name) for name in link} == link


def test_figures_are_those_of_the_judged_rows_and_seven_classes_have_a_table():
    app = visit("performance", case="planning-ct-neck")
    table = app.dataframe[0].value
    assert table.loc[0, "organs: Dice, %"].startswith("60.00 (")
    assert table.loc[0, "dose: Mean absolute error, Gy"].startswith("3.00 (")
    app = visit("performance", case="about:skin")
    assert app.dataframe[0].value.loc[0, "stage: Accuracy, %"].startswith("100.00")
    assert any("3 of 3 images are called by their true class" in one.value for one in app.caption)


def test_networks_side_by_side_on_an_image_of_a_dataset(tmp_path, monkeypatch):
    monkeypatch.setenv("MTLBUS_DATA", f"openkbp={make_openkbp(tmp_path)}")
    app = visit("compare", case="openkbp:pt_2_0")
    assert at(app, "methods") == "openkbp/ctan" and app.title[0].value == "Compare networks"
    assert any("**Truth**" in one.value for one in app.markdown)
    assert any("Its part: test." in one.value for one in app.caption)


def test_a_pair_of_ones_own_is_trained_and_looked_into_without_a_line_of_code(
    tmp_path, monkeypatch, capsys
):
    """Outline and depth of a lesion: one command, and every page speaks of them."""
    data = f"tasks={make_pair(tmp_path, 10)}"
    run = tmp_path / "weights" / "pair" / "ctan"
    steps = ["--size", "64", "--epochs", "1", "--pretrained", "no", "--loss", "house"]
    assert main(["train", "ctan", "--data", data, "--out", str(run), *steps]) == 0
    capsys.readouterr()
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path / "weights"))
    monkeypatch.setenv("MTLBUS_DATA", data)
    pages = {
        "predict": "Depth",
        "compare": "**Truth**",
        "attention": "Mask of outline → gates the depth",
        "attributions": "mean depth over the image",
        "performance": "depth: Mean absolute error, mm",
    }
    for page, words in pages.items():
        app = visit(page, case="tasks:3", target="depth", map="ctae_mask.2", placebo="0")
        told = [one.value for one in (*app.markdown, *app.subheader, *app.caption, *app.title)]
        told += [str(column) for table in app.dataframe for column in table.value.columns]
        shown = " ".join(told)
        assert words in shown and "malign" not in shown, page
        assert at(app, "case") == "tasks:3", page


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """A network whose declaration somebody else wrote, and one image for it."""
    declared = Declaration(
        "theirs", (Task("stage", "image_class", ("I", HOSTILE)),
        Task("edge", "pixel_class", ("none", HOSTILE)),
        Task("depth", "pixel_regression", unit=UNIT)), HOSTILE, group=HOSTILE,
    )  # fmt: skip
    rows = {f"edge.dice.{HOSTILE}": [0.1, 0.2, 0.3], "depth.mae": [1.0, 2.0, 3.0],
            "stage.true": [0, 1, 1], "stage.p.I": [0.9, 0.1, 0.2],
            f"stage.p.{HOSTILE}": [0.1, 0.9, 0.8]}  # fmt: skip
    write_network(tmp_path, "theirs/hps", declared, rows)
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    buffer, dice = io.BytesIO(), np.random.default_rng(0)
    Image.fromarray(dice.integers(0, 255, (64, 64), np.uint8)).save(buffer, "PNG")
    return f"{HOSTILE[:12]}.png", buffer.getvalue(), "image/png"


@pytest.mark.parametrize("page", ["predict", "compare", "attention", "attributions", "performance"])
def test_what_a_declaration_of_somebody_elses_says_is_never_markup(theirs, page):
    """Names of classes, units and titles, as text, in cells and legends, and in charts."""
    app = visit(page, case="about:theirs", attributions="saliency", placebo="0")
    held(app)
    app.file_uploader(key="_upload").set_value(theirs).run(timeout=60)
    assert not app.exception
    assert shows(held(app), "foreign.test") or page == "attention"
    cells = [str(cell) for table in app.table for cell in table.value.to_numpy().ravel()]
    assert not [cell for cell in cells if "![q](" in cell or "<b>q" in cell]
