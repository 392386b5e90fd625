"""Ask several networks about one or two images: only those that have not been asked run."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...inference.predictor import Prediction
from .. import address, services, stopping
from ..case import Case
from ..session import Slot

_STOPPED: Slot[tuple | None] = Slot("_compare_stopped", None)  # images and networks
Predictions = list[dict[str, Prediction]]


def ask(cases: Sequence[Case], methods: Sequence[str]) -> Predictions:
    """What each method says about each image, with progress and a way to stop.

    Args:
        cases: the images.
        methods: names of `services.available()`.

    Returns:
        For each image, by method, in the order asked. After a stop only the methods that have
        answered for all images, and the page offers to ask the others; without any, it ends there.
    """
    wish = (tuple(case.image.sha256 for case in cases), tuple(methods))
    missing = [(c, m) for m in methods for c in cases if not services.is_ready(c, m)]
    left = {method for _, method in missing}
    if missing and _STOPPED.get() == wish:
        _offer_the_rest(len(left), len(methods))
        methods = [method for method in methods if method not in left]
        if not methods:
            address.stop()
    elif len(missing) > 1:
        _work(missing, wish)
    elif missing:
        with st.spinner(f"Asking {services.title_of(missing[0][1])} …"):
            services.predict(*missing[0])
    return [{method: services.predict(case, method) for method in methods} for case in cases]


def _work(missing: list[tuple[Case, str]], wish: tuple) -> None:
    """A click anywhere interrupts between two networks, and what is done stays done."""
    with stopping.progress("_compare_stop", lambda: _STOPPED.set(wish)) as bar:
        for number, (case, method) in enumerate(missing):
            text = f"Asking {services.title_of(method)}, {number + 1} of {len(missing)}"
            bar.progress(number / len(missing), text)
            services.predict(case, method)


def _offer_the_rest(missing: int, count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(
            f"Stopped: {count - missing} of {count} networks have answered.",
            icon=":material/stop_circle:",
        )
        st.button(
            f"Ask the other {missing}",
            key="_compare_go_on",
            icon=":material/play_arrow:",
            on_click=_STOPPED.take,
        )
