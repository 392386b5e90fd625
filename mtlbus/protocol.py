"""The one protocol for every checkpoint: train, choose on the validation part, judge once.

The test fold is read only in `judge_samples`, after the epoch, the temperature and the thresholds
are fixed.
"""

from __future__ import annotations

import platform
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from .checkpoints import PREDICTIONS, Checkpoint, write_checkpoint
from .core.errors import DataError, InputError
from .data.dataset import Dataset, Sample
from .data.intake import GreyImage
from .data.splits import Split, split_fold
from .data.transforms import square_mask
from .evaluation.calibration import fit_temperature
from .evaluation.metrics import mask_metrics
from .evaluation.operating_points import choose_threshold, confusion, wilson_interval
from .evaluation.tables import prediction_frame, read_predictions, summarise, write_predictions
from .inference.predictor import MASK_THRESHOLD, Predictor
from .training.engine import Plan, Trained, train
from .training.recipes import Recipe

Report = Callable[[str], None]

LICENCES = {
    "busi": "BUSI: authors' own terms; cite Al-Dhabyani et al., Data in Brief 28:104863, 2020.",
    "busbra": "BUS-BRA: free use with citation of Gómez-Flores et al., Medical Physics, 2023.",
    "phantom": "Phantoms: made by this package.",
}
INTENDED_USE = "Research and education only; not a medical device."
LIMITS = (
    "Trained from scratch on grey images of two public sets (Egypt; Brazil) in which every image "
    "shows a lesion: an image without one, other devices, colour Doppler or other organs are "
    "outside what it knows. BUSI has no patient numbers, so its groups are near-duplicates only."
)
OPERATING_POINTS = {
    "balanced": "Sensitivity and specificity as equal as possible.",
    "sensitivity_95": "At least 95 of 100 cancers are called malignant.",
    "specificity_95": "At least 95 of 100 benign lesions are called benign.",
}
DEFAULT_OPERATING_POINT = "balanced"


def split_datasets(datasets: Sequence[Dataset], fold: int, seed: int = 0) -> Split:
    """Split each dataset by its own folds and join the parts."""
    splits = [split_fold(dataset.samples, fold, seed=seed) for dataset in datasets]
    return Split(
        *(tuple(sample for part in parts for sample in part) for parts in zip(*splits, strict=True))
    )


def judge_sample(
    predictor: Predictor, sample: Sample, part: str, fold: int | None
) -> dict[str, Any]:
    """Predict one sample and compare: a row of `predictions.csv`; `fold` is the model's."""
    image = GreyImage(pixels=sample.pixels(), sha256="", notes=(), name=sample.id)
    prediction = predictor.predict(image)
    row: dict[str, Any] = {
        "image_id": sample.id,
        "dataset": sample.dataset,
        "group": sample.group,
        "fold": fold,
        "part": part,
        "label": sample.label,
        "logit": prediction.logit,
        "probability": prediction.probability,
        **{name: sample.facts.get(name) for name in ("birads", "device", "histology")},
    }
    mask = sample.mask()
    if mask is not None:
        true = square_mask(mask, predictor.size).numpy()
        row["lesion_area"] = int(true.sum())
        if prediction.mask_square is not None:
            predicted = prediction.mask_square > MASK_THRESHOLD
            row["predicted_area"] = int(predicted.sum())
            row |= mask_metrics(predicted, true)
    return row


def judge_samples(
    predictor: Predictor,
    samples: Iterable[Sample],
    part: str,
    fold: int | None = None,
    report: Report = lambda line: None,
) -> list[dict[str, Any]]:
    """Rows of `predictions.csv` for many samples, with a line of progress every 100."""
    rows = []
    for sample in samples:
        rows.append(judge_sample(predictor, sample, part, fold))
        if len(rows) % 100 == 0:
            report(f"{part}: {len(rows)} images judged")
    return rows


def evaluate(
    checkpoint: Checkpoint,
    datasets: Sequence[Dataset],
    fold: int | None = None,
    predictions: Path | None = None,
    report: Report = lambda line: None,
) -> dict[str, Any]:
    """Judge a checkpoint on a fold of datasets, or on all their lesion images.

    Returns:
        {method, weights_sha256, threshold, datasets: {name: {n, metric: {value, low, high}}},
        pooled: …}; a figure that is undefined is None.

    Raises:
        DataError: there is nothing to judge.
    """
    samples: list[Sample] = []
    for dataset in datasets:
        chosen = dataset.lesions() if fold is None else split_fold(dataset.samples, fold).test
        samples.extend(chosen)
    if not samples:
        raise DataError("No labelled images to judge in the data that was given.")
    rows = judge_samples(Predictor(checkpoint), samples, "test", fold, report)
    if predictions is not None:
        write_predictions(predictions, rows)
    return {
        "method": checkpoint.method,
        "weights_sha256": checkpoint.digest,
        "threshold": checkpoint.threshold,
        **summarise(prediction_frame(rows), checkpoint.threshold or 0.5),
    }


