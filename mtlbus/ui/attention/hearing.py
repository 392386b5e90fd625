"""What the card measured of a map: whether any answer hears it, and if it looks at the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ...core.wording import percent
from .. import services
from .look import Look
from .view_picks import Pick

_HARDLY_LOOKS = 0.9  # the share of a gate's variance that is the same on every image


def say_what_is_heard(look: Look, pick: Pick) -> None:
    """The headline of a map: how far the answers move without it, or that it is silent."""
    words, silent = hearing_words(_silence(look), list(pick.names.values()))
    if silent:
        st.warning(words, icon=":material/volume_off:")
    elif words:
        st.caption(words)


def hearing_words(silence: Mapping[str, Any], names: Sequence[str]) -> tuple[str, bool]:
    """What silencing did to the answers, in words, of the part that makes these maps.

    Args:
        silence: of the card, see `protocol.measure_silence`; empty where it was not measured.
        names: of the maps that are shown.

    Returns:
        Markdown, "" where nothing is known; and whether the part is silent.
    """
    parts = parts_of(silence, names)
    if not parts:
        return "", False
    own, count = parts[0], sum(silence["data"].values())
    over = f"over {count} test images"
    if all(part["silent"] for part in parts):
        return (
            f"**Silent: no answer hears this.** If {own['says']}, {_effect(own)}, {over}. What you "
            "see is computed, but does not explain the answer."
        ), True
    start = "**Alone, this is hardly heard.**" if own["silent"] else "**The answer hears this.**"
    said = [f"{start} If {own['says']}, {_effect(own)}, {over}."]
    said += [f"If {part['says']}, {_effect(part)}." for part in parts[1:]]
    return " ".join(said), False


def fixed_words(gates: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, bool]:
    """How much of what a gate shows is the same on every image.

    Args:
        gates: of the card, see `protocol.measure_gates`; empty where it was not measured.
        names: branch to map, of the maps that are shown.

    Returns:
        A sentence, "" where nothing is known; and whether the gate hardly looks at the image.
    """
    known = gates.get("fixed_share", {})
    shares = {branch: known[name] for branch, name in names.items() if name in known}
    if not shares:
        return "", False
    listed = ", ".join(f"{branch} {percent(share)}".strip() for branch, share in shares.items())
    idle = max(shares.values()) >= _HARDLY_LOOKS
    start = "**This gate hardly looks at the image.** " if idle else ""
    return (
        f"{start}Share of what varies between cells and {sum(gates['data'].values())} test images "
        f"that is the same on every image: {listed}.",
        idle,
    )


def parts_of(silence: Mapping[str, Any], names: Sequence[str]) -> list[dict[str, Any]]:
    """The parts that make these maps, the one with the fewest maps first."""
    parts = silence.get("parts", {}).values()
    found = [part for part in parts if set(names) & set(part["maps"])]
    return sorted(found, key=lambda part: len(part["maps"]))


def _silence(look: Look) -> Mapping[str, Any]:
    if not look.trained:
        return {}
    return services.checkpoint(look.method).card.silence or {}


def _effect(part: Mapping[str, Any]) -> str:
    """How far the answers move, in words; of a silent part only that they do not."""
    moved, kept, said = part["probability"], part["dice"], []
    if values := part.get("values"):
        said.append(f"the values move by {_number(values['value'])} of their span on average")
    if moved:
        chance = "of malignancy" if values is None else "of a class"
        number = f"the probability {chance} moves by {_number(moved['value'])} on average"
        limits = f"{_number(moved['low'])} to {_number(moved['high'])}"
        spread = "" if part["silent"] else f" ({limits}), at most by {_number(moved['max'])}"
        said.append(number + spread)
    if kept:
        same = "stay as they are, with a" if part["silent"] else "before and after share a"
        said.append(f"the masks {same} Dice of {kept['value']:.3f}")
    return " and ".join(said)


def _number(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 else "less than 0.001"
