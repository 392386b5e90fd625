"""Judge a trained method: one row an image, and the figures that follow from the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from ..checkpoints import Checkpoint
from ..core.declaration import Declaration
from ..core.errors import DataError, InputError
from ..data.dataset import Dataset, Sample
from ..data.intake import GreyImage
from ..data.splits import Split, join, split_fold, with_folds
from ..data.transforms import square_mask
from ..evaluation.metrics import mask_metrics
from ..evaluation.presence import presence_rates
from ..evaluation.tables import lesion_rows, normal_rows, prediction_frame, summarise
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


def with_mirror(predictor: Predictor, image: GreyImage) -> Prediction:
    """Logit and square mask averaged over the image and its mirror image: two forwards.

    Other parts of the answer are those of the image itself.
    """
    prepared = predictor.prepare(image)
    plain = predictor.predict(prepared)
    turned = predictor.predict(replace(prepared, grey=prepared.grey.flip(-1)))
    logit, square = plain.logit, plain.mask_square
    if logit is not None:
        logit = (logit + turned.logit) / 2
    if square is not None:
        square = (square + turned.mask_square[:, ::-1]) / 2
    return replace(plain, logit=logit, mask_square=square)


def judge_sample(
    predictor: Predictor,
    sample: Sample,
    part: str,
    fold: int | None,
    mirror: bool = False,
    report: Report = lambda line: None,
) -> dict[str, Any]:
    """Predict one sample and compare: a row of `predictions.csv`.

    Args:
        predictor: the method.
        sample: the image, with a mask where there is one.
        part: "test" or "validation".
        fold: the model's test fold; None where there is none.
        mirror: average with the mirror image (`with_mirror`).
        report: receives a line where its mask is there but cannot be used.
    """
    image = sample.grey()
    prediction = with_mirror(predictor, image) if mirror else predictor.predict(image)
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
    mask, problem = sample.usable_mask(image.pixels.shape)
    if problem:
        report(f"judged without its mask: {problem}")
    if mask is not None:
        true = square_mask(mask, predictor.size, predictor.fit).numpy()
        row["lesion_area"] = int(true.sum())
        if prediction.mask_square is not None:
            predicted = prediction.mask_square > MASK_THRESHOLD
            row["predicted_area"] = int(predicted.sum())
            if not sample.normal:  # nothing to compare an outline with
                row |= mask_metrics(predicted, true)
    return row


def judge_samples(
    predictor: Predictor,
    samples: Iterable[Sample],
    part: str,
    fold: int | None = None,
    report: Report = lambda line: None,
    mirror: bool = False,
) -> list[dict[str, Any]]:
    """Rows of `predictions.csv` for many samples, with a line of progress every 100.

    An image that turns out to be damaged has no row; how many there were is reported.

    Raises:
        InputError: none of them can be read.
    """
    rows, damaged = [], []
    for sample in samples:
        try:
            rows.append(judge_sample(predictor, sample, part, fold, mirror, report))
        except InputError as error:
            damaged.append(error)
            continue
        if len(rows) % 100 == 0:
            report(f"{part}: {len(rows)} images judged")
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

    Raises:
        DataError: there is nothing to judge.
    """
    samples: list[Sample] = []
    for dataset in datasets:
        chosen = dataset.samples if fold is None else split_fold(dataset.samples, fold).test
        samples.extend(sample for sample in chosen if _judgeable(sample, checkpoint))
    if not samples:
        raise DataError("No labelled images to judge in the data that was given.")
    counts = None
    if checkpoint.images:
        parts = met_before(checkpoint, samples)
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
    else:
        report(f"{checkpoint.folder} has no list of its images: whether it saw these is not known")
    rows = judge_samples(Predictor(checkpoint), samples, "test", fold, report, mirror)
    return Evaluation(prediction_frame(rows), counts)


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
