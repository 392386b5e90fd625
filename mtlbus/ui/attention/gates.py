"""Gates over the image: each branch, their difference, and the features that a gate weighs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st

from ...core.outputs import SIGMOID_GATE, Map
from ...core.wording import signed
from ...explain import views as arrays
from ...explain.attention import cell_boxes
from ...figures import cells
from .. import services
from .hearing import fixed_words
from .look import Look, grid_words
from .shown import Shown
from .view_picks import DIFFERENCE

_ONE_COLOUR = 0.25  # of a scale that is 1 long


class Tile(NamedTuple):
    """One picture: heading, rows×columns values, their scale, and what it is."""

    heading: str
    plane: np.ndarray
    scale: cells.Scale
    meaning: str


def show_gates(shown: Shown) -> None:
    """Gates side by side for several branches, with the difference of two.

    A gate whose features are known stands between them before and after it.
    """
    look, pick = shown.look, shown.pick
    found = {branch: look.maps[name] for branch, name in pick.names.items()}
    tiles = [] if pick.branch == DIFFERENCE else list(_gate_tiles(shown))
    before, after = _feature_tiles(shown)
    tiles = before + tiles + after
    if len(found) == 2:
        tiles.append(_difference_tile(list(found.items()), shown.detail.channel))
    if shown.detail.stretch:
        tiles = [_stretched(look, tile) for tile in tiles]
    height = shown.stage.height(len(tiles))
    for number, (place, tile) in enumerate(zip(shown.stage.tiles(len(tiles)), tiles, strict=True)):
        with place:
            figure = cells.cell_figure(
                look.case.image.pixels, tile.plane, look.frame, tile.scale, look.opacity,
                height=height,
            )  # fmt: skip
            look.picture(
                figure,
                f"gate_{number}",
                f"{tile.heading or pick.view.title} {pick.level} over the image, from "
                f"{tile.scale.low:.3g} to {tile.scale.high:.3g}.",
                f"{tile.meaning} {_span(look, tile.plane)}".strip(),
                tile.heading,
            )
    one = shown.map
    meaning = f"{one.meaning} " if one.labels else ""
    stages = " and ".join(sorted({gate.stage for gate in found.values()}))
    with shown.stage.foot():
        _say_what_is_fixed(look, pick.names)
        if shown.detail.stretch:
            look.note(
                "**The colours are stretched**: in each picture they run from its lowest to its "
                "highest cell, however close these are. Do not compare colours between pictures.",
                partial(st.warning, icon=":material/contrast:"),
            )
        elif not look.place and one.words.learnt:
            fixed = [tile.plane for tile in tiles if tile.scale.title != cells.STRENGTH]
            _suggest_stretch(max(arrays.plane_contrast(plane, look.frame) for plane in fixed))
        caution = one.words.caution or SIGMOID_GATE
        if not shown.detail.stretch:
            caution = f"The scale is fixed. {caution}"
        look.note(
            f"{meaning}From {stages}: {grid_words(one.tensor.shape)} cells of {one.stride}×"
            f"{one.stride} pixels of the network's input. {caution}"
        )


def _say_what_is_fixed(look: Look, names: Mapping[str, str]) -> None:
    """How much of a trained gate is the same on every image, where it was measured."""
    if not look.trained:
        return
    card = services.checkpoint(look.method).card
    words, idle = fixed_words(card.gates or {}, names)
    if words:
        look.note(words, partial(st.info, icon=":material/repeat:") if idle else st.caption)


def _suggest_stretch(contrast: float) -> None:
    """Say that a fixed scale hides the pattern, where nearly all cells have one colour."""
    if contrast < _ONE_COLOUR:
        st.info(
            f"Nearly all cells of a picture lie within {contrast:.2g} of each other, so the fixed "
            "scale shows almost one colour. **Stretch the colours** above to see the pattern; it "
            "then looks stronger than it is.",
            icon=":material/contrast:",
        )


def top_of_features(shown: Shown) -> float:
    """The strongest cell on the image among the features before a gate; 0 without any."""
    ungated = arrays.ungated_of(shown.names[0], shown.look.maps)
    if ungated is None:
        return 0.0
    plane = arrays.feature_plane(ungated, shown.detail.channel)
    return float(cell_boxes(plane.shape, shown.look.frame).visible(plane).max())


def _gate_tiles(shown: Shown) -> Iterator[Tile]:
    """A tile for each branch, or for each channel where the channels have names."""
    for branch, name in shown.pick.names.items():
        gate = shown.look.maps[name]
        scale = cells.gate_scale(gate.words.quantity, gate.words.ends)
        if gate.labels:
            for index, label in enumerate(gate.labels):
                heading = f"{branch} {label}".strip()
                yield Tile(heading, arrays.gate_plane(gate, index), scale, "")
            continue
        heading = gate.words.heading or (branch and f"Mask of {branch}")
        if arrays.ungated_of(name, shown.look.maps) is not None:
            heading = "The gate"
        yield Tile(heading, arrays.gate_plane(gate, shown.detail.channel), scale, gate.meaning)


def _feature_tiles(shown: Shown) -> tuple[list[Tile], list[Tile]]:
    """The features before and after the gate on one scale; nothing where they are not known."""
    name, channel = shown.names[0], shown.detail.channel
    ungated = arrays.ungated_of(name, shown.look.maps)
    if ungated is None:
        return [], []
    scale = cells.strength_scale(shown.top)
    plain = arrays.feature_plane(ungated, channel)
    passed = arrays.feature_plane(ungated, channel, shown.look.maps[name])
    return [Tile("Features before the gate", plain, scale, ungated.meaning)], [
        Tile(
            "Features after the gate",
            passed,
            scale,
            "The product of both, on the scale of the features before: what goes on. Strong is "
            "not yet important.",
        )
    ]


def _difference_tile(pair: list[tuple[str, Map]], channel: int | str) -> Tile:
    (first, a), (second, b) = pair
    plane = arrays.gate_difference(a, b, channel)
    return Tile(
        f"Their difference: {first} − {second}",
        plane,
        cells.difference_scale(),
        f"Yellow where the mask of {first} is larger, blue where that of {second} is, clear where "
        "they agree. It compares two masks and says nothing about which is right.",
    )


def _stretched(look: Look, tile: Tile) -> Tile:
    """The same cells on a scale that ends at the lowest and the highest of them on the image.

    Features keep the one scale that they have before and after the gate.
    """
    if tile.scale.title == cells.STRENGTH:
        return tile
    seen = cell_boxes(tile.plane.shape, look.frame).visible(tile.plane)
    return tile._replace(scale=cells.stretched(tile.scale, seen))


def _span(look: Look, plane: np.ndarray) -> str:
    """The smallest and largest cell on the image, in words."""
    seen = cell_boxes(plane.shape, look.frame).visible(plane)
    low, high = float(seen.min()), float(seen.max())
    if low < 0:
        return f"Here from {signed(low, 3)} to {signed(high, 3)}."
    return f"Lowest cell {low:.3f}, highest {high:.3f}."
