"""What a file may weigh and measure, asked before anything is decoded."""

from __future__ import annotations

from ..core.errors import InputError

MAX_BYTES = 20 * 1024**2
MAX_PIXELS = 40_000_000
MIN_SIDE = 16
MAX_SIDE = 8192  # pixels; 40 million of a photograph have 7750 at most, a scanner's screen 3840
MAX_ASPECT = 10  # longer over shorter side; a panorama of a whole breast has about 4
MAX_SCANS = 100  # of a progressive JPEG: each costs as much time as the whole picture; usual are 10

ALLOWED = "Allowed are PNG, JPEG, BMP, TIFF, WebP, GIF and, for images, DICOM"
PIXEL_LIMIT = (
    f"at most {MAX_PIXELS // 1_000_000} million are allowed. Scale it down or crop it first."
)


def check_bytes(size: int, label: str) -> None:
    """Raise an `InputError` unless a file of `size` bytes may come in; `label` names it."""
    if size == 0:
        raise InputError(f"{label} is empty (0 bytes). {ALLOWED}; choose another file.")
    if size > MAX_BYTES:
        raise InputError(
            f"{label} has {size / 1024**2:.1f} MB; at most {MAX_BYTES // 1024**2} MB are allowed. "
            "Save it smaller, for example as PNG or with fewer pixels."
        )


def check_shape(width: int, height: int, label: str) -> None:
    """Raise an `InputError` unless an image of this size, pixels, may be decoded."""
    if width * height > MAX_PIXELS:
        raise InputError(f"{label} has {width}×{height} pixels; {PIXEL_LIMIT}")
    if min(width, height) < MIN_SIDE:
        raise InputError(
            f"{label} has {width}×{height} pixels; each side needs at least {MIN_SIDE}. "
            "Give the image at its full size."
        )
    if max(width, height) > min(MAX_SIDE, MAX_ASPECT * min(width, height)):
        raise InputError(
            f"{label} has {width}×{height} pixels; the longer side may have {MAX_SIDE}, and "
            f"{MAX_ASPECT} times the shorter one. Crop it to the ultrasound picture."
        )


def check_frame(frame: int, frames: int, label: str) -> int:
    """`frame` if it is one of `frames`, counted from 0; else an `InputError`."""
    if not 0 <= frame < max(1, frames):
        raise InputError(
            f"{label} has no frame {frame + 1}. Allowed are 1 to {frames}; choose one of these."
        )
    return frame
