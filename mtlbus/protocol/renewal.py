"""Bring the card of a trained method up to date without training: judge again, compare, complete.

What was decided stays: thresholds, temperature and metrics follow from the stored predictions as
before, and a card that does not follow from them is refused, not mended.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from ..checkpoints import CARD, Checkpoint
from ..core.errors import DataError
from ..core.files import write_json
from ..data.dataset import Dataset
from ..evaluation.tables import read_predictions
from ..inference.cost import Cost, machine_name
from .card import choose_operating_points, exclusions, figures_of

REPRODUCED = 1e-3  # how far a figure may move between two machines
UNCHANGED = 1e-6  # how far a figure of the card may lie from what its predictions give
KEYS = ["dataset", "image_id"]
COMPARED = ("probability", "dice", "jaccard")


def renew_card(
    checkpoint: Checkpoint, again: pd.DataFrame, datasets: Sequence[Dataset]
) -> dict[str, Any]:
    """Compare a new judgement with the stored one and write the completed card.

    Args:
        checkpoint: with predictions.
        again: the test rows, judged now (`judging.evaluate`).
        datasets: those of the training, for what was left out of them.

    Returns:
        The record of the comparison: images, figures (how many were compared), and the largest
        difference of a probability, of a Dice, and of a figure of the card.

    Raises:
        DataError: other images were judged, a figure moved by more than 1e-3, or the card does
            not follow from its predictions to 1e-6; nothing is written.
    """
    stored = read_predictions(checkpoint.predictions)
    card = checkpoint.card
    record: dict[str, Any] = {**_largest_differences(stored, again), "machine": machine_name()}

    validation = stored[stored["part"] == "validation"].to_dict("records")
    chosen = choose_operating_points(validation) if "operating_points" in card else {}
    fields = {**chosen, **figures_of(stored, chosen)}
    for name in ("temperature", "operating_points", "metrics"):
        if name in card:
            _require_close(card[name], fields[name], UNCHANGED, name)
    moved = figures_of(again, chosen)["metrics"]
    judged = {name: entry for name, entry in card["metrics"]["datasets"].items()
              if name in moved["datasets"]}  # fmt: skip
    pairs = _require_close(judged, moved["datasets"], REPRODUCED, "metrics")
    record |= {"figures": len(pairs), "figure": max(pairs, default=0.0)}

    fields["judgement"]["reproduced"] = record
    normals = card.get("trained_with_normals", False)
    fields["exclusions"] = card.get("exclusions", {}) | exclusions(datasets, normals)
    write_card(checkpoint, fields)
    return record


def write_cost(checkpoint: Checkpoint, cost: Cost) -> None:
    """Put what a forward costs onto the card."""
    write_card(checkpoint, {"cost": asdict(cost)})


def write_gates(checkpoint: Checkpoint, gates: dict[str, Any]) -> None:
    """Put how much of its gates is the same on every image onto the card (`measure_gates`)."""
    write_card(checkpoint, {"gates": gates})


def write_silence(checkpoint: Checkpoint, silence: dict[str, Any]) -> None:
    """Put which parts the answers hear onto the card (`measure_silence`)."""
    write_card(checkpoint, {"silence": silence})


def write_card(checkpoint: Checkpoint, fields: dict[str, Any]) -> None:
    """Replace some fields of a card; the specification stays last, where readers stop."""
    card = {**checkpoint.card, **fields}
    spec = card.pop("spec")
    write_json(checkpoint.folder / CARD, {**card, "spec": spec})
    checkpoint.card.clear()
    checkpoint.card.update({**card, "spec": spec})


def _largest_differences(stored: pd.DataFrame, again: pd.DataFrame) -> dict[str, Any]:
    """Of the images that were judged now, against their stored test rows."""
    before = stored[stored["part"] == "test"]
    before = before[before["dataset"].isin(set(again["dataset"]))]
    both = before.merge(again, on=KEYS, how="outer", suffixes=("", "_again"), indicator=True)
    alone = both[both["_merge"] != "both"]
    if len(alone):
        raise DataError(
            f"{len(alone)} images were judged only once, e.g. {alone['image_id'].iloc[0]}. "
            "Give the same data and fold as in the training."
        )
    found: dict[str, Any] = {"images": len(both)}
    for name in COMPARED:
        gaps = np.abs(both[name] - both[f"{name}_again"])
        if gaps.notna().any():
            found[name] = float(gaps.max())
    return found


def _require_close(stated: Any, made: Any, tolerance: float, where: str) -> list[float]:
    """The differences of all numbers that `stated` holds; a `DataError` where one is too large."""
    if isinstance(stated, dict):
        return [
            gap
            for name, value in stated.items()
            for gap in _require_close(value, made.get(name), tolerance, f"{where}.{name}")
        ]
    numbers = [x for x in (stated, made) if isinstance(x, (int, float))]
    if len(numbers) == 2 and math.isclose(*numbers, rel_tol=tolerance, abs_tol=tolerance):
        return [abs(numbers[0] - numbers[1])]
    if stated == made:
        return []
    raise DataError(
        f"{where} is {stated} on the card but {made} now; nothing was written. Were the weights, "
        "the data or the predictions exchanged?"
    )
