"""The choices inside a view: channel, head, cell, sample; kept in the address under these names.

They are drawn once, for the look on the left; a second look beside it takes over what it can.
"""

from __future__ import annotations

import streamlit as st

from ...core.outputs import Map
from ...explain import attention as arrays
from ...explain.views import ungated_of
from .. import address
from ..memory import pick, toggle
from ..session import Slot, selected, shown
from .look import Look
from .opening import CELL, GRID, Cell, chosen_cell, moved_cell, parsed_cell
from .shown import Detail
from .view_picks import Pick

TAPS = ("top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom",
        "bottom right")  # fmt: skip
LINKED = {"channel", "stretch", "cell", "head", "sample"}


def pick_detail(look: Look, picked: Pick) -> Detail:
    """Choose what the picked view lets a person choose."""
    form, detail, used = picked.view.form, Detail(), set()
    first = next(iter(picked.names.values()))
    if form == "gate":
        channel = _pick_channel(look, first, used)
        stretch = look.maps[first].words.learnt and _pick_stretch(used)
        detail = detail._replace(channel=channel, stretch=stretch)
    elif form == "attention":
        cell = _pick_cell(look, look.maps[first], used)
        heads = look.maps[first].tensor.shape[-3]
        detail = detail._replace(cell=cell, head=_pick_number("head", heads, used))
    elif form == "offset":
        count = look.maps[first].tensor.shape[0] // 2
        detail = detail._replace(sample=_pick_number("sample", count, used))
    elif form == "channels":
        detail = detail._replace(by_weight=st.toggle("Sort by weight", True, key="_by_weight"))
    for name in LINKED - used:  # which the view on the page does not have
        address.drop_link(name)
    return detail


def same_detail(detail: Detail, own: Map, other: Map) -> Detail:
    """The choices for another map: what it does not have becomes a mean; the cell keeps its place.

    Args:
        detail: chosen for `own`.
        own, other: the first maps of the two looks.
    """
    if other.kind == "attention":
        grid = arrays.attention_grid(other)
        cell = (grid[0] // 2, grid[1] // 2)
        if detail.cell is not None:
            cell = moved_cell(detail.cell, arrays.attention_grid(own), grid)
        heads = other.tensor.shape[-3]
        head = detail.head if detail.head is not None and detail.head < heads else None
        return Detail(cell=cell, head=head)
    count = len(other.tensor)
    channel, sample = detail.channel, detail.sample
    if isinstance(channel, int) and channel >= count:
        channel = "mean"
    if sample is not None and 2 * sample >= count:
        sample = None
    return detail._replace(channel=channel, sample=sample, cell=None, head=None)


def take_click(key: str) -> None:
    """Callback of a clickable picture: the clicked cell becomes the one that looks."""
    clicked = selected(key)["points"]
    if clicked and clicked[0].get("customdata"):
        row, column = clicked[0]["customdata"][:2]
        CELL.set(f"{row},{column}")


def _pick_channel(look: Look, name: str, used: set[str]) -> int | str:
    """Mean, maximum or one channel; nothing to pick where there is one, or where each is shown."""
    gate, ungated = look.maps[name], ungated_of(name, look.maps)
    count = max(len(gate.tensor), 0 if ungated is None else len(ungated.tensor))
    if count == 1 or gate.labels:
        return "mean"
    choices = ["mean", "max", *map(str, range(count))]
    words = {"mean": f"mean of all {count}", "max": "the largest of each cell"}
    used.add("channel")
    chosen = pick(
        f"Channel, one of {count}",
        "channel",
        choices,
        always=True,
        allowed=_one_of(count),
        draw=st.selectbox,
        width=260,
        format_func=lambda one: words.get(one, f"channel {one}"),
    )
    return int(chosen) if chosen.isdecimal() else chosen


def _pick_stretch(used: set[str]) -> bool:
    """Whether to leave the fixed scale; kept in the address as `stretch=1`."""
    used.add("stretch")
    return toggle(
        "Stretch the colours",
        "stretch",
        help="Gates often stay near 0.5, where the fixed scale shows one colour. Stretched colours "
        "show the pattern and exaggerate its size.",
    )


def _one_of(count: int) -> str:
    """What an address may say where one of several can be chosen, or all of them."""
    return f"Allowed: mean, or 0 to {count - 1}."


def _pick_number(name: str, count: int, used: set[str]) -> int | None:
    """One head or sample; None for the mean of all."""
    if count == 1:
        return None
    choices = ["mean", *map(str, range(count))]

    def words(one: str) -> str:
        if one == "mean":
            return f"mean of all {count}"
        if name == "sample" and count == len(TAPS):
            return f"sample {int(one) + 1} ({TAPS[int(one)]})"
        return f"{name} {one}"

    used.add(name)
    chosen = pick(
        f"{name.capitalize()}, one of {count}",
        name,
        choices,
        always=True,
        allowed=_one_of(count),
        draw=st.selectbox,
        width=260,
        format_func=words,
    )
    return None if chosen == "mean" else int(chosen)


def _pick_cell(look: Look, found: Map, used: set[str]) -> Cell:
    """The cell that looks, by click or by numbers; kept in the address as `cell`."""
    grid, cell = arrays.attention_grid(found, look.size), chosen_cell(found, look)
    if parsed_cell(CELL.get()) != cell:
        last = f"{grid[0] - 1},{grid[1] - 1}"
        address.say_of_link("cell", f"Allowed: row,column of a cell on the image, 0,0 to {last}.")
    GRID.set(grid)
    seen = arrays.cell_boxes(grid, look.frame).seen()
    limits = [(min(index), max(index)) for index in zip(*seen, strict=True)]

    def take(_: int) -> None:
        CELL.set(",".join(str(Slot(f"_{name}", 0).get()) for name in ("row", "column")))

    for name, (low, high), now in zip(("row", "column"), limits, cell, strict=True):
        st.number_input(
            f"{name.capitalize()}, {low} to {high}", low, high, width=150,
            help="Rows count from the top, columns from the left.", **shown(f"_{name}", now, take),
        )  # fmt: skip
    CELL.set(f"{cell[0]},{cell[1]}")
    used.add("cell")
    address.write_link("cell", f"{cell[0]},{cell[1]}")
    return cell
