"""The picture of a lecture, as high as the screen; with it type grows and F fills the screen.

Streamlit's images follow the width of their place and not the height of the screen, its theme has
one size of type for all visitors, and its shortcuts press buttons only.
"""

from __future__ import annotations

import base64

from ..component import component

_TYPE = "clamp(18px, min(1.75vw, 2.8vh), 34px)"  # 22 px at 1280×800, where others have 16
_MOUNT = component(__file__)


def show(picture: bytes = b"", alt: str = "") -> None:
    """Show a JPEG, with words for people who cannot see it, where the page has no picture; once."""
    source = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}" if picture else ""
    _MOUNT(key="_stage", data={"source": source, "alt": alt, "type": _TYPE})
