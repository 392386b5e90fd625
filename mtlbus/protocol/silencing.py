"""Which inner parts of a trained network its answers hear: each silenced, on unseen images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..data.dataset import Sample
from ..evaluation.intervals import figure_words, group_draws
from ..evaluation.tables import interval_entry
from ..evaluation.weighted import weighted_mean
from ..explain.silencing import Silenced, silence
from ..inference.loaded import LoadedNetwork
from ..methods.registry import get_entry
from .judging import Report

QUIET_PROBABILITY, QUIET_DICE = 0.01, 0.995  # a part that moves the answers by less is silent
QUIET_VALUES = 0.01  # of their span
IMAGES = 48


def spread(samples: Sequence[Sample], count: int) -> list[Sample]:
    """So many samples, as many of each dataset, at even steps through its list.

    Neighbours in the list may be two views of one patient; at even steps most are not.
    """
    by_dataset: dict[str, list[Sample]] = {}
    for sample in samples:
        by_dataset.setdefault(sample.dataset, []).append(sample)
    chosen = []
    for ones in by_dataset.values():
        share = min(len(ones), -(-count // len(by_dataset)))
        chosen += [ones[i * len(ones) // share] for i in range(share)]
    return chosen


def measure_silence(
    predictor: LoadedNetwork, samples: Sequence[Sample], report: Report = lambda line: None
) -> dict[str, Any]:
    """Silence each part of a method and measure what becomes of its answers.

    Args:
        predictor: of the method.
        samples: images that it was not trained on; of breast ultrasound lesions.
        report: receives a line of progress.

    Returns:
        data (dataset to number of images), images (their ids), and parts: by name what was done
        (`says`), `maps`, `probability` (mean with its interval, and max), `dice` (mean with its
        interval), `added` (ratio of norms) and `silent`: whether the mean change of the
        probability is under 0.01 and the mean Dice above 0.995. What does not apply is None. Where
        the network gives values also `values`, their mean change as a share of the span, which is
        under 0.01 if nothing hears the part.

    Raises:
        InputError: the method has no inner part that could be silenced.
    """
    model = predictor.model
    parts = get_entry(model.spec.name).parts_of(model)
    if not parts:
        raise InputError(f"{model.spec.name} has no inner part that makes a map of its own.")
    images = [predictor.inputs(predictor.prepare(sample.grey())) for sample in samples]
    report(f"silencing {len(parts)} parts of {model.spec.name} on {len(images)} images")
    found = silence(model, parts, images, model.spec.tasks)
    groups = [f"{sample.dataset}:{sample.group}" for sample in samples]
    return {
        "data": dict(Counter(sample.dataset for sample in samples)),
        "images": [sample.id for sample in samples],
        "parts": {
            part.name: {"says": part.says, "maps": list(part.maps), **_figures(one, groups)}
            for part, one in zip(parts, found, strict=True)
        },
    }


def _figures(found: Silenced, groups: list[str]) -> dict[str, Any]:
    probability, dice = _mean(found.probability, groups), _mean(found.dice, groups)
    values = _mean(found.values, groups)
    if probability:
        probability["max"] = float(found.probability.max())
    return {
        "probability": probability,
        "dice": dice,
        "added": found.added,
        "silent": (not probability or probability["value"] < QUIET_PROBABILITY)
        and (not dice or dice["value"] > QUIET_DICE)
        and (not values or values["value"] < QUIET_VALUES),
        **({"values": values} if values else {}),
    }


def _mean(values: np.ndarray | None, groups: list[str]) -> dict[str, float | None] | None:
    if values is None:
        return None
    return interval_entry(float(values.mean()), weighted_mean(values, group_draws(groups)))


HEADER = (
    "part", "probability moves by", "at most", "Dice before/after", "values move by", "norm added",
    "",
)  # fmt: skip


def silence_lines(parts: dict[str, Any]) -> list[tuple[str, ...]]:
    """The parts as rows of a table under `HEADER`."""
    rows = []
    for name, part in parts.items():
        probability, dice, added = part["probability"], part["dice"], part["added"]
        rows.append(
            (
                name,
                figure_words(probability, 4),
                f"{probability['max']:.4f}" if probability else "–",
                figure_words(dice, 4),
                figure_words(part.get("values"), 4),
                f"{added:.3f}" if added is not None else "–",
                "silent" if part["silent"] else "heard",
            )
        )
    return rows
