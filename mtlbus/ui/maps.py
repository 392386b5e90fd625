"""The Attention page's views: one for each kind of inner map, whatever method it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st

from ..core.outputs import Map
from ..explain import attention as arrays
from ..explain.attention import View
from ..figures import cells, regions
from ..figures.style import CONFIG
from ..inference.predictor import Prediction
from . import services, state
from .state import Case

NO_EFFECT = 0.01
QUIET = {**CONFIG, "displayModeBar": False}


def adopt_link(name: str) -> None:
    """Take a value of the address into the session, the first time it is asked for."""
    if name not in st.session_state and name in st.query_params:
        st.session_state[name] = st.query_params[name]


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
    st.session_state["_map"] = wanted if wanted in names else views[0].name
    chosen = st.segmented_control(
        "Map", list(names), format_func=names.get, key="_map", required=True, wrap=True,
        on_change=lambda: st.session_state.update(map=st.session_state["_map"]),
    )  # fmt: skip
    state.write_link("map", chosen)
    return views[list(names).index(chosen)]


def show(case: Case, prediction: Prediction, view: View, opacity: float) -> None:
    """Draw a view of the prediction's maps."""
    _VIEWS[view.kind](case, prediction, view, opacity)


def _picture(figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, key=key, config=QUIET, alt=alt)


