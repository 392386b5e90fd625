"""Views of features, of the offsets of deformable convolutions, of channel weights, of numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...core.outputs import Map
from ...core.wording import signed
from ...explain import views as arrays
from ...explain.attention import array_of, cell_boxes
from ...figures import cells
from ...figures.arrows import arrow_figure, magnification
from ...figures.channels import channel_figure
from .cells import added_line
from .details import TAPS
from .look import grid_words
from .shown import Shown


def show_features(shown: Shown) -> None:
    """How strongly features answer, the branches of a level on one scale."""
    look, pick = shown.look, shown.pick
    count = len(pick.names)
    scale, height = cells.strength_scale(shown.top), shown.stage.height(count)
    places = shown.stage.tiles(count)
    for place, (branch, name) in zip(places, pick.names.items(), strict=True):
        feature = look.maps[name]
        plane = arrays.feature_plane(feature)
        seen = cell_boxes(plane.shape, look.frame).visible(plane)
        with place:
            figure = cells.cell_figure(
                look.case.image.pixels, plane, look.frame, scale, look.opacity, height=height
            )
            look.picture(
                figure,
                f"feature_{branch}",
                f"{pick.view.title} {pick.level} {branch}: strength from 0 to {scale.high:.3g}.",
                f"{feature.meaning} Mean over the image {seen.mean():.3g}, largest cell "
                f"{seen.max():.3g}.",
                feature.words.heading or (branch and f"Branch {branch}"),
            )
    feature = shown.map
    together = "The branches share one scale. " if count > 1 else ""
    with shown.stage.foot():
        look.note(
            f"From {feature.stage}: the mean size of {len(feature.tensor)} channels in each of "
            f"{grid_words(feature.tensor.shape)} cells. {together}**The scale ends at the largest "
            "cell shown, so it differs between maps and levels**; compare patterns, not colours. "
            "A strong answer is not yet a reason: what it does to the result is not in this "
            "picture."
        )


def top_of_branches(shown: Shown) -> float:
    """The strongest cell on the image among the branches of a level."""
    planes = [arrays.feature_plane(shown.look.maps[name]) for name in shown.names]
    return max(
        float(cell_boxes(plane.shape, shown.look.frame).visible(plane).max()) for plane in planes
    )


def show_offsets(shown: Shown) -> None:
    """Where the samples of a deformable convolution move, as arrows."""
    look, found, chosen = shown.look, shown.map, shown.detail.sample
    arrows = arrays.arrows_on_image(arrays.displacement(found, chosen), look.frame)
    magnified, longest = magnification(arrows), arrows.longest
    if longest == 0:
        scale = "Nothing moves: all of these offsets are 0, as at the start of training."
    else:
        length = (
            f"**The arrows are drawn {magnified} times as long as the moves are.**"
            if magnified > 1
            else "The arrows have the true length of the moves."
        )
        scale = (
            f"{length} The longest is {longest / arrows.cell:.3g} cells or {longest:.3g} pixels "
            "of the image."
        )
    samples = len(found.tensor) // 2
    sample = f"the mean of {samples} samples"
    if chosen is not None:
        sample = f"sample {chosen + 1}" + (f" ({TAPS[chosen]})" if samples == len(TAPS) else "")
    thinned = f" Every {arrows.step}th cell has an arrow." if arrows.step > 1 else ""
    figure = arrow_figure(look.case.image.pixels, arrows, magnified, shown.stage.height(1))
    with next(shown.stage.tiles(1)):
        look.picture(
            figure,
            "offsets",
            f"Arrows where {sample} of each cell is read, the longest {longest:.3g} pixels long.",
            f"{found.meaning} Shown: {sample}. {scale}{thinned} From {found.stage}: "
            f"{grid_words(found.tensor.shape)} cells, each {arrows.cell:.3g} pixels of the image.",
        )
    with shown.stage.foot():
        look.note(
            "A dot is where a sample would be read, the tip where it is read instead. In the mean, "
            "samples that spread evenly cancel out: choose one sample to see it. An offset says "
            "from where features are fetched, not that the place matters."
        )


def show_channels(shown: Shown) -> None:
    """Weights of whole channels as bars."""
    found = shown.map
    weights = arrays.channel_weights(found)
    with next(shown.stage.tiles(1, whole=True)):
        order = np.argsort(-weights, kind="stable")[:3]
        largest = ", ".join(f"channel {index} ({weights[index]:.2f})" for index in order)
        shown.look.picture(
            channel_figure(weights, shown.detail.by_weight),
            "channels",
            f"Weights of {len(weights)} channels from {weights.min():.2f} to {weights.max():.2f}.",
            f"{found.meaning} From {found.stage}: {len(weights)} channels, largest: {largest}. One "
            "number weighs a whole channel, so this is no map: it says nothing about where in the "
            "image. The dotted line at 0.5 is the neutral start of a gate that a sigmoid makes.",
        )


def show_numbers(shown: Shown) -> None:
    """Maps that are numbers, as small tables."""
    look, families = shown.look, {}
    for name in shown.pick.view.maps:
        families.setdefault(arrays.address_of(name).family, []).append(name)
    with next(shown.stage.tiles(1, whole=True)):
        for names in families.values():
            st.markdown(f"**{arrays.title_of(names[0], look.maps[names[0]])}**")
            st.table([_row(name, look.maps[name]) for name in names])
        look.note("Numbers for the image as a whole, a row a part: they say how much, never where.")
        added_line(look)


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
