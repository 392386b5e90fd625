"""The notation NAME=VALUE of the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputError, choose

if TYPE_CHECKING:
    from ..core.machine import Machine

_WORDS = {"yes": True, "no": False}


def parse_options(
    texts: Sequence[str], known: Collection[str] | None = None, kind: str = "option"
) -> dict[str, Any]:
    """Read NAME=VALUE, the value as JSON where it is JSON, else as text.

    Args:
        texts: one NAME=VALUE each; of a name that comes twice the last one counts.
        known: the names that exist; None takes any.
        kind: what is named, in words, for the error.

    Raises:
        InputError: a text without "=".
        UnknownNameError: a name that is not among the known ones.
    """
    return dict(_parse(text, known, kind) for text in texts)


def _parse(text: str, known: Collection[str] | None, kind: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise InputError(f"Expected NAME=VALUE, got {text!r}.")
    if known is not None:
        choose(kind, name, known)
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def parse_pretrained(text: str | None) -> bool | str | dict[str, bool | str] | None:
    """--pretrained: "yes", "no", the path of a weight file, or nothing for the method's own.

    For a method with several backbones BACKBONE=yes|no|FILE, joined by commas.
    """
    if not text:
        return None
    if "=" not in text or Path(text).exists():
        return _WORDS.get(text, text)
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): _WORDS.get(value, value) for name, _, value in pairs}


def parse_machine(arguments: argparse.Namespace, training: bool = False) -> Machine:
    """--device, --precision and --workers: what a verb computes with."""
    from ..core.machine import Machine

    return Machine.of(arguments.device, arguments.precision, arguments.workers, training)
