"""Sentences about operating points: only what the card states, in natural frequencies."""

from __future__ import annotations

from mtlbus.ui import words

POINT = {
    "threshold": 0.4,
    "purpose": "Both rates alike.",
    "validation": {"n": 200, "sensitivity": 0.9, "specificity": 0.8},
    "test": {
        "n": 500,
        "sensitivity": {"value": 0.874, "low": 0.82, "high": 0.915},
        "specificity": {"value": 0.861, "low": 0.82, "high": 0.89},
    },
}


def test_natural_frequencies_come_from_the_test_images():
    said = " ".join(words.meaning_of_point(POINT))
    assert "Of 100 malignant lesions it calls **87 malignant** and misses 13" in said
    assert "(95 % interval: 82 to 92 right)" in said
    assert "**86 benign** and raises 14 false alarms" in said
    assert "500 test images" in said


def test_without_test_figures_the_validation_is_named_as_such():
    said = " ".join(words.meaning_of_point({**POINT, "test": None}))
    assert "**90 malignant**" in said and "200 validation images" in said
    assert "optimistic" in said and "interval" not in said


def test_nothing_is_invented():
    assert words.meaning_of_point({"threshold": 0.5}) == []
    nothing = {"threshold": 0.5, "test": {"n": 9, "sensitivity": {"value": float("nan")}}}
    assert words.meaning_of_point(nothing) == []
    assert words.operating_points({}) == {}
    assert words.operating_points({"operating_points": {"a": {"threshold": None}}}) == {}


def test_grey_zone_lies_between_the_strict_points():
    def card(low: float, high: float) -> dict:
        points = {"sensitivity_95": {"threshold": low}, "specificity_95": {"threshold": high}}
        return {"operating_points": points}

    assert words.grey_zone(card(0.2, 0.7)) == (0.2, 0.7)
    assert words.grey_zone(card(0.7, 0.2)) is None  # a network that separates that well
    assert words.grey_zone({"operating_points": {"balanced": {"threshold": 0.5}}}) is None
    assert words.zone_sentence(0.3, (0.2, 0.7)) and not words.zone_sentence(0.7, (0.2, 0.7))


def test_the_default_point_comes_first():
    points = {"a": {"threshold": 0.1}, "b": {"threshold": 0.2}}
    card = {"operating_points": points, "default_operating_point": "b"}
    assert list(words.operating_points(card)) == ["b", "a"]


def test_the_call_is_malignant_at_the_threshold_itself():
    assert [words.decision(p, 0.5) for p in (0.49, 0.5, 0.51)] == [
        "benign",
        "malignant",
        "malignant",
    ]
