"""Charts as files: what the page shows is in them, and nothing is left out in silence."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from mtlbus.data.transforms import Frame
from mtlbus.evaluation.intervals import Interval
from mtlbus.evaluation.operating_points import Confusion, natural_frequencies
from mtlbus.evaluation.readers import ReaderScore
from mtlbus.explain.attention import LogitSplit
from mtlbus.figures.cells import cell_figure, gate_scale
from mtlbus.figures.class_charts import class_bars, spread_figure
from mtlbus.figures.confusion import confusion_figure, people_figure
from mtlbus.figures.pairwise_dice import dice_matrix
from mtlbus.figures.probability import probability_figure
from mtlbus.figures.readers import readers_figure
from mtlbus.figures.regions import logit_figure
from mtlbus.figures.response import Line, response_figure
from mtlbus.figures.segmentation import dice_figure
from mtlbus.figures.static import png_of_chart, svg_of_chart

GREY = np.arange(80 * 120, dtype=np.uint16).reshape(80, 120).astype(np.uint8)
LINE = Line([1, 2, 3], [0.1, None, 0.8], [0.7, 0.8, 0.9], [False, False, True], 0.4)
SCORE = ReaderScore(5, 4, Interval(0.8, 0.4, 1), Interval(0.7, 0.3, 0.9), 0.9, 0.1, 0.5)
CHARTS = {
    "bar": (
        probability_figure(0.71, 0.41, (0.3, 0.55)),
        ["71 %", "operating point, 41 %", "grey zone"],
    ),
    "counts": (confusion_figure(Confusion(7, 3, 9, 1)), ["cancers found", "87.5% of row"]),
    "people": (people_figure(natural_frequencies(0.9, 0.8, 0.05)), ["760 benign cleared"]),
    "bars": (
        class_bars({"A": {"x": 0.2, "y": 0.8}, "B": {"x": 0.9, "y": 0.1}}, "y"),
        ["y (true)", "80 %", "90 %"],
    ),
    "standing": (
        spread_figure(
            {n: {"cord": np.array([0.2, 0.9]), "lung": np.ones(2)} for n in "AB"}, "Dice", True
        ),
        ["cord", "lung", "Dice"],
    ),
    "boxes": (dice_figure({"MTL $1$ <b>": (np.array([0.2, 0.7, 0.9]), list("abc"))}), ["MTL $1$ "]),
    "curves": (response_figure({"MTL": LINE}, "Gain (dB)", 2.0, (1, 3)), ["Gain (dB)", "Dice"]),
    "cells": (cell_figure(GREY, np.eye(4), Frame(80, 120), gate_scale()), ["1 open"]),
    "readers": (readers_figure({"a": SCORE, "b": SCORE}, {"MTL": SCORE}, "a"), ["you", "MTL"]),
    "matrix": (dice_matrix(["A", "超声"], np.array([[1, 0.8], [0.8, 1]])), ["0.80", "超声"]),
    "steps": (
        logit_figure(LogitSplit(("tumour", "margin"), np.array([1.2, -0.5]), -0.2, 0.5)),
        ["+1.20", "−0.50", "+0.50", "logit"],
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_word_of_a_chart_is_in_its_drawing(name):
    figure, words = CHARTS[name]
    drawing = ElementTree.fromstring(svg_of_chart(figure))
    text = "\n".join("".join(node.itertext()) for node in drawing.iter() if node.tag[-4:] == "text")
    for word in words:
        assert word in text
    assert svg_of_chart(figure) == svg_of_chart(figure)
    assert len(svg_of_chart(figure)) < 250_000


def test_a_line_goes_through_its_points():
    figure = go.Figure(layout={"height": 300, "showlegend": False})
    figure.add_scatter(x=[0, 1, 2], y=[0, 1, 0], mode="lines", line={"color": "#123456"})
    (path,) = re.findall(r'<path d="([^"]+)"[^>]*stroke: #123456', svg_of_chart(figure))
    (x0, y0), (x1, y1), (x2, y2) = re.findall(r"[ML] ([\d.]+) ([\d.]+)", path)
    assert float(x1) - float(x0) == pytest.approx(float(x2) - float(x1), abs=0.01)
    assert float(y0) == pytest.approx(float(y2)) and float(y1) < float(y0)


def test_a_picture_has_the_height_of_its_chart():
    figure = CHARTS["counts"][0]
    with Image.open(io.BytesIO(png_of_chart(figure, width=400, scale=2))) as picture:
        assert picture.size == (800, 2 * figure.layout.height)


def test_a_kind_of_trace_that_is_not_known_is_refused():
    with pytest.raises(TypeError, match="'pie'"):
        svg_of_chart(go.Figure(go.Pie(values=[1, 2])))
