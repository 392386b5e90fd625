"""Performance of the networks of a subject: from the rows of the judged test images."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from ...checkpoints import Checkpoint
from ...core.declaration import Declaration
from ...core.errors import DataError, MtlbusError
from ...core.quantities import QUANTITIES
from ...core.tables import csv_text
from ...core.tasks import Task
from ...core.text import literal
from ...evaluation.gains import MEAN, STL, gain_rows, measured
from ...evaluation.task_tables import TRUE
from ...figures import class_charts
from ...protocol.task_judging import JUDGED, read_judged, task_figures
from .. import charts, takeaway
from ..tables import show_table
from ..takeaway import File
from ..widgets import explain_error
from . import networks, subjects


def show(declaration: Declaration) -> None:
    """Figures with intervals, gains over single-task networks, spread, and who calls what what."""
    st.title("Performance")
    st.caption(
        f"{literal(subjects.title_of(declaration))}: test images that took no part in training, "
        "at the network's own input size; 95 % intervals over groups "
        f"({literal(declaration.group)})."
    )
    names = networks.pick_several(declaration, most=None)
    here = networks.available(declaration)
    titles, judged = networks.labels(here), {}
    for name in names:
        try:
            judged[name] = _rows(here[name])
        except MtlbusError as error:
            explain_error(error)
    if not judged:
        st.info(
            f"None of these networks has judged test images ({JUDGED} beside its weights). Train "
            "it with `python -m mtlbus train` or `tasktable`, which judge at the end.",
            icon=":material/info:",
        )
        return
    gains = _gains(declaration, {name: one for name, one in here.items() if name in judged})
    table = [_row(here[name], titles[name], rows, gains) for name, rows in judged.items()]
    show_table(table, "Figures of each network.")
    if gains:
        st.caption(
            "Δ: gain over a network for that task alone, in percent of its figure (eq. 3 of the "
            "CTAN paper); above 0 the tasks help each other. The draws of the bootstrap are paired."
        )
    for task in declaration.tasks:
        asked = {titles[n]: rows for n, rows in judged.items() if task in here[n].tasks}
        if asked:
            _task(task, asked)
    joined = pd.concat([rows.assign(network=name) for name, rows in judged.items()])
    about = "One row a network and test image."
    files = [
        File("Rows (CSV)", ".csv", about, lambda: csv_text(list(joined), joined.itertuples(False)))
    ]
    takeaway.menu(files, f"{declaration.name}_judged")


def _rows(found: Checkpoint) -> pd.DataFrame:
    path = found.folder / JUDGED
    if not path.is_file():
        raise DataError(f"{networks.label('', found)} has no {JUDGED}: it was not judged.")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read(path: Path, _stamp: int) -> pd.DataFrame:
    return read_judged(path)


@lru_cache(maxsize=16)
def _figures(tasks: tuple[Task, ...], path: Path, stamp: int) -> dict[str, Any]:
    return task_figures(tasks, _read(path, stamp))["pooled"]


def _row(found: Checkpoint, title: str, rows: pd.DataFrame, gains: dict[str, Any]) -> dict:
    path = found.folder / JUDGED
    figures = _figures(found.tasks, path, path.stat().st_mtime_ns)
    row: dict[str, Any] = {"Network": title}
    for task in found.declaration.tasks:
        unit = task.unit if task.less_is_better else "%"
        column = f"{task.name}: {QUANTITIES[task.measure].title}{f', {unit}' if unit else ''}"
        entry = figures.get(f"{task.name}.{task.measure}") if task in found.tasks else None
        row[column] = "–" if entry is None else _told(entry, 1 if task.less_is_better else 100)
    gain = gains.get(found.method, {}).get("gain", {}) if len(found.tasks) > 1 else {}
    if gains:
        row["Δ mean, %"] = _told(gain[MEAN]) if gain else "–"
    return row | {"Images": figures["n"], "Groups": figures["groups"]}


def _told(entry: dict[str, Any], scale: float = 1) -> str:
    if entry["value"] is None:
        return "–"
    limits = [entry[name] for name in ("low", "high")]
    said = f"{scale * entry['value']:.2f}"
    if None in limits:
        return said
    return f"{said} ({' to '.join(f'{scale * one:.2f}' for one in limits)})".replace("-", "−")


def _gains(declaration: Declaration, here: dict[str, Checkpoint]) -> dict[str, Any]:
    """Gains by method, where a network a task and one for all were judged on the same images."""
    frames: dict[str, list[pd.DataFrame]] = {STL: []}
    single: set[str] = set()
    for found in here.values():
        if len(found.tasks) == 1:
            frames[STL].append(_rows(found))
            single.add(found.tasks[0].name)
        elif found.tasks == declaration.tasks:
            frames[found.method] = [_rows(found)]
    if single != {task.name for task in declaration.tasks} or len(frames) < 2:
        return {}
    try:
        return gain_rows(measured(frames, declaration.tasks, bootstrap=500), declaration.tasks)
    except DataError:  # judged on other images: no pair
        return {}


def _task(task: Task, asked: dict[str, pd.DataFrame]) -> None:
    st.subheader(literal(task.name.capitalize()))
    if task.kind == "image_class":
        _confusion(task, asked)
        return
    names = [""] if task.kind == "pixel_regression" else list(task.foreground)
    head = f"{task.name}.mae" if task.kind == "pixel_regression" else f"{task.name}.dice."
    values = {
        title: {name or task.name: rows[f"{head}{name}"].dropna().to_numpy() for name in names}
        for title, rows in asked.items()
    }
    share = task.kind == "pixel_class"
    unit = "Dice" if share else f"mean absolute error, {task.unit}".rstrip(", ")
    figure = class_charts.spread_figure(values, unit, share)
    charts.show(
        figure,
        f"_spread_{task.name}",
        f"How {task.name} is spread over the test images, by network.",
    )
    st.caption(
        "A box is the middle half of the test images, the line in it their median. An image that "
        "neither has a class nor got it says nothing."
        if share
        else "A box is the middle half of the test images, the line in it their median."
    )
    charts.offer(f"{task.name}, {unit}", figure, f"spread_{task.name}")


def _confusion(task: Task, asked: dict[str, pd.DataFrame]) -> None:
    title = next(iter(asked))
    if len(asked) > 1:
        title = st.segmented_control(
            "Of", list(asked), default=title, required=True, format_func=literal,
            key=f"_confusion_{task.name}", wrap=True,
        )  # fmt: skip
    rows = asked[title]
    known = rows[rows[f"{task.name}.{TRUE}"].notna()]
    true = known[f"{task.name}.{TRUE}"].to_numpy(dtype=int)
    called = known[[f"{task.name}.p.{name}" for name in task.classes]].to_numpy().argmax(axis=1)
    counts = np.zeros((len(task.classes),) * 2, int)
    np.add.at(counts, (true, called), 1)
    figure = class_charts.confusion_table(counts, task.classes)
    charts.show(
        figure,
        f"_table_{task.name}",
        f"True classes of {task.name} against those that {title} calls.",
    )
    right = int(np.trace(counts))
    st.caption(
        f"{right} of {len(true)} images are called by their true class. The called class is the "
        "most probable one."
    )
    charts.offer(f"{task.name} as {title} calls it", figure, f"confusion_{task.name}")
