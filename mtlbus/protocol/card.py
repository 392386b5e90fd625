"""What a card says beside the spec: data, exclusions, thresholds, metrics, calibration.

Thresholds and temperature are chosen on validation rows; every figure follows from the rows of
`predictions.csv`, so that it can be made again from that file alone.
"""

from __future__ import annotations

import math
import platform
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..checkpoints import sha256
from ..data.dataset import Dataset, Sample
from ..data.splits import Split
from ..evaluation.calibration import fit_temperature
from ..evaluation.calibration_table import summarise_calibration
from ..evaluation.comparisons import delong_interval
from ..evaluation.intervals import BOOTSTRAP
from ..evaluation.operating_points import choose_threshold, confusion, wilson_interval
from ..evaluation.presence import choose_presence_threshold, presence_rates
from ..evaluation.tables import (
    PHANTOMS,
    group_keys,
    lesion_rows,
    normal_rows,
    real_rows,
    summarise,
)
from ..nn import lite_encoder
from ..training.engine import Plan, Trained
from ..training.precision import best_device, reduced_precision
from .images import ImageList

LICENCES = {
    "busi": "BUSI: authors' own terms; cite Al-Dhabyani et al., Data in Brief 28:104863, 2020.",
    "busbra": "BUS-BRA: free use with citation of Gómez-Flores et al., Medical Physics, 2023.",
    "phantom": "Phantoms: made by this package.",
}
INTENDED_USE = "Research and education only; not a medical device."
ORIGINS = {"busi": "BUSI (Egypt)", "busbra": "BUS-BRA (Brazil)", "phantom": "phantoms"}
OPERATING_POINTS = {
    "balanced": "Sensitivity and specificity as equal as possible.",
    "sensitivity_95": "At least 95 of 100 cancers are called malignant.",
    "specificity_95": "At least 95 of 100 benign lesions are called benign.",
}
DEFAULT_OPERATING_POINT = "balanced"
PRESENCE_SCORE = "mean probability of the highest thousandth of the mask"
PRESENCE_CHOSEN = (
    "validation part, real images: the highest at which at most 1 of 100 lesions is missed"
)


def limits(training: Sequence[Sample]) -> str:
    """What a network does not know, by the images it was trained on."""
    names = Counter(sample.dataset for sample in training)
    sets = " and ".join(ORIGINS.get(name, f"{name!r}") for name in names)
    normal = sum(sample.normal for sample in training)
    if normal:
        shown, outside = f"{normal} of which show no lesion", "other devices"
    else:
        shown = "in which every image shows a lesion"
        outside = "an image without one, other devices"
    line = (
        f"Trained on {len(training)} grey images of {sets}, {shown}: {outside}, colour Doppler or "
        "other organs are outside what it knows."
    )
    if "busi" in names:
        line += " BUSI has no patient numbers, so its groups are near-duplicates only."
    return line


