"""PNG, JPEG, BMP, TIFF, WebP and GIF: one frame, decoded and turned upright.

Pillow opens and decodes; what it cannot hold without loss (colour of 16 bits a channel, TIFF of 64
bit or half precision) is decoded by `imagecodecs` and `tifffile`. The header is asked before
anything is decoded: size, pixel type, tiles, scans.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from PIL import Image

from ..core.errors import InputError
from . import grey
from .frames import MOST_PIXELS_LOOKED_AT, choose_frame
from .limits import ALLOWED, MAX_PIXELS, MAX_SCANS, PIXEL_LIMIT, check_frame, check_shape
from .strangers import looks_like

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")
STACKS = ("TIFF", "WEBP", "GIF")  # whose frames are pictures of their own, one as good as the other
COLOUR_MODES = ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "LA", "La", "CMYK", "YCbCr")
DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_MOST_FRAMES = 1000  # counting stops here: a small file can chain millions of empty frames
_MOST_TAGS = 1000  # of a TIFF; usual are twenty
_TIFF_BITS = 258
_TIFF_PHOTOMETRIC = 262
_TIFF_DESCRIPTION = 270
_TIFF_TILE = 322, 323  # width and height
_EXIF_ORIENTATION = 274

# EXIF orientation to the turn that puts the stored H×W array upright (EXIF 2.3, tag 0x0112).
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: a.T[:, ::-1],
    7: lambda a: a.T[::-1, ::-1],
    8: lambda a: a.T[::-1],
}

Planes = tuple[np.ndarray, np.ndarray | None]
Convert = Callable[[Image.Image | np.ndarray, list[str]], Planes]


def decode(
    data: bytes, label: str, convert: Convert, notes: list[str], frame: int | None = 0
) -> tuple[Planes, int, int]:
    """Decode one frame, `convert` it to H×W planes and turn them upright.

    Args:
        data: the bytes of the file.
        label: how an error names it.
        convert: of a loaded picture, or of H×W numbers that Pillow has no mode for; receives
            `notes`, too.
        notes: receives a line for each thing that is changed.
        frame: which one, from 0; None for the brightest that shows something.

    Returns:
        The planes, fresh and contiguous, which frame they are, and how many can be chosen.

    Raises:
        InputError: for everything that can go wrong in a decoder fed with foreign bytes.
    """
    try:
        image = _open(data, label)
        if image is None:
            return _odd_tiff(data, label, convert, notes, frame)
        with image:
            return _frame(image, data, label, convert, notes, frame)
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            f"{label} needs more memory than a picture may take. Save it with fewer pixels."
        ) from None
    except Exception:
        # Decoders fail in many ways on foreign bytes (OSError, SyntaxError, struct.error,
        # zlib.error, KeyError …); to the person who gave the file they all mean the same.
        raise InputError(
            f"{label} is damaged or incomplete and cannot be decoded. "
            f"{ALLOWED}; export it again and retry."
        ) from None


def _open(data: bytes, label: str) -> Image.Image | None:
    """Read the header only; None for a TIFF whose pixel type Pillow does not know."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(f"{label} has far too many pixels; {PIXEL_LIMIT}") from None
    except Image.UnidentifiedImageError:
        stranger = looks_like(data)
        if stranger:
            raise InputError(
                f"{label} looks like {stranger}. {ALLOWED}; export the image as PNG."
            ) from None
        if data.startswith(TIFF_STARTS):
            return None
        raise


