"""The confusion matrix and the dots of people show the counts they were given."""

from __future__ import annotations

import re

from mtlbus.evaluation.operating_points import Confusion, NaturalFrequencies
from mtlbus.figures.confusion import confusion_figure, people_figure


def cells(counts: Confusion) -> dict[str, str]:
    drawn = confusion_figure(counts).data[0]
    return dict(zip(drawn.customdata, drawn.text, strict=True))


def test_counts_and_row_percentages():
    found = cells(Confusion(tp=30, fp=5, tn=95, fn=10))
    numbers = {name: int(re.search(r"<b>(\d+)</b>", text)[1]) for name, text in found.items()}
    assert numbers == {"tp": 30, "fp": 5, "tn": 95, "fn": 10}
    assert "75.0% of row" in found["tp"] and "25.0% of row" in found["fn"]
    assert "5.0% of row" in found["fp"] and "95.0% of row" in found["tn"]


def test_rows_are_the_truth_and_columns_the_call():
    drawn = confusion_figure(Confusion(1, 2, 3, 4)).data[0]
    places = {name: (x, y) for name, x, y in zip(drawn.customdata, drawn.x, drawn.y, strict=True)}
    assert places == {"tp": (0, 0), "fn": (1, 0), "fp": (0, 1), "tn": (1, 1)}


def test_a_row_without_images_is_named():
    assert "row is empty" in cells(Confusion(tp=0, fp=1, tn=1, fn=0))["tp"]


def test_one_dot_a_person():
    people = NaturalFrequencies(1000, 50, 950, 47, 3, 21, 929)
    figure = people_figure(people)
    assert [len(group.x) for group in figure.data] == [47, 3, 21, 929]
    places = {(x, y) for group in figure.data for x, y in zip(group.x, group.y, strict=True)}
    assert len(places) == 1000
