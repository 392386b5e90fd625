"""Curves, ranking and grid of the phantom lab: what is drawn is what was given."""

import numpy as np

from mtlbus.figures import colours
from mtlbus.figures.response import (
    Bar,
    Line,
    Tile,
    curve_in_words,
    grid_figure,
    ranking_figure,
    response_figure,
)

LINE = Line([0, 1, 2], [0.2, None, 0.7], [0.9, 0.8, None], [False, True, False], 0.4)
FLAT = Line([0, 2], [0.5, 0.5], [None, None], [False, False], None)


def test_a_curve_has_all_points_and_marks_doubt():
    figure = response_figure({"A": LINE, "B": FLAT}, "Gain (dB)", 1.0, (0, 1.5))
    lines = {(one.name, one.yaxis): one for one in figure.data}
    assert list(lines["A", "y"].y) == [0.2, None, 0.7] and list(lines["A", "y2"].y)[:2] == [
        0.9,
        0.8,
    ]
    assert ("B", "y2") not in lines  # it has no outline
    assert list(lines["A", "y"].marker.symbol) == ["circle", "circle-open", "circle"]
    shapes = [(s.type, s.x0, s.y0) for s in figure.layout.shapes]
    assert ("line", 1.0, 0) in shapes and any(y == 0.4 for _, _, y in shapes)
    assert sum(kind == "rect" for kind, _, _ in shapes) == 2  # the usual, in both panels
    single = response_figure({"B": FLAT}, "Calipers", 0.0, None, switch=True)
    assert list(single.layout.xaxis.ticktext) == ["off", "on"] and "yaxis2" not in single.layout


def test_a_curve_in_words():
    said = curve_in_words("A", LINE, ["0 dB", "1 dB", "2 dB"])
    assert said == "A says from 20 % (at 0 dB) to 70 % (at 2 dB)."
    nothing = LINE._replace(probabilities=[None] * 3)
    assert "no probability" in curve_in_words("A", nothing, ["", "", ""])


def test_a_ranking_has_its_first_knob_on_top():
    bars = [Bar("Gain", (0.1, 0.8), ("−5 dB", "4 dB")), Bar("Halo", (0.4, 0.5), ("0", "1"))]
    figure = ranking_figure({"A": bars, "B": bars}, {"A": 0.45})
    assert list(figure.layout.yaxis.ticktext) == ["Gain", "Halo"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # downwards
    first = figure.data[0]
    assert list(first.x) == [0.1, 0.8] and list(first.customdata) == ["−5 dB", "4 dB"]
    assert [one.showlegend for one in figure.data] == [True, False, True, False]
    assert figure.layout.shapes[0].x0 == 0.45


def test_a_grid_shows_each_picture_in_its_place():
    tiles = [[Tile(b"a", "10 %", False), None], [Tile(b"b", "–", None), Tile(b"c", "90 %", True)]]
    figure = grid_figure(tiles, ["0", "1"], ["9", "8"], ("Gain (dB)", "Halo"))
    places = [(image.x, image.y) for image in figure.layout.images]
    assert np.allclose(places, [(0.03, 0.02), (0.03, 1.02), (1.03, 1.02)])
    texts = figure.data[0]
    assert [text.strip() for text in texts.text] == ["10 %", "–", "90 %"]
    assert list(texts.marker.color) == [colours.BENIGN, colours.UNSURE, colours.MALIGNANT]
    assert figure.layout.xaxis.title.text == "Gain (dB)" and figure.layout.yaxis.range == (2, 0)
