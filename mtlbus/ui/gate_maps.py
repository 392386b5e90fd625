"""Views of gates, channel weights, features, offsets and plain numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import streamlit as st

from ..core.outputs import Map
from ..explain import views as arrays
from ..explain.attention import array_of, cell_boxes
from ..figures import cells
from ..figures.arrows import arrow_figure, magnification
from ..figures.channels import channel_figure
from .attention_cells import gamma_line
from .look import Look, grid_words, signed
from .view_picks import DIFFERENCE, Pick

HEIGHTS = {1: 430, 2: 390}  # pixels of a picture, by how many stand side by side
SEVERAL = 330
NOT_SALIENCY = (
    "The scale is fixed: 0 closes the gate, 1 opens it. **0.5 everywhere is the neutral start** of "
    "a gate that a sigmoid makes. A gate weighs features; it is not saliency and does not point "
    "at evidence."
)
TAPS = ("top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom",
        "bottom right")  # fmt: skip


class Tile(NamedTuple):
    """One plane of a gate: heading, rows×columns values, and what it is."""

    heading: str
    plane: np.ndarray
    meaning: str


def show_gates(look: Look, pick: Pick) -> None:
    """Gates over the image, side by side for several branches, with the difference of two."""
    found = {branch: look.maps[name] for branch, name in pick.names.items()}
    channel = _pick_channel(next(iter(found.values())))
    gates = [] if pick.branch == DIFFERENCE else list(_gate_tiles(found, channel))
    pair = list(found.items()) if len(found) == 2 and pick.view.form == "gate" else []
    count = len(gates) + bool(pair)
    tiles = _grid(count)
    height = HEIGHTS.get(count, SEVERAL)
    for number, tile in enumerate(gates):
        with tiles, st.container():
            if tile.heading:
                st.markdown(f"**{tile.heading}**")
            figure = cells.cell_figure(
                look.case.image.pixels, tile.plane, look.frame, cells.gate_scale(), look.opacity,
                height=height,
            )  # fmt: skip
            look.picture(
                figure, f"_gate_{number}",
                f"{pick.view.title} {pick.level} {tile.heading} over the image, from 0 to 1.",
                f"{tile.meaning} {_span(look, tile.plane)}",
            )  # fmt: skip
    if pair:
        with tiles, st.container():
            _show_difference(look, pair, channel, height)
    stages = {gate.stage for gate in found.values()}
    one = next(iter(found.values()))
    meaning = f"{one.meaning} " if one.labels else ""
    st.caption(
        f"{meaning}From {' and '.join(sorted(stages))}: {grid_words(one.tensor.shape)} cells of "
        f"{one.stride}×{one.stride} pixels of the network's input. {NOT_SALIENCY}"
    )


def _grid(count: int):
    """Places for pictures; one alone gets half of the width, so that its scale bar fits it."""
    return st.grid(2 if count < 3 else 3, min_column_width=220, gap="medium")


def _gate_tiles(found: dict[str, Map], channel: int | str) -> Iterator[Tile]:
    """A tile for each branch, or for each channel where the channels have names."""
    for branch, gate in found.items():
        if gate.labels:
            for index, label in enumerate(gate.labels):
                yield Tile(f"{branch} {label}".strip(), arrays.gate_plane(gate, index), "")
        else:
            heading = f"Mask of {branch}" if branch else ""
            yield Tile(heading, arrays.gate_plane(gate, channel), gate.meaning)


def _pick_channel(gate: Map) -> int | str:
    """Mean, maximum or one channel; nothing to pick where there is one, or where each is shown."""
    count = gate.tensor.shape[0]
    if count == 1 or gate.labels:
        return "mean"
    return st.selectbox(
        f"Channel, one of {count}", ["mean", "max", *range(count)], key=f"_channel_{count}",
        format_func=lambda c: {"mean": f"mean of all {count}", "max": "the largest of each cell"}
        .get(c, f"channel {c}"), width=260,
    )  # fmt: skip


def _show_difference(
    look: Look, pair: list[tuple[str, Map]], channel: int | str, height: int
) -> None:
    (first, a), (second, b) = pair
    plane = arrays.gate_difference(a, b, channel)
    st.markdown("**Their difference**")
    figure = cells.cell_figure(
        look.case.image.pixels, plane, look.frame, cells.difference_scale(), look.opacity,
        height=height,
    )  # fmt: skip
    seen = cell_boxes(plane.shape, look.frame).visible(plane)
    look.picture(
        figure, "_difference", f"Mask of {first} less mask of {second}, from −1 to 1.",
        f"{first.capitalize()} − {second}: yellow where the mask of {first} is larger, blue where "
        f"that of {second} is, clear where they agree. Fixed scale; here from "
        f"{signed(seen.min(), 3)} to {signed(seen.max(), 3)}. It compares two masks and says "
        "nothing about which is right.",
    )  # fmt: skip


def _span(look: Look, plane: np.ndarray) -> str:
    """The smallest and largest cell on the image, in words."""
    seen = cell_boxes(plane.shape, look.frame).visible(plane)
    return f"Lowest cell {seen.min():.3f}, highest {seen.max():.3f}."


def show_channels(look: Look, pick: Pick) -> None:
    """Weights of whole channels as bars."""
    by_weight = st.toggle("Sort by weight", True, key="_by_weight")
    for branch, name in pick.names.items():
        found = look.maps[name]
        weights = arrays.channel_weights(found)
        top = np.argsort(-weights, kind="stable")[:3]
        largest = ", ".join(f"channel {index} ({weights[index]:.2f})" for index in top)
        look.picture(
            channel_figure(weights, by_weight), f"_channels_{branch}",
            f"Weights of {len(weights)} channels from {weights.min():.2f} to {weights.max():.2f}.",
            f"{found.meaning} From {found.stage}: {len(weights)} channels, largest: {largest}. One "
            "number weighs a whole channel, so this is no map: it says nothing about where in the "
            "image. The dotted line at 0.5 is the neutral start of a gate that a sigmoid makes.",
        )  # fmt: skip


def show_features(look: Look, pick: Pick) -> None:
    """How strongly features answer, the branches of a level on one scale."""
    found = {branch: look.maps[name] for branch, name in pick.names.items()}
    planes = {branch: arrays.feature_plane(feature) for branch, feature in found.items()}
    boxes = {branch: cell_boxes(plane.shape, look.frame) for branch, plane in planes.items()}
    highs = {branch: float(boxes[branch].visible(plane).max()) for branch, plane in planes.items()}
    scale = cells.strength_scale(max(highs.values()))
    tiles = _grid(len(found))
    for branch, feature in found.items():
        with tiles, st.container():
            if branch:
                st.markdown(f"**Branch {branch}**")
            figure = cells.cell_figure(
                look.case.image.pixels, planes[branch], look.frame, scale, look.opacity,
                height=HEIGHTS.get(len(found), SEVERAL),
            )  # fmt: skip
            seen = boxes[branch].visible(planes[branch])
            look.picture(
                figure, f"_feature_{branch}",
                f"{pick.view.title} {pick.level} {branch}: strength from 0 to {scale.high:.3g}.",
                f"{feature.meaning} Mean over the image {seen.mean():.3g}, largest cell "
                f"{seen.max():.3g}.",
            )  # fmt: skip
    feature = next(iter(found.values()))
    together = "The branches share one scale. " if len(found) > 1 else ""
    st.caption(
        f"From {feature.stage}: the mean size of {len(feature.tensor)} channels in each of "
        f"{grid_words(feature.tensor.shape)} cells. {together}**The scale ends at the largest cell "
        "shown, so it differs between maps and levels**; compare patterns, not colours. A strong "
        "answer is not yet a reason: what it does to the result is not in this picture."
    )


def show_offsets(look: Look, pick: Pick) -> None:
    """Where the samples of a deformable convolution move, as arrows."""
    found = look.maps[next(iter(pick.names.values()))]
    count = found.tensor.shape[0] // 2

    def words(sample: int) -> str:
        place = f" ({TAPS[sample]})" if count == len(TAPS) else ""
        return f"mean of all {count}" if sample < 0 else f"sample {sample + 1}{place}"

    chosen = st.selectbox(
        f"Sample, one of {count}", range(-1, count), format_func=words, key=f"_sample_{count}",
        width=260,
    )  # fmt: skip
    arrows = arrays.arrows_on_image(
        arrays.displacement(found, None if chosen < 0 else chosen), look.frame
    )
    magnified = magnification(arrows)
    longest = arrows.longest
    figure = arrow_figure(look.case.image.pixels, arrows, magnified, HEIGHTS[1])
    if longest == 0:
        scale = "Nothing moves: all of these offsets are 0, as at the start of training."
    else:
        length = (
            f"**The arrows are drawn {magnified} times as long as the moves are.**"
            if magnified > 1 else "The arrows have the true length of the moves."
        )  # fmt: skip
        scale = (
            f"{length} The longest is {longest / arrows.cell:.3g} cells or {longest:.3g} pixels "
            "of the image."
        )
    thinned = f" Every {arrows.step}th cell has an arrow." if arrows.step > 1 else ""
    with _grid(1), st.container():
        look.picture(
            figure, "_offsets",
            f"Arrows where samples move, the longest {longest:.3g} pixels of the image.",
            f"{found.meaning} {scale}{thinned} From {found.stage}: "
            f"{grid_words(found.tensor.shape)} cells, each {arrows.cell:.3g} pixels of the image.",
        )  # fmt: skip
    st.caption(
        "A dot is where a sample would be read, the tip where it is read instead. In the mean, "
        "samples that spread evenly cancel out: choose one sample to see it. An offset says from "
        "where features are fetched, not that the place matters."
    )


def show_numbers(look: Look, pick: Pick) -> None:
    """Maps that are numbers, as small tables."""
    families: dict[str, list[str]] = {}
    for name in pick.view.maps:
        families.setdefault(arrays.address_of(name).family, []).append(name)
    for family, names in families.items():
        st.markdown(f"**{family.replace('_', ' ').capitalize()}**")
        st.table([_row(name, look.maps[name]) for name in names])
        st.caption(look.marked("Numbers for the whole image, a row a part: this is no map."))
    gamma_line(look.maps)


def _row(name: str, found: Map) -> dict[str, str]:
    values = array_of(found).reshape(-1)
    labels = found.labels or tuple(map(str, range(len(values))))
    _, level, branch = arrays.address_of(name)
    place = {"Level": " ".join(part for part in (level, branch) if part)} if level else {}
    numbers = {
        label: signed(value, 3).removeprefix("+")
        for label, value in zip(labels, values, strict=True)
    }
    return place | {"From": found.stage} | numbers | {"What it is": found.meaning}
