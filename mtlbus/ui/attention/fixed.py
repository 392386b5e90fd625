"""How much of what a gate shows is the same on every image, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.wording import percent

_HARDLY_LOOKS = 0.9  # the share of a gate's variance that is the same on every image


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
