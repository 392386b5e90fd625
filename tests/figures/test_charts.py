"""Charts hold exactly the numbers they were given, checked against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import precision_recall_curve, roc_curve

from mtlbus.evaluation.calibration import reliability
from mtlbus.evaluation.curves import precision_recall_band, roc_band
from mtlbus.evaluation.decision_curve import decision_curve
from mtlbus.evaluation.slices import Slice
from mtlbus.figures.calibration import calibration_figure
from mtlbus.figures.decision import decision_figure
from mtlbus.figures.roc import OperatingPoint, precision_recall_figure, roc_figure
from mtlbus.figures.segmentation import dice_figure
from mtlbus.figures.slices import slices_figure


@pytest.fixture
def judged():
    generator = np.random.default_rng(3)
    labels = (generator.random(120) < 0.4).astype(int)
    scores = 1 / (1 + np.exp(-(labels * 1.5 + generator.normal(size=120) - 0.7)))
    return labels, scores, np.arange(120) // 2


def trace(figure, start):
    return next(found for found in figure.data if found.name and found.name.startswith(start))


def test_roc_is_that_of_scikit_learn(judged):
    labels, scores, groups = judged
    point = OperatingPoint(0.5, 0.8, 0.7, 0.6)
    curve = roc_band(labels, scores, groups, n=50)
    figure = roc_figure({"One": curve}, {"One": point})
    fpr, tpr, _ = roc_curve(labels, scores)
    drawn = trace(figure, "One · AUC")
    assert np.array_equal(drawn.x, fpr) and np.array_equal(drawn.y, tpr)
    dot = trace(figure, "One, threshold")
    assert dot.x[0] == pytest.approx(0.3) and dot.y[0] == 0.8
    band = trace(figure, "One, 95 %")
    assert list(band.y) == [*curve.high, *curve.low[::-1]]


def test_precision_recall_is_that_of_scikit_learn(judged):
    labels, scores, groups = judged
    figure = precision_recall_figure(
        {"One": precision_recall_band(labels, scores, groups, n=50)},
        {"One": OperatingPoint(0.5, 0.8, 0.7, 0.6)},
    )
    precision, recall, _ = precision_recall_curve(labels, scores)
    drawn = trace(figure, "One · average")
    assert list(drawn.x) == list(recall[-2::-1]) and list(drawn.y) == list(precision[-2::-1])
    dot = trace(figure, "One, threshold")
    assert (dot.x[0], dot.y[0]) == (0.8, 0.6)


def test_a_decision_curve_stands_beside_everybody_and_nobody(judged):
    curve = decision_curve(*judged, n=20)
    figure = decision_figure({"One": curve}, {"One": 0.255})
    drawn = {found.name: found for found in figure.data}
    assert list(drawn["One"].y) == list(curve.network)
    assert list(drawn["act on everybody"].y) == list(curve.everybody)
    assert set(drawn["act on nobody"].y) == {0}
    dot = trace(figure, "One, threshold")
    assert dot.y[0] == pytest.approx((curve.network[24] + curve.network[25]) / 2)  # 0.25, 0.26


def test_a_point_without_malignant_calls_is_left_out(judged):
    curve = precision_recall_band(*judged, n=20)
    point = OperatingPoint(1.0, 0.0, 1.0, float("nan"))
    figure = precision_recall_figure({"One": curve}, {"One": point})
    assert not [found for found in figure.data if "threshold" in (found.name or "")]


def test_calibration_is_that_of_scikit_learn(judged):
    labels, scores, _ = judged
    figure = calibration_figure({"One": reliability(labels, scores)})
    observed, promised = calibration_curve(labels, scores, n_bins=10)
    drawn = trace(figure, "One")
    assert drawn.y == pytest.approx(observed) and drawn.x == pytest.approx(promised)
    counts = next(found for found in figure.data if found.type == "bar")
    assert sum(counts.y) == 120


def test_every_image_is_a_point_of_the_dice_chart():
    figure = dice_figure({"One": (np.array([0.25, 0.5]), ["a", "b"])})
    assert list(figure.data[0].x) == [0.25, 0.5] and list(figure.data[0].text) == ["a", "b"]


def test_slices_carry_value_interval_and_n():
    parts = [Slice("small", 12, 0.7, 0.5, 0.8), Slice("large", 30, 0.9, 0.8, 0.95)]
    figure = slices_figure({"One": parts}, "AUC")
    drawn = figure.data[0]
    assert list(drawn.x) == [0.7, 0.9]
    assert list(drawn.error_x.array) == pytest.approx([0.1, 0.05])
    assert list(drawn.error_x.arrayminus) == pytest.approx([0.2, 0.1])
    assert list(figure.layout.yaxis.ticktext) == ["small  (n 12)", "large  (n 30)"]


def test_there_is_room_for_the_last_label_of_an_axis_of_shares(judged):
    labels, scores, groups = judged
    point = {"One": OperatingPoint(0.5, 0.8, 0.7, 0.6)}
    figures = (
        roc_figure({"One": roc_band(labels, scores, groups, n=20)}, point),
        precision_recall_figure({"One": precision_recall_band(*judged, n=20)}, point),
        calibration_figure({"One": reliability(labels, scores)}),
    )
    half = 36 / 2  # pixels of "100%" at the charts' size of text
    for figure in figures:
        assert figure.layout.margin.r > half
