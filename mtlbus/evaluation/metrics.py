"""How good a class or a mask is: one number each, with the definitions of the field.

Malignant is the positive class (label 1); an image is called malignant when its probability is at
least the threshold. A number that is not defined (one class only, an empty mask) is NaN.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage
from sklearn.metrics import accuracy_score, f1_score, recall_score, roc_auc_score

from ..core.errors import InputError
from ..core.extent import extent

CLASSIFICATION = (
    "auc", "auc_hard", "accuracy", "sensitivity", "specificity", "f1", "f1_benign", "brier", "ece",
)  # fmt: skip
SEGMENTATION = ("dice", "jaccard", "pixel_tpr", "pixel_fpr", "aer", "miou", "hd95", "assd")
CALIBRATION_BINS = 10


def checked_scores(labels: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Labels as int (0 benign, 1 malignant) and scores as float, both of shape N.

    Raises:
        InputError: lengths differ, a label is not 0 or 1, or a score is not finite.
    """
    labels, scores = np.asarray(labels), np.asarray(scores, dtype=float)
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise InputError(
            f"Labels of shape {labels.shape} and scores of shape {scores.shape}: "
            "give two lists of the same length."
        )
    if not np.isin(labels, (0, 1)).all():
        raise InputError("Labels must be 0 (benign) or 1 (malignant); leave the others out.")
    if not np.isfinite(scores).all():
        raise InputError("A score is missing or infinite; leave out the images without one.")
    return labels.astype(int), scores


def require_both_classes(labels: np.ndarray, what: str) -> None:
    """Raise an `InputError` unless there are benign and malignant images; `what` needs them."""
    if not 0 < labels.sum() < len(labels):
        raise InputError(f"{what} needs benign and malignant images; there is one class only.")


def checked_probabilities(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """As `checked_scores`, and every score within 0..1."""
    labels, probabilities = checked_scores(labels, probabilities)
    if ((probabilities < 0) | (probabilities > 1)).any():
        raise InputError("A probability lies outside 0..1. Logits need a sigmoid first.")
    return labels, probabilities


def probability_bin(probabilities: np.ndarray, bins: int = CALIBRATION_BINS) -> np.ndarray:
    """The equal-width bin 0 … bins−1 of each probability: [a, b), the last one closed."""
    return np.digitize(probabilities, np.linspace(0, 1, bins + 1)[1:-1])


def expected_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = CALIBRATION_BINS
) -> float:
    """Σ_b n_b/n · |mean probability in bin b − share of malignant in bin b|.

    Taken on the probability of malignancy, not on the confidence in the predicted class, so that
    the number belongs to the calibration curve that is shown (Naeini et al. 2015, binary form).
    """
    if len(labels) == 0:
        return math.nan
    gaps = np.bincount(probability_bin(probabilities, bins), probabilities - labels)
    return float(np.abs(gaps).sum() / len(labels))


def classification_metrics(
    labels: ArrayLike, probabilities: ArrayLike, threshold: float = 0.5
) -> dict[str, float]:
    """How well probabilities of malignancy separate and describe two classes.

    Args:
        labels: shape N, 0 benign, 1 malignant.
        probabilities: shape N, 0..1.
        threshold: an image is called malignant at or above it.

    Returns:
        auc: area under the ROC curve of the probability.
        auc_hard: the same of the thresholded call, which is (sensitivity + specificity)/2; one
            paper prints this as its AUC.
        accuracy, sensitivity, specificity, and F1 with malignant (f1) and with benign (f1_benign)
            as the positive class.
        brier: mean squared difference of probability and label.
        ece: expected calibration error, 10 equal-width bins of the probability of malignancy.
        NaN where a number is not defined: auc, auc_hard with one class only, sensitivity without
        malignant, specificity without benign images, F1 of a class neither present nor called.
    """
    labels, probabilities = checked_probabilities(labels, probabilities)
    if len(labels) == 0:
        return dict.fromkeys(CLASSIFICATION, math.nan)
    called = (probabilities >= threshold).astype(int)
    both = 0 < labels.sum() < len(labels)
    f1, f1_benign = (
        f1_score(labels, called, pos_label=positive, zero_division=np.nan) for positive in (1, 0)
    )
    sensitivity, specificity = (
        recall_score(labels, called, pos_label=positive, zero_division=np.nan)
        for positive in (1, 0)
    )
    values = {
        "auc": roc_auc_score(labels, probabilities) if both else math.nan,
        "auc_hard": roc_auc_score(labels, called) if both else math.nan,
        "accuracy": accuracy_score(labels, called),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "f1": f1,
        "f1_benign": f1_benign,
        "brier": np.mean((probabilities - labels) ** 2),
        "ece": expected_calibration_error(labels, probabilities),
    }
    return {name: float(value) for name, value in values.items()}


