"""Cross-validation in the COSA paper's terms: its figures, its positive class, its averaging.

Benign is the positive class (its counts prove it), calls are made at one half, every figure is the
mean over the folds of the fold's own figure. Intervals and differences come from a bootstrap over
groups, the same draws for all methods, so that a difference is paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..core.errors import DataError
from ..core.tables import markdown_table
from .intervals import BOOTSTRAP
from .tables import draws_of, interval_entry
from .weighted import share, weighted_auc, weighted_mean

MASK_FIGURES = {
    "pixel_tpr": "TPR", "pixel_fpr": "FPR", "miou": "mIoU", "dice": "DSC", "aer": "AER",
}  # fmt: skip
CLASS_FIGURES = {"tpr": "TPR", "fpr": "FPR", "acc": "ACC", "pre": "PRE", "f1": "F1", "auc": "AUC"}
FIGURES = (*MASK_FIGURES, *CLASS_FIGURES)


class CrossValidated(NamedTuple):
    """A method over its folds.

    Attributes:
        value: figure to its mean over folds; shares of one.
        spread: figure to its standard deviation over folds (n − 1); NaN for one fold.
        replicates: figure to its bootstrap replicates, shape B.
        folds: figure to the fold's own figures, in the order of the folds.
    """

    value: dict[str, float]
    spread: dict[str, float]
    replicates: dict[str, np.ndarray]
    folds: dict[str, list[float]]


def cross_validated(
    frames: Mapping[str, pd.DataFrame], bootstrap: int = BOOTSTRAP, seed: int = 0
) -> dict[str, CrossValidated]:
    """The paper's figures of several methods on one set of images.

    Args:
        frames: method to its test rows of all folds, as `read_predictions` gives them; `fold` is
            the fold in which the image was tested, `group` that of the image.
        bootstrap, seed: groups are drawn within datasets, once for all methods.

    Raises:
        DataError: an image is tested twice by one method.
    """
    everyone = pd.concat(
        [frame[["dataset", "image_id", "group"]] for frame in frames.values()]
    ).drop_duplicates(["dataset", "image_id"])
    draws = draws_of(everyone, bootstrap, seed)
    column = {
        key: index
        for index, key in enumerate(zip(everyone["dataset"], everyone["image_id"], strict=True))
    }
    found = {}
    for method, frame in frames.items():
        keys = list(zip(frame["dataset"], frame["image_id"], strict=True))
        if len(set(keys)) < len(keys):
            raise DataError(f"{method} was tested on an image twice; give each fold once.")
        found[method] = _over_folds(frame, draws[:, [column[key] for key in keys]])
    return found


def difference(
    first: CrossValidated, second: CrossValidated, figure: str
) -> dict[str, float | None]:
    """first − second with its 95 % limits, paired by the bootstrap draws."""
    gap = first.value[figure] - second.value[figure]
    return interval_entry(gap, first.replicates[figure] - second.replicates[figure])


def rows_of(found: Mapping[str, CrossValidated], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row for each method and figure: value, limits, standard deviation, each fold.

    None is what is not defined, as the precision of a fold in which nobody was called benign.
    """
    return [
        {
            "method": method,
            "title": titles[method],
            "figure": figure,
            **interval_entry(result.value[figure], result.replicates[figure]),
            "sd": None if np.isnan(result.spread[figure]) else result.spread[figure],
            "folds": [None if np.isnan(value) else value for value in result.folds[figure]],
        }
        for method, result in found.items()
        for figure in FIGURES
        if figure in result.value
    ]


def _over_folds(frame: pd.DataFrame, draws: np.ndarray) -> CrossValidated:
    folds = sorted(set(frame["fold"]))
    once = np.ones((1, len(frame)))
    by_fold, replicates = [], []
    for fold in folds:
        inside = (frame["fold"] == fold).to_numpy()
        rows = frame[inside]
        by_fold.append({k: float(v[0]) for k, v in _figures(rows, once[:, inside]).items()})
        replicates.append(_figures(rows, draws[:, inside]))
    names = by_fold[0].keys()
    listed = {name: [figures[name] for figures in by_fold] for name in names}
    return CrossValidated(
        value={name: float(np.mean(values)) for name, values in listed.items()},
        spread={
            name: float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
            for name, values in listed.items()
        },
        replicates={name: np.mean([r[name] for r in replicates], axis=0) for name in names},
        folds=listed,
    )


def _figures(rows: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The figures of one fold under B weightings, each of shape B; those that the method has."""
    found: dict[str, np.ndarray] = {}
    if rows["dice"].notna().any():
        found |= {name: weighted_mean(rows[name], weights) for name in MASK_FIGURES}
    if rows["probability"].notna().any():
        labels = rows["label"].to_numpy(dtype=int)
        probabilities = rows["probability"].to_numpy(dtype=float)
        found |= _benign_positive(labels, probabilities, weights)
    return found


def _benign_positive(
    labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    benign, called = labels == 0, probabilities < 0.5
    tp, fp, fn, tn = (
        weights @ kind.astype(float)
        for kind in (benign & called, ~benign & called, benign & ~called, ~benign & ~called)
    )
    return {
        "tpr": share(tp, tp + fn),
        "fpr": share(fp, fp + tn),
        "acc": share(tp + tn, tp + fp + fn + tn),
        "pre": share(tp, tp + fp),
        "f1": share(2 * tp, 2 * tp + fp + fn),
        "auc": weighted_auc(labels, probabilities, weights),  # the same for either class
    }


def beside_paper(
    rows: Sequence[Mapping[str, Any]],
    reported: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
) -> list[str]:
    """The paper's two tables on BUSI with our rows under each of its rows, as Markdown.

    What a figure of the paper tells of a method (the AUC of Figure 3) stands in its row.

    Args:
        rows: as `rows_of` gives them.
        reported: the tables of the paper's specification, as data.
        names: method to its name in the paper's tables.
    """
    ours = {(row["method"], row["figure"]): row for row in rows}
    on_busi = [found for found in reported if found["data"] == "BUSI"]
    curves = _printed(next(found for found in on_busi if found["caption"].startswith("Figure 3")))
    lines: list[str] = []
    for number, figures in (("1", MASK_FIGURES), ("2", CLASS_FIGURES)):
        table = next(found for found in on_busi if found["caption"].startswith(f"Table {number}"))
        printed = _printed(table)
        lines += [f"{table['caption']}, {table['data']}. {table['caveat']}", ""]
        cells = []
        for method, name in names.items():
            here = [ours.get((method, figure)) for figure in figures]
            if not any(here):
                continue
            if name in printed:
                stated = [printed[name].get(title, "–") for title in figures.values()]
                if "auc" in figures and name in curves:
                    stated[-1] = f"{100 * float(curves[name]['AUC']):.0f}"
                cells.append((name, "paper", *stated))
            cells.append((name, "here", *map(_percent, here)))
        lines += [*markdown_table(("method", "whose", *figures.values()), cells), ""]
    return lines


def _printed(table: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Row name to column name to what the paper prints there."""
    return {row[0]: dict(zip(table["columns"][1:], row[1:], strict=True)) for row in table["rows"]}


def _percent(row: Mapping[str, Any] | None) -> str:
    if row is None or row["value"] is None:
        return "–"
    if row["low"] is None:
        return f"{100 * row['value']:.2f}"
    return f"{100 * row['value']:.2f} ({100 * row['low']:.1f}–{100 * row['high']:.1f})"
