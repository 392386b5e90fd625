"""Targets as text, their numbers and their regions, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtlbus.core.errors import InputError, MtlbusError
from mtlbus.core.outputs import Output
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.data.openkbp import DECLARATION
from mtlbus.data.transforms import Frame
from mtlbus.explain.targets import Target, box_around, region_plane, visible_part
from mtlbus.explain.task_targets import first_target

SQUARE = Frame(8, 8)
LESION = np.zeros((8, 8), bool)
LESION[2:5, 3:7] = True  # left 3, top 2, width 4, height 3


@pytest.mark.parametrize(
    "text",
    ["class:difference", "class:benign", "mask:difference:lesion", "mask:tumour:box",
     "mask:background:box=1,2,30,4", "mask:tumour:image"],
)  # fmt: skip
def test_text_and_back(text):
    assert str(Target.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("klass:benign", "Did you mean 'class'"),
        ("class:malignent", "Did you mean 'malignant'"),
        ("mask:tumour:lession", "Did you mean 'lesion'"),
        ("class:benign:lesion", "no region"),
        ("mask:tumour:box=1,2,3", "four whole numbers"),
        ("mask:tumour:box=1,2,0,4", "at least 1 pixel"),
        ("mask:tumour:lesion=1,2,3,4", "give the region 'box'"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(text, says):
    with pytest.raises(MtlbusError, match=says):
        Target.parse(text)


def class_value(target: str, *logits: float) -> float:
    output = Output(class_logits={MALIGNANCY.name: torch.tensor([logits])})
    return float(Target.parse(target).value(output, None))


def test_class_answers_by_hand():
    assert class_value("class:difference", 0.5, 2.0) == 1.5
    assert class_value("class:malignant", 0.5, 2.0) == 2.0
    assert class_value("class:benign", 0.5, 2.0) == 0.5
    # One logit is the log-odds of malignant.
    assert class_value("class:difference", 0.7) == class_value("class:malignant", 0.7)
    assert class_value("class:benign", 0.7) == pytest.approx(-0.7)


def test_mask_logits_are_summed_over_the_region_by_hand():
    logits = torch.zeros(1, 2, 8, 8)
    logits[0, 1] = torch.arange(64.0).view(8, 8)
    logits[0, 0] = 1
    output, box = Output(mask_logits=logits), "box=1,0,2,2"  # pixels 1, 2, 9 and 10
    region = region_plane(Target.parse(f"mask:tumour:{box}"), SQUARE, 8)
    assert float(Target.parse(f"mask:tumour:{box}").value(output, region)) == 22
    assert float(Target.parse(f"mask:difference:{box}").value(output, region)) == 18
    assert float(Target.parse(f"mask:background:{box}").value(output, region)) == 4
    single = Output(mask_logits=logits[:, 1:])
    assert float(Target.parse(f"mask:background:{box}").value(single, region)) == -22


def cells(target: str, frame: Frame = SQUARE, size: int = 8, **more) -> np.ndarray:
    return region_plane(Target.parse(target), frame, size, **more).numpy() > 0


def test_regions_of_the_prediction():
    assert (cells("mask:tumour:lesion", lesion=LESION) == LESION).all()
    assert (cells("mask:tumour:background", lesion=LESION) == ~LESION).all()
    assert (cells("mask:tumour:box", lesion=LESION) == LESION).all()  # it is a rectangle
    assert box_around(LESION) == (3, 2, 4, 3)
    hole = LESION.copy()
    hole[3, 4] = False
    assert (cells("mask:tumour:box", lesion=hole) == LESION).all()


def test_the_margin_is_three_pixels_to_each_side():
    lesion = np.zeros((40, 40), bool)
    lesion[12:28, 12:28] = True
    margin = cells("mask:tumour:margin", Frame(40, 40), 40, lesion=lesion)
    assert np.flatnonzero(margin[20]).tolist() == [9, 10, 11, 12, 13, 14, 25, 26, 27, 28, 29, 30]


def test_the_padding_belongs_to_no_region():
    """16×8 in a square of 16: rows 0 to 3 and 12 to 15 are padding; scaled to 8, 2 and 2."""
    frame = Frame(8, 16)
    visible = visible_part(frame, 8)
    assert visible.sum(axis=1).tolist() == [0, 0, 8, 8, 8, 8, 0, 0]
    assert (cells("mask:tumour:image", frame) == visible).all()
    outside = cells("mask:tumour:background", frame, lesion=np.zeros((8, 8), bool))
    assert (outside == visible).all()


def test_a_box_and_the_truth_come_from_the_images_grid():
    """Columns 4 to 7 and rows 2 to 3 of the image are columns 2 to 3 and row 3 of the square."""
    frame, truth = Frame(8, 16), np.zeros((8, 16), bool)
    truth[2:4, 4:8] = True
    for target in ("mask:tumour:box=4,2,4,2", "mask:tumour:truth"):
        found = cells(target, frame, truth=truth)
        assert np.argwhere(found).tolist() == [[3, 2], [3, 3]]


@pytest.mark.parametrize(
    ("target", "known", "says"),
    [
        ("mask:tumour:lesion", {"lesion": np.zeros((8, 8), bool)}, "no pixel"),
        ("mask:tumour:box", {"lesion": np.zeros((8, 8), bool)}, "no pixel"),
        ("mask:tumour:box=9,9,2,2", {}, "no pixel"),
        ("mask:tumour:truth", {}, "unknown"),
        ("mask:tumour:margin", {}, "draws no mask"),
    ],
)
def test_a_region_that_is_not_there_is_said(target, known, says):
    with pytest.raises(InputError, match=says):
        region_plane(Target.parse(target), SQUARE, 8, **known)


def test_a_head_that_is_not_there_is_said():
    with pytest.raises(InputError, match="does not say benign or malignant"):
        Target().value(Output(mask_logits=torch.zeros(1, 1, 8, 8)), None)
    with pytest.raises(InputError, match="draws no mask"):
        Target.parse("mask:tumour:image").value(Output(), torch.ones(8, 8))


def test_the_words_and_poles_follow_the_answer():
    assert Target().words == "log-odds of malignant"
    assert Target("class", "benign").poles == ("malignant", "benign")
    text = Target.parse("mask:tumour:box=1,2,30,4").words
    assert text == "logit of tumour, summed over the box of 30×4 px at column 1, row 2"


def test_what_is_explained_unasked_is_there():
    planes = {name: np.zeros((2, 2), bool) for name in DECLARATION.tasks[0].foreground}
    assert str(first_target(DECLARATION.tasks, planes)) == "dose"
    planes["spinal cord"][0, 0] = True
    assert str(first_target(DECLARATION.tasks, planes)) == "organs:spinal cord"