def dice_of(first: np.ndarray, second: np.ndarray) -> float:
    """Dice of two masks, 2|A∩B| / (|A|+|B|), H×W bool; both empty: 1, only one empty: 0 (D2)."""
    shared = int((first & second).sum())
    return _ratio(2 * shared, int(first.sum()) + int(second.sum()), empty=1.0)


def mask_metrics(predicted: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """How well a mask P agrees with the true mask G.

    Args:
        predicted, true: H×W bool, on one grid (in this project always the 256×256 square that the
            network sees, so that distances compare between images and with the papers).

    Returns:
        dice: 2|P∩G| / (|P|+|G|); jaccard: |P∩G| / |P∪G|. Both empty: 1; only one empty: 0 (D2).
        pixel_tpr: |P∩G| / |G|; pixel_fpr: |P∖G| / |G| (over the tumour, so it may exceed 1);
            aer: (|P∪G| − |P∩G|) / |G|, as in the COSA paper. NaN where G is empty.
        miou: mean of the IoU of tumour and of background, as in the COSA paper.
        hd95: 95th percentile of the distances from each surface to the other, pooled; pixels.
        assd: mean of the same pooled distances (Heimann et al. 2009); pixels.
            Both NaN where either mask is empty.

    Raises:
        InputError: the two are not boolean images of one size.
    """
    predicted, true = np.asarray(predicted), np.asarray(true)
    if predicted.ndim != 2 or predicted.shape != true.shape:
        raise InputError(
            f"Masks of shape {predicted.shape} and {true.shape}: give two H×W masks of one size."
        )
    if predicted.dtype != bool or true.dtype != bool:
        raise InputError("Masks must be boolean; threshold the probabilities first.")
    area_predicted, area_true = int(predicted.sum()), int(true.sum())
    overlap = int((predicted & true).sum())
    union = area_predicted + area_true - overlap
    iou = _ratio(overlap, union, empty=1.0)
    # Background: complement of the union over complement of the overlap.
    background = _ratio(true.size - union, true.size - overlap, empty=1.0)
    hd95, assd = _surface_distances(predicted, true)
    return {
        "dice": _ratio(2 * overlap, area_predicted + area_true, empty=1.0),
        "jaccard": iou,
        "pixel_tpr": _ratio(overlap, area_true),
        "pixel_fpr": _ratio(area_predicted - overlap, area_true),
        "aer": _ratio(union - overlap, area_true),
        "miou": (iou + background) / 2,
        "hd95": hd95,
        "assd": assd,
    }


def _ratio(part: int, whole: int, empty: float = math.nan) -> float:
    return part / whole if whole else empty


def _surface_distances(predicted: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """HD95 and ASSD in pixels; NaN where a mask is empty."""
    if not predicted.any() or not true.any():
        return math.nan, math.nan
    # Both surfaces lie in the joint bounding box: crop to it for speed. Erosion takes what is
    # beyond the crop as outside the mask, and so it is; a lesion on the image edge ends there.
    box = extent(predicted | true) or ...
    surfaces = [_surface(mask[box]) for mask in (predicted, true)]
    distances = np.concatenate(
        [
            ndimage.distance_transform_edt(~surfaces[1])[surfaces[0]],
            ndimage.distance_transform_edt(~surfaces[0])[surfaces[1]],
        ]
    )
    return float(np.percentile(distances, 95)), float(distances.mean())


def _surface(mask: np.ndarray) -> np.ndarray:
    """Pixels of the mask with one of their four neighbours outside it."""
    return mask & ~ndimage.binary_erosion(mask)
