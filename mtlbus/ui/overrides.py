"""Refusals that the person of this session set aside: "it is ultrasound, show it anyway".

Kept by the digest of the image, in this session only.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..findings.anyway import shown_anyway
from ..inference.input_checks import Check
from .case import Case
from .session import Slot

_DIGESTS = Slot("_shown_anyway", frozenset[str]())


def overridden(case: Case) -> bool:
    """Whether the person insists that this image is ultrasound."""
    return case.image.sha256 in _DIGESTS.get()


def override(case: Case) -> None:
    """Callback: show this image although it is refused."""
    _DIGESTS.set(_DIGESTS.get() | {case.image.sha256})


def as_decided(case: Case, checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks of an image as this session takes them: a refusal set aside is a caution."""
    return shown_anyway(checks) if overridden(case) else tuple(checks)
