"""What each kind of map is not, which task's mask gates what, and what 0 and 1 of a gate mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...core.wording import percent
from ...explain.views import address_of

_SIGMOID = (
    "0 closes the gate, 1 opens it. **0.5 everywhere is the neutral start** of a gate that a "
    "sigmoid makes, not attention. A gate weighs features; it is not saliency and does not point "
    "at evidence."
)

_HARDLY_LOOKS = 0.9  # the share of a gate's variance that is the same on every image


class GateWords(NamedTuple):
    """How to speak of a map in 0..1.

    Attributes:
        quantity: title of the scale bar.
        labels: at 0, 0.5 and 1.
        caution: what it is not.
        may_stretch: whether its values may lie so close that a fixed scale shows one colour.
    """

    quantity: str = "gate"
    labels: tuple[str, str, str] = ("0 closed", "0.5", "1 open")
    caution: str = _SIGMOID
    may_stretch: bool = True


_PLAIN = GateWords()
_GATES = {
    "aaa_gate": _PLAIN._replace(
        caution=f"{_SIGMOID} This one is made on half the grid and doubled by a transposed "
        "convolution of 2×2: **a pattern that comes back in every second cell is that "
        "step's**, not the tissue's."
    ),
    "hard_attention": GateWords(
        "share",
        ("0 none", "0.5", "1 all"),
        "This is no learnt gate: it is the network's own mask, averaged in each cell, and the "
        "class looks through it. **If the mask is wrong, so is this**, and it does not say which "
        "of the cells inside mattered.",
        may_stretch=False,
    ),
    "mask_probability": GateWords(
        "probability",
        ("0", "0.5 outline", "1"),
        "It is the answer, not the way to it. The outline on the other pages runs at 0.5 unless "
        "one moves it. **It is not the probability of malignancy**, and how sure the network "
        "is of a pixel is not how often it is right there.",
        may_stretch=False,
    ),
    "gate_map": _PLAIN._replace(
        caution="**These maps do not choose places**: only the mean of "
        "the first and the maximum of the second are used, as one number for the whole level, see "
        "*Numbers*. They are the number's cause, not saliency; 0.5 everywhere is their neutral "
        "start."
    ),
    "dcn_modulation": _PLAIN._replace(
        quantity="weight",
        labels=("0 left out", "0.5", "1 full"),
        caution="**0.5 everywhere is the neutral start**: at first every "
        "sample counts one half. It says how much is read at a sample's place, see *Deformable "
        "offset* for where that is; it is not saliency.",
    ),
}

_ATTENTION = {
    "ctab_attention": "It says what is mixed for that decoder, not which cell decided the answer.",
    "swin_attention": "This is one block of the stage, the last with unshifted windows; the "
    "features also pass beside it, so it is not all that the cell knows.",
}

_BRANCHES = {"dfe_branch": "Dilation {branch}"}

_CHANNELS = {("gate_map", "a"): "a: its mean counts", ("gate_map", "b"): "b: its maximum counts"}

_MASKS = {
    "ctae_mask": "Mask of {own} → gates the {other} stream",
    "mtan_mask": "Mask of {own} → gates its own stream",
}


def gate_words(name: str) -> GateWords:
    """How to speak of the map `name` of kind gate."""
    return _GATES.get(address_of(name).family, _PLAIN)


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


def attention_words(name: str) -> str:
    """What one has to know about attention of this family; "" for nothing special."""
    return _ATTENTION.get(address_of(name).family, "")


def branch_heading(name: str) -> str:
    """What a branch of features is; "" for a map without branches."""
    family, _, branch = address_of(name)
    return _BRANCHES.get(family, "Branch {branch}").format(branch=branch) if branch else ""


def channel_heading(name: str, label: str) -> str:
    """What a channel with a name of its own is."""
    return _CHANNELS.get((address_of(name).family, label), label)


def mask_heading(name: str, tasks: tuple[str, ...]) -> str:
    """Which task's mask it is and which stream it gates; "" for a map that is no task's mask.

    Args:
        name: of the map.
        tasks: all branches of its level.
    """
    family, _, own = address_of(name)
    if not own:
        return ""
    others = [task for task in tasks if task != own]
    pattern = _MASKS.get(family, "Mask of {own}")
    if "{other}" in pattern and len(others) != 1:
        pattern = "Mask of {own}"
    return pattern.format(own=own, other=others[0] if others else "")
