"""Judge a network on the tasks of any declaration: one row an image, and figures from the rows.

The metrics are those of CTAN's table, at the network's own input size. What only breast ultrasound
has (operating points, presence, calibration) is in `judging`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..checkpoints import Checkpoint
from ..core.errors import DataError
from ..core.machine import Machine
from ..core.tables import unguarded
from ..core.tasks import Task
from ..data.dataset import Dataset, Sample
from ..data.splits import split_fold
from ..evaluation.intervals import BOOTSTRAP
from ..evaluation.tables import draws_of, groups_of, interval_entry
from ..evaluation.task_tables import figures_under, image_rows
from ..training.batches import Images
from ..training.validation import task_answers
from .judging import Report, left_after_seen

JUDGED = "judged.csv"  # of a checkpoint, beside its weights
BATCH = 16


def judge_tasks(
    checkpoint: Checkpoint,
    samples: Sequence[Sample],
    part: str,
    fold: int | None,
    report: Report,
    machine: Machine | None = None,
    batch_size: int = BATCH,
) -> pd.DataFrame:
    """Ask a network about images and compare: a row an image.

    Args:
        checkpoint: the network, judged at the input size of its card.
        samples: what is judged, of one form.
        part: "test" or "validation", for the rows.
        fold: the model's test fold; None where there is none.
        report: receives a line for each truth that cannot be used.
        machine: what it is asked with; None for the best there is, in float32.
        batch_size: images a pass.

    Returns:
        image_id, dataset, group, fold, part, and the columns of `image_rows`.
    """
    machine = machine or Machine.of()
    network = checkpoint.load().to(machine.device, memory_format=torch.channels_last)
    tasks = network.spec.tasks
    stated = checkpoint.card.spec
    images = Images(samples, stated.input_size, tasks, stated.fit, machine.workers)
    for line in images.problems:
        report(f"judged without it: {line.partition(': ')[2]}")
    columns: dict[str, Any] = {
        "image_id": [sample.id for sample in samples],
        "dataset": [sample.dataset for sample in samples],
        "group": [sample.group for sample in samples],
        "fold": fold,
        "part": part,
    }
    figures = task_answers(network, images, batch_size, machine)
    for task in tasks:
        known = images.known[task.name] & ~(images.normal & task.of_pixels)
        classes = None if task.of_pixels else images.truth[task.name].numpy()
        columns |= image_rows(task, figures[task.name].float().numpy(), known.numpy(), classes)
    return pd.DataFrame(columns)


def task_figures(
    tasks: Sequence[Task], frame: pd.DataFrame, bootstrap: int = BOOTSTRAP
) -> dict[str, Any]:
    """The figures of judged rows with 95 % intervals over groups.

    Returns:
        {datasets: {name: {n, groups, FIGURE: {value, low, high}}}, pooled: the same of all}, as
        `figures_under` names the figures.
    """
    return {
        "datasets": {
            name: _entry(tasks, rows, bootstrap) for name, rows in frame.groupby("dataset")
        },
        "pooled": _entry(tasks, frame, bootstrap),
    }


def _entry(tasks: Sequence[Task], rows: pd.DataFrame, bootstrap: int) -> dict[str, Any]:
    draws = draws_of(rows, bootstrap)
    entry: dict[str, Any] = {"n": len(rows), "groups": len(set(groups_of(rows)))}
    for task in tasks:
        value = figures_under(task, rows, np.ones((1, len(rows))))
        replicates = figures_under(task, rows, draws)
        entry |= {name: interval_entry(float(value[name][0]), replicates[name]) for name in value}
    return entry


def evaluate_tasks(
    checkpoint: Checkpoint,
    datasets: Sequence[Dataset],
    fold: int | None,
    report: Report,
    seen: bool = False,
    machine: Machine | None = None,
    batch_size: int = BATCH,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Judge a checkpoint on a fold of datasets, or on all their images of which something is known.

    Images that took part in its training or validation are counted and left out.

    Args:
        checkpoint: of these datasets' declaration.
        datasets: the images, of the same tasks (`require_same_tasks`).
        fold: only this one of each dataset.
        report: receives lines of progress.
        seen: judge those that took part, too; that is memory, not skill.
        machine, batch_size: as of `judge_tasks`.

    Returns:
        The rows, and the document: method, weights_sha256, seen, datasets, pooled.

    Raises:
        DataError: nothing is left to judge.
    """
    samples = [
        sample
        for dataset in datasets
        for sample in (dataset.samples if fold is None else split_fold(dataset.samples, fold).test)
        if sample.told
    ]
    if not samples:
        raise DataError("Nothing is known of any image that was given, so none can be judged.")
    samples, counts = left_after_seen(checkpoint, samples, seen, report)
    frame = judge_tasks(checkpoint, samples, "test", fold, report, machine, batch_size)
    return frame, {
        "method": checkpoint.method,
        "weights_sha256": checkpoint.digest,
        "seen": counts,
        **task_figures(checkpoint.tasks, frame),
    }


def require_same_tasks(checkpoint: Checkpoint, dataset: Dataset) -> None:
    """Refuse data about other tasks than a network's.

    Raises:
        DataError: they are.
    """
    if dataset.declaration.tasks != checkpoint.declaration.tasks:
        raise DataError(
            f"{dataset.name} is about {dataset.declaration.about}, this network about "
            f"{checkpoint.declaration.about}. Give data with the same declaration."
        )


def read_judged(path: Path) -> pd.DataFrame:
    """Judged rows that `write_frame` wrote.

    Raises:
        DataError: there are none.
    """
    if not path.is_file():
        raise DataError(f"No {path.name} in {str(path.parent)!r}: nothing was judged there.")
    texts = dict.fromkeys(("image_id", "dataset", "group"), str)
    frame = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""])
    return frame.rename(columns=unguarded).assign(**{n: frame[n].map(unguarded) for n in texts})
