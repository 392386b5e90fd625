"""Sentences about operating points: only what the card states, in natural frequencies."""

from __future__ import annotations

import numpy as np

from mtlbus.core.card import Card
from mtlbus.findings import points
from mtlbus.findings.points import operating_points
from tests.made import card_of

ENTRY = {
    "threshold": 0.4,
    "purpose": "Both rates alike.",
    "validation": {"n": 200, "sensitivity": 0.9, "specificity": 0.8},
    "test": {
        "n": 500,
        "sensitivity": {"value": 0.874, "low": 0.82, "high": 0.915},
        "specificity": {"value": 0.861, "low": 0.82, "high": 0.89},
    },
}
TRAINING = card_of(training={"data": {"busi": 400, "busbra": 900, "phantom": 200}})


def point(entry: dict, key: str = "balanced") -> points.Point:
    card = card_of(operating_points={key: entry}, default_operating_point=key)
    return operating_points(card)[key]


def card(low: float, high: float) -> Card:
    strict = {"sensitivity_95": {"threshold": low}, "specificity_95": {"threshold": high}}
    return card_of(operating_points=strict, default_operating_point="sensitivity_95")


def test_natural_frequencies_come_from_the_test_images():
    said = " ".join(points.rates(point(ENTRY)))
    assert "Of 100 malignant lesions it calls 87 malignant and misses 13" in said
    assert "(95 % interval: 82 to 92 right)" in said
    assert "86 benign and raises 14 false alarms" in said
    origin = points.origin_of_rates(TRAINING, point(ENTRY))
    assert origin == "Counted on 500 test images of BUSI and BUS-BRA that were not trained on."


def test_without_test_figures_the_validation_is_named_as_such():
    bare = point({**ENTRY, "test": None})
    said = " ".join(points.rates(bare))
    assert "90 malignant" in said and "interval" not in said
    origin = points.origin_of_rates(TRAINING, bare)
    assert "200 validation images" in origin and "optimistic" in origin


def test_an_aim_is_told_with_what_came_of_it():
    assert points.aim(point(ENTRY, "sensitivity_95")) == (
        "Chosen so that 95 of 100 cancers are called malignant on the 200 validation images; on "
        "the 500 test images it was 87."
    )
    assert points.aim(point(ENTRY, "specificity_95")).endswith(
        "called benign on the 200 validation images; on the 500 test images it was 86."
    )
    assert points.aim(point(ENTRY)) == (
        "Chosen so that both rates are alike on the 200 validation images (90 and 80 of 100); on "
        "the 500 test images they were 87 and 86."
    )
    untested = points.aim(point({**ENTRY, "test": None}, "sensitivity_95"))
    assert untested.endswith("on the 200 validation images.")
    assert points.aim(point(ENTRY, "cost")) == "Chosen for the least cost of wrong calls."


def test_nothing_is_invented():
    for nothing in (
        {"threshold": 0.5},
        {"threshold": 0.5, "test": {"n": 9, "sensitivity": {"value": None}}},
    ):
        assert points.rates(point(nothing)) == [] and points.aim(point(nothing)) == ""
    assert points.origin_of_rates(card_of(), point({"threshold": 0.5})) == ""
    assert operating_points(card_of()) == {}
    assert points.track_record(card_of()) is None


def test_the_track_record_is_that_of_the_default_point_on_test_images():
    strict = {**ENTRY, "test": {"n": 500, "sensitivity": {"value": 1.0}}}
    both = {"operating_points": {"a": strict, "b": ENTRY}, "default_operating_point": "b"}
    assert points.track_record(card_of(**both)) == (87, 86, 500)
    assert points.track_record(card_of(**both | {"default_operating_point": "a"})) is None


def test_grey_zone_lies_between_the_strict_points():
    (first, _) = operating_points(card(0.2, 0.7)).values()
    assert first.zone == (0.2, 0.7)
    assert "grey zone (20 % to 70 %)" in first.unsure(0.3) and not first.unsure(0.7)
    (first, _) = operating_points(card(0.7, 0.2)).values()  # a network that separates that well
    assert first.zone is None
    assert point({"threshold": 0.5}).zone is None


def test_the_default_point_comes_first():
    entries = {"a": {"threshold": 0.1}, "b": {"threshold": 0.2}}
    found = operating_points(card_of(operating_points=entries, default_operating_point="b"))
    assert list(found) == ["b", "a"]


def test_the_call_is_malignant_at_the_threshold_itself():
    half = point({"threshold": 0.5})
    assert [half.call(p) for p in (0.49, 0.5, 0.51)] == ["benign", "malignant", "malignant"]
    assert half.call(np.float64(0.51)) == "malignant", "a number of a table"
