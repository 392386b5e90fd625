"""Every knob of a phantom, with its unit, range and meaning."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..core.errors import InputError

PARTS = {"seed": "Draw", "lesion": "Lesion", "skin_mm": "Breast", "image_depth_mm": "Scanner",
         "blur_mm": "Picture"}  # fmt: skip
"""The first knob of each part, in order."""


def _knob(default: float, low: float, high: float, unit: str, title: str, text: str) -> Any:
    known = {"low": low, "high": high, "unit": unit, "title": title, "text": text}
    return field(default=default, metadata=known)


def _switch(default: bool, title: str, text: str) -> Any:
    return field(default=default, metadata={"title": title, "text": text})


@dataclass(frozen=True)
class PhantomParameters:
    """Every knob of a phantom. `knobs()` lists default, range, unit and meaning of each.

    Picklable and JSON-friendly: `PhantomParameters(**dataclasses.asdict(p)) == p`.
    `malignant` is the label alone and changes no pixel.

    Raises:
        InputError: a value of the wrong type or out of range, or a lesion that does not fit
            between the skin and the edges of the image.
    """

    seed: int = _knob(
        0, 0, 2**63 - 1, "", "Anatomy and speckle", "draws anatomy, shape and speckle"
    )
    malignant: bool = _switch(False, "Label", "the label; changes no pixel")
    # The lesion: whether, where, how large, what shape.
    lesion: bool = _switch(True, "A lesion", "there is one; off for normal tissue")
    size_mm: float = _knob(12.0, 2.0, 40.0, "mm", "Size", "longest diameter")
    depth_mm: float = _knob(14.0, 3.0, 60.0, "mm", "Depth", "depth of the centre below the probe")
    lateral_mm: float = _knob(
        0.0, -30.0, 30.0, "mm", "Place, left to right", "centre right (+) of the middle"
    )
    aspect: float = _knob(
        0.65, 0.3, 2.5, "", "Height to width", "height / width; above 1 is taller than wide"
    )
    angle_deg: float = _knob(0.0, -45.0, 45.0, "°", "Tilt", "tilt, right end up")
    lobulation: float = _knob(0.0, 0.0, 1.0, "", "Lobes", "three or four gentle lobes")
    irregularity: float = _knob(0.0, 0.0, 1.0, "", "Irregular outline", "angular, uneven outline")
    microlobulation: float = _knob(
        0.0, 0.0, 1.0, "", "Small lobes", "many small lobes on the margin"
    )
    spiculation: float = _knob(
        0.0, 0.0, 1.0, "", "Spicules", "spicules that radiate from the margin"
    )
    duct_extension: float = _knob(
        0.0, 0.0, 1.0, "", "Duct extension", "a dark tongue along a duct, to one side"
    )
    # The lesion: its margin and its inside.
    margin_blur_mm: float = _knob(
        0.1, 0.0, 2.0, "mm", "Blurred margin", "standard width of the transition"
    )
    halo: float = _knob(0.0, 0.0, 1.0, "", "Echogenic halo", "echogenic rim around the lesion")
    distortion: float = _knob(
        0.0, 0.0, 1.0, "", "Distortion", "tissue pulled towards it in bright lines"
    )
    capsule: float = _knob(
        0.0, 0.0, 1.0, "", "Capsule", "thin bright wall where it faces the probe"
    )
    echo_db: float = _knob(
        -14.0, -40.0, 12.0, "dB", "Echo level", "echo level against the surroundings"
    )
    heterogeneity: float = _knob(
        0.2, 0.0, 1.0, "", "Uneven inside", "uneven echo inside; 1 is 5 dB deviation"
    )
    attenuation_db: float = _knob(
        0.0,
        -12.0,
        25.0,
        "dB",
        "Shadow or enhancement",
        "two-way loss through its height; > 0 shadow, < 0 enhancement",
    )
    edge_shadow_db: float = _knob(
        0.0,
        0.0,
        12.0,
        "dB",
        "Edge shadows",
        "thin shadows below its flanks, before the beam blurs them",
    )
    calcifications: int = _knob(0, 0, 40, "", "Calcifications", "bright dots inside")
    comet_tails: int = _knob(
        0, 0, 6, "", "Comet tails", "bright dots inside with a tail of echoes below"
    )
    # The breast.
    skin_mm: float = _knob(1.6, 0.8, 4.0, "mm", "Skin", "thickness of the skin")
    fat_mm: float = _knob(6.0, 1.0, 30.0, "mm", "Fat", "thickness of the subcutaneous fat")
    gland_mm: float = _knob(14.0, 2.0, 40.0, "mm", "Gland", "thickness of the glandular tissue")
    gland_fat: float = _knob(0.35, 0.0, 1.0, "", "Fat in the gland", "islands of fat in the gland")
    fat_lobules: float = _knob(
        0.0, 0.0, 1.0, "", "Fat lobules", "round lobes of fat between bright ligaments"
    )
    muscle_mm: float = _knob(7.0, 3.0, 20.0, "mm", "Muscle", "thickness of the pectoral muscle")
    chest_wall: bool = _switch(False, "Ribs and pleura", "ribs and pleura below the muscle")
    # The scanner.
    image_depth_mm: float = _knob(
        36.0, 20.0, 70.0, "mm", "Depth shown", "height and width of the image"
    )
    frequency_mhz: float = _knob(11.0, 5.0, 18.0, "MHz", "Frequency", "higher is finer")
    absorption_db: float = _knob(
        0.0,
        0.0,
        0.6,
        "dB/cm/MHz",
        "Absorption",
        "what each MHz above 11 costs on the way; tissue takes 0.5",
    )
    focus_mm: float = _knob(16.0, 5.0, 50.0, "mm", "Focus", "depth of the narrowest beam")
    looks: int = _knob(4, 1, 6, "", "Compounding", "compounded images; more is smoother speckle")
    dynamic_range_db: float = _knob(62.0, 40.0, 90.0, "dB", "Dynamic range", "from black to white")
    gain_db: float = _knob(0.0, -15.0, 15.0, "dB", "Gain", "overall gain")
    tgc_error_db_per_cm: float = _knob(
        -2.0, -8.0, 4.0, "dB/cm", "Depth gain", "what time gain compensation leaves over with depth"
    )
    calipers: bool = _switch(False, "Calipers", "burned-in + marks at the ends of the axes")
    text: bool = _switch(
        False, "Burned-in text", "burned-in words and a depth scale, as scanners write them"
    )
    # The picture afterwards, marks and all.
    blur_mm: float = _knob(0.0, 0.0, 1.5, "mm", "Blur", "standard width of a blur")
    noise: float = _knob(0.0, 0.0, 0.3, "", "Noise", "grain, its deviation as a share of white")
    gamma: float = _knob(1.0, 0.4, 2.5, "", "Gamma", "bends the grey levels; above 1 is darker")

    def __post_init__(self) -> None:
        for name, knob in self.knobs().items():
            check_knob(name, getattr(self, name), knob)
        if not self.lesion:
            return
        half_x, half_z = self.half_extent_mm
        top, side = self.skin_mm, self.image_depth_mm / 2
        if self.depth_mm - half_z < top or self.depth_mm + half_z > self.image_depth_mm:
            raise InputError(
                f"The lesion spans {self.depth_mm - half_z:.1f} to {self.depth_mm + half_z:.1f} mm "
                f"in depth; it must lie between the skin ({top:.1f} mm) and the bottom of the "
                f"image ({self.image_depth_mm:.1f} mm). Change depth_mm, size_mm or image_depth_mm."
            )
        if abs(self.lateral_mm) + half_x > side:
            raise InputError(
                f"The lesion reaches {abs(self.lateral_mm) + half_x:.1f} mm from the middle; the "
                f"image ends at {side:.1f} mm. Change lateral_mm, size_mm or image_depth_mm."
            )

    @property
    def half_extent_mm(self) -> tuple[float, float]:
        """Half width and half height (mm) of the upright box around the tilted ellipse."""
        width = self.size_mm / max(1.0, self.aspect)
        a, b, turn = width / 2, width * self.aspect / 2, np.deg2rad(self.angle_deg)
        return (
            float(np.hypot(a * np.cos(turn), b * np.sin(turn))),
            float(np.hypot(a * np.sin(turn), b * np.cos(turn))),
        )

    @classmethod
    @cache
    def knobs(cls) -> dict[str, dict]:
        """`{name: {default, part, title, text}}`, for numbers `low`, `high`, `unit`, in order."""
        found, part = {}, ""
        for f in fields(cls):
            part = PARTS.get(f.name, part)
            found[f.name] = {"default": f.default, "part": part, **f.metadata}
        return found


def check_knob(name: str, value: object, knob: dict) -> None:
    """Raise `InputError` unless a value fits its knob, an entry of `PhantomParameters.knobs`."""
    if isinstance(knob["default"], bool):
        if not isinstance(value, bool):
            raise InputError(f"{name} is {value!r}; it must be True or False.")
        return
    whole = isinstance(knob["default"], int)
    kind = Integral if whole else Real
    noun = "a whole number" if whole else "a number"
    wrong_type = isinstance(value, bool) or not isinstance(value, kind)
    if wrong_type or not knob["low"] <= value <= knob["high"]:
        allowed = f"{noun} from {knob['low']:g} to {knob['high']:g} {knob['unit']}".strip()
        raise InputError(f"{name} is {value!r}; it must be {allowed}.")