def choose_operating_points(validation: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Temperature and thresholds from the real images of the validation part alone."""
    classed = [row for row in validation if not pd.isna(row["label"])]
    rows = [row for row in classed if row["dataset"] != PHANTOMS] or classed
    labels = np.array([int(row["label"]) for row in rows])
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


def figures_of(frame: pd.DataFrame, chosen: dict[str, Any]) -> dict[str, Any]:
    """Everything on the card that follows from the judged rows.

    Args:
        frame: as `read_predictions(…, everything=True)` gives it, test and validation rows.
        chosen: what `choose_operating_points` gave; empty for a method without a class.

    Returns:
        operating_points (with what each is worth on the test images), metrics, calibration (both
        absent without a class, as operating_points), judgement: how the intervals were made, and
        the AUC with DeLong's interval beside that of the bootstrap; presence (`presence_of`).
    """
    everything, frame = frame, lesion_rows(frame)
    fields: dict[str, Any] = {}
    threshold = 0.5
    if chosen:
        points = chosen["operating_points"]
        threshold = points[chosen["default_operating_point"]]["threshold"]
        fields["operating_points"] = {
            name: {**point, "test": _rates_with_intervals(frame, point["threshold"])}
            for name, point in points.items()
        }
    fields["presence"] = presence_of(everything, threshold if chosen else None)
    fields["metrics"] = summarise(frame, threshold)
    fields["judgement"] = {
        "positive_class": "malignant",
        "intervals": f"95 %, percentiles of {BOOTSTRAP} bootstrap draws of groups within datasets",
        "bootstrap_seed": 0,
        "split_seed": 0,
    }
    if chosen:
        fields["judgement"]["auc_delong"] = _delong(frame)
        fields["calibration"] = {
            "temperature": chosen["temperature"],
            "chosen_on": "validation part, real images",
            **summarise_calibration(frame, chosen["temperature"]),
        }
    return fields


def presence_of(frame: pd.DataFrame, call: float | None) -> dict[str, Any] | None:
    """Is there a lesion: score, threshold, and what is done on either part, normal images too.

    Args:
        frame: test and validation rows.
        call: probability from which an image is called malignant; None without a class.

    Returns:
        {score, threshold, chosen_on, validation and test: as `presence_rates`}. Without a mask the
        first three are None; all is None where there is no normal image either.
    """
    parts = {part: frame[frame["part"] == part] for part in ("validation", "test")}
    threshold = choose_presence_threshold(parts["validation"])
    if threshold is None and normal_rows(frame).empty:
        return None
    return {
        "score": None if threshold is None else PRESENCE_SCORE,
        "threshold": threshold,
        "chosen_on": None if threshold is None else PRESENCE_CHOSEN,
        **{part: presence_rates(rows, threshold, call) for part, rows in parts.items()},
    }


def _delong(frame: pd.DataFrame) -> dict[str, Any]:
    """AUC by dataset and pooled with DeLong's interval for grouped images (Obuchowski 1997)."""
    test = frame[(frame["part"] == "test") & frame["probability"].notna() & frame["label"].notna()]
    parts = dict(list(test.groupby("dataset", sort=True)))
    parts["pooled"] = real_rows(test)
    found = {}
    for name, rows in parts.items():
        if rows["label"].nunique() < 2:
            continue
        groups = rows["dataset"] + " " + group_keys(rows)
        area = delong_interval(rows["label"], rows["probability"], groups=groups)
        limits = {"value": area.auc, "low": area.low, "high": area.high}  # none of too few groups
        found[name] = {key: None if math.isnan(v) else v for key, v in limits.items()}
    return found


def exclusions(datasets: Sequence[Dataset], normals: bool = True) -> dict[str, list[str]]:
    """Dataset name to what of it took no part, one line each.

    Args:
        datasets: all that were given.
        normals: whether images took part that have no class, but a known mask.
    """
    found = {}
    for dataset in datasets:
        unlabelled = [sample for sample in dataset.samples if sample.label is None]
        if normals:
            unlabelled = [sample for sample in unlabelled if not sample.has_mask]
        found[dataset.name] = list(dataset.defects)
        if unlabelled:
            what = "without a class or a known mask" if normals else "without a class"
            found[dataset.name].insert(0, f"{len(unlabelled)} images {what}; left out.")
    return found


def _rates_with_intervals(frame: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """Sensitivity and specificity on the real test images, with Wilson intervals."""
    rows = real_rows(frame[frame["part"] == "test"])
    rows = rows[rows["label"].notna() & rows["probability"].notna()]
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


def training_card(plan: Plan, split: Split, trained: Trained, images: ImageList) -> dict[str, Any]:
    """What the card says about how the weights came to be.

    Args:
        plan, split: of the run.
        trained: its result.
        images: those of the split.
    """

    def count(samples: Sequence[Sample]) -> dict[str, int]:
        return dict(Counter(sample.dataset for sample in samples))

    parts = {"data": split.train, "validation": split.validation, "test": split.test}
    threads = torch.get_num_threads()
    start = initial_weights(plan)["initial_weights"]
    return {
        "training": {
            **{name: count(samples) for name, samples in parts.items()},
            "groups": {
                name: len({sample.group for sample in samples}) for name, samples in parts.items()
            },
            "normal": {name: sum(s.normal for s in part) for name, part in parts.items()},
            "without_class": {
                name: sum(s.label is None for s in part) for name, part in parts.items()
            },
            "without_mask": dict(zip(parts, images.without_mask.values(), strict=True)),
            "truth_sha256": images.truth_sha256,
            "fold": plan.fold,
            "seed": plan.seed,
            "recipe": asdict(plan.recipe),
            "epoch": trained.epoch,
            "epochs": plan.recipe.epochs,
            "seconds": round(trained.seconds),
            "machine": f"{platform.machine()}, {threads} thread{'s' * (threads != 1)}, "
            f"{'GPU' if torch.cuda.is_available() else 'CPU'}",
            "precision": "float32" if reduced_precision(best_device()) is None else "bfloat16",
            "torch": torch.__version__.split("+")[0],
            "command": _public_command(),
            **initial_weights(plan),
        },
        "trained_with_normals": any(sample.normal for sample in split.train),
        "licences": [
            *(LICENCES[name] for name in count(split.train) if name in LICENCES),
            *([f"{start}."] if start.startswith("ImageNet") else []),
        ],
        "intended_use": INTENDED_USE,
        "limits": limits(split.train),
    }


def initial_weights(plan: Plan) -> dict[str, str]:
    """Where the weights began, for the card: at random, or from whose ImageNet weights."""
    if plan.pretrained is False:
        return {"initial_weights": "random"}
    if isinstance(plan.pretrained, str):
        content = Path(plan.pretrained).read_bytes()
        return {
            "initial_weights": f"ImageNet: {Path(plan.pretrained).name}",
            "initial_sha256": sha256(content),
        }
    if plan.variant == "compact":
        return {"initial_weights": lite_encoder.SOURCE, "initial_sha256": lite_encoder.SHA256}
    return {"initial_weights": "ImageNet: timm's weights of the backbone, from the model hub"}


def _public_command() -> str:
    """The command line as anyone could type it: of a path only the last part, no --resume."""
    words = []
    for word in sys.argv[1:]:
        layout, separator, path = word.rpartition("=")
        words.append(layout + separator + (Path(path).name if "/" in path else path))
    return shlex.join(["python", "-m", "mtlbus", *(word for word in words if word != "--resume")])
