"""The threshold and all that moves with it: curves, confusion matrix, counts, people, cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from ...core.text import literal
from ...core.wording import share_with_interval, with_interval
from ...evaluation import judged_rows
from ...evaluation.comparisons import AucInterval
from ...evaluation.judged_rows import Table
from ...evaluation.operating_points import Confusion, wilson_interval
from ...figures.confusion import ENDS, confusion_figure
from ...figures.decision import decision_figure
from ...figures.roc import OperatingPoint, precision_recall_figure, roc_figure
from ...figures.style import FEW, QUIET
from .. import address, charts, in_sight, services
from ..memory import mirror, number, pick, slider, switch
from ..session import Slot, selected, shown
from ..tables import show_table
from ..theme import is_dark
from . import case_list, files, people
from .table_picks import pick_table

RULES = {
    "shipped": "Shipped",
    "sensitivity": "Sensitivity",
    "youden": "Youden",
    "cost": "Cost",
    "hand": "By hand",
}
RULES_HELP = (
    "**Shipped**: what the other pages use. **Sensitivity**: the largest threshold that finds so "
    "many cancers. **Youden**: the largest sensitivity + specificity. **Cost**: the smallest sum "
    "of missed cancers and false alarms, when one of the first costs as much as so many of the "
    "second. Balanced means sensitivity and specificity as equal as possible. All are chosen on "
    "validation images, never on the test images that are shown. **By hand**: the slider, the "
    "same for every network."
)


class Amount(NamedTuple):
    """What a rule asks for, moved by a slider; its name is that in the address, too."""

    name: str
    label: str
    default: int
    least: int
    most: int
    unit: float


AMOUNTS = {
    "sensitivity": Amount("least", "At least so many of 100 cancers are found", 95, 50, 100, 0.01),
    "cost": Amount("cost", "A missed cancer costs as much as so many false alarms", 10, 1, 50, 1),
}
"""By rule; `unit` makes of a step of the slider what `judged_rows.threshold_for` takes."""
_FORMER = {"sensitivity_95": "sensitivity"}  # rules as older addresses call them
_RULE: Slot[str | None] = Slot("rule", None)
_THRESHOLD: Slot[float | str] = Slot("threshold", 0.5)
_END: Slot[str | None] = Slot("end", None)  # of which cell of the matrix the cases are listed
NARROWEST = 340  # pixels; below twice this the halves stand one above the other


@st.fragment
@services.one_look()
def show(tables: Sequence[Table], images: str, others: Sequence[Table] = ()) -> None:
    """The whole block; a move of the threshold reruns only this.

    Args:
        tables: of the methods with a class.
        images: which test images.
        others: methods without a class, which are only taken away with the rest.
    """
    thresholds, origin = _pick_thresholds(tables)
    counts, points = files.judged_at(tables, images, thresholds)
    with st.grid(2, min_column_width=NARROWEST, gap="medium"):
        curves, matrix = st.container(), st.container()
    with matrix:
        if len(tables) == 1:
            st.markdown(f"**Confusion matrix of {tables[0].title}**")
        table = pick_table(tables, "Confusion matrix of", "matrix_of")
        _show_matrix(table, counts[table.title])
    with curves:
        _show_curves(tables, images, points, table.title)
    st.caption(origin)
    _show_counts(tables, images, counts, thresholds)
    _show_cases(table, images, thresholds[table.method])
    if images != judged_rows.PHANTOMS:  # simulated images say nothing about a clinic
        people.show(table, counts[table.title])
    files.downloads([*tables, *others], images, thresholds)


def _pick_thresholds(tables: Sequence[Table]) -> tuple[dict[str, float], str]:
    """The threshold of each method by name, by a rule or by hand, and where they come from.

    Kept in the address.
    """
    tiles = st.grid(2, min_column_width=NARROWEST, gap="medium")
    if (kept := _RULE.get()) in _FORMER:
        _RULE.set(_FORMER[kept])
    with tiles:
        rule = pick(
            "Call an image malignant from this probability on", _RULE.name, RULES,
            format_func=RULES.get, help=RULES_HELP,
        )  # fmt: skip
    with tiles:
        amount = _pick_amount(rule)
    chosen = {
        table.method: None if rule == "hand" else judged_rows.threshold_for(table, rule, amount)
        for table in tables
    }
    missing = [table.title for table in tables if rule != "hand" and chosen[table.method] is None]
    first = chosen[tables[0].method]
    if first is not None:
        _THRESHOLD.set(min(first, 1.0))  # above 1 nobody is called malignant
    by_hand = round(number(_THRESHOLD.name, 0.5, 0.0, 1.0), 3)
    if amount is None or missing:
        with tiles:
            st.slider(
                "Threshold", 0.0, 1.0, step=0.001, format="%.3f",
                help="Moving it takes the threshold into your hand. Left and right arrow keys "
                "work.", **shown("_threshold", by_hand, _take_threshold),
            )  # fmt: skip
    if rule == "hand" or missing:
        address.write_link("threshold", f"{by_hand:.3f}")
    else:
        address.drop_link("threshold")
    if missing:
        st.info(
            f"{', '.join(missing)}: no validation images of both classes to choose on; the slider "
            "is used instead.",
            icon=":material/info:",
        )
    taken = {name: by_hand if value is None else value for name, value in chosen.items()}
    return taken, _origin(tables, rule)


def _pick_amount(rule: str) -> float | None:
    """What the rule asks for, by a slider; None for a rule that asks for nothing."""
    for other, one in AMOUNTS.items():
        if other != rule:
            address.drop_link(one.name)
    if rule not in AMOUNTS:
        return None
    one = AMOUNTS[rule]
    return one.unit * slider(one.label, one.name, one.default, one.least, one.most, step=1)


def _take_threshold(by_hand: float) -> None:
    _THRESHOLD.set(by_hand)
    _RULE.set("hand")


def _origin(tables: Sequence[Table], rule: str) -> str:
    """Where the thresholds come from, in words."""
    if rule == "hand":
        return "Set by hand, for every network alike; shown on test images."
    names = {str(table.card.default_operating_point) for table in tables}
    what = "The shipped thresholds" if rule == "shipped" else "Thresholds"
    if rule == "shipped" and len(names) == 1:
        what += f" ({literal(names.pop().replace('_', ' '))})"
    shown = "" if rule in AMOUNTS else "; the slider shows the first's"
    each = f" Each network has its own{shown}." if len(tables) > 1 else ""
    return f"{what} were chosen on validation images and are shown on test images.{each}"


def _show_curves(
    tables: Sequence[Table], images: str, points: dict[str, OperatingPoint], chosen: str
) -> None:
    roc_tab, precision_tab, decision_tab = st.tabs(
        ["ROC", "Precision–recall", "Decision"], key="_curves", on_change="rerun"
    )  # only the open one is drawn
    curves = {table.title: judged_rows.roc(table, images) for table in tables}
    usable = {title: curve for title, curve in curves.items() if curve is not None}
    if not usable:
        st.info("A curve needs benign and malignant images; these are of one class.")
        return
    points = {title: point for title, point in points.items() if title in usable}
    shown = [table for table in tables if table.title in usable]
    if precision_tab.open:
        recalls = {table.title: judged_rows.precision_recall(table, images) for table in shown}
        with precision_tab:
            charts.show(
                precision_recall_figure(recalls, points, chosen),
                "_pr",
                "Precision–recall curves with the operating points.",
            )
    elif decision_tab.open:
        worth = {table.title: judged_rows.decision(table, images) for table in shown}
        at = {title: point.threshold for title, point in points.items()}
        with decision_tab:
            charts.show(
                decision_figure(worth, at, chosen),
                "_decision",
                "Decision curves: net benefit by the probability from which one would act.",
            )
            st.caption(files.DECISION)
    else:
        with roc_tab:
            charts.show(
                roc_figure(usable, points, chosen),
                "_roc",
                "ROC curves: " + ", ".join(f"{t} AUC {c.auc:.3f}" for t, c in usable.items()),
            )
    others = ""
    if len(tables) > FEW:
        others = " Thin lines are the other networks; point at one for its name."
    st.caption(f"{files.BANDS}{others}")


def _show_matrix(table: Table, counts: Confusion) -> None:
    letters = 21 if switch("lecture") else 12  # read from the last row
    charts.show(
        confusion_figure(counts, dark=is_dark(), letters=letters),
        "_matrix",
        f"Confusion matrix of {table.title}: {counts.tp} cancers found, {counts.fn} missed, "
        f"{counts.fp} false alarms, {counts.tn} benign cleared.",
        QUIET,
        on_select=_take_cell,
        selection_mode="points",
    )
    shares = _shares(counts).items()
    lines = (f"{name} **{said}**, {part} of {whole}" for name, (said, part, whole) in shares)
    st.markdown("  \n".join(lines))
    st.segmented_control(
        "List the cases (or click a cell above)",
        list(ENDS),
        format_func=ENDS.get,
        wrap=True,
        **mirror(_END.name, _END.get()),
    )


def _take_cell() -> None:
    points = selected("_matrix")["points"]
    if points and points[0].get("customdata"):
        found = points[0]["customdata"]
        name = found if isinstance(found, str) else found[0]
        if name in ENDS:
            _END.set(name)


def _show_counts(
    tables: Sequence[Table],
    images: str,
    counts: dict[str, Confusion],
    thresholds: dict[str, float],
) -> None:
    rows = []
    for table in tables:
        found = counts[table.title]
        rows.append(
            {
                "Network": table.title,
                "AUC": _area(judged_rows.area(table, images)),
                **{name: said for name, (said, *_) in _shares(found).items()},
                "Accuracy": share_with_interval(found.accuracy),
                "Threshold": f"{thresholds[table.method]:.3f}",
                "Found": found.tp,
                "Missed": found.fn,
                "False alarms": found.fp,
                "Cleared": found.tn,
            }
        )
    pinned = {"Network": st.column_config.TextColumn(pinned=True)}
    show_table(rows, "AUC, counts and shares of every network.", pinned)
    st.caption(
        "In brackets 95 % intervals: of the AUC by DeLong with patients or groups kept together, "
        "of the shares by Wilson, who takes images as independent. A click on a column's head "
        "sorts."
    )


def _shares(counts: Confusion) -> dict[str, tuple[str, int, int]]:
    """Each share with its 95 % interval in words, and what it is a share of."""
    parts = {
        "Sensitivity": (counts.tp, counts.tp + counts.fn),
        "Specificity": (counts.tn, counts.tn + counts.fp),
    }
    return {
        name: (share_with_interval(k / n, *wilson_interval(k, n)) if n else "not defined", k, n)
        for name, (k, n) in parts.items()
    }


def _area(found: AucInterval | None) -> str:
    if found is None:
        return "not defined"
    return with_interval(found.auc, found.low, found.high)


def _show_cases(table: Table, images: str, threshold: float) -> None:
    end = _END.get()
    if end not in ENDS:
        return
    rows = judged_rows.ending(judged_rows.select(table, images), threshold, end)
    head = f"**{ENDS[end]} by {table.title}: {len(rows)} images**, most surprising first"
    with st.container(key="_ending"):
        in_sight.follow("_ending", (end, table.method), at_first=True)
        st.markdown(head)
        if rows.empty:
            st.caption("None at this threshold.")
            return
        case_list.show(
            rows.assign(method=table.method),
            {
                "image_id": "Image", "dataset": "Dataset", "probability": "Probability",
                "dice": "Dice", "birads": "BI-RADS", "histology": "Histology", "device": "Device",
            },
            f"_cases_{end}",
            f"The images that end as {ENDS[end].lower()}.",
        )  # fmt: skip
