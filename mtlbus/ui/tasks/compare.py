"""Compare where the case is no breast ultrasound: several networks on one image."""

from __future__ import annotations

import streamlit as st

from ...core.text import literal
from ...data.task_case import TaskCase
from . import networks
from .answers import Said, say_how_drawn, show_task


def show(case: TaskCase) -> None:
    """The answers of several networks side by side, task by task."""
    st.title("Compare networks")
    names = networks.pick_several(case.declaration)
    titles = networks.labels(networks.available(case.declaration))
    found = []
    for name in names:
        with st.spinner(f"Asking {titles[name]} …"):
            found.append(Said(titles[name], networks.predict(case, name).answers))
    st.caption(f"{literal(case.title)}. {literal(case.about)}")
    for task in case.declaration.tasks:
        said = [one for one in found if task.name in one.answers]
        if said:
            show_task(task, case, said)
        else:
            st.caption(f"None of these networks answers {literal(task.name)}.")
    say_how_drawn(case)
