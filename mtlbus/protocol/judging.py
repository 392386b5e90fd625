"""Judge a trained method: one row an image, and the figures that follow from the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..checkpoints import Checkpoint
from ..core import processes
from ..core.declaration import Declaration
from ..core.errors import DataError, InputError
from ..core.machine import Machine
from ..core.spec import Fit
from ..data.ahead import batched, in_order
from ..data.dataset import Dataset, Sample
from ..data.splits import Split, join, split_fold, with_folds
from ..data.transforms import square_mask
from ..evaluation.metrics import mask_metrics
from ..evaluation.presence import presence_rates
from ..evaluation.tables import lesion_rows, normal_rows, prediction_frame, summarise
from ..inference.loaded import Prepared, prepare
from ..inference.predictor import MASK_THRESHOLD, Prediction, Predictor
from .images import met_before

Report = Callable[[str], None]


def split_datasets(
    datasets: Sequence[Dataset], fold: int, seed: int = 0, leave_out: str = ""
) -> Split:
    """Split each dataset by its own folds and join the parts.

    Args:
        datasets: each a collection of its own.
        fold: the test fold.
        seed: of the draw of the validation part.
        leave_out: a dataset that only tests, all of it: how a network fares on images from
            elsewhere. The others then train and choose with all of their folds but `fold`, which
            is left alone, so that the same network can be judged at home.

    Raises:
        InputError: no such dataset, or no other one.
    """
    if not leave_out:
        return join(split_fold(dataset.samples, fold, seed=seed) for dataset in datasets)
    names = [dataset.name for dataset in datasets]
    if leave_out not in names or len(set(names)) < 2:
        raise InputError(
            f"--leave-out {leave_out} needs that dataset and at least one other; given are "
            f"{', '.join(names)}."
        )
    home = join(
        split_fold(dataset.samples, fold, seed=seed)
        for dataset in datasets
        if dataset.name != leave_out
    )
    away = tuple(
        sample
        for dataset in datasets
        if dataset.name == leave_out
        for sample in with_folds(dataset.samples)
    )
    return home._replace(test=away)


def declaration_of(datasets: Sequence[Dataset]) -> Declaration:
    """What all of these datasets are about.

    Raises:
        InputError: they declare different things.
    """
    first, *others = datasets
    for other in others:
        if other.declaration != first.declaration:
            raise InputError(
                f"{first.name} is about {first.declaration.about}, {other.name} about "
                f"{other.declaration.about}. Give data with one declaration."
            )
    return first.declaration


def with_mirror(predictor: Predictor, images: Sequence[Prepared]) -> list[Prediction]:
    """Logit, square mask and readout averaged over each image and its mirror image: two forwards.

    Other parts of the answer are those of the image itself.
    """
    turned = [replace(prepared, grey=prepared.grey.flip(-1)) for prepared in images]
    found = []
    for plain, other in zip(
        predictor.predict_together(images), predictor.predict_together(turned), strict=True
    ):
        logit, square = plain.logit, plain.mask_square
        if logit is not None and other.logit is not None:
            logit = (logit + other.logit) / 2
        if square is not None and other.mask_square is not None:
            square = (square + other.mask_square[:, ::-1]) / 2
        readout = plain.readout
        if readout is not None and other.readout is not None:
            readout = (readout + other.readout) / 2
        found.append(replace(plain, logit=logit, mask_square=square, readout=readout))
    return found


class _Ready(NamedTuple):
    """A sample that was read: its image, its true mask on the network's square, and what is wrong
    with that."""

    prepared: Prepared
    mask: np.ndarray | None
    problem: str


class _Reading:
    """Samples made ready, by number, for workers; one that cannot be read is its error."""

    def __init__(self, samples: Sequence[Sample], size: int, fit: Fit) -> None:
        self.samples, self.size, self.fit = samples, size, fit

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> _Ready | InputError:
        sample = self.samples[index]
        try:
            image = sample.grey()
        except InputError as error:
            return error
        mask, problem = sample.usable_mask(image.pixels.shape)
        if mask is not None:
            mask = square_mask(mask, self.size, self.fit).numpy()
        return _Ready(prepare(image, self.size, self.fit), mask, problem)


def _row(
    sample: Sample, ready: _Ready, prediction: Prediction, part: str, fold: int | None
) -> dict[str, Any]:
    """What is predicted of a sample beside what is true: a row of `predictions.csv`."""
    row: dict[str, Any] = {
        "image_id": sample.id,
        "dataset": sample.dataset,
        "group": sample.group,
        "fold": fold,
        "part": part,
        "label": sample.label,
        "logit": prediction.logit,
        "probability": prediction.probability,
        "presence": prediction.presence,
        **{name: sample.facts.get(name) for name in ("birads", "device", "histology")},
    }
    if ready.mask is not None:
        row["lesion_area"] = int(ready.mask.sum())
        if prediction.mask_square is not None:
            predicted = prediction.mask_square > MASK_THRESHOLD
            row["predicted_area"] = int(predicted.sum())
            if not sample.normal:  # nothing to compare an outline with
                row |= mask_metrics(predicted, ready.mask)
    return row


def judge_samples(
    predictor: Predictor,
    samples: Iterable[Sample],
    part: str,
    fold: int | None = None,
    report: Report = lambda line: None,
    mirror: bool = False,
    batch_size: int | None = None,
) -> list[dict[str, Any]]:
    """Predict samples and compare: rows of `predictions.csv`, a line of progress every 100.

    Of several processes each judges a share, and all get all rows. An image that turns out to be
    damaged has no row; how many there were is reported.

    Args:
        predictor: the method; its machine says how many workers read ahead.
        samples: the images, with a mask where there is one.
        part: "test" or "validation".
        fold: the model's test fold; None where there is none.
        report: receives lines of progress, and one where a mask is there but cannot be used.
        mirror: average with the mirror image (`with_mirror`).
        batch_size: images a pass of a process; None for one on a CPU, where more do not help, and
            16 on a GPU. It changes rounding alone.

    Raises:
        InputError: none of them can be read.
    """
    at_once = batch_size or (1 if predictor.device.type == "cpu" else 16)

    def judged(some: Sequence[Sample]) -> list[tuple[dict[str, Any] | None, str | InputError]]:
        found: list[tuple[dict[str, Any] | None, str | InputError]] = []
        reading = in_order(_Reading(some, predictor.size, predictor.fit), predictor.machine.workers)
        for batch in batched(zip(some, reading, strict=True), at_once):
            ready = [(sample, one) for sample, one in batch if isinstance(one, _Ready)]
            images = [one.prepared for _, one in ready]
            ask = with_mirror if mirror else Predictor.predict_together
            predictions = iter(ask(predictor, images) if images else [])
            for sample, one in batch:
                if isinstance(one, _Ready):
                    row = _row(sample, one, next(predictions), part, fold)
                    found.append((row, one.problem))
                else:
                    found.append((None, one))
                if len(found) * processes.count() % 100 < processes.count():
                    report(f"{part}: {len(found) * processes.count()} images judged")
        return found

    rows: list[dict[str, Any]] = []
    damaged: list[InputError] = []
    for row, problem in processes.shared(judged, tuple(samples)):
        if row is not None:
            rows.append(row)
        if isinstance(problem, InputError):
            damaged.append(problem)
        elif problem:
            report(f"judged without its mask: {problem}")
    if predictor.note:
        report(predictor.note)
    if damaged:
        if not rows:
            raise damaged[0]
        report(f"{part}: {len(damaged)} images cannot be read, not judged. The first: {damaged[0]}")
    return rows


class Evaluation(NamedTuple):
    """A judgement of a checkpoint.

    Attributes:
        frame: one row an image that was judged, as `read_predictions` gives it.
        seen: "train" and "validation" to how many of the images took part in them; None where the
            checkpoint has no list of its images, so that nobody can tell.
    """

    frame: pd.DataFrame
    seen: dict[str, int] | None


def evaluate(
    checkpoint: Checkpoint,
    datasets: Sequence[Dataset],
    fold: int | None = None,
    report: Report = lambda line: None,
    mirror: bool = False,
    seen: bool = False,
    machine: Machine | None = None,
    batch_size: int | None = None,
) -> Evaluation:
    """Judge a checkpoint on a fold of datasets, or on all their images of which something is known.

    Of a lesion without a class only the outline is judged, of one without a mask only the call.
    Images that took part in its training or validation, whatever their file is called now, are
    counted and left out.

    Args:
        checkpoint: what is judged.
        datasets: the images.
        fold: only this one of each dataset.
        report: receives lines of progress.
        mirror: average with the mirror image.
        seen: judge those that took part, too; that is memory, not skill.
        machine: what it is asked with; None for the best there is, in float32.
        batch_size: as of `judge_samples`.

    Raises:
        DataError: there is nothing to judge.
    """
    samples: list[Sample] = []
    for dataset in datasets:
        chosen = dataset.samples if fold is None else split_fold(dataset.samples, fold).test
        samples.extend(sample for sample in chosen if _judgeable(sample, checkpoint))
    if not samples:
        raise DataError("No labelled images to judge in the data that was given.")
    samples, counts = left_after_seen(checkpoint, samples, seen, report)
    predictor = Predictor(checkpoint, machine)
    rows = judge_samples(predictor, samples, "test", fold, report, mirror, batch_size)
    return Evaluation(prediction_frame(rows), counts)


def left_after_seen(
    checkpoint: Checkpoint, samples: list[Sample], seen: bool, report: Report
) -> tuple[list[Sample], dict[str, int] | None]:
    """The samples that are judged, and how many took part in the training and in its validation.

    Args:
        checkpoint, seen: as of `evaluate`.
        samples: all of them.
        report: receives a line where some took part, or where nobody can tell.

    Returns:
        The second is None where the checkpoint has no list of its images.

    Raises:
        DataError: none is left.
    """
    if not checkpoint.images:
        report(f"{checkpoint.folder} has no list of its images: whether it saw these is not known")
        return samples, None
    parts = processes.shared(lambda some: met_before(checkpoint, some), samples)
    counts = {name: parts.count(name) for name in ("train", "validation")}
    if any(counts.values()):
        told = (
            f"{counts['train']} of {len(samples)} images took part in the training of "
            f"{checkpoint.method}, {counts['validation']} in its validation"
        )
        if not seen:
            samples = [s for s, part in zip(samples, parts, strict=True) if part is None]
        if not samples:
            raise DataError(
                f"{told}; none is left to judge. Give its test fold "
                f"({checkpoint.trained('fold')}) or new images, or --seen to "
                "judge what it has seen."
            )
        report(f"{told}; {'judged all the same' if seen else 'left out'}")
    return samples, counts


def _judgeable(sample: Sample, checkpoint: Checkpoint) -> bool:
    """Whether its class is known, or that it is normal, or its outline and the method draws one."""
    draws = checkpoint.card.spec.answers(kind="pixel_class")
    return sample.label is not None or sample.normal or (draws and sample.has_mask)


def figures(checkpoint: Checkpoint, frame: pd.DataFrame) -> dict[str, Any]:
    """The metrics of judged rows at the checkpoint's thresholds.

    Returns:
        {method, weights_sha256, threshold, datasets: {name: {n, metric: {value, low, high}}},
        pooled: …, presence: {threshold, normal: {n, outlined, malignant}, lesion: {n, missed}}}; a
        figure that is undefined is None.
    """
    found = {
        "method": checkpoint.method,
        "weights_sha256": checkpoint.digest,
        "threshold": checkpoint.threshold,
    }
    if lesion_rows(frame).empty:
        found |= {"datasets": {}, "pooled": {"n": 0, "groups": 0}}
    else:
        found |= summarise(frame, checkpoint.threshold or 0.5)
    return {**found, "presence": presence_worth(frame, checkpoint)}


def presence_worth(frame: pd.DataFrame, checkpoint: Checkpoint) -> dict[str, Any] | None:
    """What a checkpoint's presence threshold is worth on judged rows (`presence_rates`)."""
    outline, call = checkpoint.presence_threshold, checkpoint.threshold
    if outline is None and normal_rows(frame).empty:
        return None
    return {"threshold": outline, **presence_rates(frame, outline, call)}
