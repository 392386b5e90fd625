"""Notebooks run as they are, find the numbers of the page, and refuse what is not the same."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest

from mtlbus.checkpoints import list_checkpoints
from mtlbus.core.errors import CheckpointError, DataError, InputError
from mtlbus.export import replay
from mtlbus.export.method_views import MethodView, OverviewView
from mtlbus.export.notebook import literal, plain
from mtlbus.export.recipes import notebook_of
from mtlbus.export.views import AttentionView
from mtlbus.inference.loaded import prepare
from mtlbus.inference.predictor import inner_maps
from mtlbus.methods import get_spec
from mtlbus.ui.cases import phantom_case
from tests.export.conftest import HOSTILE

ROOT = Path(__file__).resolve().parents[2]


def code_of(text: str) -> list[str]:
    """The code cells of a notebook, which is checked to be one."""
    nbformat.validate(nbformat.reads(text, as_version=4))
    cells = json.loads(text)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run(text: str) -> dict:
    """Run all code cells in a namespace of their own."""
    names: dict = {}
    for cell in code_of(text):
        exec(compile(cell, "cell", "exec"), names)
    return names


def test_predict_of_an_upload(uploaded, predict_view, capsys):
    view = predict_view(uploaded)
    names = run(notebook_of(view))
    np.testing.assert_array_equal(names["image"].pixels, uploaded.image.pixels)
    np.testing.assert_array_equal(names["truth"], uploaded.truth)
    assert names["image"].name == HOSTILE and names["image"].sha256 == uploaded.image.sha256
    here = names["check"]["here"]["mtl_cosa"]
    assert here["probability"] == pytest.approx(view.prediction.probability, abs=1e-5)
    assert here["mask_area_px"] == view.prediction.mask(view.mask_threshold).sum()
    assert here["dice"] == pytest.approx(view.against_truth["dice"])
    assert names["image"].spacing == (0.1, 0.2)
    assert len(here) == 7 and names["check"]["same"].all()
    said = capsys.readouterr().out
    assert view.sentence in said and "The same as on the page." in said


def test_predict_of_a_phantom_makes_it_again(phantom, predict_view):
    text = notebook_of(predict_view(phantom))
    assert len(text) < 10_000 and "replay.phantom(" in text
    names = run(text)
    np.testing.assert_array_equal(names["image"].pixels, phantom.image.pixels)
    assert names["check"]["same"].all()


def test_a_case_that_only_has_the_name_of_a_phantom_travels(uploaded, predict_view):
    text = notebook_of(replace(predict_view(uploaded), case=replace(uploaded, key="lipoma")))
    assert "replay.phantom" not in text and "replay.embedded_image" in text


@pytest.mark.parametrize("method", ["uresnet", "resnet"])
def test_a_method_with_one_answer_and_an_image_without_truth(method, uploaded, predict_view):
    case = replace(uploaded, truth=None)
    check = run(notebook_of(predict_view(case, method)))["check"]
    assert check["same"].all() and "dice" not in check.loc[method].index
    undefined = "probability" if method == "uresnet" else "mask_area_px"
    assert np.isnan(check.loc[(method, undefined), "here"])


def test_a_phantom_with_turned_knobs_is_made_again(predict_view):
    case = phantom_case("lab:scar,gain_db=3,calipers=1")
    text = notebook_of(predict_view(case))
    assert len(text) < 10_000 and "lab:scar,gain_db=3,calipers=1" in text
    names = run(text)
    np.testing.assert_array_equal(names["image"].pixels, case.image.pixels)
    np.testing.assert_array_equal(names["truth"], case.truth)
    assert names["check"]["same"].all()


def test_an_empty_outline(phantom, predict_view):
    check = run(notebook_of(replace(predict_view(phantom), mask_threshold=1.0)))["check"]
    assert check["same"].all() and check.loc[("mtl_cosa", "mask_area_px"), "here"] == 0


def test_compare(uploaded, compare_view):
    view = compare_view(uploaded)
    names = run(notebook_of(view))
    assert names["check"]["same"].all()
    for one in view.views:
        if one.prediction.probability is not None:
            here = names["table"].loc[one.prediction.method, "probability"]
            assert here == pytest.approx(one.prediction.probability, abs=1e-5)
        assert names["table"].loc[one.prediction.method, "call"] == one.call


def test_attention(phantom, attention_view):
    view = attention_view(phantom)
    names = run(notebook_of(view))
    assert names["check"]["same"].all()
    for name in view.names:
        values = view.maps[name].tensor.numpy()
        here = names["check"]["here"][name]
        assert here["numbers"] == values.size
        assert here["mean"] == pytest.approx(values.mean(), rel=1e-4)
        assert here["greatest"] == pytest.approx(values.max(), rel=1e-4)
        assert names["picture"](names["plane_of"](names["maps"][name])).size == (256, 256)


def test_attributions_of_the_class(uploaded, attribution_view):
    view = attribution_view(
        uploaded, "class:difference", "steps=3,baseline=black", ("integrated_gradients", "saliency")
    )
    names = run(notebook_of(view))
    assert names["check"]["same"].all()
    here, one = names["check"]["here"]["integrated_gradients"], view.found["integrated_gradients"]
    assert here["sum"] == pytest.approx(one.square.sum(), rel=1e-3)
    assert here["total"] - here["change"] == pytest.approx(one.completeness.error, rel=1e-2)
    inside = np.abs(one.plane)[uploaded.truth].sum() / np.abs(one.plane).sum()
    assert here["mass_inside"] == pytest.approx(inside, rel=1e-3)
    assert names["png"].startswith(b"\x89PNG")
    assert "total" not in names["check"].loc["saliency"].index


def test_attributions_of_the_mask_against_the_predicted_lesion(
    phantom, attribution_view, predict_view
):
    view = attribution_view(phantom, "mask:tumour:margin", "superpixels=4", ("feature_ablation",))
    predicted = predict_view(phantom).prediction.mask(view.mask_threshold)
    check = run(notebook_of(replace(view, mask=predicted, mask_is_true=False)))["check"]
    assert check["same"].all() and "mass_inside" in check.loc["feature_ablation"].index


def test_the_wiring_of_an_untrained_network(phantom):
    network = replay.untrained_network("acsnet", seed=0)
    prepared = prepare(phantom.image, network.spec.input_size)
    maps = inner_maps(network, prepared)
    view = AttentionView(
        phantom, "acsnet", "ACSNet", None, 0, maps, tuple(maps)[:1], prepared.frame
    )
    text = notebook_of(view)
    assert "random: this shows the wiring, not knowledge" in text
    assert run(text)["check"]["same"].all()


def test_performance(performance_view):
    check = run(notebook_of(performance_view))["check"]
    assert check["same"].all()
    rows = performance_view.methods[0].rows
    called = rows["probability"] >= 0.4
    assert check.loc[("mtl", "n"), "here"] == len(rows)
    assert check.loc[("mtl", "fp"), "here"] == (called & (rows["label"] == 0)).sum()
    assert "tp" not in check.loc["uresnet"].index


def test_the_linter_reads_every_cell(
    uploaded, phantom, predict_view, compare_view, mirror_view, two_cases_view, attention_view,
    attribution_view, performance_view, weights, tmp_path,
):  # fmt: skip
    """Cells stand in the recipes beside what fills them, so they are read when they are filled."""
    method = MethodView(get_spec("mtl"), list_checkpoints(weights)["mtl"], ("auc", "dice"))
    views = (
        predict_view(uploaded), predict_view(phantom, "resnet"), compare_view(phantom),
        mirror_view(phantom), two_cases_view(uploaded, phantom), attention_view(phantom),
        attribution_view(phantom, "class:difference", "", ("saliency",)), performance_view, method,
        OverviewView("mtl", "a paper", (method,)),
    )  # fmt: skip
    for number, view in enumerate(views):
        (tmp_path / f"{number}.ipynb").write_text(notebook_of(view), encoding="utf-8")
    linter = [sys.executable, "-m", "ruff", "check", "--quiet", "--no-cache", "--ignore", "E501"]
    command = [*linter, "--config", str(ROOT / ".ruff.toml"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_the_package_it_says_where_to_start(phantom, predict_view, tmp_path):
    first = code_of(notebook_of(predict_view(phantom)))[0]
    command = [sys.executable, "-I", "-S", "-c", first]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Start Jupyter in the folder that holds it" in done.stderr


def test_a_changed_number_is_seen(phantom, predict_view, capsys):
    view = predict_view(phantom)
    area = int(view.prediction.mask(view.mask_threshold).sum())
    text = notebook_of(view).replace(f"'mask_area_px': {area}", f"'mask_area_px': {area + 2000}")
    check = run(text)["check"]
    assert list(check.index[~check["same"]]) == [("mtl_cosa", "mask_area_px")]
    assert "Some numbers are different." in capsys.readouterr().out


def test_another_image_is_refused(uploaded, predict_view):
    view, other = predict_view(uploaded), uploaded.image.pixels.copy()
    other[0, 0] ^= 1
    good = code_of(notebook_of(view))
    changed = replace(uploaded, image=replace(uploaded.image, pixels=other))
    bad = code_of(notebook_of(replace(view, case=changed)))
    names: dict = {}
    exec(good[0], names)
    exec(bad[1], names)  # the picture of the other image, then the check of the first
    with pytest.raises(InputError, match="made from"):
        exec(good[2], names)
    with pytest.raises(InputError, match="damaged"):
        replay.embedded_image("bm90IGEgcG5n", "x", "y", None)
    with pytest.raises(InputError, match="as this version draws it"):
        replay.phantom("lipoma", "x", "0" * 64)


def test_other_weights_and_other_predictions_are_refused():
    with pytest.raises(CheckpointError, match="made with the weights 000000000000… of mtl"):
        replay.network("mtl", "0" * 64)
    assert replay.network("mtl", None).checkpoint.method == "mtl"
    with pytest.raises(DataError, match="made with the predictions"):
        replay.judged_images("mtl", "0" * 64)


def test_a_number_that_was_not_computed_is_named():
    with pytest.raises(InputError, match="mtl has no auc"):
        replay.compare({"mtl": {}}, {"mtl": {"auc": 0.9}})


def test_the_picture_in_it_holds_pixels_only(uploaded, predict_view):
    text = "\n".join(code_of(notebook_of(predict_view(uploaded))))
    for name in ("IMAGE", "TRUTH"):
        png = base64.b64decode(re.search(rf"{name} = '([^']+)'", text).group(1))
        chunks, at = [], 8
        while at < len(png):
            chunks.append(png[at + 4 : at + 8])
            at += 12 + int.from_bytes(png[at : at + 4])
        assert set(chunks) == {b"IHDR", b"IDAT", b"IEND"}


def test_no_text_becomes_code_or_markup(uploaded, predict_view):
    document = json.loads(notebook_of(predict_view(uploaded)))
    for cell in document["cells"]:
        if cell["cell_type"] == "markdown":
            assert "<script" not in "".join(cell["source"])
    assert plain("<b> `x`\n# y") == "&#60;b&#62; &#96;x&#96; &#35; y"
    value = {HOSTILE: np.int64(3), "γ": {"a": float("nan"), "b": (np.float32(0.5), "c")}}
    assert eval(literal(value), {}) == {HOSTILE: 3, "γ": {"a": None, "b": (0.5, "c")}}