def _frame(
    image: Image.Image,
    data: bytes,
    label: str,
    convert: Convert,
    notes: list[str],
    frame: int | None,
) -> tuple[Planes, int, int]:
    """As `decode`, of a picture that Pillow has opened."""
    _check_header(image, label)
    if image.format == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise InputError(
            f"{label} is a progressive JPEG of more than {MAX_SCANS} scans. "
            "Save it again as a plain JPEG or PNG."
        )
    frames = _count_frames(image)
    choice = frames if image.format in STACKS else 1
    if frame is None:
        frame = _choose(image, label, convert, choice)
    check_frame(frame, choice, label)
    if choice > 1:
        image.seek(frame)
        _check_header(image, label)
    if image.format == "PNG":
        # Its checksums: broken image data of the right length would decode to noise.
        Image.open(io.BytesIO(data), formats=("PNG",)).verify()
    # Both are asked in this order, and before the pixels are loaded: loading consumes the
    # tiles and the tag of a TIFF, and asking a PNG for its EXIF loads it.
    deep_colour = _is_16_bit_colour(image)
    orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    if deep_colour:
        planes = convert(_from_16_bit_colour(data, label, str(image.format), frame, notes), notes)
    else:
        image.load()
        planes = convert(image, notes)
    turned = image.format == "TIFF" and not deep_colour  # by the decoder
    planes = _upright(planes, 1 if turned else orientation)
    if orientation in _UPRIGHT:
        notes.append("turned upright by its EXIF orientation")
    if frames > 1:
        more = "more than " if frames >= _MOST_FRAMES else ""
        notes.append(f"frame {frame + 1} of {more}{frames}")
    return planes, frame, choice


def _upright(planes: Planes, orientation: int) -> Planes:
    """The planes turned, each contiguous and its own."""
    turn = _UPRIGHT.get(orientation, lambda plane: plane)
    turned = (
        None if plane is None else np.require(turn(plane), requirements=("C", "O", "W"))
        for plane in planes
    )
    return cast(Planes, tuple(turned))


def _check_header(image: Image.Image, label: str) -> None:
    """Size and pixel type, while nothing has been allocated yet."""
    check_shape(*image.size, label)
    if image.mode not in ("1", "L", *COLOUR_MODES, *DEEP_MODES):
        raise InputError(
            f"{label} stores its pixels as {image.mode}. Allowed are grey, RGB, palette and CMYK; "
            "save it as a grey or RGB PNG."
        )
    if image.format == "TIFF":
        tags = cast(Any, image).tag_v2
        if len(tags) > _MOST_TAGS:
            raise InputError(f"{label} is a TIFF of {len(tags)} tags. Save it again as PNG.")
        _check_tile(tags.get(_TIFF_TILE[0]), tags.get(_TIFF_TILE[1]), label)


def _check_tile(width: Any, height: Any, label: str) -> None:
    """That a TIFF has no tile larger than a picture may be; it is taken whole."""
    if width and height and int(width) * int(height) > MAX_PIXELS:
        raise InputError(f"{label} is a TIFF with a tile of {width}×{height} px. Save it as PNG.")


def _check_page(page: Any, label: str) -> None:
    """A page of `tifffile`, before it is decoded."""
    check_shape(page.imagewidth, page.imagelength, label)
    _check_tile(page.tilewidth, page.tilelength, label)
    if page.imagedepth != 1 or page.samplesperpixel > 4:
        raise ValueError("not one picture of at most four channels")


def _count_frames(image: Image.Image) -> int:
    """Frames in the file, at most `_MOST_FRAMES`; frames that cannot be read do not count."""
    if image.format != "TIFF":
        return min(int(getattr(image, "n_frames", 1)), _MOST_FRAMES)
    count = 1
    try:
        while count < _MOST_FRAMES:
            image.seek(count)
            count += 1
    except Exception:
        pass  # EOFError at the end; any other error is in a frame that is not used
    image.seek(0)
    return count


