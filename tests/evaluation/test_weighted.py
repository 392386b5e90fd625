"""Weights count rows: a row of weight 2 is a row that is there twice, for scikit-learn too."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mtlbus.evaluation.metrics import classification_metrics
from mtlbus.evaluation.weighted import weighted_auc, weighted_classification, weighted_mean


@pytest.fixture
def drawn():
    """Labels, probabilities with ties, and 30 weightings, some rows without weight."""
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 2, 90)
    probabilities = np.clip(generator.normal(0.4 + 0.2 * labels, 0.3), 0, 1).round(1)
    return labels, probabilities, generator.integers(0, 4, (30, 90))


def test_weighted_auc_is_scikit_learns_on_repeated_rows(drawn):
    labels, probabilities, weights = drawn
    expected = [
        roc_auc_score(np.repeat(labels, row), np.repeat(probabilities, row)) for row in weights
    ]
    assert weighted_auc(labels, probabilities, weights) == pytest.approx(expected)


def test_weighted_auc_takes_broken_weights_as_scikit_learn_does(drawn):
    labels, probabilities, weights = drawn
    weights = weights + 0.25
    expected = [roc_auc_score(labels, probabilities, sample_weight=row) for row in weights]
    assert weighted_auc(labels, probabilities, weights) == pytest.approx(expected)


def test_every_weighted_metric_is_the_metric_of_repeated_rows(drawn):
    labels, probabilities, weights = drawn
    found = weighted_classification(labels, probabilities, weights, threshold=0.4)
    for index, row in enumerate(weights):
        repeated = np.repeat(labels, row), np.repeat(probabilities, row)
        expected = classification_metrics(*repeated, threshold=0.4)
        assert {name: values[index] for name, values in found.items()} == pytest.approx(expected)


def test_a_class_without_weight_is_nan():
    found = weighted_classification([0, 1], [0.2, 0.9], np.array([[1, 0], [1, 1]]))
    assert np.isnan(found["auc"]).tolist() == [True, False]
    assert np.isnan(found["sensitivity"]).tolist() == [True, False]
    assert found["specificity"].tolist() == [1, 1]


def test_weighted_mean_leaves_out_what_is_undefined():
    found = weighted_mean([1.0, np.nan, 4.0], np.array([[1, 5, 1], [2, 0, 1], [0, 3, 0]]))
    assert found[:2].tolist() == [2.5, 2.0] and np.isnan(found[2])
