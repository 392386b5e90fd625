"""Regions of the predicted mask, and what each adds to the class logit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ..explain import attention as arrays
from ..figures import cells, regions
from ..figures.style import CONFIG
from .attention_cells import gamma_line
from .look import Look, grid_words, percent, signed
from .view_picks import Pick


def show_regions(look: Look, pick: Pick) -> None:
    """The regions at full resolution and as the classifier uses them."""
    maps = [look.maps[name] for name in pick.view.maps]
    fine = min(maps, key=lambda found: found.stride)
    coarse = max(maps, key=lambda found: found.stride)
    names = fine.labels
    weights = coarse.tensor.numpy()
    size = grid_words(weights.shape)
    tiles = st.grid(4, min_column_width=290)
    if look.trained:  # random weights draw a random outline, which is not to be seen as one
        with tiles, st.container():
            st.markdown("**Regions of the predicted mask**")
            figure = regions.region_figure(
                look.case.image.pixels, fine.tensor.numpy(), names, look.frame, look.opacity * 0.75
            )
            look.picture(
                figure, "_regions", f"{look.case.title} tinted by region: {', '.join(names)}.",
                "Every pixel belongs to one region. They come from the network's own mask, not "
                "from a reader: if the mask is wrong, so are they.",
            )  # fmt: skip
    for index, name in enumerate(names):
        with tiles, st.container():
            st.markdown(f"**{name.capitalize()}, {size} weights**")
            colour = regions.REGION_COLOURS[index % len(regions.REGION_COLOURS)]
            figure = cells.cell_figure(
                look.case.image.pixels, weights[index], look.frame, cells.region_scale(colour),
                look.opacity,
            )  # fmt: skip
            total = float(weights[index].mean())
            look.picture(
                figure, f"_weights_{name}",
                f"Share of the {name} in each of {size} cells over the image.",
                f"{total:.0%} of all cells together. Hover for the share of a cell.",
            )  # fmt: skip
    if look.trained and not fine.tensor[1:].any():
        st.info(
            f"The network drew no mask on this image, so all of it counts as {names[0]}.",
            icon=":material/info:",
        )
    st.caption(
        f"The classifier never sees sharp regions, only these {size} shares: in every cell the "
        f"{len(names)} add up to 1. They say where the features are sorted to, not which of them "
        "matter; for that see *Share of the decision*. Cells over the black padding of the square "
        "are not shown."
    )


def show_scores(look: Look, pick: Pick) -> None:
    """The exact split of the logit, as a bar and cell by cell."""
    split = arrays.logit_split(look.maps)
    tiles = st.grid(2, min_column_width=330, gap="medium")
    with tiles, st.container():
        st.plotly_chart(
            regions.logit_figure(split), key="_split", config=CONFIG,
            alt=look.marked("What each region adds to the log-odds of malignant: " + ", ".join(
                f"{name} {value:+.2f}"
                for name, value in zip(split.regions, split.contributions, strict=True)
            ) + "."),
        )  # fmt: skip
        st.caption(look.marked("What each region adds to the log-odds of malignant."))
    with tiles, st.container():
        _sum(look, split)
        st.caption(
            "This is no estimate: from the pooled regions on the network is linear, so its logit "
            "splits exactly. It says how the network adds up, not that a radiologist would. "
            "The constant is the same for every image."
        )
    planes = arrays.score_cells(look.maps)
    if planes is not None:
        _show_score_cells(look, planes, split.regions)
    st.markdown("##### What attention has to do with it")
    gamma_line(look.maps)


def _sum(look: Look, split: arrays.LogitSplit) -> None:
    """The sum in figures; with trained weights also as a probability."""
    terms = "".join(f" {signed(value)}" for value in (*split.contributions, split.constant))
    terms = f"**{terms.strip()} = {signed(split.total)}** log-odds"
    if look.logit is None:
        st.markdown(f"{terms}.")
        return
    st.metric("Probability of malignancy", percent(split.probability), border=True)
    st.markdown(
        f"{terms}, as a probability **{percent(split.probability)}**.  \n"
        f"The network's own logit is {signed(look.logit, 4)}; the sum differs by "
        f"{abs(split.total - look.logit):.6f}, which is rounding."
    )


def _show_score_cells(look: Look, planes: np.ndarray, names: tuple[str, ...]) -> None:
    st.markdown("##### The same shares, cell by cell, on one scale")
    limit = float(np.abs(planes).max())
    tiles = st.grid(3, min_column_width=230)
    for name, plane in zip(names, planes, strict=True):
        with tiles, st.container():
            figure = cells.cell_figure(
                look.case.image.pixels, plane, look.frame, cells.signed_scale(limit), look.opacity
            )
            look.picture(
                figure, f"_score_{name}", f"Signed share of the {name} in each cell.",
                f"**{name.capitalize()}: {signed(plane.sum())}**.",
            )  # fmt: skip
    boxes = arrays.cell_boxes(planes.shape[1:], look.frame)
    outside = float(planes.sum() - boxes.visible(planes).sum())
    st.caption(
        "**Green** cells speak for benign, **orange** cells for malignant; the cells of a map add "
        "up to the number below it. A cell's features see far beyond it, so this is where the "
        "evidence is collected, not how far it reaches."
        + (f" Cells in the unseen padding hold {signed(outside)}." if abs(outside) > 5e-3 else "")
    )
