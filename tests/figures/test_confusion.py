"""The confusion matrix and the dots of people show the counts they were given."""

from __future__ import annotations

import re

from mtlbus.evaluation.operating_points import Confusion, NaturalFrequencies
from mtlbus.figures import colours
from mtlbus.figures.confusion import ENDS, confusion_figure, people_figure


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


def test_the_ink_is_that_of_the_page_and_selecting_does_not_fade_it():
    light, dark = (
        confusion_figure(Confusion(1, 2, 3, 4), dark=asked).data[0] for asked in (False, True)
    )
    assert light.textfont.color != dark.textfont.color
    for drawn in (light, dark):
        assert drawn.unselected.textfont.color == drawn.textfont.color


def test_one_dot_a_person():
    people = NaturalFrequencies(1000, 50, 950, 47, 3, 21, 929)
    figure = people_figure(people)
    assert [len(group.x) for group in figure.data] == [47, 3, 21, 929]
    places = {(x, y) for group in figure.data for x, y in zip(group.x, group.y, strict=True)}
    assert len(places) == 1000


def test_an_end_has_one_colour_in_the_matrix_and_among_the_people():
    matrix = confusion_figure(Confusion(30, 5, 95, 10))
    people = people_figure(NaturalFrequencies(1000, 50, 950, 47, 3, 21, 929))
    cells_wear = dict(zip(ENDS, (shape.line.color for shape in matrix.layout.shapes), strict=True))
    people_wear = dict(zip(ENDS, (group.marker.color for group in people.data), strict=True))
    assert cells_wear == people_wear and len(set(people_wear.values())) == 4
    assert people_wear["tn"] == colours.BENIGN and people_wear["tp"] == colours.MALIGNANT
    tints = {shape.fillcolor for shape in matrix.layout.shapes}
    assert len(tints) == 4
