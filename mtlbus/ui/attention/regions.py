"""Regions of the predicted mask, and what each adds to the class logit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...core.wording import percent, signed
from ...explain import attention as arrays
from ...figures import cells, regions
from .cells import added_line
from .look import Look, grid_words
from .shown import Shown


def show_regions(shown: Shown) -> None:
    """The regions at full resolution and as the classifier uses them."""
    look = shown.look
    maps = [look.maps[name] for name in shown.pick.view.maps]
    fine = min(maps, key=lambda found: found.stride)
    coarse = max(maps, key=lambda found: found.stride)
    names, weights = fine.labels, coarse.tensor.numpy()
    size, count = grid_words(weights.shape), len(names) + look.trained
    places, height = shown.stage.tiles(count), shown.stage.height(count)
    if look.trained:  # random weights draw a random outline, which is not to be seen as one
        with next(places):
            figure = regions.region_figure(
                look.case.image.pixels, fine.tensor.numpy(), names, look.frame,
                look.opacity * 0.75, height,
            )  # fmt: skip
            look.picture(
                figure,
                "regions",
                f"{look.case.title} tinted by region: {', '.join(names)}.",
                "Every pixel belongs to one region. They come from the network's own mask, not "
                "from a reader: if the mask is wrong, so are they.",
                "Regions of the predicted mask",
            )
    for index, (place, name) in enumerate(zip(places, names, strict=True)):
        with place:
            colour = regions.REGION_COLOURS[index % len(regions.REGION_COLOURS)]
            figure = cells.cell_figure(
                look.case.image.pixels, weights[index], look.frame, cells.region_scale(colour),
                look.opacity, height=height,
            )  # fmt: skip
            total = float(weights[index].mean())
            look.picture(
                figure,
                f"weights_{name}",
                f"Share of the {name} in each of {size} cells over the image.",
                f"{total:.0%} of all cells together. Hover for the share of a cell.",
                f"{name.capitalize()}, {size} weights",
            )
    whole = bool(np.allclose(weights.sum(axis=0), 1, atol=1e-3))
    adding = f"the {len(names)} add up to 1" if whole else "several may hold at once"
    with shown.stage.foot():
        if look.trained and not fine.tensor[1:].any():
            st.info(
                f"The network drew no mask on this image, so all of it counts as {names[0]}.",
                icon=":material/info:",
            )
        look.note(
            f"The classifier never sees sharp regions, only these {size} shares: in every cell "
            f"{adding}. They say where the features are sorted to, not which of them matter; for "
            "that see *Share of the decision*. Cells over the black padding of the square are not "
            "shown."
        )


def show_scores(shown: Shown) -> None:
    """The exact split of the logit, as a bar and cell by cell."""
    look = shown.look
    split = arrays.logit_split(look.maps)
    other = shown.beside.maps if shown.beside else {}
    beside = arrays.logit_split(other) if arrays.score_cells(other) is not None else None
    places = shown.stage.tiles(2)
    with next(places):
        look.picture(
            regions.logit_figure(split, beside=beside),
            "split",
            "What each region adds to the log-odds of malignant: "
            + ", ".join(
                f"{name} {value:+.2f}"
                for name, value in zip(split.regions, split.contributions, strict=True)
            )
            + ".",
            "What each region adds to the log-odds of malignant.",
        )
    with next(places):
        _sum(look, split)
        look.note(
            "This is no estimate: from the pooled regions on the network is linear, so its logit "
            "splits exactly. It says how the network adds up, not that a radiologist would. "
            "The constant is the same for every image."
        )
    planes = arrays.score_cells(look.maps)
    if planes is not None:
        _show_score_cells(shown, planes, split.regions)
    with shown.stage.foot():
        st.markdown("##### What attention has to do with it")
        added_line(look)


def _sum(look: Look, split: arrays.LogitSplit) -> None:
    """The sum in figures; with trained weights also as a probability."""
    terms = "".join(f" {signed(value)}" for value in (*split.contributions, split.constant))
    terms = f"**{terms.strip()} = {signed(split.total)}** log-odds"
    if look.logit is None:
        look.note(f"{terms}.", st.markdown)
        return
    st.metric("Probability of malignancy", percent(split.probability), border=True)
    look.note(
        f"{terms}, as a probability **{percent(split.probability)}**.  \n"
        f"The network's own logit is {signed(look.logit, 4)}; the sum differs by "
        f"{abs(split.total - look.logit):.6f}, which is rounding.",
        st.markdown,
    )


def top_of_scores(shown: Shown) -> float:
    """The largest share of a single cell, either way; 0 where cells have no shares."""
    planes = arrays.score_cells(shown.look.maps)
    return 0.0 if planes is None else float(np.abs(planes).max())


def _show_score_cells(shown: Shown, planes: np.ndarray, names: tuple[str, ...]) -> None:
    look, height = shown.look, shown.stage.height(len(names))
    places = shown.stage.tiles(len(names))
    for place, name, plane in zip(places, names, planes, strict=True):
        with place:
            figure = cells.cell_figure(
                look.case.image.pixels, plane, look.frame, cells.signed_scale(shown.top),
                look.opacity, height=height,
            )  # fmt: skip
            look.picture(
                figure,
                f"score_{name}",
                f"Signed share of the {name} in each cell.",
                f"The cells add up to **{signed(plane.sum())}**; the largest is "
                f"{signed(plane.flat[np.abs(plane).argmax()])}.",
                f"{name.capitalize()}, cell by cell",
            )
    boxes = arrays.cell_boxes(planes.shape[1:], look.frame)
    outside = float(planes.sum() - boxes.visible(planes).sum())
    with shown.stage.foot():
        look.note(
            "The same shares on one scale: **green** cells speak for benign, **orange** cells for "
            "malignant. A share that many cells hold together is pale. A cell's features see far "
            "beyond it, so this is where the evidence is collected, not how far it reaches."
            + (
                f" Cells in the unseen padding hold {signed(outside)}."
                if abs(outside) > 5e-3
                else ""
            )
        )
