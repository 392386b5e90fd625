"""The time of each stage in words."""

from __future__ import annotations

from collections.abc import Mapping


def timing(seconds: Mapping[str, float], kept: bool, computed_by: str = "") -> str:
    """One line with the time of each stage, milliseconds, `kept` if those of an earlier run."""
    names = {
        "checks": "input checks",
        "preprocess": "scale",
        "forward": "network",
        "familiarity": "familiarity",
        "restore": "back to the image",
        "draw": "picture",
        "measure": "measurements",
    }
    stages = " · ".join(
        f"{names.get(name, name)} {1000 * value:.0f} ms" for name, value in seconds.items()
    )
    total = 1000 * sum(seconds.values())
    by = f" by {computed_by}" if computed_by else ""
    return f"Computed in {total:.0f} ms{by}: {stages}{' (kept from before)' if kept else ''}"
