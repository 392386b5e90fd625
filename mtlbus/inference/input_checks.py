"""Is this an image that the networks can say anything about? Three answers, with the reason.

Nothing here looks at a network: the numbers come from the pixels, reduced to 256 px. Each limit
stands well outside of what the 2655 images of BUSI and BUS-BRA show (their range is beside it), so
that a scan of another make is not turned away for being a little different.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from ..core.errors import InputError
from ..core.wording import percent
from ..data.dicom import MADE_BY_ULTRASOUND, OTHER_MODALITIES
from ..data.intake import GreyImage
from .colour_flow import colour_flow
from .grain import grain
from .seams import seam, seam_across

State = Literal["ok", "caution", "refused"]
STATES: tuple[State, ...] = ("ok", "caution", "refused")

_SIDE = 256  # pixels, of the reduced image
_BLOCK = 8  # pixels, of the blocks in which texture is measured
_SMALL, _TINY = 100, 32  # shorter side, pixels; the data: 152 and more
_LARGE = 2000  # longer side, pixels; the data: at most 320
_LIT = 30  # grey level from which a block shows tissue
_FEW_LIT, _NO_LIT = 0.12, 0.02  # share of blocks; the data: at least 0.16
_ONE_SHADE = 20  # grey levels between the darkest and the brightest half percent; 80 and more
_UNLIKE = 0.70  # correlation of neighbours; 0.77 and more
_EVEN = 0.50  # share of the lit blocks without texture; at most 0.36
_NO_TEXTURE = 1.5  # standard deviation in a block, grey levels
_SMOOTH = 2.5  # median of the same; 3.3 and more
_WHITE = 240  # grey level
_MOSTLY_WHITE = 0.45  # share of the pixels; at most 0.19
_LAYERED = 0.12, 0.05  # log of the powers of change, down over across; 4 of 2655 below 0.12
_LEAD, _NO_LEAD = 0.45, 0.25  # of the fine structure (see `grain`); 0.40 and more
_LED = 0.82  # share of the blocks in which depth leads; 3 of 2655 below
_VARIED = 0.7  # standard deviation of the logarithm of the texture of blocks
_BRIGHT, _LEFT_SKEWED = 127, -0.3  # median and skewness together; 4 of the 2655 images
_COLOURED, _MOSTLY_COLOURED = 0.01, 0.5  # share of the pixels; the data: none at all
_UNLIKE_TISSUE = {
    "texture": "has almost no speckle",
    "direction": "changes as much from side to side as with depth",
    "grain": "has a texture as fine across as along depth",
}
_NOTHING = "Nothing is predicted."
_NEXT = "Give an ultrasound picture as the scanner made it."


@dataclass(frozen=True)
class Check:
    """Something about an image that speaks against a prediction.

    Attributes:
        state: "caution" for a prediction that should be doubted, "refused" for none at all.
        name: of the check, one word.
        reason: what was found and what to do, for people.
    """

    state: State
    name: str
    reason: str


def caution(name: str, reason: str) -> Check:
    """A check for which a prediction should be doubted."""
    return Check("caution", name, reason)


def refused(name: str, reason: str) -> Check:
    """A check for which there is no prediction."""
    return Check("refused", name, reason)


def worst(checks: Iterable[Check]) -> State:
    """The gravest state among checks; "ok" where there are none."""
    return max((check.state for check in checks), key=STATES.index, default="ok")


def refusal(checks: Iterable[Check]) -> str | None:
    """Why nothing may be predicted and what to do, in one line; None where nothing is refused."""
    reasons = [check.reason for check in checks if check.state == "refused"]
    return " ".join((_NOTHING, *reasons, _NEXT)) if reasons else None


def unlike_tissue(checks: Iterable[Check]) -> bool:
    """Whether one of them says that there is no speckle as of an ultrasound scan."""
    return any(check.name in _UNLIKE_TISSUE for check in checks)


def check_image(image: GreyImage) -> tuple[Check, ...]:
    """What speaks against an image, the gravest first; empty for one that looks as it should."""
    reduced = _reduce(image.pixels)
    content = (
        _emptiness(reduced)
        or _texture(reduced)
        or _direction(reduced)
        or _grain(reduced)
        or _inverted(reduced)
    )
    colour = _colour(image)
    found = [_modality(image.modality), _size(*image.pixels.shape), content, colour]
    if content is None:
        found.append(_seam(reduced))
    elif colour and {content.state, colour.state} == {"caution"}:
        found[2:] = _photograph(content, image.colour_share) or found[2:]
    return tuple(sorted(filter(None, found), key=lambda check: -STATES.index(check.state)))


def require_answerable(image: GreyImage) -> tuple[Check, ...]:
    """The checks of an image that networks may be asked about.

    Raises:
        InputError: it is refused; the message says why, and what to do.
    """
    checks = check_image(image)
    refused = refusal(checks)
    if refused:
        why = refused.removeprefix(f"{_NOTHING} ")
        raise InputError(f"{image.name or 'The image'} is refused. {why}")
    return checks


def check_distance(distance: float | None, quantile: float) -> tuple[Check, ...]:
    """What the distance from the training images says against a prediction.

    Args:
        distance: as `Prediction.distance`.
        quantile: of the validation images that lie nearer than the limit, 0..1.
    """
    if distance is None or distance <= 1:
        return ()
    far = f"{distance:.3g} times as far from them as {percent(quantile)} of the validation images"
    unlike = "It is unlike the images this network was trained on"
    return (caution("distance", f"{unlike}: {far}. Do not rely on the answer."),)


def _reduce(pixels: np.ndarray) -> np.ndarray:
    """The image with its longer side at most `_SIDE`, by averaging; H×W to h×w uint8."""
    scale = _SIDE / max(pixels.shape)
    if scale < 1:
        height, width = (max(_BLOCK, round(side * scale)) for side in pixels.shape)
        small = Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX)
        pixels = np.asarray(small)
    return pixels


def _size(height: int, width: int) -> Check | None:
    if min(height, width) < _SMALL:
        judged = refused if min(height, width) < _TINY else caution
        return judged(
            "size",
            f"It has only {width}×{height} px. Margins and texture need about 200 px a side; "
            "give the image at its full size.",
        )
    if max(height, width) > _LARGE:
        return caution(
            "size",
            f"It has {width}×{height} px, far more than a scanner's picture. Crop it to the "
            "ultrasound picture: what is fine there is lost when all of it is scaled down.",
        )
    return None


def _emptiness(reduced: np.ndarray) -> Check | None:
    shares = np.cumsum(_histogram(reduced))
    darkest, brightest = np.searchsorted(shares, (0.005, 0.995))
    if brightest - darkest < _ONE_SHADE:
        return refused(
            "empty", "It is blank: hardly more than one shade of grey. Choose another image."
        )
    means, _ = _blocks(reduced)
    lit = float((means > _LIT).mean())
    if lit < _FEW_LIT:
        judged = refused if lit < _NO_LIT else caution
        return judged(
            "empty",
            f"It is nearly empty: only {lit:.0%} of it is brighter than black. Crop the dark "
            "border, or raise the gain of the scan.",
        )
    return None


def _texture(reduced: np.ndarray) -> Check | None:
    """Speckle: neighbours resemble each other, yet no place is perfectly even."""
    alike = _neighbour_correlation(reduced)
    if alike < _UNLIKE:
        return refused(
            "texture",
            "Neighbouring pixels hardly resemble each other (correlation "
            f"{round(alike, 2) + 0.0:.2f}): this is text or noise, not an ultrasound picture.",
        )
    white = float(_histogram(reduced)[_WHITE + 1 :].sum())
    if white > _MOSTLY_WHITE:
        return refused(
            "texture",
            f"{white:.0%} of it is white: a page, a screen or an inverted picture. Ultrasound is "
            "dark where nothing echoes; crop it to the ultrasound picture.",
        )
    means, deviations = _blocks(reduced)
    textures = deviations[means > _LIT]
    even = float((textures < _NO_TEXTURE).mean())
    if even > _EVEN:
        return refused(
            "texture",
            f"{even:.0%} of it is perfectly even: a drawing, a screen or a photograph. Ultrasound "
            "has speckle everywhere.",
        )
    if np.median(textures) < _SMOOTH:
        return caution(
            "texture",
            "It has almost no speckle: no ultrasound picture, or one that was smoothed until its "
            "texture was gone. Use the picture as the scanner made it.",
        )
    return None


def _direction(reduced: np.ndarray) -> Check | None:
    """A pulse is shorter than its beam is wide and layers lie across it: depth changes faster."""
    grey = reduced.astype(np.float32)
    down, across = (np.diff(grey, axis=axis) for axis in (0, 1))
    powers = (np.vdot(steps, steps) / steps.size for steps in (down, across))
    faster = float(np.log(next(powers) + 1e-3) - np.log(next(powers) + 1e-3))
    if faster >= _LAYERED[0]:
        return None
    means, deviations = _blocks(reduced)
    textures = deviations[means > _LIT]
    if faster < _LAYERED[1] and np.log(np.maximum(textures, 0.5)).std() > _VARIED:
        return refused(
            "direction",
            "It changes as much from side to side as from top to bottom, with smooth and detailed "
            "parts: a photograph or a drawing. In ultrasound depth changes fastest.",
        )
    return caution(
        "direction",
        "It changes as much from side to side as from top to bottom, where ultrasound changes "
        "faster with depth: a turned or stretched picture, or no ultrasound. Skin belongs on top.",
    )


def _inverted(reduced: np.ndarray) -> Check | None:
    """Echoes are a few bright pixels among many dark ones; inverted, it is the other way round."""
    shares = _histogram(reduced)
    median = int(np.searchsorted(np.cumsum(shares), 0.5))
    deviation = np.arange(256) - (shares * np.arange(256)).sum()
    skewness = (shares * deviation**3).sum() / (shares * deviation**2).sum() ** 1.5
    if median > _BRIGHT and skewness < _LEFT_SKEWED:
        return caution(
            "inverted",
            "It seems to be inverted: mostly bright, with dark details. Networks know tissue as "
            "bright on dark; invert it if black and white are swapped.",
        )
    return None


def _modality(code: str) -> Check | None:
    """What the file itself says; pixels of a CT may look like anything."""
    if code in MADE_BY_ULTRASOUND:
        return None
    name = OTHER_MODALITIES.get(code, "another kind of picture")
    return refused("modality", f"Its DICOM header says {code} ({name}), not US (ultrasound).")


def _grain(reduced: np.ndarray) -> Check | None:
    """The same as `_direction` for the fine structure alone, place by place."""
    found = grain(reduced, _LIT)
    if found is None or (found.lead >= _LEAD and found.share >= _LED):
        return None
    judged = refused if found.lead < _NO_LEAD else caution
    return judged(
        "grain",
        f"Its texture is as fine across as along depth in {1 - found.share:.0%} of it, where "
        "speckle is wider than high: a photograph, another kind of scan, or a turned or stretched "
        "picture.",
    )


def _seam(reduced: np.ndarray) -> Check | None:
    beside = seam(reduced)
    place = seam_across(reduced) if beside is None else beside
    if place is None:
        return None
    how, side = ("one above the other", "height") if beside is None else ("side by side", "width")
    return caution(
        "seam",
        f"Two scans seem to stand {how}: they meet at {place:.0%} of the {side}. A network takes "
        "the seam for anatomy; crop the image to one scan.",
    )


def _colour(image: GreyImage) -> Check | None:
    share, flow = image.colour_share, colour_flow(image.pixels, image.chroma)
    if share > _MOSTLY_COLOURED:
        judged = refused
    elif share >= _COLOURED or flow.found:
        judged = caution
    else:
        return None
    what = f"{share:.0%}" if share >= 0.01 else f"{share:.1%}"
    where = ", with a box around it," if flow.box else ""
    return judged(
        "colour",
        f"{what} of it is coloured{where}: colour Doppler, elastography, a tint, or no "
        "ultrasound. Colours became shades of grey that mean nothing; use the grey picture.",
    )


def _photograph(content: Check, share: float) -> list[Check] | None:
    """Colour and a content unlike tissue: each may happen to a scan, both speak of a photograph."""
    if content.name not in _UNLIKE_TISSUE:
        return None
    return [
        refused(
            "photograph",
            f"{share:.0%} of it is coloured, and it {_UNLIKE_TISSUE[content.name]}: a photograph, "
            "a drawing or a screen, not an ultrasound picture.",
        )
    ]


def _histogram(reduced: np.ndarray) -> np.ndarray:
    """Share of the pixels at each of the 256 grey levels."""
    return np.bincount(reduced.ravel(), minlength=256) / reduced.size


def _blocks(reduced: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation in blocks of 8×8 pixels, each flat."""
    down, across = (side // _BLOCK for side in reduced.shape)
    parts = reduced[: down * _BLOCK, : across * _BLOCK].astype(np.float32)
    parts = parts.reshape(down, _BLOCK, across, _BLOCK).swapaxes(1, 2).reshape(-1, _BLOCK**2)
    means = parts.mean(axis=1)
    return means, np.sqrt(np.maximum(0, np.einsum("ij,ij->i", parts, parts) / _BLOCK**2 - means**2))


def _neighbour_correlation(reduced: np.ndarray) -> float:
    """Correlation of each pixel with the one beside and the one below, averaged."""
    deviation = reduced - np.float32(reduced.mean())
    beside = np.vdot(deviation[:, 1:], deviation[:, :-1]) / deviation[:, 1:].size
    below = np.vdot(deviation[1:], deviation[:-1]) / deviation[1:].size
    return float((beside + below) / 2 / np.vdot(deviation, deviation) * deviation.size)
