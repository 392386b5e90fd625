"""How pixels of any depth and colour become 8-bit grey.

- colour: ITU-R 601 luma, after transparent pixels are laid on black;
- 16-bit grey and colour: divided by the top of the smallest range of 8, 10, 12, 14 or 16 bits that
  holds the brightest value, so that 12-bit data in a 16-bit file are not black;
- other integers and floats without negative values: the same, and 0 to 1 for floats that keep to
  it;
- with negative or greater ones, which have no agreed range: least finite value to 0, greatest to
  255.

Each function adds a line to `notes` for what it changed.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops

_COLOURED = 40  # difference of the channels, of 255; JPEG leaves less on grey
_BITS = (8, 10, 12, 14, 16)  # ranges that scanners and cameras use
_SAMPLED = 1_000_000  # pixels; a share needs no more


def from_16_bit(values: np.ndarray, notes: list[str]) -> np.ndarray:
    """uint16 of any shape to uint8 by the range in use."""
    brightest = int(values.max())
    bits = next(bits for bits in _BITS if brightest < 2**bits)
    top = 2**bits - 1
    table = np.minimum(np.arange(2**16), top) * 255 / top
    notes.append(f"16 bit scaled to 8 ({bits} bits in use)")
    return np.rint(table).astype(np.uint8)[values]


def by_stretching(values: np.ndarray, kind: str, notes: list[str]) -> np.ndarray:
    """H×W of any number type to H×W uint8, by the range in use or by the finite values.

    Args:
        values: the pixels.
        kind: what they are, in words ("32 bit float").
        notes: receives what was done.

    Raises:
        ValueError: not one pixel is a finite number.
    """
    finite = np.isfinite(values)
    if not finite.any():
        raise ValueError("no finite pixel")
    low, high = float(values[finite].min()), float(values[finite].max())
    tops = (*([1] if values.dtype.kind == "f" else []), *(2**bits - 1 for bits in _BITS))
    if low >= 0 and high <= tops[-1]:
        low, high = 0.0, float(next(top for top in tops if high <= top))
    grey = np.zeros(values.shape, np.uint8)
    scale = 255 / (high - low) if high > low else 0.0
    for row, line in enumerate(values):  # row by row: 64-bit floats of 40 megapixels are many
        with np.errstate(invalid="ignore"):  # infinity times a scale of zero
            scaled = np.clip((line.astype(np.float64) - low) * scale, 0, 255)
        grey[row] = np.rint(np.nan_to_num(scaled)).astype(np.uint8)
    notes.append(f"{kind} scaled to 8 ({low:g} to black, {high:g} to white)")
    if not finite.all():
        notes.append("pixels without a number set to black or white")
    return grey


def from_colour(colour: Image.Image, notes: list[str]) -> tuple[np.ndarray, np.ndarray | None]:
    """An RGB image to H×W uint8, and its chroma; None where its channels are all the same.

    The chroma is the brightest minus the darkest channel of each pixel, H×W uint8.
    """
    red, green, blue = colour.split()
    if red.tobytes() == green.tobytes() == blue.tobytes():
        return np.asarray(red), None
    notes.append("colour turned to grey")
    bright = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    dark = ImageChops.darker(ImageChops.darker(red, green), blue)
    return np.asarray(colour.convert("L")), np.asarray(ImageChops.subtract(bright, dark))


def colour_share(chroma: np.ndarray | None) -> float:
    """Share of the pixels that clearly have a colour, 0..1; of the chroma of `from_colour`."""
    if chroma is None:
        return 0.0
    step = max(1, int(np.sqrt(chroma.size / _SAMPLED)))
    return float((chroma[::step, ::step] > _COLOURED).mean())


def on_black(image: Image.Image) -> tuple[Image.Image, bool]:
    """The image as RGB with transparent pixels laid on black, and whether there were any."""
    if not image.has_transparency_data:
        return image.convert("RGB"), False
    if image.mode == "La":
        image = image.convert("LA")  # the only way on from premultiplied grey
    image = image.convert("RGBA")
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    lowest, _ = image.getchannel("A").getextrema()
    return Image.alpha_composite(black, image).convert("RGB"), lowest < 255
