"""Train and test methods on all folds of data with tasks of their own.

Every image is tested once, by a network that met none of its group; the figures are of all of them
together. What is finished is not trained again, and what was interrupted goes on. What only breast
ultrasound has (the paper's tables beside, random images to show leakage) is in `crossvalidation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..core import processes
from ..core.errors import InputError
from ..core.files import remove_leftovers, write_json
from ..core.tasks import Task
from ..training.engine import require_parts
from .card import exclusions
from .crossvalidation import REPORT, CrossValidation, finish_run
from .images import list_images
from .judging import Report, declaration_of, split_datasets
from .task_judging import JUDGED, read_judged, task_figures

TASK_METHODS = ("hps", "mtan", "ctan")  # that answer any tasks


def cross_validate_tasks(
    plan: CrossValidation, report: Report = lambda line: None
) -> dict[str, Any]:
    """Do all runs that are not finished, then put the rows of all folds together.

    Returns:
        methods: name to folds (the finished ones) and, as of `task_figures`, datasets and pooled;
        written as crossvalidation.json, too.

    Raises:
        InputError: a fold that does not exist, a split other than by groups, data with parts of
            their own or several declarations, tasks that a method cannot answer, or a folder with
            runs of other settings or on other images.
        DataError: a part that lacks what a task needs.
    """
    declaration, runs = declaration_of(plan.datasets), plan.runs()
    left_out = exclusions(plan.datasets)
    if plan.split != "group":
        raise InputError("--split image shows leakage for breast ultrasound; here it is group.")
    for dataset in plan.datasets:
        if any(sample.part for sample in dataset.samples):
            raise InputError(
                f"{dataset.name} says itself which images are for training and for testing, so "
                "there are no folds to go through. Use train; it keeps these parts."
            )
    splits = {fold: split_datasets(plan.datasets, fold, plan.seed) for fold in plan.folds}
    for split in splits.values():  # what the last fold lacks is said before the first begins
        require_parts(declaration.tasks, split.train, split.validation)
    wanted = {
        (method, fold): plan.plan_of(method, splits[fold], fold, declaration)
        for method, _, fold in runs
    }
    processes.by_first(lambda: remove_leftovers(plan.out))
    images = {
        fold: processes.by_first(lambda split=split: list_images(split, declaration.tasks))
        for fold, split in splits.items()
    }
    for number, (method, _, fold) in enumerate(runs, start=1):
        folder, split = plan.folder(method, False, fold), splits[fold]
        name = f"{method} fold {fold} ({number}/{len(runs)})"
        finish_run(plan, wanted[method, fold], split, folder, images[fold], name, report, left_out)
    return processes.by_first(lambda: _summary(plan, declaration.tasks))


def _summary(plan: CrossValidation, tasks: Sequence[Task]) -> dict[str, Any]:
    """The rows of the folds together, an image once."""
    found: dict[str, Any] = {}
    for method in plan.methods:
        frames = [read_judged(plan.folder(method, False, fold) / JUDGED) for fold in plan.folds]
        found[method] = {"folds": list(plan.folds), **task_figures(tasks, pd.concat(frames))}
    document = {"methods": found}
    write_json(plan.out / REPORT, document)
    return document
