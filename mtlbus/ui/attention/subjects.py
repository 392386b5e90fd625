"""The Attention page: which networks are looked into, and what of them is taken away."""

from __future__ import annotations

import streamlit as st
import torch

from ...core.outputs import Map, MapWords
from ...explain.views import can_be_seen, with_views
from ...methods import get_spec
from .. import address, input_line, services, untrained
from ..case import Case
from ..memory import mirror, toggle
from ..session import METHOD, UNTRAINED, WIRING, Slot
from ..widgets import pick_method
from . import beside
from .look import MASK, RANDOM, Look
from .view_picks import MAP

ANSWER = MapWords(
    caution="It is the answer, not the way to it. The outline on the other pages runs at 0.5 "
    "unless one moves it. **It is not the probability of malignancy**, and how sure the network is "
    "of a pixel is not how often it is right there.",
    quantity="probability",
    ends=("0", "0.5 outline", "1"),
    learnt=False,
)
SWITCH = "Show untrained methods: the wiring only"


def switch_untrained() -> bool:
    """Whether to look into networks without trained weights; kept in the address.

    A link to a method that has trained weights by now shows these.
    """
    if address.came_by_link("untrained") and METHOD.get() in services.available():
        UNTRAINED.set(False)
    if not untrained.methods():
        return False
    return toggle(
        SWITCH,
        UNTRAINED.name,
        help="Methods of the papers that nobody has trained here yet. With random weights their "
        "maps show what is connected to what, never what a network has learnt.",
    )


def pick_trained() -> str:
    """A method with trained weights; at first that of the other pages, if it has maps."""
    names = with_views(services.available())
    if METHOD.get() is None and names:
        METHOD.set(services.first_of(names))
    return pick_method()


def pick_untrained() -> str:
    """A method without trained weights. The other pages never hear of it."""
    if untrained.is_untrained(METHOD.get()):
        WIRING.set(METHOD.take())
    names, wanted = untrained.methods(), WIRING.get()
    if untrained.is_untrained(wanted) and wanted not in names:
        names.append(wanted)
    chosen = st.selectbox(
        "Method without trained weights",
        names,
        format_func=lambda name: get_spec(name).title,
        **mirror(WIRING.name, wanted if wanted in names else names[0]),
    )
    WIRING.set(chosen)
    address.write_link("method", chosen)
    return chosen


def look_at(case: Case, method: str, opacity: float, place: str = "") -> Look:
    """The inner maps of a method on a case; with trained weights also the mask it answers.

    Args:
        case: the image.
        method: a registered method, trained or not.
        opacity: of the colours over the image, 0..1.
        place: see `Look`.
    """
    if untrained.is_untrained(method):
        size = untrained.input_size(method)
        return Look(
            case, method, get_spec(method).title, untrained.maps_of(case, method),
            services.prepared(case, size).frame, size, None, False, "", opacity, place,
        )  # fmt: skip
    found = services.predict(case, method, maps=True)
    maps = dict(found.maps)
    if found.mask_square is not None:
        maps[MASK] = Map(
            torch.from_numpy(found.mask_square)[None],
            "gate",
            "the mask head",
            1,
            "How likely each pixel is lesion, as the network says.",
            words=ANSWER,
        )
    return Look(
        case, method, services.title_of(method), maps, found.frame, found.size, found.logit, True,
        found.weights_sha256, opacity, place,
    )  # fmt: skip


def pick_second(look: Look, with_untrained: bool) -> tuple[Case, str] | None:
    """Case and method of the second look, if one is wished."""
    names = with_views(services.available()) + (untrained.methods() if with_untrained else [])
    return beside.pick_beside(look.case, look.method, names)


def look_beside(look: Look, chosen: tuple[Case, str] | None) -> Look | None:
    """The second look; None where none is wished, or its image is refused, which is said."""
    if chosen is None:
        return None
    case, method = chosen
    if case.key != look.case.key and not input_line.let_in(case, named=True):
        return None
    return look_at(case, method, look.opacity, "_beside")


def warn_untrained(title: str) -> None:
    """Say above all pictures what random weights are worth."""
    st.warning(
        f"**{RANDOM.capitalize()}.** {title} has not been trained here: its weights were drawn at "
        "random, the same ones each time. The pictures show which part looks at which, at what "
        "resolution; whatever pattern they have comes from the image and from chance. No "
        "probability and no outline is shown for it.",
        icon=":material/casino:",
    )


def offer_others(look: Look) -> None:
    """Say that a method has no inner map to look at, and lead to those that have."""
    if any(can_be_seen(name) for name in look.maps if name != MASK):
        return
    whose = METHOD if look.trained else WIRING
    others = with_views(services.available()) if look.trained else untrained.methods()
    st.info(
        f"**{look.title}** has no attention, gate or region inside"
        + ("; only its answer can be shown. " if MASK in look.maps else ". ")
        + "What its answer leans on is on the page *Attributions*, for example by Grad-CAM. "
        + ("These methods have inner maps:" if others else "No trained method here has one yet."),
        icon=":material/visibility_off:",
    )
    with st.container(horizontal=True):
        for name in others:
            st.button(
                f"Show {get_spec(name).title}",
                key=f"_show_{name}",
                on_click=_show,
                args=(whose, name),
            )


def _show(whose: Slot[str | None], name: str) -> None:
    """Callback: another method, and its own first map instead of the answer."""
    whose.set(name)
    MAP.take()
