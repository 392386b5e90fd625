"""The Attention page: which network is looked into, and a view for each kind of inner map."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ..explain.views import can_be_seen
from ..methods import get_spec
from . import gate_maps, region_maps, services, state, untrained
from .attention_cells import show_attention
from .look import WIRING, Look
from .memory import mirror
from .state import Case
from .view_picks import Pick
from .widgets import pick_method

SWITCH = "Show untrained methods: the wiring only"


def methods_with_views() -> list[str]:
    """Names of the trained methods that have a map to look at, by their cards."""
    return [
        name
        for name, checkpoint in services.available().items()
        if any(can_be_seen(entry["name"]) for entry in checkpoint.card["spec"]["maps"])
    ]


def switch_untrained() -> bool:
    """Whether to look into networks without trained weights; kept in the address.

    A link to a method that has trained weights by now shows these.
    """
    names = untrained.methods()
    if "untrained" not in st.session_state:
        wished = st.query_params.get("untrained") == "1"
        st.session_state["untrained"] = wished and (
            st.session_state.get("method") not in services.available()
        )
    if not names:
        return False
    chosen = st.toggle(
        SWITCH, **mirror("untrained", st.session_state["untrained"]),
        help="Methods of the papers that nobody has trained here yet. With random weights their "
        "maps show what is connected to what, never what a network has learnt.",
    )  # fmt: skip
    if chosen:
        state.write_link("untrained", "1")
    elif "untrained" in st.query_params:
        del st.query_params["untrained"]
    return chosen


def pick_trained() -> str:
    """A method with trained weights; at first one that has maps."""
    with_views = methods_with_views()
    if "method" not in st.session_state and with_views:
        st.session_state["method"] = with_views[0]
    return pick_method()


def pick_untrained() -> str:
    """A method without trained weights. The other pages never hear of it."""
    linked = st.session_state.get("method")
    if untrained.is_untrained(linked):
        st.session_state["wiring"] = st.session_state.pop("method")
    names, wanted = untrained.methods(), st.session_state.get("wiring")
    if untrained.is_untrained(wanted) and wanted not in names:
        names.append(wanted)
    chosen = st.selectbox(
        "Method without trained weights", names, format_func=lambda name: get_spec(name).title,
        **mirror("wiring", wanted if wanted in names else names[0]),
    )  # fmt: skip
    st.session_state["wiring"] = chosen
    state.write_link("method", chosen)
    return chosen


def look_at(case: Case, method: str, is_untrained: bool, opacity: float) -> Look:
    """The inner maps of a method on a case."""
    if is_untrained:
        return Look(
            case=case,
            title=get_spec(method).title,
            maps=untrained.maps_of(case, method),
            frame=services.prepared(case, untrained.input_size(method)).frame,
            size=untrained.input_size(method),
            logit=None,
            trained=False,
            opacity=opacity,
        )
    found = services.predict(case, method, maps=True)
    return Look(
        case=case,
        title=services.title_of(method),
        maps=found.maps,
        frame=found.frame,
        size=found.size,
        logit=found.logit,
        trained=True,
        opacity=opacity,
    )


def warn_untrained(title: str) -> None:
    """Say above all pictures what random weights are worth."""
    st.warning(
        f"**{WIRING.capitalize()}.** {title} has not been trained here: its weights were drawn at "
        "random, the same ones each time. The pictures show which part looks at which, at what "
        "resolution; whatever pattern they have comes from the image and from chance. No "
        "probability and no outline is shown for it.",
        icon=":material/casino:",
    )


def offer_others(look: Look) -> None:
    """Say that a method has no inner map to look at, and lead to those that have."""
    key = "method" if look.trained else "wiring"
    others = methods_with_views() if look.trained else untrained.methods()
    st.info(
        f"**{look.title}** has no attention, gate or region inside: nothing of it "
        "can be shown as a map. "
        + ("These methods have inner maps:" if others else "No trained method here has one yet."),
        icon=":material/visibility_off:",
    )
    with st.container(horizontal=True):
        for name in others:
            st.button(
                f"Show {get_spec(name).title}",
                key=f"_show_{name}",
                on_click=lambda name=name: st.session_state.update({key: name}),
            )


def show(look: Look, pick: Pick) -> None:
    """Draw what was picked."""
    _VIEWS[pick.view.form](look, pick)


def file_name(look: Look, method: str) -> str:
    """Of the arrays to take away."""
    mark = "" if look.trained else f"_{WIRING.replace(': ', '_').replace(', ', '_')}"
    return f"{look.case.key}_{method}{mark}_maps.npz".replace(":", "_").replace(" ", "-")


_VIEWS: dict[str, Callable[[Look, Pick], None]] = {
    "region": region_maps.show_regions,
    "score": region_maps.show_scores,
    "attention": show_attention,
    "gate": gate_maps.show_gates,
    "channels": gate_maps.show_channels,
    "offset": gate_maps.show_offsets,
    "feature": gate_maps.show_features,
    "numbers": gate_maps.show_numbers,
}
