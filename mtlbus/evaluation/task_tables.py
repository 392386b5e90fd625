"""Judged images of any tasks as columns of a table, and the figures under weights of the images.

A bootstrap replicate is a weight for each image: how often it was drawn (`weighted`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import softmax

from ..core.tasks import Task
from .weighted import share, weighted_auc, weighted_mean

TRUE = "true"  # of a class per image, the column of the number of its class


def image_rows(
    task: Task, figures: np.ndarray, known: np.ndarray, classes: np.ndarray | None
) -> dict[str, np.ndarray]:
    """The columns of a task.

    Args:
        task: "organs".
        figures: of `task_metrics.image_figures`, all images.
        known: N bool, whether the truth of an image is known; NaN stands where it is not.
        classes: of a class per image the true number, N.

    Returns:
        Of classes per pixel "organs.dice.cord" for each foreground class, of values "dose.mae", of
        a class per image "stage.true" and "stage.p.II" for each class, the probability.
    """
    blank = np.where(known, 0.0, np.nan)
    if classes is not None:
        logits = figures if figures.shape[1] > 1 else np.hstack([0 * figures, figures])
        chances = softmax(logits.astype(float), axis=1)
        named = zip(task.classes, chances.T, strict=True)
        return {
            f"{task.name}.{TRUE}": classes + blank,
            **{f"{task.name}.p.{name}": chance for name, chance in named},
        }
    if task.kind == "pixel_regression":
        return {f"{task.name}.mae": figures[:, 0] + blank}
    named = zip(task.foreground, figures.T, strict=True)
    return {f"{task.name}.dice.{name}": values + blank for name, values in named}


def figures_under(task: Task, rows: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The figures of a task under B weightings of the images, each of shape B.

    Args:
        task: whose columns `image_rows` made.
        rows: N images.
        weights: B×N.

    Returns:
        "organs.dice" (the mean over images by class, then over classes) and "organs.dice.cord";
        "dose.mae"; "stage.accuracy", "stage.balanced_accuracy" (the mean share found of each class
        that is there), and of two classes "stage.auc". NaN where nothing says anything.
    """
    name = task.name
    if task.kind == "pixel_regression":
        return {f"{name}.mae": weighted_mean(rows[f"{name}.mae"], weights)}
    if task.kind == "pixel_class":
        each = {
            f"{name}.dice.{one}": weighted_mean(rows[f"{name}.dice.{one}"], weights)
            for one in task.foreground
        }
        whole = _mean(list(each.values()))
        return {f"{name}.dice": whole, **(each if len(each) > 1 else {})}
    known = rows[f"{name}.{TRUE}"].notna().to_numpy()
    true = rows.loc[known, f"{name}.{TRUE}"].to_numpy(dtype=int)
    chances = rows.loc[known, [f"{name}.p.{one}" for one in task.classes]].to_numpy(dtype=float)
    weights = np.asarray(weights, dtype=float)[:, known]
    right = (chances.argmax(axis=1) == true).astype(float)
    found = [
        share(weights @ (right * (true == number)), weights @ (true == number).astype(float))
        for number in range(len(task.classes))
    ]
    figures = {
        f"{name}.accuracy": weighted_mean(right, weights),
        f"{name}.balanced_accuracy": _mean(found),
    }
    if len(task.classes) == 2:
        figures[f"{name}.auc"] = weighted_auc(true, chances[:, 1], weights)
    return figures


def _mean(parts: list[np.ndarray]) -> np.ndarray:
    """The mean of the defined ones, shape B; NaN where none is."""
    values = np.stack(parts)
    defined = ~np.isnan(values)
    return share(np.where(defined, values, 0).sum(axis=0), defined.sum(axis=0).astype(float))
