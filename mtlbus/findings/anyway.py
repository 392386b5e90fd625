"""A refusal that a person set aside: "it is ultrasound, show it anyway"."""

from __future__ import annotations

from collections.abc import Sequence

from ..inference.input_checks import Check, caution

NAME = "overridden"


def shown_anyway(checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks of an image that was refused, and is looked at because a person insists.

    What refused it becomes one caution, which stands before all others and marks everything that
    comes of it.
    """
    reasons = [check.reason for check in checks if check.state == "refused"]
    if not reasons:
        return tuple(checks)
    reason = (
        f"The input checks refused this image; a person had it shown anyway. {' '.join(reasons)}"
    )
    rest = (check for check in checks if check.state != "refused")
    return (caution(NAME, reason), *rest)
