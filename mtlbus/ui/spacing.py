"""The size of a pixel: from the file, or typed in by a person who knows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from .case import Case
from .session import held, shown

_TYPED = "mm_per_pixel"  # in the session: digest of an image to mm per pixel
_SIZES = 0.001, 5.0  # mm a pixel that a scan of a breast can have
_BLACK = 8  # greatest grey level of black
_WHERE = {
    "phantom": "as the phantom was made",
    "upload": "as the file tells",
    "dataset": "as the file tells",
}


def known(case: Case) -> Case:
    """The case with the spacing that was typed in for it, if its file tells none."""
    typed = _typed().get(case.image.sha256)
    if case.image.spacing is not None or not typed:
        return case
    return replace(case, image=replace(case.image, spacing=(typed, typed)))


def ask(case: Case) -> None:
    """Fields for the size of a pixel; the case as it came, not as `known` returns it.

    Either mm per pixel, or the depth that the scanner tells for the height of its picture.
    """
    first, last = field(case.image.pixels)
    typed = _typed().get(case.image.sha256)
    with st.popover("Set the scale", icon=":material/straighten:", width="stretch"):
        _field(
            case, "mm per pixel", typed, *_SIZES, "%.3f", 1.0,
            "Count the pixels between two ticks of the scanner's ruler: 10 mm over 125 px are "
            "0.080 mm per pixel. The same down and across.",
        )  # fmt: skip
        _field(
            case, "Depth of the picture, mm", typed and typed * (last - first), 1.0, 500.0, "%.1f",
            1 / (last - first),
            f"The depth that the scanner writes beside the picture, over the {last - first} px "
            f"from row {first} to row {last}: what is not black of its {len(case.image.pixels)}.",
        )  # fmt: skip
        st.caption("Or set a known length by the ruler, under the tools for the picture.")


def ask_length(case: Case, pixels: float) -> None:
    """A field for the true length of a line of so many pixels, which gives the size of a pixel."""
    typed = _typed().get(case.image.sha256)
    _field(
        case, "Its true length, mm", typed and typed * pixels, 0.1, 500.0, "%.1f", 1 / pixels,
        "From then on all measurements of this image are in mm. The same down and across.",
    )  # fmt: skip


def _field(
    case: Case, label: str, value: float | None, least: float, most: float, form: str,
    share: float, help: str,
) -> None:  # fmt: skip
    """A number whose product with `share` is the size of a pixel, mm."""
    widget = f"_{_TYPED}_{label}_{case.image.sha256[:12]}"
    least, most = max(least, _SIZES[0] / share), min(most, _SIZES[1] / share)
    inside = value is not None and least <= value <= most

    def take(given: float | None) -> None:
        _typed()[case.image.sha256] = None if given is None else given * share

    st.number_input(
        label, min_value=least, max_value=most, step=0.01 if share == 1 else 1.0, format=form,
        placeholder="unknown", help=help, **shown(widget, value if inside else None, take),
    )  # fmt: skip


def _typed() -> dict[str, float | None]:
    return held(_TYPED, dict)


def carry(case: Case, edited: Case) -> None:
    """An edited image keeps the size of a pixel that was typed in for the one before."""
    if case.image.sha256 in _typed():
        _typed()[edited.image.sha256] = _typed()[case.image.sha256]


def field(pixels: np.ndarray) -> tuple[int, int]:
    """The first row of the picture that is not black, and the one after the last.

    A row counts where more than a twentieth of it is brighter than black; all rows where none is.

    Args:
        pixels: H×W uint8.
    """
    bright = np.flatnonzero((pixels > _BLACK).mean(axis=1) > 0.05)
    return (int(bright[0]), int(bright[-1]) + 1) if len(bright) else (0, len(pixels))


def sentence(case: Case) -> str:
    """Which unit the measurements have, and why.

    Args:
        case: as `known` returns it.
    """
    if case.image.spacing is None:
        return "In px, because the file does not tell how large a pixel is."
    down, across = case.image.spacing
    typed = case.image.sha256 in _typed()
    where = "as typed in" if typed else _WHERE[case.origin]
    size = f"{across:.3f} mm" if down == across else f"{across:.3f} mm wide and {down:.3f} mm high"
    return f"A pixel is {size}, {where}."
