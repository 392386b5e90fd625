"""What a call is worth where fewer people have cancer than in a dataset: natural frequencies."""

from __future__ import annotations

import streamlit as st

from ...core.wording import share_with_interval
from ...evaluation.judged_rows import Table
from ...evaluation.operating_points import (
    PREVALENCE,
    Confusion,
    natural_frequencies,
    predictive_values,
)
from ...figures.confusion import people_figure
from ...figures.style import QUIET
from .. import charts
from ..memory import slider

NARROWEST = 340  # pixels; below twice this the halves stand one above the other


def show(table: Table, counts: Confusion) -> None:
    """Predictive values at a prevalence that is chosen, as people and as a picture."""
    if not (counts.tp + counts.fn and counts.tn + counts.fp):
        return
    with st.container(border=True):
        tiles = st.grid(2, min_column_width=NARROWEST, gap="medium")
        with tiles, st.container():
            st.markdown(f"**What a call of {table.title} is worth in a clinic**")
            percent = slider(
                "Of the people who come, this many in 100 have cancer",
                "prevalence",
                *PREVALENCE,
                step=0.5,
                format="%.1f",
                help=f"Among these test images it is {100 * counts.prevalence:.0f} in 100, far "
                "more than where people are screened.",
            )
            prevalence = percent / 100
            people = natural_frequencies(counts.sensitivity, counts.specificity, prevalence)
            values = predictive_values(counts.sensitivity, counts.specificity, prevalence)
            called = people.true_positives + people.false_positives
            st.markdown(
                f"Of **1000** people **{people.malignant}** have cancer. It calls **{called}** "
                f"malignant: **{people.true_positives}** rightly, **{people.false_positives}** as "
                f"a false alarm. It misses **{people.false_negatives}**."
            )
            st.markdown(
                f"A malignant call is right in **{share_with_interval(values.ppv)}** (PPV), a "
                f"benign call in **{share_with_interval(values.npv)}** (NPV)."
            )
            st.caption(
                "If sensitivity and specificity stayed the same there, which no test here shows."
            )
        with tiles, st.container():
            figure = people_figure(people)
            charts.show(
                figure,
                "_people",
                f"One dot for each of 1000 people: {people.true_positives} cancers found, "
                f"{people.false_negatives} missed, {people.false_positives} false alarms, "
                f"{people.true_negatives} cleared.",
                QUIET,
            )
            charts.offer(f"1000 people, {people.malignant} with cancer", figure, "1000_people")
