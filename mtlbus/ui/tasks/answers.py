"""What networks say about a case as pictures and rows, task by task."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import NamedTuple

import numpy as np
import streamlit as st

from ...core.tasks import Task
from ...core.text import literal
from ...data.task_case import TaskCase
from ...figures import class_charts, overlay, task_overlay
from ...figures.style import QUIET
from ...inference.task_predictor import Answer
from .. import charts

_PLACE = (460, 460)  # height and width of a picture at most, pixels
_COLUMNS, _NARROWEST = (3, 4), 200  # of pictures, at least and at most; pixels


class Said(NamedTuple):
    """What one network answers.

    Attributes:
        title: of the network.
        answers: by the name of the task.
    """

    title: str
    answers: Mapping[str, Answer]


def true_answer(task: Task, case: TaskCase) -> Answer | None:
    """What is true of a case as if a network had said it; None where it is unknown."""
    truth = case.truths.get(task.name)
    if truth is None:
        return None
    if task.kind == "image_class":
        number = int(truth)
        return Answer(
            task,
            probabilities={name: float(place == number) for place, name in enumerate(task.classes)},
        )
    if task.kind == "pixel_regression":
        return Answer(task, values=truth)
    return Answer(task, classes=truth.astype(bool) if task.overlapping else truth)


def say_how_drawn(case: TaskCase) -> None:
    """What the pictures leave out."""
    seen = case.image.seen
    if task_overlay.window(seen).of(seen).shape != seen.shape:
        st.caption("The pictures are cut to where the image is not black.")


def show_task(task: Task, case: TaskCase, said: list[Said]) -> None:
    """A task's answers side by side, the truth beside them, and their numbers."""
    kind = {"pixel_class": "a class per pixel", "pixel_regression": "a value per pixel",
            "image_class": "a class per image"}[task.kind]  # fmt: skip
    unit = f", {task.unit}" if task.unit else ""
    st.subheader(f"{literal(task.name.capitalize())} :small[:gray[{kind}{literal(unit)}]]")
    truth = true_answer(task, case)
    if task.kind == "image_class":
        _bars(task, said, None if truth is None else truth.called)
        return
    cut = task_overlay.window(case.image.seen)
    panels = [(one.title, _drawn(case, cut, one.answers[task.name])) for one in said]
    if truth is not None:
        panels.append(("Truth", _drawn(case, cut, truth)))
    if task.kind == "pixel_regression" and truth is not None:
        for one in said:
            heading = f"{one.title} − truth" if len(said) > 1 else "Difference: network − truth"
            panels.append((heading, _gap(case, cut, one.answers[task.name], truth)))
    least, most = _COLUMNS  # a difference stands below its network
    columns = min(most, max(least, len(said) + (truth is not None)))
    with st.grid(columns, min_column_width=_NARROWEST, gap="small"):
        for heading, panel in panels:
            with st.container(gap="xxsmall"):
                st.markdown(f"**{literal(heading)}**")
                alt = f"{case.title}: {task.name}, {heading}."
                st.image(overlay.encode_jpeg(panel), width="stretch", alt=alt)
    if task.kind == "pixel_class":
        _legend(task)
    rows = [row for one in said for row in _rows(one, case, task, truth)]
    if len(said) == 1:
        rows = [{name: cell for name, cell in row.items() if name != "Network"} for row in rows]
    if rows:
        shown = [{name: literal(cell) for name, cell in row.items()} for row in rows]
        st.table(shown, border="horizontal", hide_index=True)
    else:
        st.caption("Nothing is found, and nothing is there." if truth else "Nothing is found.")


def _bars(task: Task, said: list[Said], true: str | None) -> None:
    chances = {one.title: one.answers[task.name].probabilities for one in said}
    figure = class_charts.class_bars(chances, true)
    charts.show(figure, f"_bars_{task.name}", f"Probability of each class of {task.name}.", QUIET)
    for one in said:
        called = one.answers[task.name].called
        right = "" if true is None else " Right." if called == true else f" The truth is {true}."
        said_so = f"calls it **{literal(called)}** ({chances[one.title][called]:.0%})."
        st.markdown(f"**{literal(one.title)}** {said_so}{literal(right)}")
    st.caption("Probabilities as the network gives them; they add up to 100 %.")
    charts.offer(f"Probabilities of {task.name}", figure, f"bars_{task.name}")


def _drawn(case: TaskCase, cut: task_overlay.Window, answer: Answer) -> np.ndarray:
    panel = overlay.grey_panel(np.ascontiguousarray(cut.of(case.image.seen)), _PLACE)
    if answer.values is not None:
        return task_overlay.heat(panel, answer.task, cut.of(answer.values))
    planes = {name: cut.of(plane) for name, plane in answer.planes().items()}
    return task_overlay.regions(panel, answer.task, planes)


def _gap(case: TaskCase, cut: task_overlay.Window, said: Answer, truth: Answer) -> np.ndarray:
    assert said.values is not None and truth.values is not None
    panel = overlay.grey_panel(np.ascontiguousarray(cut.of(case.image.seen)), _PLACE)
    values, true = cut.of(said.values), cut.of(truth.values)
    return task_overlay.difference(panel, said.task, values, true)


def _legend(task: Task) -> None:
    marks = " ".join(
        f'<span style="color:{colour}">■</span> {escape(name)}&emsp;'
        for name, colour in task_overlay.class_colours(task).items()
    )
    st.html(f"<p style='font-size:0.9rem;margin:0'>{marks}</p>")


def _rows(one: Said, case: TaskCase, task: Task, truth: Answer | None) -> list[dict[str, str]]:
    """The numbers of an answer, a row a class or one of the values."""
    answer = one.answers[task.name]
    if answer.values is not None:
        row = {"Network": one.title, "Mean": _value(answer.values, task),
               "Highest": _value(answer.values, task, np.nanmax)}  # fmt: skip
        if truth is not None and truth.values is not None:
            row["True highest"] = _value(truth.values, task, np.nanmax)
            error = np.nanmean(np.abs(answer.values - truth.values))
            row["Mean error where it counts"] = f"{error:.2f} {task.unit}".strip()
        return [row]
    rows, true = [], {} if truth is None else truth.planes()
    for name, plane in answer.planes().items():
        if not plane.any() and not (name in true and true[name].any()):
            continue
        row = {"Network": one.title, "Class": name, "Pixels": str(int(plane.sum()))}
        if true:
            sizes = int(plane.sum()) + int(true[name].sum())
            row["True pixels"] = str(int(true[name].sum()))
            row["Dice"] = f"{2 * int((plane & true[name]).sum()) / sizes:.1%}"
        row |= _values_inside(one, case, name, plane, true.get(name))
        rows.append(row)
    return rows


def _values_inside(
    one: Said, case: TaskCase, name: str, plane: np.ndarray, true: np.ndarray | None
) -> dict[str, str]:
    """The mean value of other tasks inside a class: the dose of an organ."""
    found = {}
    for answer in one.answers.values():
        if answer.values is None:
            continue
        task = answer.task
        inside = _value(answer.values[plane], task) if plane.any() else "–"
        found[f"Mean {task.name} inside"] = inside
        values = case.truths.get(task.name)
        if values is not None and true is not None:
            known = np.isfinite(values[true]).any()
            found[f"True mean {task.name}"] = _value(values[true], task) if known else "–"
    return found


def _value(values: np.ndarray, task: Task, how=np.nanmean) -> str:
    return f"{float(how(values)):.1f} {task.unit}".strip().replace("-", "−")
