"""What a probability of this size was worth on test images, and at the reader's prevalence."""

from __future__ import annotations

import logging

import streamlit as st

from ...checkpoints import Checkpoint
from ...core.errors import MtlbusError
from ...evaluation import judged_rows
from ...evaluation.operating_points import PREVALENCE
from ...findings import Finding
from ...findings.worth import worth_of
from ..memory import number, slider

LOG = logging.getLogger("mtlbus")


def show(finding: Finding, checkpoint: Checkpoint) -> tuple[str, ...]:
    """Say it where it may be said; returns the lines."""
    if not finding.promises:
        return ()
    try:
        table = judged_rows.load_table(checkpoint)
    except MtlbusError as error:
        LOG.warning("Nothing is known of test images: %s", error)
        return ()
    found = worth_of(finding, judged_rows.of_patients(table))
    if found is None:
        return ()
    st.markdown("**What such a probability was worth**")
    place = st.empty()
    lines = [found.sentence]
    if found.local.n:
        kept = number("prevalence", *PREVALENCE)
        with st.popover(f"Your patients: {kept:g} of 100", icon=":material/groups:"):
            of_100 = slider(
                "Of 100 people with a lesion whom you see, so many have cancer", "prevalence",
                *PREVALENCE, step=0.5, format="%.1f",
                help="Kept for this visit; Performance uses the same.",
            )  # fmt: skip
        lines.append(found.at(of_100 / 100))
    place.markdown("\n".join(f"- {line}" for line in lines))
    return tuple(lines)