def _gamma_line(maps: Mapping[str, Map], part: str = "") -> None:
    """γ of the attention, with what it means; of one region, or of all."""
    found = arrays.gammas(maps)
    if part in found:
        found = {part: found[part]}
    if not found:
        return
    small = all(abs(value) < NO_EFFECT for value in found.values())
    numbers = ", ".join(
        f"**γ = {value:+.3f}**" + (f" in the {name}" if name != "γ" else "")
        for name, value in found.items()
    )
    if small:
        verdict = (
            "The attended context is multiplied by γ before it is added. While γ is close to 0, "
            "**attention has no effect on the answer**, however striking its maps look."
        )
    else:
        verdict = (
            "The attended context is multiplied by γ before it is added, so attention counts only "
            "where γ differs from 0."
        )
    st.markdown(f"{numbers}. {verdict}".replace("+-", "−").replace("= -", "= −"))


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
        _picture(figure, "_regions", f"{case.title} tinted by region: {', '.join(names)}.")
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
            _picture(
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
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.plotly_chart(
            regions.logit_figure(split), key="_split", config=CONFIG,
            alt="What each region adds to the log-odds of malignant: " + ", ".join(
                f"{name} {value:+.2f}"
                for name, value in zip(split.regions, split.contributions, strict=True)
            ),
        )  # fmt: skip
    with right:
        st.metric("Probability of malignancy", f"{split.probability:.1%}", border=True)
        terms = "".join(f" {_signed(value)}" for value in (*split.contributions, split.constant))
        residual = abs(split.total - prediction.logit)
        st.markdown(
            f"**{terms.strip()} = {_signed(split.total)}** log-odds, as a probability "
            f"**{split.probability:.1%}**.  \n"
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
    _gamma_line(prediction.maps)


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
            _picture(figure, f"_score_{name}", f"Signed share of the {name} in each cell.")
    outside = float(planes.sum()) - sum(
        float(planes[:, row, column].sum())
        for row, column in arrays.cell_boxes(planes.shape[1:], prediction.frame).seen()
    )
    st.caption(
        "Green cells speak for benign, orange cells for malignant; the cells of a map add up to "
        "the number above it. A cell's features see far beyond the cell, so this is where the "
        "evidence is collected, not how far it reaches."
        + (f" Cells in the unseen padding hold {_signed(outside)}." if abs(outside) > 5e-3 else "")
    )


@st.fragment
def _show_attention(case: Case, prediction: Prediction, view: View, opacity: float) -> None:
    found = prediction.maps[view.name]
    grid, boxes = found.grid, arrays.cell_boxes(found.grid, prediction.frame)
    cell = _pick_cell(grid, boxes)
    heads = found.tensor.shape[0]
    head = None
    if heads > 1:
        choice = st.selectbox("Head", ["mean of all", *map(str, range(heads))], key="_head")
        head = None if choice == "mean of all" else int(choice)
    row, total = arrays.attention_row(found, cell, head), arrays.received(found, head)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**Where the cell in row {cell[0]}, column {cell[1]} looks**")
        figure = cells.cell_figure(
            case.image.pixels, row, prediction.frame, cells.attention_scale(row), opacity,
            chosen=cell, clickable=True, height=400,
        )  # fmt: skip
        st.plotly_chart(
            figure, key="_clicks", config=QUIET, on_select=_take_click, selection_mode="points",
            alt=f"Attention of the cell in row {cell[0]}, column {cell[1]} over the image.",
        )  # fmt: skip
        st.caption(
            f"**Click a cell** to make it the one that looks (outlined). Its {row.size} weights "
            f"add up to 1; an even look would give {1 / row.size:.1%} to each. The scale ends at "
            f"this row's largest weight, {row.max():.1%}."
        )
    with right:
        st.markdown("**Where the context comes from, over all cells**")
        figure = cells.cell_figure(
            case.image.pixels, total, prediction.frame, cells.attention_scale(total), opacity,
            height=400,
        )  # fmt: skip
        _picture(figure, "_received", "How much each cell is looked at on average.")
        st.caption(
            "The mean over all cells that look. It is weight, not importance: a cell that is "
            "looked at much may hold nothing that changes the answer."
        )
    unseen = row.sum() - sum(row[seen] for seen in boxes.seen())
    extra = f" {unseen:.1%} of this cell's look goes to the padding." if unseen > 5e-4 else ""
    if np.ptp(row) < 0.05 * row.max():
        extra += " This row is flat: the cell looks everywhere alike."
    st.caption(f"{found.meaning}{extra}")
    _gamma_line(prediction.maps, view.name.partition(".")[2])


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
    _picture(figure, "_gate", f"The gate {view.name} over the image.")
    st.caption(
        f"{found.meaning} The scale is fixed: 0 closes the gate, 1 opens it, and 0.5 everywhere is "
        "where a network starts. A gate weighs features; it does not point at evidence."
    )


def _pick_cell(grid: tuple[int, int], boxes: arrays.CellBoxes) -> tuple[int, int]:
    """The cell that looks, by click or by numbers; kept in the address as `cell`."""
    adopt_link("cell")
    cell = _parse_cell(st.session_state.get("cell"), boxes)
    st.session_state["_row"], st.session_state["_column"] = cell
    seen = boxes.seen()
    limits = [(min(index), max(index)) for index in zip(*seen, strict=True)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, (low, high) in zip(("row", "column"), limits, strict=True):
            st.number_input(
                f"{name.capitalize()}, {low} to {high}", low, high, key=f"_{name}", width=150,
                on_change=_take_numbers, help="Rows count from the top, columns from the left.",
            )  # fmt: skip
    state.write_link("cell", f"{cell[0]},{cell[1]}")
    return cell


def _parse_cell(text: str | None, boxes: arrays.CellBoxes) -> tuple[int, int]:
    """ "3,4" as a visible cell; the one in the middle where it is none."""
    seen = boxes.seen()
    parts = (text or "").split(",")
    if len(parts) == 2 and all(part.strip().isdecimal() for part in parts):
        cell = (int(parts[0]), int(parts[1]))
        if cell in seen:
            return cell
    return (len(boxes.top) // 2, len(boxes.left) // 2)


def _take_numbers() -> None:
    st.session_state["cell"] = f"{st.session_state['_row']},{st.session_state['_column']}"


def _take_click() -> None:
    points = st.session_state["_clicks"]["selection"]["points"]
    if points and points[0].get("customdata"):
        row, column = points[0]["customdata"][:2]
        st.session_state["cell"] = f"{row},{column}"


def _size(plane: np.ndarray) -> str:
    return f"{plane.shape[0]}×{plane.shape[1]}"


def _signed(value: float, digits: int = 2) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


_VIEWS: dict[str, Callable[[Case, Prediction, View, float], None]] = {
    "region": _show_regions,
    "score": _show_scores,
    "attention": _show_attention,
    "gate": _show_gate,
}
