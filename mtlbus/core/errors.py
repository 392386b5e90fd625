"""The errors a person may see. Each says what was given, what is allowed, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MtlbusError(Exception):
    """Base of every error that is shown to a person, as one line of plain words.

    Attributes:
        everywhere: whether all processes of the run raise it (`core.processes`).
    """

    everywhere = False


class InputError(MtlbusError, ValueError):
    """Something given from outside (an image, a parameter, an option) cannot be used."""


class DataError(MtlbusError):
    """A dataset on disk is missing, incomplete or not in the layout that was named."""


class CheckpointError(MtlbusError):
    """Weights or their card are missing, damaged or do not fit the method."""


class OutputError(MtlbusError):
    """A result cannot be written where it should go."""


class UnknownNameError(MtlbusError, LookupError):
    """A name that is not in a closed list; the message offers the closest one.

    Args:
        kind: what was looked up, in words ("method", "layout", "option of mtl_cosa").
        given: the name that was asked for.
        allowed: the names that exist.
    """

    def __init__(self, kind: str, given: str, allowed: Iterable[str]) -> None:
        names = sorted(str(name) for name in allowed)
        close = get_close_matches(str(given).lower(), names, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        listing = ", ".join(names) if names else "none"
        super().__init__(f"Unknown {kind} {given!r}.{hint} Allowed: {listing}.")
        self.kind, self.given, self.allowed = kind, given, names

    def __reduce__(self) -> tuple[type, tuple[str, str, list[str]]]:
        """Made again from what it was made of, when one process tells another."""
        return type(self), (self.kind, self.given, self.allowed)


def choose(kind: str, given: str, allowed: Iterable[str]) -> str:
    """Return `given` if it is one of `allowed`, else raise `UnknownNameError`."""
    names = tuple(allowed)
    if given not in names:
        raise UnknownNameError(kind, given, names)
    return given
