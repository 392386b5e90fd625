"""Judged images of a method, from `predictions.csv`, and the numbers that follow from them.

Each is kept by the digest of that file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from ..checkpoints import Checkpoint
from ..core.card import Card, Training
from ..core.errors import InputError
from ..core.text import literal
from ..data.dataset import PHANTOMS, TITLES
from ..methods import get_spec, list_methods
from ..methods.panel import is_panel
from .calibration import Reliability, calibration_slope_intercept, reliability
from .comparisons import (
    AucInterval,
    DeLongTest,
    McNemarTest,
    delong_interval,
    delong_test,
    mcnemar_test,
)
from .curves import PrecisionRecallBand, RocBand, precision_recall_band, roc_band
from .decision_curve import DecisionCurve, decision_curve
from .intervals import group_draws
from .metrics import classification_metrics
from .operating_points import (
    Confusion,
    choose_threshold,
    confusion,
    threshold_for_sensitivity,
)
from .panels import judged_images, stamps
from .tables import classes, group_keys, groups_of, judged, sampled_entry
from .weighted import weighted_mean

REAL = "real"
BOOTSTRAP = 500


@dataclass(frozen=True)
class Table:
    """The judged images of one method; two are equal when their file is.

    Attributes:
        method, title: of the method.
        digest: SHA-256 of `predictions.csv`.
        rows: as `read_predictions` gives them.
        epochs: of training that the weights have behind them; None where the card keeps none.
        card: of the checkpoint.
    """

    method: str
    title: str
    digest: str
    epochs: int | None
    rows: pd.DataFrame = field(compare=False, repr=False)
    card: Card = field(compare=False, repr=False)


class Pair(NamedTuple):
    """Two methods on the images that both have judged."""

    n: int
    auc: DeLongTest
    calls: McNemarTest


class Outlines(NamedTuple):
    """Two methods on the images whose lesion both have outlined.

    Attributes:
        n: images.
        dice_a, dice_b: means over them.
        difference: a − b, with its 95 % limits over patients from the same draws for both; None
            where every draw says the same.
    """

    n: int
    dice_a: float
    dice_b: float
    difference: float
    low: float | None
    high: float | None


def load_table(checkpoint: Checkpoint) -> Table:
    """The predictions of trained weights.

    Raises:
        DataError: they are missing or damaged.
    """
    method = checkpoint.method
    rows, digest = _read(checkpoint, stamps(checkpoint))
    title = get_spec(method).title if method in list_methods() or is_panel(method) else method
    return Table(method, title, digest, checkpoint.epochs, rows, checkpoint.card)


@lru_cache(maxsize=32)
def _read(checkpoint: Checkpoint, _stamps: tuple[int, ...]) -> tuple[pd.DataFrame, str]:
    return judged_images(checkpoint)


def title_of_images(images: str) -> str:
    """A choice of images in words."""
    return "real images, pooled" if images == REAL else TITLES.get(images, images)


def literal_title(images: str) -> str:
    """The same as Markdown; a table may name its datasets as it likes."""
    return literal(title_of_images(images))


def choices(table: Table) -> list[str]:
    """What images can be chosen: real ones pooled, then each dataset, phantoms last."""
    found = sorted(set(table.rows.loc[table.rows["part"] == "test", "dataset"]))
    real = [name for name in found if name != PHANTOMS]
    return [*([REAL] if len(real) > 1 else []), *real, *([PHANTOMS] if PHANTOMS in found else [])]


@lru_cache(maxsize=64)
def select(table: Table, images: str, part: str = "test") -> pd.DataFrame:
    """The rows of one part, of one dataset or of all real ones; not to be changed."""
    rows = table.rows[table.rows["part"] == part]
    chosen = rows["dataset"] != PHANTOMS if images == REAL else rows["dataset"] == images
    return rows[chosen].reset_index(drop=True)


def classifies(table: Table, images: str) -> bool:
    """Whether any of these test images has a label and a probability."""
    return len(judged(select(table, images))) > 0


def facts(tables: Sequence[Table], images: str) -> list[str]:
    """What the numbers rest on: which images, how many, and that training did not see them.

    One line, or one for the methods that were judged on the same images.
    """
    titles: dict[str, list[str]] = {}
    for table in tables:
        titles.setdefault(_facts_of(table, images), []).append(table.title)
    if len(titles) == 1:
        return list(titles)
    return [f"{', '.join(names)}: {line}" for line, names in titles.items()]


def _facts_of(table: Table, images: str) -> str:
    rows, training = select(table, images), table.card.training or Training()
    by_dataset = ", ".join(
        f"{TITLES.get(name) or literal(name)} {count}"
        for name, count in rows["dataset"].value_counts().items()
    )
    labels = rows["label"].dropna()
    seen = sum((training.data or {}).values())
    fold = f"fold {training.fold} of 5, " if training.fold else ""
    kept = _validation(table)
    return (
        f"**{len(rows)} test images** ({by_dataset}): {int((labels == 0).sum())} benign, "
        f"{int((labels == 1).sum())} malignant, {len(set(groups_of(rows)))} patients or groups. "
        f"**Not seen in training**: {fold}kept apart from the {seen} training images and from the "
        f"{len(kept)} validation images that chose epoch and threshold."
    )


def unequal_training(tables: Sequence[Table]) -> str | None:
    """Who was trained for how many epochs, the most first; None where all are equal or unknown."""
    titles: dict[int, list[str]] = {}
    for table in tables:
        if table.epochs is not None:
            titles.setdefault(table.epochs, []).append(table.title)
    if len(titles) < 2:
        return None
    names = "; ".join(f"{', '.join(titles[epochs])} {epochs}" for epochs in sorted(titles)[::-1])
    return f"Not trained equally long, so part of a difference may be training. Epochs: {names}."


@lru_cache(maxsize=32)
def of_patients(table: Table) -> pd.DataFrame:
    """The judged rows of the real test images; not to be changed."""
    return judged(select(table, REAL))


@lru_cache(maxsize=64)
def roc(table: Table, images: str) -> RocBand | None:
    """ROC with its band; None where one class is missing."""
    return _curve(roc_band, table, images)


@lru_cache(maxsize=64)
def precision_recall(table: Table, images: str) -> PrecisionRecallBand | None:
    """Precision–recall with its band; None where one class is missing."""
    return _curve(precision_recall_band, table, images)


@lru_cache(maxsize=64)
def decision(table: Table, images: str) -> DecisionCurve | None:
    """Net benefit with its band; None where one class is missing."""
    return _curve(decision_curve, table, images)


def _curve(band, table: Table, images: str):
    rows = judged(select(table, images))
    labels, probabilities = classes(rows)
    strata = rows["dataset"].to_numpy(str)
    try:
        return band(labels, probabilities, groups_of(rows), n=BOOTSTRAP, strata=strata)
    except InputError:
        return None


@lru_cache(maxsize=128)
def area(table: Table, images: str) -> AucInterval | None:
    """AUC with its interval, patients kept together; None where one class is missing."""
    rows = judged(select(table, images))
    labels, probabilities = classes(rows)
    try:
        return delong_interval(labels, probabilities, groups=groups_of(rows))
    except InputError:
        return None


@lru_cache(maxsize=64)
def calibration(table: Table, images: str) -> tuple[Reliability, dict[str, float]]:
    """The calibration curve and what goes with it.

    brier, ece, slope and intercept of the logistic recalibration, and brier_scaled and ece_scaled:
    with the logits divided by the card's temperature. NaN where one is not defined.
    """
    rows = judged(select(table, images))
    labels, probabilities = classes(rows)
    numbers = classification_metrics(labels, probabilities)
    logits = rows["logit"].to_numpy(float)
    slope = intercept = math.nan
    if 0 < labels.sum() < len(labels) and np.isfinite(logits).all():
        slope, intercept = calibration_slope_intercept(labels, logits)
    temperature = table.card.temperature or math.nan
    scaled = {"brier": math.nan, "ece": math.nan}
    if math.isfinite(temperature) and np.isfinite(logits).all():
        scaled = classification_metrics(labels, expit(logits / temperature))
    return reliability(labels, probabilities), {
        "brier": numbers["brier"], "ece": numbers["ece"], "slope": slope, "intercept": intercept,
        "temperature": temperature, "brier_scaled": scaled["brier"], "ece_scaled": scaled["ece"],
    }  # fmt: skip


def validation_rows(table: Table) -> pd.DataFrame:
    """Where thresholds are chosen: the real validation images, or all where none is real."""
    return judged(_validation(table))


def _validation(table: Table) -> pd.DataFrame:
    rows = select(table, REAL, "validation")
    return rows if len(rows) else select(table, PHANTOMS, "validation")


@lru_cache(maxsize=256)
def threshold_for(table: Table, rule: str, amount: float | None = None) -> float | None:
    """The threshold of a rule, chosen on validation images only; None where that is impossible.

    Args:
        table: of the method.
        rule: "shipped" for the card's default, "sensitivity" for the largest that finds a share of
            the cancers, or a purpose of `choose_threshold`.
        amount: that share, above 0 up to 1, for "sensitivity"; for "cost" what a missed cancer
            costs in false alarms.
    """
    if rule == "shipped":
        point = table.card.default_point
        return None if point is None else point.threshold
    labels, probabilities = classes(validation_rows(table))
    try:
        if rule == "sensitivity":
            return threshold_for_sensitivity(labels, probabilities, amount or 0.0)
        return choose_threshold(labels, probabilities, rule, amount)
    except InputError:
        return None


def counts(table: Table, images: str, threshold: float) -> Confusion:
    """The confusion matrix on the test images."""
    return confusion(*classes(select(table, images)), threshold)


def ending(rows: pd.DataFrame, threshold: float, end: str) -> pd.DataFrame:
    """The judged rows that end as "tp", "fn", "fp" or "tn", the most mistaken first."""
    rows = judged(rows)
    called, malignant = rows["probability"] >= threshold, rows["label"] == 1
    kept = rows[(called if end in ("tp", "fp") else ~called) & (malignant == (end in ("tp", "fn")))]
    return kept.sort_values("probability", ascending=end in ("tp", "fn"))


def compare(
    first: Table, second: Table, images: str, thresholds: tuple[float, float]
) -> Pair | None:
    """DeLong and McNemar on the common test images; None where they cannot be had."""
    both = _common(judged(select(first, images)), judged(select(second, images)), "probability")
    labels = both["label"].to_numpy(int)
    a, b = both["probability"].to_numpy(float), both["probability_b"].to_numpy(float)
    if not 0 < labels.sum() < len(labels):
        return None
    return Pair(
        len(both),
        delong_test(labels, a, b, groups=groups_of(both)),
        mcnemar_test(labels, (a >= thresholds[0]).astype(int), (b >= thresholds[1]).astype(int)),
    )


def compare_outlines(first: Table, second: Table, images: str) -> Outlines | None:
    """Dice on the common test images; None where they have outlined none of them both."""
    a, b = (rows[rows["dice"].notna()] for rows in (select(first, images), select(second, images)))
    both = _common(a, b, "dice")
    if both.empty:
        return None
    gaps = both["dice"] - both["dice_b"]
    draws = group_draws(group_keys(both), strata=both["dataset"])
    limits = sampled_entry(float(gaps.mean()), weighted_mean(gaps, draws))
    return Outlines(
        len(both),
        float(both["dice"].mean()),
        float(both["dice_b"].mean()),
        float(gaps.mean()),
        limits["low"],
        limits["high"],
    )


def _common(first: pd.DataFrame, second: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows of the first that the second has too, with its `column` as `column`_b."""
    keys = ["dataset", "image_id"]
    return first.merge(second[[*keys, column]], on=keys, suffixes=("", "_b"))
