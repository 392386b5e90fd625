"""Elements of our own, where Streamlit has none: their HTML, CSS and JavaScript lie beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st


def component(file: str) -> Callable[..., Any]:
    """The element of a Python file, of those of `.html`, `.css` and `.js` that lie beside it."""
    beside = {kind: Path(file).with_suffix(f".{kind}") for kind in ("html", "css", "js")}
    parts = {kind: path.read_text("utf-8") for kind, path in beside.items() if path.is_file()}
    return st.components.v2.component(f"mtlbus_{Path(file).stem}", **parts)


def told(state: Any, of: str) -> dict[str, Any] | None:
    """What a browser told `of` what is shown; None for anything else, as it may tell anything."""
    found = state.get("told") if state else None
    return found if isinstance(found, dict) and found.get("of") == of else None