def _choose(image: Image.Image, label: str, convert: Convert, frames: int) -> int:
    """The frame that is shown first; later ones of another size or kind are passed over."""
    first = image.size, image.mode
    pixels = image.width * image.height
    if image.format != "TIFF":
        # Each frame is drawn upon the one before: one far behind costs as much as all of them.
        frames = min(frames, max(2, MOST_PIXELS_LOOKED_AT // pixels))

    def read(index: int) -> np.ndarray | None:
        image.seek(index)
        if image.size != first[0] or (image.format == "TIFF" and image.mode != first[1]):
            return None
        _check_header(image, label)
        image.load()
        return convert(image, [])[0]

    return choose_frame(frames, pixels, read)


def _is_16_bit_colour(image: Image.Image) -> bool:
    """True where Pillow would drop the lower 8 bits of each channel, or take them for pixels."""
    tile = cast(Any, image).tile
    if image.mode in DEEP_MODES or not tile:
        return False
    if image.format == "TIFF":
        return max(cast(Any, image).tag_v2.get(_TIFF_BITS, (1,))) > 8
    options = tile[0].args
    raw_mode = options if isinstance(options, str) else str((*(options or ()), "")[0])
    return raw_mode.endswith((";16B", ";16L", ";16N"))


def _from_16_bit_colour(
    data: bytes, label: str, kind: str, frame: int, notes: list[str]
) -> Image.Image:
    """Colour, or grey with transparency, of 16 bits a channel to 8 bits by the range in use."""
    import imagecodecs
    import tifffile

    if kind == "PNG":
        values = imagecodecs.png_decode(data)
    else:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = cast(tifffile.TiffPage, file.pages[frame])
            _check_page(page, label)
            values = page.asarray(maxworkers=1)
            if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
                values = np.moveaxis(values, 0, 2)
    channels = values.shape[2]
    if values.dtype != np.uint16 or channels not in (2, 3, 4):
        raise ValueError("not two to four channels of 16 bits")
    seen = values[..., : 1 if channels == 2 else 3]
    narrow = np.empty(values.shape, np.uint8)
    narrow[..., : seen.shape[2]] = grey.from_16_bit(seen, notes)
    if channels in (2, 4):
        narrow[..., -1] = values[..., -1] >> 8
    return Image.fromarray(narrow)


def _odd_tiff(
    data: bytes, label: str, convert: Convert, notes: list[str], frame: int | None
) -> tuple[Planes, int, int]:
    """As `decode`, of a TIFF of numbers that Pillow has no mode for."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = cast(tifffile.TiffPage, file.pages[0])
        _check_page(page, label)
        kind = "unknown numbers" if page.dtype is None else str(page.dtype)
        if page.samplesperpixel != 1 or page.dtype is None or page.dtype.kind not in "uif":
            raise InputError(
                f"{label} is a TIFF of {page.samplesperpixel} × {kind} a pixel. "
                "Allowed are grey numbers and RGB; save it as a grey or RGB PNG."
            )
        check_frame(frame or 0, 1, label)
        values = page.asarray(maxworkers=1)
        tag = page.tags.get(_EXIF_ORIENTATION)
        white_is_zero = page.photometric == tifffile.PHOTOMETRIC.MINISWHITE
    planes = convert(values.reshape(values.shape[-2:]), notes)
    if white_is_zero:
        turned = (None if plane is None else ~plane for plane in planes)  # grey or bool
        planes = cast(Planes, tuple(turned))
        notes.append("inverted, because its white is zero")
    return _upright(planes, 1 if tag is None else tag.value), 0, 1


def white_is_zero(image: Image.Image) -> bool:
    """True for a deep TIFF whose black is its greatest value; the decoder turns only 8 bits."""
    tags = getattr(image, "tag_v2", None)
    return image.mode in DEEP_MODES and tags is not None and tags.get(_TIFF_PHOTOMETRIC) == 0


def stated_range(image: Image.Image) -> tuple[float, float] | None:
    """What ImageJ shows as black and as white, which it writes into a TIFF; None without."""
    text = str((getattr(image, "tag_v2", None) or {}).get(_TIFF_DESCRIPTION, ""))
    if not text.startswith("ImageJ="):
        return None
    stated = dict(re.findall(r"^(min|max)=([-+.\dEe]{1,30})$", text[:10_000], re.MULTILINE))
    try:
        low, high = float(stated["min"]), float(stated["max"])
    except (KeyError, ValueError):
        return None
    return (low, high) if -1e300 < low < high < 1e300 else None
