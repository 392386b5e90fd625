"""The confusion matrix, and the same counts moved to a clinic's prevalence as people."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ..evaluation.operating_points import Confusion, NaturalFrequencies
from .colours import BENIGN, EXTRA, MALIGNANT, MISSED
from .style import CLEAR, add_rectangle, finish, see_through

ENDS = {
    "tp": "Cancers found",
    "fn": "Cancers missed",
    "fp": "False alarms",
    "tn": "Benign cleared",
}
"""The four ends of a call, by their names in `Confusion`."""
_PLACES = {"tp": (0, 0), "fn": (1, 0), "fp": (0, 1), "tn": (1, 1)}  # column, row
COLOURS = {"tp": MALIGNANT, "fn": MISSED, "fp": EXTRA, "tn": BENIGN}
"""Of the four ends: what is right wears the colour of its class."""
_INKS = {False: "#17262B", True: "#E4ECEE"}  # of a light and of a dark page


def confusion_figure(counts: Confusion, dark: bool = False, letters: int = 12) -> go.Figure:
    """Rows are the truth, columns the call; counts, and their share of the row.

    The deeper a cell, the larger its share of the row; each wears the colour of its end, as the
    people below. Each cell has a point whose customdata is its name (tp, fn, fp, tn).

    Args:
        counts: of the four ends.
        dark: for a dark page.
        letters: their size, pixels; the counts are larger, and the cells grow along.
    """
    rows = {"tp": counts.tp + counts.fn, "fn": counts.tp + counts.fn}
    rows |= {"fp": counts.fp + counts.tn, "tn": counts.fp + counts.tn}
    figure = finish(go.Figure(), 40 + 35 * letters // 2, legend=False)
    texts = []
    for name, (column, row) in _PLACES.items():
        count = getattr(counts, name)
        share = count / rows[name] if rows[name] else 0.0
        x, y = (column - 0.485, column + 0.485), (row - 0.475, row + 0.475)
        fill, line = see_through(COLOURS[name], 0.06 + 0.4 * share), {"color": COLOURS[name]}
        add_rectangle(figure, x, y, layer="below", fillcolor=fill, line={**line, "width": 1})
        percent = f"{share:.1%} of row" if rows[name] else "row is empty"
        texts.append(
            f"<span style='font-size:{5 * letters // 3}px'><b>{count}</b></span><br>"
            f"{ENDS[name].lower()}<br>{percent}"
        )
    columns, lines = zip(*_PLACES.values(), strict=True)
    ink = _INKS[dark]
    still = {"marker": {"opacity": 0}, "textfont": {"color": ink}}
    figure.add_scatter(
        x=columns, y=lines, mode="markers+text", text=texts, customdata=list(_PLACES),
        marker={"size": 90, "symbol": "square", "color": CLEAR, "opacity": 0},
        hoverinfo="none", selected=still, unselected=still,
        textfont={"color": ink, "size": letters},
    )  # fmt: skip
    bare = {"tickvals": [0, 1], "showgrid": False, "zeroline": False, "fixedrange": True}
    called, true = ["called malignant", "called benign"], [rows["tp"], rows["tn"]]
    named = [f"{name}<br>({n})" for name, n in zip(("malignant", "benign"), true, strict=True)]
    figure.update_xaxes(ticktext=called, side="top", range=[-0.5, 1.5], **bare)
    figure.update_yaxes(ticktext=named, automargin=True, range=[1.5, -0.5], **bare)
    return figure.update_layout(
        margin={"l": 10, "r": 10, "t": 36, "b": 6}, dragmode=False, clickmode="event+select"
    )


def people_figure(frequencies: NaturalFrequencies) -> go.Figure:
    """One dot a person, in the order found, missed, falsely alarmed, rightly cleared."""
    groups = {
        "tp": frequencies.true_positives,
        "fn": frequencies.false_negatives,
        "fp": frequencies.false_positives,
        "tn": frequencies.true_negatives,
    }
    figure, start, columns = go.Figure(), 0, 50
    for name, count in groups.items():
        where = np.arange(start, start + count)
        figure.add_scatter(
            x=where % columns,
            y=where // columns,
            mode="markers",
            hoverinfo="name",
            name=f"{count} {ENDS[name][0].lower() + ENDS[name][1:]}",
            marker={"size": 7, "color": COLOURS[name]},
        )
        start += count
    finish(figure, 260)
    figure.update_xaxes(visible=False, range=[-1, columns], fixedrange=True)
    rows = -(-frequencies.n // columns)
    figure.update_yaxes(visible=False, range=[rows - 0.3, -0.7], fixedrange=True)
    return figure.update_layout(
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        legend={"y": -0.02, "itemclick": False, "itemdoubleclick": False},
        dragmode=False,
    )
