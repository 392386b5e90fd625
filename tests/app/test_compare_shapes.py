"""Regions of the pictures of Compare: where they lie and how large they are, worked out by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from mtlbus.data.intake import GreyImage
from mtlbus.data.transforms import Frame
from mtlbus.export.numbers import mirror_dice
from mtlbus.figures import colours
from mtlbus.findings import Finding, operating_points
from mtlbus.inference.predictor import Prediction
from mtlbus.ui import services
from mtlbus.ui.answers import Answers
from mtlbus.ui.case import Case
from mtlbus.ui.compare import mirrored
from mtlbus.ui.panels import region_shapes
from mtlbus.ui.pictures import Style
from tests.made import card_of


def area_of(path: str) -> float:
    """Area of the closed lines of a path in pixels of the grid; holes have the other sign."""
    whole = 0.0
    for start, steps in re.findall(r"M(-?\d+ -?\d+)l([-\d ]+)z", path):
        corner = np.array(start.split(), float)
        points = corner + np.cumsum([[0, 0], *np.reshape(steps.split(), (-1, 2)).astype(int)], 0)
        x, y = points.T
        whole += (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2
    return abs(whole) / 100


def block(top: int, bottom: int, left: int, right: int, size: int = 40) -> np.ndarray:
    """A level that is above 0 in these rows and columns; its edge lies between the pixels."""
    level = np.full((size, size), -0.5, np.float32)
    level[top:bottom, left:right] = 0.5
    return level


def test_a_region_has_its_area_and_its_place():
    shape = region_shapes.region(block(10, 20, 5, 25), "#FFFFFF")
    assert area_of(shape.path) == pytest.approx(200, abs=1)  # the corners are cut by half a pixel
    ring = np.minimum(block(5, 35, 5, 35), -block(15, 25, 15, 25))
    assert area_of(region_shapes.region(ring, "#FFFFFF").path) == pytest.approx(800, abs=2)
    assert region_shapes.region(block(0, 0, 0, 0), "#FFFFFF").path == ""


def test_found_excess_and_missed_share_out_both_regions():
    said, true = block(10, 20, 0, 40), block(15, 30, 0, 40)
    found, extra, missed = region_shapes.agreement(said, true, ("a", "b", "c"))
    assert [shape.colour for shape in (found, extra, missed)] == ["a", "b", "c"]
    for shape, rows in ((found, 5), (extra, 5), (missed, 10)):
        assert area_of(shape.path) == pytest.approx(40 * rows, rel=0.02)


def test_votes_count_and_minorities_are_those_that_are_outvoted():
    # Columns 0–9 have one vote, 10–19 two, 20–29 three, 30–39 all four.
    levels = [block(0, 40, start, 40) for start in (0, 10, 20, 30)]
    votes = region_shapes.votes(region_shapes.ranked(levels), list("abcd"))
    assert [area_of(shape.path) for shape in votes] == pytest.approx(
        [1600, 1200, 800, 400], rel=0.02
    )
    one, two = region_shapes.minorities(region_shapes.ranked(levels), list("ab"))
    assert area_of(one.path) == pytest.approx(1200, rel=0.02)  # all but the unanimous columns
    assert area_of(two.path) == pytest.approx(400, rel=0.02)  # two against two


def test_the_lesion_is_the_largest_part_of_what_half_of_the_networks_outline():
    stray = np.maximum(block(10, 20, 10, 20), block(35, 38, 0, 3))
    levels = [stray, stray, block(0, 40, 0, 40)]
    found = region_shapes.lesion_box(levels, None, margin=0.5)
    assert found == pytest.approx((5 / 40, 5 / 40, 25 / 40, 25 / 40))
    with_truth = region_shapes.lesion_box(levels, block(10, 30, 10, 20), margin=0)
    assert with_truth == pytest.approx((10 / 40, 10 / 40, 20 / 40, 30 / 40))
    assert region_shapes.lesion_box([block(0, 0, 0, 0)], None) is None
    assert region_shapes.lesion_box([], None) is None


CARD = card_of(
    operating_points={"a": {"threshold": 0.5}},
    default_operating_point="a",
    trained_with_normals=True,
    presence={"test": {"normal": {"n": 26, "outlined": {"value": 0.0}}}},
)


def finding(one: Case, plane: np.ndarray, logit: float | None = None) -> Finding:
    said = answer(plane, logit)
    point = None if logit is None else operating_points(CARD)["a"]
    return Finding(one, said, CARD, point)


def answer(plane: np.ndarray, logit: float | None = None, image: str = "i") -> Prediction:
    return Prediction(
        method="m", weights_sha256="w", image_sha256=image, frame=Frame(*plane.shape),
        size=plane.shape[0],
        mask_square=plane, mask_probability=plane, logit=logit,
        threshold=None if logit is None else 0.5, seconds={"forward": 0.1},
    )  # fmt: skip


@pytest.fixture
def case(monkeypatch) -> Case:
    monkeypatch.setattr(services, "title_of", lambda method: method)
    pixels = np.arange(1600, dtype=np.uint8).reshape(40, 40)
    truth = block(10, 20, 5, 25) > 0
    return Case("key", "title", GreyImage(pixels, "sha", (), "a.png"), truth, 1, "phantom", "")


def test_a_large_image_is_drawn_on_a_smaller_grid_in_the_same_place():
    plane = np.zeros((600, 1200), np.float32)
    plane[150:450, 300:600] = 1
    found = region_shapes.reduced(answer(plane)) - np.float32(0.5)
    assert found.shape == region_shapes.grid_of(plane.shape) == (200, 400)
    assert area_of(region_shapes.region(found, "").path) == pytest.approx(100 * 100, rel=0.02)
    assert region_shapes.lesion_box([found], None, margin=0) == pytest.approx(
        (0.25, 0.25, 0.5, 0.75), abs=0.005
    )


def test_the_mirror_of_a_case_is_the_same_image_turned_and_another_key(case):
    mirror = mirrored.mirror_of(case)
    assert (mirror.image.pixels == case.image.pixels[:, ::-1]).all()
    assert (mirror.truth == case.truth[:, ::-1]).all()
    assert mirror.image.sha256 != case.image.sha256
    assert mirrored.mirror_of(case).image.sha256 == mirror.image.sha256


def test_an_outline_that_turns_with_the_image_agrees_with_its_mirror(case):
    plane = (block(10, 20, 5, 25) > 0).astype(np.float32)
    mirror = mirrored.mirror_of(case)
    same = {"turns": finding(case, plane), "stays": finding(case, plane)}
    turned = {"turns": finding(mirror, plane[:, ::-1]), "stays": finding(mirror, plane)}
    here, there = Answers(case, same, Style()), Answers(mirror, turned, Style())
    assert mirror_dice(here.found["turns"], there.found["turns"]) == 1
    # Columns 5–24 against 15–34: ten of twenty columns are shared.
    assert mirror_dice(here.found["stays"], there.found["stays"]) == 0.5


def test_one_line_says_how_the_calls_stand(case):
    plane = (block(10, 20, 5, 25) > 0).astype(np.float32)
    yes, no, mute = finding(case, plane, 2.0), finding(case, plane, -2.0), finding(case, plane)

    def said(**found: Finding) -> str:
        return Answers(case, found, Style()).said()

    assert said(a=yes, b=no, c=mute) == (
        "**1 of 2 call it malignant (12 % to 88 %)** · **1 of 2 are right: it is malignant**"
    )
    assert said(c=mute) == "These networks outline only."
    assert mirrored.said({"a": yes, "b": no}, {"a": yes, "b": yes}).startswith("**1 of 2**")
    assert "76 points" in mirrored.said({"b": no}, {"b": yes})


def test_a_pill_is_grey_with_a_caution_and_none_where_no_lesion_is_outlined(case):
    plane = (block(10, 20, 5, 25) > 0).astype(np.float32)
    sure, empty = finding(case, plane, 2.0), finding(case, 0 * plane, 2.0)
    doubted = replace(sure, seen="train")
    answers = Answers(case, {"sure": sure, "doubted": doubted, "empty": empty}, Style())
    pills = {name: (p.badge, p.kind) for name, p in ((n, answers.panel(n)) for n in answers.found)}
    assert pills == {
        "sure": ("88 % → malignant", "malignant"),
        "doubted": ("88 % → malignant", "none"),
        "empty": ("no lesion outlined", "none"),
    }
    assert answers.colour("sure") == colours.MALIGNANT
    assert answers.colour("doubted") == answers.colour("empty") == colours.OUTLINE
    assert answers.panel("sure").note.endswith("right: it is malignant")
    assert answers.panel("empty").note.endswith("wrong: it is malignant")
