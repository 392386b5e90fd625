"""The networks for other tasks than breast ultrasound in `checkpoints/`: whole, small, judged."""

from __future__ import annotations

import pytest

from mtlbus.checkpoints import CHECKPOINTS, WEIGHTS, find_checkpoint, sha256
from mtlbus.data.layouts import load_dataset
from mtlbus.data.phantom_ct import SLICES
from mtlbus.data.splits import split_fold
from mtlbus.protocol.task_judging import JUDGED, judge_tasks, read_judged, task_figures
from tests.app.visits import visit

SHIPPED = {
    card.parent.name: card.parent for card in sorted(CHECKPOINTS.glob("openkbp/*/card.json"))
}


@pytest.fixture(params=SHIPPED)
def checkpoint(request):
    return find_checkpoint(SHIPPED[request.param])


def test_those_of_the_planning_ct_ship():
    assert SHIPPED.keys() == {"stl.organs", "stl.dose", "hps", "mtan", "ctan"}


def test_the_weights_are_those_of_the_card_small_and_free_to_share(checkpoint):
    card, content = checkpoint.card.to_json(), (checkpoint.folder / WEIGHTS).read_bytes()
    assert sha256(content) == checkpoint.digest
    assert len(content) <= 15e6
    assert card["parameters"] == sum(p.numel() for p in checkpoint.load().parameters()) <= 7_500_000
    assert card["licences"][0].startswith("OpenKBP: MIT")
    assert card["training"]["command"].startswith("python -m mtlbus tasktable ")


def test_whoever_asks_for_attributions_first_finds_something_explained():
    """No brain stem is found on the first sample."""
    app = visit("attributions", case=next(iter(SLICES)), attributions="saliency", placebo="0")
    assert any("**Saliency**" in one.value for one in app.markdown)


def test_the_figures_of_the_card_follow_from_the_judged_images(checkpoint):
    rows = read_judged(checkpoint.folder / JUDGED)
    figures = task_figures(checkpoint.load().spec.tasks, rows[rows["part"] == "test"])
    stated = checkpoint.card.to_json()["metrics"]["pooled"]
    assert stated["n"] == figures["pooled"]["n"] == 420 and stated["groups"] == 70
    for name, figure in figures["pooled"].items():
        assert figure == pytest.approx(stated[name], abs=1e-6), name


def test_a_patient_is_in_one_part_and_judged_again_alike(checkpoint, real_data):
    split = split_fold(load_dataset("openkbp", real_data / "OpenKBP").samples, 1)
    patients = {image.group for image in checkpoint.images if image.part == "train"}
    assert not patients & {sample.group for sample in split.test}
    some = split.test[::105]
    again = judge_tasks(checkpoint, some, "test", 1, pytest.fail).set_index("image_id")
    stated = read_judged(checkpoint.folder / JUDGED).set_index("image_id").loc[again.index]
    for name in again.select_dtypes("number"):
        assert again[name].to_list() == pytest.approx(stated[name].to_list(), abs=2e-3, nan_ok=True)
