"""Metrics against scikit-learn, brute force and values worked out by hand."""

import math

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import cdist
from sklearn.metrics import (
    brier_score_loss,
    confusion_matrix,
    f1_score,
    jaccard_score,
    roc_auc_score,
)

from mtlbus.core.errors import InputError
from mtlbus.evaluation.metrics import (
    CLASSIFICATION,
    SEGMENTATION,
    classification_metrics,
    mask_metrics,
)


def scores(seed: int, n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities with ties."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, n)
    return labels, np.clip(generator.normal(0.35 + 0.3 * labels, 0.25), 0, 1).round(2)


def blob(seed: int, size: int = 64, share: float = 0.2) -> np.ndarray:
    """A random mask of several ragged pieces, some of them on the edge."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(size, size)), 4)
    return noise > np.quantile(noise, 1 - share)


def square(top: int, left: int, side: int, size: int = 64) -> np.ndarray:
    mask = np.zeros((size, size), dtype=bool)
    mask[top : top + side, left : left + side] = True
    return mask


def surface_points(mask: np.ndarray) -> np.ndarray:
    """Pixels with a 4-neighbour outside the mask, pixel by pixel."""
    height, width = mask.shape
    found = []
    for y, x in np.argwhere(mask):
        around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        if any(not (0 <= v < height and 0 <= u < width) or not mask[v, u] for v, u in around):
            found.append((y, x))
    return np.array(found)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.72])
def test_classification_agrees_with_scikit_learn_and_the_counts(seed, threshold):
    labels, probabilities = scores(seed)
    found = classification_metrics(labels, probabilities, threshold)
    tn, fp, fn, tp = confusion_matrix(labels, probabilities >= threshold).ravel()
    assert found["auc"] == pytest.approx(roc_auc_score(labels, probabilities))
    assert found["brier"] == pytest.approx(brier_score_loss(labels, probabilities))
    assert found["accuracy"] == pytest.approx((tp + tn) / len(labels))
    assert found["sensitivity"] == pytest.approx(tp / (tp + fn))
    assert found["specificity"] == pytest.approx(tn / (tn + fp))
    assert found["f1"] == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert found["f1_benign"] == pytest.approx(2 * tn / (2 * tn + fp + fn))
    assert found["auc_hard"] == pytest.approx((found["sensitivity"] + found["specificity"]) / 2)
    assert tuple(found) == CLASSIFICATION


def test_a_probability_at_the_threshold_is_called_malignant():
    assert classification_metrics([0, 1], [0.2, 0.5], 0.5)["sensitivity"] == 1


def test_calibration_error_by_hand():
    # Bin 0.2..0.3 holds 0.2 and 0.28, one of them malignant: |0.24 − 0.5| = 0.26, weight 2/4.
    # Bin 0.9..1.0 holds 0.9 and 1.0, one of them malignant: |0.95 − 0.5| = 0.45, weight 2/4.
    found = classification_metrics([0, 1, 0, 1], [0.2, 0.28, 0.9, 1.0])
    assert found["ece"] == pytest.approx(0.13 + 0.225)


def test_one_class_only_gives_nan_where_undefined_and_numbers_elsewhere():
    benign = classification_metrics([0, 0, 0, 0], [0.1, 0.2, 0.4, 0.6])
    assert {name for name, value in benign.items() if math.isnan(value)} == {
        "auc",
        "auc_hard",
        "sensitivity",
    }
    assert benign["specificity"] == benign["accuracy"] == 0.75
    malignant = classification_metrics([1, 1], [0.7, 0.9])
    assert {name for name, value in malignant.items() if math.isnan(value)} == {
        "auc",
        "auc_hard",
        "specificity",
        "f1_benign",
    }
    assert all(math.isnan(value) for value in classification_metrics([], []).values())


@pytest.mark.parametrize(
    ("labels", "probabilities", "words"),
    [
        ([0, 1], [0.5], "same length"),
        ([0, 2], [0.5, 0.5], "0 \\(benign\\)"),
        ([0, 1], [0.5, math.nan], "missing"),
        ([0, 1], [0.5, 3.1], "0..1"),
    ],
)
def test_bad_scores_are_refused(labels, probabilities, words):
    with pytest.raises(InputError, match=words):
        classification_metrics(labels, probabilities)


@pytest.mark.parametrize("seed", range(6))
def test_overlap_agrees_with_scikit_learn(seed):
    predicted, true = blob(seed), blob(seed + 100, share=0.25)
    found = mask_metrics(predicted, true)
    assert found["dice"] == pytest.approx(f1_score(true.ravel(), predicted.ravel()))
    tumour = jaccard_score(true.ravel(), predicted.ravel())
    background = jaccard_score(true.ravel(), predicted.ravel(), pos_label=False)
    assert found["jaccard"] == pytest.approx(tumour)
    assert found["miou"] == pytest.approx((tumour + background) / 2)
    assert found["aer"] == pytest.approx(found["pixel_fpr"] + 1 - found["pixel_tpr"])
    assert tuple(found) == SEGMENTATION


def test_pixel_rates_by_hand():
    # 8×8 truth, prediction 4 to the right: 32 shared, 32 missed, 32 too many.
    found = mask_metrics(square(8, 12, 8), square(8, 8, 8))
    assert found["pixel_tpr"] == found["pixel_fpr"] == 0.5
    assert found["aer"] == 1.0
    # Over the tumour and not over the background, so it may exceed 1: 16² − 8² over 8².
    assert mask_metrics(square(4, 4, 16), square(8, 8, 8))["pixel_fpr"] == 3.0


@pytest.mark.parametrize("seed", range(6))
def test_distances_agree_with_brute_force(seed):
    predicted, true = blob(seed), blob(seed + 50, share=0.05)
    between = cdist(surface_points(predicted), surface_points(true))
    pooled = np.concatenate([between.min(axis=1), between.min(axis=0)])
    found = mask_metrics(predicted, true)
    assert found["hd95"] == pytest.approx(np.percentile(pooled, 95))
    assert found["assd"] == pytest.approx(pooled.mean())


def test_distances_by_hand():
    # Two single pixels 3 down and 4 across: every distance is 5.
    found = mask_metrics(square(10, 10, 1), square(13, 14, 1))
    assert found["hd95"] == found["assd"] == 5.0
    assert mask_metrics(square(0, 0, 64), square(0, 0, 64))["hd95"] == 0.0


def test_distances_reach_the_image_edge_and_do_not_wrap():
    left, right = square(20, 0, 4), square(20, 60, 4)
    assert mask_metrics(left, right)["hd95"] == pytest.approx(60, abs=3)
    # Moving both masks together changes nothing, on the edge as inside.
    inside = mask_metrics(square(20, 10, 9), square(22, 12, 9))
    edge = mask_metrics(square(0, 0, 9), square(2, 2, 9))
    assert edge["hd95"] == pytest.approx(inside["hd95"])
    assert edge["assd"] == pytest.approx(inside["assd"])


def test_empty_masks():
    empty, full = square(0, 0, 0), square(8, 8, 8)
    both = mask_metrics(empty, empty)
    assert both["dice"] == both["jaccard"] == both["miou"] == 1
    missed, invented = mask_metrics(empty, full), mask_metrics(full, empty)
    assert missed["dice"] == invented["dice"] == missed["jaccard"] == invented["jaccard"] == 0
    assert missed["pixel_tpr"] == 0 and missed["aer"] == 1
    assert all(math.isnan(invented[name]) for name in ("pixel_tpr", "pixel_fpr", "aer"))
    for found in (both, missed, invented):
        assert math.isnan(found["hd95"]) and math.isnan(found["assd"])


def test_masks_that_are_no_masks_are_refused():
    with pytest.raises(InputError, match="one size"):
        mask_metrics(square(0, 0, 4), square(0, 0, 4, size=32))
    with pytest.raises(InputError, match="boolean"):
        mask_metrics(square(0, 0, 4).astype(float), square(0, 0, 4))
