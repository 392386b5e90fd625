"""Attention where the case is no breast ultrasound: the inner maps of one network on it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ...core.text import literal
from ...data.task_case import Picture, TaskCase
from ...explain.views import can_be_seen, list_views, with_views
from ..attention.look import Look
from ..attention.views import explore
from . import networks
from .predict import say_what_it_knows


def show(case: TaskCase) -> None:
    """Which task's mask gates which, what looks where; the same pictures as for any network."""
    about = "What happens inside the network on its way to the answers."
    name = networks.head(case, "Attention", about)
    here = networks.available(case.declaration)
    say_what_it_knows(name, case)
    found = networks.predict(case, name, maps=True)
    maps = {one: inner for one, inner in found.maps.items() if can_be_seen(one)}
    label = networks.labels(here)[name]
    if not list_views(maps):
        with_maps = [networks.label(other, here[other]) for other in with_views(here)]
        st.info(
            f"**{literal(label)}** has no inner map to look at. "
            + (f"These have: {literal(', '.join(with_maps))}." if with_maps else ""),
            icon=":material/visibility_off:",
        )
        return
    drawn = replace(case, image=Picture(case.image.seen, case.image.sha256, case.image.name))
    explore(Look(
        drawn, name, label, maps, found.frame, found.size, None, True, found.weights_sha256, 0.6
    ))  # fmt: skip
