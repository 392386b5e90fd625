"""Attributions to take away: arrays as NPZ, numbers as CSV. Made when their button is pressed."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from ...core.tables import csv_text
from ...core.wording import DISCLAIMER
from ...data.transforms import PREPROCESSING_VERSION
from ...explain.attributions import Attribution
from ...explain.record import attribution_npz
from ...explain.request import PLACEBO
from ...explain.techniques import technique_of
from ...export.picture_report import Picture, attribution_report, image_element
from ...export.views import AttributionView
from ...figures.attribution_maps import contact_sheet, labelled_png, titled_png
from ...findings import seen
from ...inference.predictor import MASK_THRESHOLD
from .. import services, takeaway
from ..takeaway import File
from .measures import measured_table
from .question import PLACEBO_SEED, Question
from .view import numbers_table


def downloads(question: Question) -> None:
    """The menu; nothing where no map is there."""
    if not question.maps():
        return
    pixels, target = question.case.image.pixels, question.request.target
    maps = "Image, maps and placebos as float arrays on the image's grid, with a README."
    tables = "The tables of this page, one row a map."
    sheet = "Every map and placebo on one picture, each with its scale, with target and terms."
    own = "The map over the image, with its scale."

    def on_one() -> bytes:
        return contact_sheet(pixels, _with_placebos(question), target, DISCLAIMER)

    files = [
        File("Maps (NPZ)", ".npz", maps, lambda: npz(question)),
        File("Numbers (CSV)", ".csv", tables, lambda: csv(question)),
        File("All maps (PNG)", "_all.png", sheet, on_one, "grid_view"),
        takeaway.report_file(lambda: report(question)),
    ]
    for name, found in question.maps().items():
        make = partial(labelled_png, pixels, name, found, target, DISCLAIMER)
        files.append(File(f"{technique_of(name).title} (PNG)", f"_{name}.png", own, make))
    takeaway.offer(view_of(question), files)


def view_of(question: Question) -> AttributionView:
    """The maps that are there, with all that a notebook needs to make them again."""
    held, request = question.mask, question.request
    return AttributionView(
        question.case, question.method, services.title_of(question.method),
        question.prediction.weights_sha256, request.target, request.options, question.maps(),
        MASK_THRESHOLD, None if held is None else held[0], held is not None and held[1] == "true",
        seen.sentence(question.case, services.checkpoint(question.method)),
    )  # fmt: skip


def report(question: Question) -> str:
    """Every map and placebo with its words, and the tables of the page, as HTML."""
    pixels, target = question.case.image.pixels, question.request.target
    pictures = []
    for name, found in _with_placebos(question).items():
        technique = technique_of(found.name)
        said = f"{technique.what} **{technique.isnt}** 1 is the map's own strongest."
        if name.endswith(PLACEBO):
            said = "The same with shuffled weights: what a network without knowledge would show."
        alt = f"{question.case.title}: {technique.title}."
        picture = image_element(titled_png(pixels, name, found, target), alt)
        pictures.append(Picture("", picture, said))
    return attribution_report(view_of(question), pictures, table_of(question))


def facts(question: Question) -> dict[str, Any]:
    """What the view was computed from; with it anyone can compute it again."""
    return {
        "case": question.case.key,
        "image_sha256": question.case.image.sha256,
        "method": question.method,
        "weights_sha256": question.prediction.weights_sha256,
        "preprocessing": PREPROCESSING_VERSION,
        **question.request.as_text(),
        "target_in_words": question.request.target.words,
        "value": question.value(),
        "placebo_seed": PLACEBO_SEED,
        "terms": DISCLAIMER,
    }


def npz(question: Question) -> bytes:
    """All maps that are there."""
    maps = _with_placebos(question)
    return attribution_npz(question.case.image.pixels, maps, facts(question))


def _with_placebos(question: Question) -> dict[str, Attribution]:
    """The maps that are there, each followed by its placebo, whose name has an ending."""
    maps = {}
    for name, found in question.maps().items():
        maps[name], twin = found, question.placebo(name)
        if isinstance(twin, Attribution):
            maps[f"{name}{PLACEBO}"] = twin
    return maps


def csv(question: Question) -> str:
    """One row a map: its numbers, what was measured of it, and what it was computed from."""
    table = table_of(question).assign(**facts(question))
    return csv_text(table.columns, table.itertuples(index=False, name=None))


def table_of(question: Question) -> pd.DataFrame:
    """One row a map: its numbers, and what was measured of it."""
    table = numbers_table(question)
    found = {name: question.measured(name, False) for name in question.maps()}
    found = {name: measured for name, measured in found.items() if measured is not None}
    if found:
        table = table.merge(measured_table(found), how="left", on="Attribution")
    return table
