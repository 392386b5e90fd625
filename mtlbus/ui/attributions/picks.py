"""What is asked on the Attributions page: methods, target, settings; all kept in the address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from ...core.errors import MtlbusError
from ...explain.options import BASELINES, KNOBS, Options
from ...explain.request import Request
from ...explain.targets import ANSWERS, REGIONS, Box, Target, box_around
from ...explain.techniques import TECHNIQUES
from ...inference.predictor import MASK_THRESHOLD, Prediction
from .. import address
from ..case import Case
from ..memory import NONE, mirror, several, switch
from ..session import SETTINGS, TARGET, Slot, shown
from .box import pick_box

_DEFAULTS = "-"  # in the address, for settings that are all as they come
_FIRST = "gradcam"  # what the page opens with: two gradients with its placebo
_HEADS = {"class": "Class", "mask": "Outline"}
_REGION_TITLES = {
    "lesion": "Predicted lesion", "margin": "Its margin", "background": "All around it",
    "truth": "True lesion", "box": "A box", "image": "Whole image",
}  # fmt: skip
_REGION_HELP = (
    "Over which pixels the outline's logits are summed. The margin is six pixels wide, three on "
    "each side of the predicted outline, at the resolution of the network."
)


def pick_request(case: Case, prediction: Prediction, layers: list[str]) -> Request:
    """Let a person choose, and put the choice into the address.

    The prediction says which heads there are and where the lesion is; Grad-CAM can use the feature
    maps `layers`.
    """
    heads = [
        head
        for head, answer in (("class", prediction.logit), ("mask", prediction.mask_square))
        if answer is not None
    ]
    target, options = _linked_target(heads, case), _linked_options(layers)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover("Attributions", icon=":material/grain:"):
            names = _pick_attributions()
        with st.popover("Question", icon=":material/contact_support:"):
            _pick_target(target, heads, case)
        with st.popover("Settings", icon=":material/tune:"):
            _pick_settings(options, names, layers)
        placebo = st.toggle(
            "Placebo",
            **mirror("placebo", switch("placebo", True)),
            help="The randomisation test: beside each map the same one of a network whose weights "
            "were shuffled. A map that looks alike shows the image or the wiring, not what was "
            "learnt.",
        )
    if target.region == "box":
        target = pick_box(case, target, _lesion_box(prediction))
    request = Request(names, target, options, placebo)
    for name, text in request.as_text().items():
        address.write_link(name, text or _DEFAULTS)
    return request


def _pick_attributions() -> tuple[str, ...]:
    wanted = (Slot[str | None]("attributions", None).get() or NONE).split(",")
    if not {*wanted} <= {*TECHNIQUES, NONE}:
        address.say_of_link("attributions", f"Allowed: {', '.join(TECHNIQUES)}.")
    chosen = several("attributions", TECHNIQUES, [_FIRST])
    st.pills(
        "Attributions", list(TECHNIQUES), selection_mode="multi",
        format_func=lambda name: TECHNIQUES[name].title, **mirror("attributions", chosen),
        help="\n\n".join(f"**{t.title}**: {t.what}" for t in TECHNIQUES.values()),
    )  # fmt: skip
    return tuple(chosen)


def _pick_target(target: Target, heads: list[str], case: Case) -> None:
    def change(**changed: Any) -> None:
        TARGET.set(str(replace(Target.parse(TARGET.get()), **changed)))

    if len(heads) > 1:
        st.segmented_control(
            "Explain", heads, format_func=_HEADS.get, required=True,
            **shown("_target_explain", target.head, lambda head: TARGET.set(f"{head}:difference")),
        )  # fmt: skip
    first, second = ANSWERS[target.head][1:]
    titles = {"difference": f"{first.capitalize()} against {second}"}
    st.segmented_control(
        "Answer", list(ANSWERS[target.head]), required=True,
        format_func=lambda name: titles.get(name, name.capitalize()),
        help=f"The log-odds of {first} against {second}, or one of the two logits alone.",
        **shown("_target_answer", target.answer, lambda answer: change(answer=answer)),
    )  # fmt: skip
    if target.head == "mask":
        regions = [name for name in REGIONS if name != "truth" or case.truth is not None]
        st.selectbox(
            "Summed over", regions, format_func=_REGION_TITLES.get, width=180, help=_REGION_HELP,
            **shown("_target_region", target.region, lambda one: change(region=one, box=None)),
        )  # fmt: skip


def _linked_target(heads: list[str], case: Case) -> Target:
    """What the address or the last choice says, where this network and case can answer it."""
    try:
        target = Target.parse(TARGET.get() or "class:difference")
    except MtlbusError as error:
        address.say_of_link("target", str(error))
        target = Target()
    if target.head not in heads:
        address.say_of_link("target", f"This network has {' and '.join(heads)} only.")
        target = Target.parse(f"{heads[0]}:difference")
    if target.region == "truth" and case.truth is None:
        address.say_of_link("target", "The true lesion of this image is unknown.")
        target = replace(target, region="lesion")
    TARGET.set(str(target))
    return target


def _lesion_box(prediction: Prediction) -> Box | None:
    mask = prediction.mask(MASK_THRESHOLD)
    return None if mask is None else box_around(mask)


def _linked_options(layers: list[str]) -> Options:
    """What the address or the last choice says, with a feature map that this network has."""
    text = SETTINGS.get() or ""
    try:
        options = Options.parse("" if text == _DEFAULTS else text)
    except MtlbusError as error:
        address.say_of_link("settings", str(error))
        options = Options()
    if options.layer in layers:
        return options
    if options.layer:
        address.say_of_link("settings", f"Allowed as layer: {', '.join(layers)}.")
    return replace(options, layer="")


def _pick_settings(options: Options, names: tuple[str, ...], layers: list[str]) -> None:
    """The options that the chosen methods read."""
    used = {option for name in names for option in TECHNIQUES[name].uses} | {"baseline", "seed"}
    st.selectbox(
        "What stands for “nothing there”", list(BASELINES), format_func=BASELINES.get,
        **_setting(options, "baseline", options.baseline),
        help="The baseline of the methods that compare, and of insertion and deletion. "
        "Against black, a dark lesion can get no share, because it is black itself.",
    )  # fmt: skip
    if "layer" in used and len(layers) > 1:
        look = _setting(options, "layer", options.layer or layers[0])
        st.selectbox("Feature map of Grad-CAM", layers, **look)
    columns = st.columns(2)
    for place, name in enumerate(name for name in KNOBS if name in used):
        with columns[place % 2]:
            _number(options, name)


def _number(options: Options, name: str) -> None:
    knob = KNOBS[name]
    readers = ", ".join(found.title for found in TECHNIQUES.values() if name in found.uses)
    st.number_input(
        knob.title, knob.low, knob.high, step=0.05 if name == "noise" else 1,
        help=f"{knob.meaning} For {readers}.", **_setting(options, name, getattr(options, name)),
    )  # fmt: skip


def _setting(options: Options, name: str, now: Any) -> dict[str, Any]:
    """The widget of one setting; what does not fit the others is said and dropped."""

    def take(said: Any) -> None:
        try:
            SETTINGS.set(str(replace(options, **{name: said})))
        except MtlbusError as error:
            address.say(str(error))

    return shown(f"_set_{name}", now, take)
