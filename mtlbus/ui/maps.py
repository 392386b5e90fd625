"""The Attention page's views: one for each kind of inner map, whatever method it comes from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from ..explain import attention as arrays
from ..explain.attention import View
from ..figures import cells, regions
from ..figures.style import CONFIG
from ..inference.predictor import Prediction
from . import services, state
from .attention_cells import gamma_line, picture, show_attention
from .memory import adopt_link, mirror
from .state import Case


def percent(probability: float) -> str:
    """A probability as people read it; what would round to 0 or 100 % is given as a bound."""
    if probability < 0.001:
        return "below 0.1%"
    return "above 99.9%" if probability > 0.999 else f"{probability:.1%}"


def methods_with_views() -> list[str]:
    """Names of the trained methods that have a map to look at, by their cards."""
    shown = ("region", "score", "attention", "gate")
    return [
        name
        for name, checkpoint in services.available().items()
        if any(entry["kind"] in shown for entry in checkpoint.card["spec"]["maps"])
    ]


def offer_others(method: str, others: list[str]) -> None:
    """Say that a method has no inner map to look at, and lead to those that have."""
    st.info(
        f"**{services.title_of(method)}** has no attention, gate or region inside: nothing of it "
        "can be shown as a map. "
        + ("These methods have inner maps:" if others else "No trained method here has one yet."),
        icon=":material/visibility_off:",
    )
    for name in others:
        st.button(
            f"Show {services.title_of(name)}",
            key=f"_show_{name}",
            on_click=lambda name=name: st.session_state.update(method=name),
        )


def pick_view(views: list[View]) -> View:
    """Choose what to look at; kept in the address as `map`."""
    adopt_link("map")
    names = {view.name: view.title for view in views}
    wanted = st.session_state.get("map")
    chosen = st.segmented_control(
        "Map", list(names), format_func=names.get, required=True, wrap=True,
        **mirror("map", wanted if wanted in names else views[0].name),
    )  # fmt: skip
    state.write_link("map", chosen)
    return views[list(names).index(chosen)]


def show(case: Case, prediction: Prediction, view: View, opacity: float) -> None:
    """Draw a view of the prediction's maps."""
    _VIEWS[view.kind](case, prediction, view, opacity)


def _show_regions(case: Case, prediction: Prediction, view: View, opacity: float) -> None:
    maps = [prediction.maps[name] for name in view.maps]
    fine = min(maps, key=lambda found: found.stride)
    coarse = max(maps, key=lambda found: found.stride)
    names = fine.labels
    weights = coarse.tensor.numpy()
    tiles = st.grid(4, min_column_width=290)
    with tiles, st.container():
        st.markdown("**Regions of the predicted mask**")
        figure = regions.region_figure(
            case.image.pixels, fine.tensor.numpy(), names, prediction.frame, opacity * 0.75
        )
        picture(figure, "_regions", f"{case.title} tinted by region: {', '.join(names)}.")
        st.caption(
            "Every pixel belongs to one region. They come from the network's own mask, not from "
            "a reader: if the mask is wrong, so are they."
        )
    for index, name in enumerate(names):
        with tiles, st.container():
            st.markdown(f"**{name.capitalize()}, {_size(weights[index])} weights**")
            figure = cells.cell_figure(
                case.image.pixels, weights[index], prediction.frame,
                cells.region_scale(regions.REGION_COLOURS[index % 3]), opacity,
            )  # fmt: skip
            total = float(weights[index].mean())
            picture(
                figure, f"_weights_{name}",
                f"Share of the {name} in each of {_size(weights[index])} cells over the image.",
            )  # fmt: skip
            st.caption(f"{total:.0%} of all cells together. Hover for the share of a cell.")
    if not fine.tensor[1:].any():
        st.info(
            f"The network drew no mask on this image, so all of it counts as {names[0]}.",
            icon=":material/info:",
        )
    st.caption(
        f"The classifier never sees the sharp regions on the left, only these "
        f"{_size(weights[0])} shares: in every cell the three add up to 1. They say where the "
        "features are sorted to, not which of them matter; for that see *Share of the decision*. "
        "Cells over the black padding of the square are not shown."
    )


