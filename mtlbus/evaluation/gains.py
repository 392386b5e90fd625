"""What several tasks in one network gain over a network a task: Table 2 of the CTAN paper.

M is the metric of a task, Δ its gain over the single-task network in percent (eq. 3), Δ mean that
over the tasks, and the rank follows Δ mean, in which single-task learning has 0. Intervals come
from a bootstrap over groups, the same draws for all networks, so that a gain is paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from ..core.errors import DataError
from ..core.tasks import Task
from .intervals import BOOTSTRAP
from .tables import draws_of, interval_entry
from .task_tables import figures_under

STL = "stl"
MEAN = "mean"

Numbers = TypeVar("Numbers", float, np.ndarray)


def task_gain(task: Task, single: Numbers, multi: Numbers) -> Numbers:
    """Δ of a task in percent of its single-task number (eq. 3): positive is better.

    NaN where that number is 0: there is nothing to take percent of.
    """
    base = np.where(np.equal(single, 0), np.nan, single)
    found = (-100 if task.less_is_better else 100) * (multi - single) / base
    return found if isinstance(single, np.ndarray) else float(found)


class Gains(NamedTuple):
    """The networks on one set of images, each by name, single-task learning as `STL`.

    Attributes:
        value: to metric by task.
        replicates: to bootstrap replicates of the metric by task, each of shape B.
    """

    value: dict[str, dict[str, float]]
    replicates: dict[str, dict[str, np.ndarray]]


def measured(
    frames: Mapping[str, Sequence[pd.DataFrame]],
    tasks: Sequence[Task],
    bootstrap: int = BOOTSTRAP,
) -> Gains:
    """The metrics of networks that were judged on the same images.

    Args:
        frames: name to judged rows (`task_judging`); of single-task learning a table a task.
        tasks: of the declaration.
        bootstrap: draws of groups, within datasets.

    Raises:
        DataError: two tables are of other images, or a task was not judged.
    """
    first = next(iter(frames.values()))[0]
    weights = draws_of(first, bootstrap)
    whole = np.ones((1, len(first)))
    value: dict[str, dict[str, float]] = {}
    replicates: dict[str, dict[str, np.ndarray]] = {}
    for name, tables in frames.items():
        if not all(table["image_id"].equals(first["image_id"]) for table in tables):
            raise DataError(f"{name} was judged on other images than the others. Run it again.")
        joined = pd.concat(tables, axis=1)
        joined = joined.loc[:, ~joined.columns.duplicated()]
        value[name], replicates[name] = {}, {}
        for task in tasks:
            column = f"{task.name}.{task.measure}"
            value[name][task.name] = float(figures_under(task, joined, whole)[column][0])
            replicates[name][task.name] = figures_under(task, joined, weights)[column]
    return Gains(value, replicates)


def gain_rows(found: Gains, tasks: Sequence[Task]) -> dict[str, dict[str, Any]]:
    """Name to M and Δ of each task, Δ mean and rank, each with its 95 % limits.

    Returns:
        {name: {m: {task: {value, low, high}}, gain: {task: …, mean: …}, rank: {value, low, high}}};
        the gain of single-task learning is 0 by definition and has no limits.
    """
    value, replicates = gains_of(found, tasks)
    ranks = _ranks({name: np.array([gains[MEAN]]) for name, gains in value.items()})
    spread = _ranks({name: gains[MEAN] for name, gains in replicates.items()})
    rows: dict[str, dict[str, Any]] = {}
    for name in found.value:
        rows[name] = {
            "m": {
                task.name: interval_entry(
                    found.value[name][task.name], found.replicates[name][task.name]
                )
                for task in tasks
            },
            "gain": {}
            if name == STL
            else {
                key: interval_entry(value[name][key], replicates[name][key]) for key in value[name]
            },
            "rank": interval_entry(float(ranks[name][0]), spread[name]),
        }
    return rows


def gains_of(
    found: Gains, tasks: Sequence[Task]
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, np.ndarray]]]:
    """Δ by network and task, with "mean": of all images, and of each replicate."""
    value, replicates = {}, {}
    for name in found.value:
        gains = {
            t.name: task_gain(t, found.value[STL][t.name], found.value[name][t.name]) for t in tasks
        }
        drawn = {
            t.name: task_gain(t, found.replicates[STL][t.name], found.replicates[name][t.name])
            for t in tasks
        }
        value[name] = {**gains, MEAN: float(np.mean(list(gains.values())))}
        replicates[name] = {**drawn, MEAN: np.mean(list(drawn.values()), axis=0)}
    return value, replicates


def average_rows(
    experiments: Sequence[tuple[Gains, Sequence[Task]]],
) -> dict[str, dict[str, Any]]:
    """Δ mean and rank of each network over several sets of images, each counting alike."""
    both = [gains_of(found, tasks) for found, tasks in experiments]
    names = [name for name in both[0][0] if all(name in value for value, _ in both)]
    value = {name: float(np.mean([v[name][MEAN] for v, _ in both])) for name in names}
    drawn = {name: np.mean([r[name][MEAN] for _, r in both], axis=0) for name in names}
    ranks = _ranks({name: np.array([one]) for name, one in value.items()})
    spread = _ranks(drawn)
    return {
        name: {
            "gain": {} if name == STL else {MEAN: interval_entry(value[name], drawn[name])},
            "rank": interval_entry(float(ranks[name][0]), spread[name]),
        }
        for name in names
    }


def _ranks(gains: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """1 for the greatest of each replicate, last what is not defined; ties take the better rank."""
    table = np.nan_to_num(np.stack(list(gains.values())), nan=-np.inf)
    above = (table[None] > table[:, None]).sum(axis=1)
    return {name: 1.0 + row for name, row in zip(gains, above, strict=True)}
