"""A question that takes many phantoms: a button that starts it, progress, and a way to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ...data.phantom_parameters import PhantomParameters
from .. import services
from ..theme import strong
from ..widgets import explain_error
from . import background, points


class Sweep:
    """Networks and the phantoms that they are to be asked about.

    Args:
        name: of the question, which keys its elements.
        wanted: the phantoms.
        methods: the networks.
    """

    def __init__(
        self, name: str, wanted: Sequence[PhantomParameters], methods: Sequence[str]
    ) -> None:
        self.name, self.wanted, self.methods = name, tuple(dict.fromkeys(wanted)), tuple(methods)
        weights = tuple(services.checkpoint(method).digest for method in methods)
        self.key = name, hash(self.wanted), weights

    def live(self, draw: Callable[[], None]) -> None:
        """Draw the question and what is known of its answer, again and again while work goes on."""
        job = background.current(self.key)
        running = job is not None and job.running

        def part() -> None:
            self._controls(running)
            draw()

        st.fragment(part, run_every=background.EVERY if running else None)()

    def _controls(self, began: bool) -> None:
        job, left = background.current(self.key), self._left()
        if job is not None and job.running:
            job.look()
            with st.container(horizontal=True, vertical_alignment="center"):
                total = len(job.steps)
                st.progress(job.done / total, f"Phantom {min(job.done + 1, total)} of {total}")
                st.button(
                    "Stop", key=f"_lab_stop_{self.name}", icon=":material/stop:", on_click=job.stop
                )
        elif began:
            st.rerun()  # the whole page, which then looks no more every second
        if job is not None and job.error is not None:
            explain_error(job.error)
        if left and (job is None or not job.running):
            done = len(self.wanted) - len(left)
            word = f"Go on: {done} of {len(self.wanted)} are done" if done else "Draw it"
            networks = f"{len(self.methods)} network{'s' if len(self.methods) > 1 else ''}"
            asked = st.button(
                word, key=f"_lab_start_{self.name}", type=strong(), icon=":material/play_arrow:",
                help=f"Asks {networks} about {len(left)} phantoms, in the background.",
            )  # fmt: skip
            if asked:
                self._begin(left)
                st.rerun()

    def _left(self) -> list[PhantomParameters]:
        return points.missing(self.wanted, self.methods)

    def _begin(self, left: Sequence[PhantomParameters]) -> None:
        networks = {method: services.predictor(method) for method in self.methods}
        steps = [lambda one=one: points.ask(networks, one) for one in left]
        background.begin(self.key, steps)