def _show_scores(case: Case, prediction: Prediction, view: View, opacity: float) -> None:
    split = arrays.logit_split(prediction.maps)
    tiles = st.grid(2, min_column_width=330, gap="medium")
    with tiles:
        st.plotly_chart(
            regions.logit_figure(split), key="_split", config=CONFIG,
            alt="What each region adds to the log-odds of malignant: " + ", ".join(
                f"{name} {value:+.2f}"
                for name, value in zip(split.regions, split.contributions, strict=True)
            ),
        )  # fmt: skip
    with tiles, st.container():
        st.metric("Probability of malignancy", percent(split.probability), border=True)
        terms = "".join(f" {_signed(value)}" for value in (*split.contributions, split.constant))
        residual = abs(split.total - prediction.logit)
        st.markdown(
            f"**{terms.strip()} = {_signed(split.total)}** log-odds, as a probability "
            f"**{percent(split.probability)}**.  \n"
            f"The network's own logit is {_signed(prediction.logit, 4)}; the sum misses it by "
            f"{residual:.0e}, which is rounding."
        )
        st.caption(
            "This is no estimate: from the pooled regions on the network is linear, so its logit "
            "splits exactly. It says how the network adds up, not that a radiologist would. "
            "The constant is the same for every image."
        )
    planes = arrays.score_cells(prediction.maps)
    if planes is not None:
        _show_score_cells(case, prediction, planes, split.regions, opacity)
    st.markdown("##### What attention has to do with it")
    gamma_line(prediction.maps)


def _show_score_cells(
    case: Case, prediction: Prediction, planes: np.ndarray, names: tuple[str, ...], opacity: float
) -> None:
    st.markdown("##### The same shares, cell by cell, on one scale")
    limit = float(np.abs(planes).max())
    tiles = st.grid(3, min_column_width=230)
    for name, plane in zip(names, planes, strict=True):
        with tiles, st.container():
            st.markdown(f"**{name.capitalize()}: {_signed(plane.sum())}**")
            figure = cells.cell_figure(
                case.image.pixels, plane, prediction.frame, cells.signed_scale(limit), opacity
            )
            picture(figure, f"_score_{name}", f"Signed share of the {name} in each cell.")
    outside = float(planes.sum()) - sum(
        float(planes[:, row, column].sum())
        for row, column in arrays.cell_boxes(planes.shape[1:], prediction.frame).seen()
    )
    st.caption(
        "**Green** cells speak for benign, **orange** cells for malignant; the cells of a map add "
        "up to the number above it. A cell's features see far beyond it, so this is where the "
        "evidence is collected, not how far it reaches."
        + (f" Cells in the unseen padding hold {_signed(outside)}." if abs(outside) > 5e-3 else "")
    )


def _show_gate(case: Case, prediction: Prediction, view: View, opacity: float) -> None:
    found = prediction.maps[view.name]
    channels = found.tensor.shape[0]
    channel: int | str = "mean"
    if channels > 1:
        options = ["mean", "max", *range(channels)]
        channel = st.selectbox(f"Channel, one of {channels}", options, key="_channel")
    plane = arrays.gate_plane(found, channel)
    figure = cells.cell_figure(
        case.image.pixels, plane, prediction.frame, cells.gate_scale(), opacity, height=420
    )
    picture(figure, "_gate", f"The gate {view.name} over the image.")
    st.caption(
        f"{found.meaning} The scale is fixed: 0 closes the gate, 1 opens it, and 0.5 everywhere is "
        "where a network starts. A gate weighs features; it does not point at evidence."
    )


def _size(plane: np.ndarray) -> str:
    return f"{plane.shape[0]}×{plane.shape[1]}"


def _signed(value: float, digits: int = 2) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


_VIEWS: dict[str, Callable[[Case, Prediction, View, float], None]] = {
    "region": _show_regions,
    "score": _show_scores,
    "attention": show_attention,
    "gate": _show_gate,
}
