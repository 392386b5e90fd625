"""Small parts that several pages use."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import streamlit as st

from ..core.errors import MtlbusError
from ..core.text import literal
from ..inference.predictor import Prediction
from ..methods import get_spec
from ..methods.panel import members_of
from . import address, services
from .case import Case
from .memory import NONE, joined
from .session import METHOD, METHODS, Slot, shown

LOG = logging.getLogger("mtlbus")
_CAME_WITH: Slot[str | None] = Slot("_came_with", None)  # the first of the last several


def no_methods() -> str:
    """That no network for breast ultrasound is here, and what to do."""
    if services.of_other_tasks():
        return (
            "No network for breast ultrasound is here. Those for other tasks are under *Subject* "
            "in the sidebar; without `MTLBUS_CHECKPOINTS` there are the ones that ship."
        )
    return (
        "No trained network is here yet. Train one with "
        "`python -m mtlbus train METHOD --data LAYOUT=PATH --fold 1 --out checkpoints/METHOD`."
    )


def explain_error(error: Exception) -> None:
    """Show what went wrong as one plain line; anything unforeseen is logged, never shown raw."""
    if isinstance(error, MtlbusError):
        st.error(literal(error), icon=":material/error:")
        return
    LOG.error("Unforeseen error in the app", exc_info=error)
    st.error(
        f"Something unforeseen happened ({type(error).__name__}). The details are in the server's "
        "log. Choose another case or reload the page.",
        icon=":material/error:",
    )


def say_what_is_left_out() -> None:
    """A line above a choice of networks where some of this server cannot be used."""
    titles = [get_spec(name).title for name in services.left_out()]
    if titles:
        st.warning(
            f"Left out, because its weights or their card are broken: {', '.join(titles)}. The "
            "server's log says what is wrong.",
            icon=":material/warning:",
        )


def pick_method(label: str = "Network", panels: bool = False) -> str:
    """A choice of one method, kept over pages and in the address (`?method=…`).

    Args:
        label: of the widget.
        panels: those that ship are among them, and one that was asked for; elsewhere its first
            network is.

    Returns:
        The name. Without any trained method it says so and stops the page.
    """
    names = _names()
    wanted = METHOD.get()
    panel = services.panel_named(wanted)
    if panels:
        names += dict.fromkeys([*services.panels(), *([panel] if panel else [])])
        wanted = panel or wanted
    elif panel is not None:
        wanted = members_of(panel, names)[0]
        address.say(
            "One looks into a panel through its networks, one by one; showing "
            f"{services.title_of(wanted)}."
        )
    if wanted is not None and wanted not in names:
        _say_unknown([str(wanted)[:40]], "showing another")
    now = wanted if wanted in names else services.first_of(names)
    look = shown("_pick_method", now, METHOD.set)
    chosen = st.selectbox(label, names, format_func=services.title_of, **look)
    METHOD.set(chosen)
    address.write_link("method", chosen)
    return chosen


def pick_methods(
    methods: Sequence[str] | None = None, default: int = 3, everything: bool = False
) -> list[str]:
    """A choice of several methods, kept over pages and in the address (`?methods=a,b`).

    The network that one comes with, from a page about a single one, is among them and the first.

    Args:
        methods: names to choose from; None for all with trained weights and the panels that ship.
        default: how many are chosen at first.
        everything: one click chooses all of them.

    Returns:
        The names, after the one that one came with in the order of `methods`; may be empty, and
        then the page says what to do.
    """
    names = _names(methods)
    came_with = METHOD.get()
    came_with = came_with if came_with in names else services.first_of(names)
    first = sorted(names, key=lambda name: name != came_with)
    wanted = (METHODS.get() or ",".join(first[:default])).split(",")
    wanted = [services.panel_named(name) or name for name in wanted]
    asked = [name for name in wanted if services.panel_named(name)]
    shipped = services.panels() if methods is None else []
    names += dict.fromkeys([*shipped, *asked])
    if _CAME_WITH.get() not in (None, came_with):  # another one since
        wanted = [came_with, *wanted]
    _CAME_WITH.set(came_with)
    unknown = [name for name in wanted if name not in names and name != NONE]
    if unknown:
        _say_unknown(unknown, "left out")
    now = [name for name in names if name in wanted]
    now = now if now or NONE in wanted else first[:default]
    chosen = st.pills(
        "Networks",
        names,
        selection_mode="multi",
        format_func=services.title_of,
        wrap=True,
        **shown("_pick_methods", now, lambda said: METHODS.set(joined(said))),
    )
    if everything and len(names) > 1:
        st.button(
            f"All {len(names)}", key="_pick_methods_all", icon=":material/select_all:",
            disabled=len(chosen) == len(names), on_click=METHODS.set, args=(",".join(names),),
        )  # fmt: skip
    chosen = [name for name in sorted(names, key=lambda name: name != came_with) if name in chosen]
    METHODS.set(joined(chosen))
    if chosen:
        address.write_link("methods", ",".join(chosen))
    return chosen


def _names(methods: Sequence[str] | None = None) -> list[str]:
    """What can be chosen: these, or all with trained weights; without any the page stops here."""
    names = list(services.available() if methods is None else methods)
    say_what_is_left_out()
    if not names:
        st.info(no_methods(), icon=":material/info:")
        address.stop()
    return names


def _say_unknown(names: Sequence[str], instead: str) -> None:
    """Say which names of an address are no choice here, and what is done instead."""
    others = services.of_other_tasks()
    strange = ", ".join(name for name in names if name in others)
    unknown = ", ".join(name for name in names if name not in others)
    if strange:
        address.say(f"“{strange}” is not about breast ultrasound; {instead}.")
    if unknown:
        address.say(f"No trained network is named “{unknown[:80]}”; {instead}.")


def ask(case: Case, method: str) -> Prediction:
    """What a method says about a case, with words while its network computes or waits.

    Raises:
        InputError: the image is refused; a page asks `input_line.let_in` before it gets here.
    """
    if services.is_ready(case, method):
        return services.predict(case, method)
    services.predictor(method)  # loading has a spinner of its own
    with st.spinner(f"Asking {services.title_of(method)} …"):
        return services.predict(case, method)


def ask_all(case: Case, methods: Sequence[str], maps: bool = False) -> dict[str, Prediction]:
    """The same of several methods, by name; with their inner maps if `maps`."""
    if not all(services.is_ready(case, method) for method in methods):
        for method in methods:
            services.predictor(method)  # loading has a spinner of its own
    with st.spinner("Asking the networks …"):
        return {method: services.predict(case, method, maps) for method in methods}
