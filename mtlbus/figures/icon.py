"""The icon of the explorer in the browser's tab."""

from __future__ import annotations

from functools import cache

from PIL import Image, ImageDraw

from .colours import BENIGN, MALIGNANT

_SIDE, _FINER = 64, 4


@cache
def favicon() -> Image.Image:
    """A dark lesion in grey tissue with an outline in the colours of both classes, 64×64 RGBA."""
    side = _SIDE * _FINER
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, side - 1, side - 1), side // 5, fill="#5B686D")
    box = (side * 0.16, side * 0.26, side * 0.84, side * 0.74)
    draw.ellipse(box, fill="#10181A")
    draw.arc(box, 90, 270, fill=BENIGN, width=side // 13)
    draw.arc(box, 270, 90, fill=MALIGNANT, width=side // 13)
    return image.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
