"""Bring the card of a trained method up to date without training: judge again, compare, complete.

What was decided stays: thresholds, temperature and metrics follow from the stored predictions as
before, and a card that does not follow from them is refused, not mended.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..checkpoints import CARD, IMAGES, PREDICTIONS, Checkpoint
from ..core.card import Card
from ..core.errors import DataError
from ..core.files import write_json
from ..data.dataset import Dataset
from ..data.splits import Split
from ..evaluation.card_figures import choose_operating_points, figures_of
from ..evaluation.tables import (
    lesion_rows,
    normal_rows,
    prediction_frame,
    read_predictions,
    write_predictions,
)
from ..inference.cost import machine_name
from ..inference.predictor import Predictor
from ..inference.presence import read_presence
from .card import exclusions
from .images import ImageList, list_images, require_counts, write_images
from .judging import Report, judge_samples, split_datasets

REPRODUCED = 1e-3  # how far a figure may move between two machines
UNCHANGED = 1e-6  # how far a figure of the card may lie from what its predictions give
KEYS = ["dataset", "image_id"]
SAME_PRESENCE = 0.01  # a score that moves further was made by something else
COMPARED = ("probability", "dice", "jaccard")


def renew_card(
    checkpoint: Checkpoint,
    again: pd.DataFrame,
    datasets: Sequence[Dataset],
    report: Report = lambda line: None,
) -> dict[str, Any]:
    """Compare a new judgement with the stored one and write the completed card.

    What earlier versions did not keep is added, where the data of the training were all given: the
    list of its images (`images.csv`), and in `predictions.csv` the presence scores and the normal
    images. No figure of a lesion changes.

    Args:
        checkpoint: with predictions.
        again: the test rows, judged now (`judging.evaluate`).
        datasets: those of the training, for what was left out of them.
        report: receives lines of progress.

    Returns:
        The record of the comparison: images, figures (how many were compared), and the largest
        difference of a probability, of a Dice, and of a figure of the card.

    Raises:
        DataError: other images were judged or given, a figure moved by more than 1e-3, or the card
            does not follow from its predictions to 1e-6; nothing is written.
    """
    stored = read_predictions(checkpoint.predictions, everything=True)
    card, stated = checkpoint.card, checkpoint.card.to_json()
    complete = {dataset.name for dataset in datasets} >= set(checkpoint.trained("data"))
    images = None
    if complete:
        images = _list_of(checkpoint, datasets, report)
        stored = _completed(checkpoint, stored, again, datasets, report)
    record: dict[str, Any] = {**largest_differences(stored, again), "machine": machine_name()}

    validation = stored[stored["part"] == "validation"].to_dict("records")
    chosen = choose_operating_points(validation) if card.operating_points else {}
    readout = read_presence(checkpoint) is not None
    fields = {**chosen, **figures_of(stored, chosen, readout)}
    for name in ("temperature", "operating_points", "metrics"):
        if stated.get(name):
            require_close(stated[name], fields[name], UNCHANGED, name)
    moved = figures_of(again, chosen)["metrics"]
    judged = {
        name: entry
        for name, entry in stated["metrics"]["datasets"].items()
        if name in moved["datasets"]
    }
    pairs = require_close(judged, moved["datasets"], REPRODUCED, "metrics")
    record |= {"figures": len(pairs), "figure": max(pairs, default=0.0)}

    fields["judgement"]["reproduced"] = record
    fields["trained_with_normals"] = bool(card.trained_with_normals)
    left_out = exclusions(datasets, fields["trained_with_normals"])
    fields["exclusions"] = (card.exclusions or {}) | left_out
    if complete:
        fields["training"] = {
            **stated["training"],
            "images_sha256": write_images(checkpoint.folder, images),
        }
        write_predictions(checkpoint.predictions, stored)
    write_card(checkpoint, fields)
    return record


def _split(checkpoint: Checkpoint, datasets: Sequence[Dataset]) -> Split:
    """The parts of the training, by the fold and seed of the card, with normal images."""
    return split_datasets(datasets, checkpoint.trained("fold"))


def _list_of(checkpoint: Checkpoint, datasets: Sequence[Dataset], report: Report) -> ImageList:
    """The images of the training; held against the card, and against a list that is there."""
    report("reading all images of the training to note what they are")
    split = _split(checkpoint, datasets)
    if not checkpoint.card.trained_with_normals:
        split = split.lesions()
    images = list_images(split)
    require_counts(images, checkpoint)
    if checkpoint.images and sorted(checkpoint.images) != sorted(images.rows):
        raise DataError(
            f"The images are not those of {checkpoint.folder / IMAGES}; nothing was written. Give "
            "the data of the training."
        )
    return images


def _completed(
    checkpoint: Checkpoint,
    stored: pd.DataFrame,
    again: pd.DataFrame,
    datasets: Sequence[Dataset],
    report: Report,
) -> pd.DataFrame:
    """The stored rows with presence scores, and after them the rows of normal images.

    Of the lesions nothing else is taken from the new judgement, which must agree with the old one.
    """
    split, fold = _split(checkpoint, datasets), checkpoint.trained("fold")
    _require_judged(stored, split)
    lacking = _other_presence(stored, again)
    normal = sum(sample.normal for part in split[1:] for sample in part)
    if not lacking and len(normal_rows(stored)) == normal:
        return stored
    samples = split.validation if lacking else [s for s in split.validation if s.normal]
    rows = judge_samples(Predictor(checkpoint), samples, "validation", fold, report)
    both = pd.concat([prediction_frame(rows), again]).astype({"label": float})
    lesions, normals = lesion_rows(stored), normal_rows(both)
    if lacking:
        lesions = lesions.drop(columns="presence").merge(
            both[[*KEYS, "part", "presence"]], on=[*KEYS, "part"], how="left", validate="1:1"
        )
    return prediction_frame(pd.concat([lesions.astype({"label": float}), normals]))


def _other_presence(stored: pd.DataFrame, again: pd.DataFrame) -> bool:
    """Whether the stored presence scores are lacking, or were made by what no longer lies there."""
    both = stored[[*KEYS, "part", "presence"]].merge(
        again[[*KEYS, "part", "presence"]], on=[*KEYS, "part"]
    )
    new = both["presence_y"]
    return bool((new.notna() & ~((both["presence_x"] - new).abs() <= SAME_PRESENCE)).any())


def _require_judged(stored: pd.DataFrame, split: Split) -> None:
    """Refuse a split that is not the one whose images the predictions are of."""
    rows = lesion_rows(stored)
    for part, samples in (("validation", split.validation), ("test", split.test)):
        of_part = rows[rows["part"] == part]
        judged = set(zip(of_part["dataset"], of_part["image_id"], strict=True))
        if judged != {(s.dataset, s.id) for s in samples if not s.normal}:
            raise DataError(
                f"The {part} images are not those of {PREDICTIONS}; nothing was written. Give the "
                "data of the training."
            )


def renew_spec(checkpoint: Checkpoint) -> None:
    """Put what the method says of itself today onto the card; no figure and no weight changes.

    How images are prepared belongs to the weights and stays.
    """
    stated = checkpoint.card.spec
    kept = {name: getattr(stated, name) for name in ("input_size", "fit", "mean", "std")}
    write_card(checkpoint, {"spec": replace(checkpoint.load().spec, **kept).as_dict()})


def write_card(checkpoint: Checkpoint, fields: dict[str, Any]) -> None:
    """Replace some fields of the card on disk; who holds the checkpoint keeps what he read."""
    stated = Checkpoint(checkpoint.folder).card.to_json()
    card = Card.from_json({**stated, **fields})
    write_json(checkpoint.folder / CARD, card.to_json())


def largest_differences(stored: pd.DataFrame, again: pd.DataFrame) -> dict[str, Any]:
    """Of the images that were judged now, against their stored test rows."""
    before = stored[stored["part"] == "test"]
    if normal_rows(before).empty:  # judged before normal images were
        again = lesion_rows(again)
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


def require_close(stated: Any, made: Any, tolerance: float, where: str) -> list[float]:
    """The differences of all numbers that `stated` holds; a `DataError` where one is too large."""
    if isinstance(stated, dict):
        return [
            gap
            for name, value in stated.items()
            for gap in require_close(value, made.get(name), tolerance, f"{where}.{name}")
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
