"""The letters that are drawn into pictures: of every script that a file name is likely to have.

Noto Sans CJK (SIL Open Font License) has Latin with all its accents, Greek, Cyrillic, Chinese,
Japanese and Korean. A sign that it lacks is written as its code, so that none is a box or lost.
"""

from __future__ import annotations

from functools import cache

from noto_cjk_sans_jp_regular import FONT_PATH
from PIL import ImageFont

from ..core.text import printable

SIZE = 15  # pixels
_NOWHERE = "\uffff"  # no sign; what a font draws for it, it draws for all that it lacks


@cache
def font(size: int = SIZE) -> ImageFont.FreeTypeFont:
    """The letters at this size, pixels."""
    return ImageFont.truetype(str(FONT_PATH), size)


def drawable(text: str) -> str:
    """A text in signs that the font has, on one line; others as their code, such as ``\\u0627``."""
    return "".join(sign if _has(sign) else _code(sign) for sign in printable(text))


def lines_of(text: str, width: float) -> list[str]:
    """A text as lines of at most this width, pixels; a longer word is broken where it must be."""
    lines = [""]
    for word in drawable(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if font().getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for sign in word:
            if lines[-1] and font().getlength(lines[-1] + sign) > width:
                lines.append("")
            lines[-1] += sign
    return lines


@cache
def _has(sign: str) -> bool:
    if sign.isspace():
        return True
    mask, none = font().getmask(sign), font().getmask(_NOWHERE)
    return mask.size != none.size or bytes(mask) != bytes(none)


def _code(sign: str) -> str:
    return sign.encode("ascii", "backslashreplace").decode()
