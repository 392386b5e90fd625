"""What is asked on the Attributions page: methods, target, settings; all kept in the address."""

from __future__ import annotations

from dataclasses import replace

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

    Args:
        case: the image.
        prediction: which heads there are, and where the lesion is.
        layers: feature maps that Grad-CAM can use.
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
    wanted = str(st.session_state.get("attributions") or NONE)
    if not {*wanted.split(",")} <= {*TECHNIQUES, NONE}:
        address.say_of_link("attributions", f"Allowed: {', '.join(TECHNIQUES)}.")
    chosen = several("attributions", TECHNIQUES, [_FIRST])
    st.pills(
        "Attributions", list(TECHNIQUES), selection_mode="multi",
        format_func=lambda name: TECHNIQUES[name].title, **mirror("attributions", chosen),
        help="\n\n".join(f"**{t.title}**: {t.what}" for t in TECHNIQUES.values()),
    )  # fmt: skip
    return tuple(chosen)


def _pick_target(target: Target, heads: list[str], case: Case) -> None:
    def choose(label: str, options: list[str], value: str, titles: dict[str, str], **more) -> None:
        key = f"_target_{label.split()[0].lower()}"
        st.session_state[key] = value
        st.segmented_control(
            label, options, format_func=lambda name: titles.get(name, name.capitalize()),
            key=key, required=True, on_change=_take_target, args=(target,), **more,
        )  # fmt: skip

    if len(heads) > 1:
        choose("Explain", heads, target.head, _HEADS)
    first, second = ANSWERS[target.head][1:]
    choose(
        "Answer",
        list(ANSWERS[target.head]),
        target.answer,
        {"difference": f"{first.capitalize()} against {second}"},
        help=f"The log-odds of {first} against {second}, or one of the two logits alone.",
    )
    if target.head == "mask":
        regions = [name for name in REGIONS if name != "truth" or case.truth is not None]
        st.session_state["_target_region"] = target.region
        st.selectbox(
            "Summed over", regions, format_func=_REGION_TITLES.get, key="_target_region",
            width=180, on_change=_take_target, args=(target,), help=_REGION_HELP,
        )  # fmt: skip


def _linked_target(heads: list[str], case: Case) -> Target:
    """What the address or the last choice says, where this network and case can answer it."""
    try:
        target = Target.parse(st.session_state.get("target") or "class:difference")
    except MtlbusError as error:
        address.say_of_link("target", str(error))
        target = Target()
    if target.head not in heads:
        address.say_of_link("target", f"This network has {' and '.join(heads)} only.")
        target = Target.parse(f"{heads[0]}:difference")
    if target.region == "truth" and case.truth is None:
        address.say_of_link("target", "The true lesion of this image is unknown.")
        target = replace(target, region="lesion")
    st.session_state["target"] = str(target)
    return target


def _take_target(before: Target) -> None:
    """Callback: the target that the widgets say; another head starts with its first answer."""
    head = st.session_state.get("_target_explain", before.head)
    if head != before.head:
        target = Target.parse(f"{head}:difference")
    else:
        region = st.session_state.get("_target_region") if head == "mask" else None
        box = before.box if region == "box" else None
        target = Target(head, st.session_state["_target_answer"], region, box)
    st.session_state["target"] = str(target)


def _lesion_box(prediction: Prediction) -> Box | None:
    mask = prediction.mask(MASK_THRESHOLD)
    return None if mask is None else box_around(mask)


def _linked_options(layers: list[str]) -> Options:
    """What the address or the last choice says, with a feature map that this network has."""
    text = str(st.session_state.get("settings") or "")
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
    st.session_state["_set_baseline"] = options.baseline
    st.selectbox(
        "What stands for “nothing there”", list(BASELINES), key="_set_baseline",
        format_func=BASELINES.get, on_change=_take_setting, args=(options, "baseline"),
        help="The baseline of the methods that compare, and of insertion and deletion. "
        "Against black, a dark lesion can get no share, because it is black itself.",
    )  # fmt: skip
    if "layer" in used and len(layers) > 1:
        st.session_state["_set_layer"] = options.layer or layers[0]
        st.selectbox(
            "Feature map of Grad-CAM",
            layers,
            key="_set_layer",
            on_change=_take_setting,
            args=(options, "layer"),
        )
    columns = st.columns(2)
    for place, name in enumerate(name for name in KNOBS if name in used):
        with columns[place % 2]:
            _number(options, name)


def _number(options: Options, name: str) -> None:
    knob = KNOBS[name]
    readers = ", ".join(found.title for found in TECHNIQUES.values() if name in found.uses)
    st.session_state[f"_set_{name}"] = getattr(options, name)
    st.number_input(
        knob.title, knob.low, knob.high, step=0.05 if name == "noise" else 1, key=f"_set_{name}",
        help=f"{knob.meaning} For {readers}.", on_change=_take_setting, args=(options, name),
    )  # fmt: skip


def _take_setting(before: Options, name: str) -> None:
    """Callback: keep one setting; what does not fit the others is said and dropped."""
    try:
        changed = replace(before, **{name: st.session_state[f"_set_{name}"]})
    except MtlbusError as error:
        address.say(str(error))
        return
    st.session_state["settings"] = str(changed)