def produce(
    plan: Plan,
    split: Split,
    out: Path,
    resume: bool = False,
    report: Report = lambda line: None,
    start: Checkpoint | None = None,
) -> Checkpoint:
    """Train, choose thresholds on the validation part, judge the test fold once, write the card.

    Args:
        plan: what to train.
        split: of all datasets together.
        out: the checkpoint's folder; the state of the run lies there too.
        resume: continue a run that was interrupted.
        report: receives lines of progress.
        start: a checkpoint of the same method, fold and seed to train on from.

    Raises:
        InputError: `start` was trained on other parts, so its training images could be tested.
    """
    if start is not None:
        _require_same_parts(start, plan)
    model = start.load() if start is not None else None
    trained = train(plan, split.train, split.validation, out, resume, report, model)
    card = _training_card(plan, split, trained)
    if start is not None:
        card["training"]["initial_weights"] = start.digest
        card["training"]["before"] = start.card["training"]
    checkpoint = write_checkpoint(out, trained.model, card, trained.history)
    predictor = Predictor(checkpoint)
    validation = judge_samples(predictor, split.validation, "validation", plan.fold, report)
    if trained.model.spec.classifies:
        card |= choose_operating_points(validation)
    test = judge_samples(predictor, split.test, "test", plan.fold, report)
    write_predictions(out / PREDICTIONS, [*validation, *test])
    frame = read_predictions(out / PREDICTIONS)
    threshold = 0.5
    if trained.model.spec.classifies:
        threshold = card["operating_points"][DEFAULT_OPERATING_POINT]["threshold"]
        for point in card["operating_points"].values():
            point["test"] = _rates_with_intervals(frame, point["threshold"])
    card["metrics"] = summarise(frame, threshold)
    return write_checkpoint(out, trained.model, card, trained.history)


def _require_same_parts(start: Checkpoint, plan: Plan) -> None:
    before = start.card.get("training", {})
    stated = (start.method, before.get("fold"), before.get("seed"), before.get("data"))
    wanted = (plan.method, plan.fold, plan.seed, plan.data)
    if stated != wanted:
        raise InputError(
            f"{start.folder} was trained as (method, fold, seed, images) {stated}, this run is "
            f"{wanted}. Starting there could test on images that it has seen; use equal ones."
        )


def choose_operating_points(validation: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Temperature and thresholds from the real images of the validation part alone."""
    rows = [row for row in validation if row["dataset"] != "phantom"] or list(validation)
    labels = np.array([row["label"] for row in rows])
    logits = np.array([row["logit"] for row in rows])
    probabilities = np.array([row["probability"] for row in rows])
    points = {}
    for name, purpose in OPERATING_POINTS.items():
        threshold = choose_threshold(labels, probabilities, name)
        counts = confusion(labels, probabilities, threshold)
        points[name] = {
            "threshold": float(threshold),
            "purpose": purpose,
            "chosen_on": "validation part, real images",
            "validation": {
                "n": len(rows),
                "sensitivity": counts.sensitivity,
                "specificity": counts.specificity,
            },
        }
    return {
        "temperature": float(fit_temperature(labels, logits)),
        "operating_points": points,
        "default_operating_point": DEFAULT_OPERATING_POINT,
    }


def _rates_with_intervals(frame: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """Sensitivity and specificity on the real test images, with Wilson intervals."""
    rows = frame[(frame["part"] == "test") & (frame["dataset"] != "phantom")]
    if rows.empty:
        rows = frame[frame["part"] == "test"]
    counts = confusion(rows["label"].to_numpy(), rows["probability"].to_numpy(), threshold)
    rates = {"n": len(rows)}
    for name, hit, total in (
        ("sensitivity", counts.tp, counts.tp + counts.fn),
        ("specificity", counts.tn, counts.tn + counts.fp),
    ):
        if total == 0:
            continue  # a part with one class has only one of the two rates
        low, high = wilson_interval(hit, total)
        rates[name] = {"value": hit / total, "low": float(low), "high": float(high)}
    return rates


def _training_card(plan: Plan, split: Split, trained: Trained) -> dict[str, Any]:
    """What the card says about how the weights came to be."""

    def count(samples: Sequence[Sample]) -> dict[str, int]:
        return dict(Counter(sample.dataset for sample in samples))

    parts = {"data": split.train, "validation": split.validation, "test": split.test}
    return {
        "training": {
            **{name: count(samples) for name, samples in parts.items()},
            "groups": {
                name: len({sample.group for sample in samples}) for name, samples in parts.items()
            },
            "fold": plan.fold,
            "seed": plan.seed,
            "recipe": asdict(plan.recipe),
            "epoch": trained.epoch,
            "epochs": plan.recipe.epochs,
            "seconds": round(trained.seconds),
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, "
            f"{'GPU' if torch.cuda.is_available() else 'CPU'}",
            "torch": torch.__version__.split("+")[0],
            "command": _public_command(),
            "initial_weights": "random",
        },
        "licences": [LICENCES[name] for name in count(split.train) if name in LICENCES],
        "intended_use": INTENDED_USE,
        "limits": LIMITS,
    }


def _public_command() -> str:
    """The command line as anyone could type it: of a path only the last part, no --resume."""
    words = []
    for word in sys.argv[1:]:
        layout, separator, path = word.rpartition("=")
        words.append(layout + separator + (Path(path).name if "/" in path else path))
    return shlex.join(["python", "-m", "mtlbus", *(word for word in words if word != "--resume")])


def make_plan(
    method: str,
    variant: str,
    options: dict[str, Any],
    recipe: Recipe,
    split: Split,
    fold: int,
    seed: int,
    start: Checkpoint | None = None,
) -> Plan:
    """The plan of a run, with the number of training images of each dataset for the record."""
    data = dict(Counter(sample.dataset for sample in split.train))
    digest = start.digest if start is not None else ""
    return Plan(method, variant, options, recipe, fold, seed, data, digest)

