"""A phantom breast ultrasound image with its true mask, made on the spot from physics.

`make_phantom(PhantomParameters(...))` draws layers of skin, fat, gland and muscle with a lesion in
them and images them through the chain in `phantom_imaging`. `random_parameters(seed)` draws a
plausible case whose features follow the BI-RADS descriptors (ACR BI-RADS Atlas, 5th ed., 2013)
with overlap between the classes; `GALLERY` holds named cases. A phantom is no patient: it shows
how methods react to appearance, and says nothing about how they perform in a clinic.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..core.errors import InputError
from . import phantom_imaging as imaging
from . import phantom_tissue as tissues
from .phantom_parameters import PhantomParameters, check_knob


@dataclass(frozen=True)
class Phantom:
    """`image` uint8 H×W; `mask` bool H×W, the true lesion without its hair-thin spicules and its
    tongue along a duct, empty without a lesion; `label` 1 for malignant, 0 for benign; the
    `parameters` that made it; `mm_per_pixel`, both ways."""

    image: np.ndarray
    mask: np.ndarray
    label: int
    parameters: PhantomParameters
    mm_per_pixel: float


@dataclass(frozen=True)
class GalleryEntry:
    """A named case: `name` (its key), a short `title`, one sentence of `text`, `parameters`."""

    name: str
    title: str
    text: str
    parameters: PhantomParameters


def make_phantom(parameters: PhantomParameters, size: int = 256) -> Phantom:
    """One square phantom image of `size` px. The same parameters and size give the same bytes.

    Anatomy and lesion do not depend on `size`; the speckle is drawn anew for each size.

    Raises:
        InputError: `parameters` of another type, or a `size` that is not 64 to 1024.
    """
    if not isinstance(parameters, PhantomParameters):
        raise InputError(
            f"parameters is a {type(parameters).__name__}; it must be PhantomParameters."
        )
    if isinstance(size, bool) or not isinstance(size, Integral) or not 64 <= size <= 1024:
        raise InputError(f"size is {size!r}; it must be a whole number from 64 to 1024 px.")
    p, pixel = parameters, parameters.image_depth_mm / size
    pad = size // 16  # beams beyond the sides, so that the circular convolution wraps unseen
    z = (np.arange(size) + 0.5) * pixel
    x = (np.arange(-pad, size + pad) + 0.5 - size / 2) * pixel
    tissue, mask, bright = tissues.breast(p, x, z, pixel), np.zeros((size, size), bool), ()
    if p.lesion:
        shape = tissues.outline(p, x, z, pixel)
        tissue = tissues.insert_lesion(p, tissue, shape, x, z, pixel)
        mask = shape.distance[:, pad : pad + size] <= 0
        bright = shape.calcifications, shape.comets
    signal = imaging.envelope(p, tissue, x, z, pixel, *bright)
    image = imaging.display(p, signal[:, pad : pad + size])
    if p.calipers:
        _burn_calipers(image, p, pixel)
    if p.text:
        image = _burn_text(image, p, pixel)
    return Phantom(imaging.afterwards(p, image, pixel), mask, int(p.malignant), p, pixel)


def _burn_calipers(image: np.ndarray, p: PhantomParameters, pixel: float) -> None:
    """Draw + marks, in place, at the four ends of the axes of the lesion, there or not."""
    size = image.shape[0]
    width, turn = p.size_mm / max(1.0, p.aspect), np.deg2rad(p.angle_deg)
    arm = max(2, size // 85)
    for along, across in ((-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5)):
        u, v = along * width, across * width * p.aspect
        x = p.lateral_mm + np.cos(turn) * u + np.sin(turn) * v
        z = p.depth_mm - np.sin(turn) * u + np.cos(turn) * v
        column = int(np.clip(x / pixel + size / 2, arm, size - 1 - arm))
        row = int(np.clip(z / pixel, arm, size - 1 - arm))
        image[row, column - arm : column + arm + 1] = 235
        image[row - arm : row + arm + 1, column] = 235


def _burn_text(image: np.ndarray, p: PhantomParameters, pixel: float) -> np.ndarray:
    """The image with the words of a scanner: probe, side, depth scale, and a measured distance."""
    size = image.shape[0]
    picture = Image.fromarray(image)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(max(8, size // 22))
    edge, step = size // 50, max(8, size // 22) + 2
    draw.text((edge, edge), f"L{p.frequency_mhz:.0f}  FR 31", 215, font)
    draw.text((edge, edge + step), "BREAST RT 10 h", 215, font)
    if p.calipers:
        draw.text((edge, size - edge - step), f"+ D {p.size_mm:.1f} mm", 215, font)
    for depth in range(5, int(p.image_depth_mm), 5):
        row, length = depth / pixel, edge * (2 if depth % 10 == 0 else 1)
        draw.line((size - 1 - length, row, size - 1, row), 215)
    return np.array(picture)


def random_parameters(seed: int, malignant: bool | None = None) -> PhantomParameters:
    """A plausible case. `malignant=None` draws the class, 60 % benign.

    A hidden suspicion in 0..1, with overlapping distributions in the two classes, leans each
    descriptor from the benign to the malignant end, and each varies on its own around it: a
    benign lesion can be irregular, and a malignant one round and circumscribed.
    """
    check_knob("seed", seed, PhantomParameters.knobs()["seed"])
    if malignant is not None and not isinstance(malignant, bool):
        raise InputError(f"malignant is {malignant!r}; it must be True, False or None.")
    rng = tissues.stream(seed, 100)
    drawn_class = bool(rng.uniform() < 0.4)
    malignant = drawn_class if malignant is None else malignant
    s = rng.beta(3.2, 1.9) if malignant else rng.beta(1.5, 3.8)

    def lean(benign_end: float, malignant_end: float) -> float:
        return benign_end + s * (malignant_end - benign_end)

    def some(chance: float, low: float, high: float) -> float:
        hit, value = rng.uniform() < chance, rng.uniform(low, high)
        return float(value) if hit else 0.0

    def around(mean: float, deviation: float, low: float, high: float) -> float:
        return float(np.clip(rng.normal(mean, deviation), low, high))

    kind = rng.uniform()
    case: dict[str, Any] = {
        "aspect": float(np.clip(lean(0.55, 1.0) * np.exp(rng.normal(0, 0.22)), 0.33, 1.7)),
        "angle_deg": around(0, lean(8, 14), -35, 35),
        "lobulation": some(lean(0.45, 0.3), 0.2, 0.9),
        "irregularity": around(lean(0.02, 0.8), 0.18, 0, 1),
        "microlobulation": some(lean(0.05, 0.6), 0.2, 1.0),
        "spiculation": some(lean(-0.05, 0.75), 0.2, 1.0),
        "margin_blur_mm": float(np.clip(lean(0.08, 0.45) * np.exp(rng.normal(0, 0.5)), 0.03, 1.4)),
        "halo": some(lean(0.0, 0.7), 0.2, 1.0),
        "capsule": some(lean(0.65, 0.0), 0.3, 1.0),
        "echo_db": around(lean(-9, -15), 4.0, -24, -3),
        "heterogeneity": around(lean(0.2, 0.6), 0.2, 0, 1),
        "attenuation_db": around(lean(-4.5, 12.0), 4.5, -11, 24),
        "edge_shadow_db": some(lean(0.45, 0.1), 1.5, 6.0),
        "calcifications": int(some(lean(0.05, 0.4), 3, 22)),
    }
    if case["spiculation"] or case["microlobulation"]:
        case["capsule"] = 0.0  # a capsule needs a smooth margin
    if not malignant and kind < 0.24:  # simple cyst
        case |= {"echo_db": around(-32, 5, -40, -24), "attenuation_db": around(-6, 2.5, -11, 0)}
        case |= {"heterogeneity": 0.1, "calcifications": 0}
        case |= {"spiculation": 0.0, "microlobulation": 0.0}
    elif not malignant and kind < 0.31:  # lipoma or other echogenic lesion
        case |= {"echo_db": around(3, 2, 0, 7), "halo": 0.0}
    elif malignant and kind < 0.10:  # circumscribed malignancy: mucinous, medullary, papillary
        case |= {"echo_db": around(-9, 3, -18, -3), "attenuation_db": around(-3, 2.5, -9, 3)}
        case |= {"irregularity": kind, "spiculation": 0.0, "halo": 0.0, "margin_blur_mm": 0.12}

    size = float(np.clip((15.0 if malignant else 12.5) * np.exp(rng.normal(0, 0.38)), 4.5, 32.0))
    fat, gland = around(6.5, 3.0, 1.5, 16), around(13, 4, 5, 24)
    skin, half = around(1.6, 0.3, 1.0, 2.6), size / 2 * min(1.0, case["aspect"]) + 0.7
    depth = max(skin + fat * rng.uniform(0.5, 1) + gland * rng.uniform(0.1, 0.75), skin + half + 1)
    shown = float(np.clip(depth + half + rng.uniform(8, 20), max(25.0, size + 8), 60.0))
    case |= {"seed": int(seed), "malignant": malignant, "size_mm": size, "depth_mm": float(depth)}
    # A tilted lesion is taller than half says; room above and below is made for the whole of it.
    case["angle_deg"] *= min(1.0, 8.0 / size)
    room = shown / 2 - size / 2 - 1
    return PhantomParameters(
        **case,
        lateral_mm=float(rng.uniform(-0.7, 0.7) * room),
        skin_mm=skin,
        fat_mm=fat,
        gland_mm=gland,
        gland_fat=around(0.4, 0.22, 0, 1),
        muscle_mm=around(7, 2, 3.5, 13),
        chest_wall=bool(rng.uniform() < 0.4),
        image_depth_mm=shown,
        frequency_mhz=around(11, 1.8, 7.5, 15),
        focus_mm=float(np.clip(depth + rng.normal(1, 4), 6, 40)),
        looks=int(rng.integers(3, 7)),
        dynamic_range_db=around(62, 6, 50, 78),
        gain_db=around(-1, 3, -6.5, 8),
        tgc_error_db_per_cm=around(-2.8, 1.4, -6.5, 1),
        calipers=bool(rng.uniform() < 0.25),
    )


def _entry(name: str, title: str, text: str, **knobs: Any) -> GalleryEntry:
    return GalleryEntry(name, title, text, PhantomParameters(**knobs))


_CANCER = {"malignant": True, "heterogeneity": 0.5, "margin_blur_mm": 0.3}
GALLERY: dict[str, GalleryEntry] = {
    entry.name: entry
    for entry in (
        _entry(
            "simple-cyst", "Simple cyst",
            "Black, oval and sharply bounded, with a bright band of enhancement below it.",
            seed=11, size_mm=13, aspect=0.7, depth_mm=13, echo_db=-38, heterogeneity=0.0,
            attenuation_db=-8, capsule=0.8, edge_shadow_db=4, margin_blur_mm=0.05,
        ),
        _entry(
            "complicated-cyst", "Complicated cyst",
            "A cyst with low internal echoes from debris; enhancement gives its fluid away.",
            seed=12, size_mm=11, aspect=0.75, depth_mm=13, lateral_mm=-4, echo_db=-20,
            heterogeneity=0.5, attenuation_db=-6, capsule=0.6, lobulation=0.2,
        ),
        _entry(
            "fibroadenoma", "Fibroadenoma",
            "Oval, parallel to the skin, evenly hypoechoic, with a thin bright capsule.",
            seed=13, size_mm=17, aspect=0.5, depth_mm=13, lateral_mm=2, echo_db=-11,
            attenuation_db=-2, capsule=0.9, edge_shadow_db=3, angle_deg=4,
        ),
        _entry(
            "lobulated-fibroadenoma", "Lobulated fibroadenoma",
            "Three or four gentle lobes, still sharply bounded and wider than tall.",
            seed=14, size_mm=19, aspect=0.6, depth_mm=14, lateral_mm=-2, echo_db=-10,
            lobulation=0.9, capsule=0.7, attenuation_db=-2,
        ),
        _entry(
            "isoechoic-fibroadenoma", "Isoechoic fibroadenoma",
            "Almost as bright as the tissue around it: only its capsule and texture betray it.",
            seed=15, size_mm=14, aspect=0.55, depth_mm=15, lateral_mm=4, echo_db=-3,
            heterogeneity=0.1, capsule=0.7, edge_shadow_db=2,
        ),
        _entry(
            "lipoma", "Echogenic lipoma",
            "Brighter than the fat it lies in, flat, without a shadow.",
            seed=16, size_mm=15, aspect=0.4, depth_mm=9, fat_mm=13, gland_mm=9, echo_db=7,
            capsule=0.4, heterogeneity=0.3,
        ),
        _entry(
            "calcified-fibroadenoma", "Calcified fibroadenoma",
            "Benign and oval with coarse calcifications, and a shadow that looks alarming.",
            seed=17, size_mm=13, aspect=0.65, depth_mm=13, echo_db=-9, calcifications=14,
            attenuation_db=9, capsule=0.5, heterogeneity=0.5,
        ),
        _entry(
            "scar", "Surgical scar (benign look-alike)",
            "Irregular, taller than wide and shadowing, yet benign.",
            seed=18, size_mm=13, aspect=1.25, depth_mm=13, echo_db=-12, irregularity=0.6,
            spiculation=0.4, attenuation_db=17, margin_blur_mm=0.5, heterogeneity=0.4,
        ),
        _entry(
            "spiculated-carcinoma", "Spiculated carcinoma",
            "Spicules in an echogenic halo, not parallel, with a dense shadow.",
            seed=19, size_mm=14, aspect=1.15, depth_mm=14, echo_db=-17, irregularity=0.5,
            spiculation=0.9, halo=0.8, attenuation_db=22, **_CANCER,
        ),
        _entry(
            "angular-carcinoma", "Irregular carcinoma",
            "Angular margins and an uneven inside; a moderate shadow.",
            seed=20, size_mm=18, aspect=0.85, depth_mm=15, lateral_mm=-3, echo_db=-15,
            irregularity=0.9, halo=0.5, attenuation_db=9, **_CANCER,
        ),
        _entry(
            "microlobulated-carcinoma", "Microlobulated carcinoma with calcifications",
            "Many small lobes on the margin and bright dots inside; hardly any shadow.",
            seed=21, size_mm=16, aspect=0.8, depth_mm=14, lateral_mm=3, echo_db=-14,
            irregularity=0.35, microlobulation=0.9, calcifications=18, attenuation_db=2, **_CANCER,
        ),
        _entry(
            "mucinous-carcinoma", "Mucinous carcinoma (malignant look-alike)",
            "Round, circumscribed and enhancing like a benign lesion, yet malignant.",
            seed=22, size_mm=13, aspect=0.8, depth_mm=14, echo_db=-8, lobulation=0.3,
            attenuation_db=-4, heterogeneity=0.3, margin_blur_mm=0.15, malignant=True,
        ),
        _entry(
            "small-deep-carcinoma", "Small deep carcinoma",
            "Six millimetres, far from the focus, where the beam is wide.",
            seed=23, size_mm=6.5, aspect=1.2, depth_mm=27, lateral_mm=6, image_depth_mm=44,
            fat_mm=10, gland_mm=22, echo_db=-16, irregularity=0.6, spiculation=0.4,
            attenuation_db=6, halo=0.4, **_CANCER,
        ),
        _entry(
            "large-carcinoma", "Large shadowing carcinoma",
            "Its own shadow hides its back wall, and where it ends is a guess.",
            seed=24, size_mm=25, aspect=0.8, depth_mm=17, image_depth_mm=42, echo_db=-13,
            irregularity=0.7, spiculation=0.3, halo=0.6, attenuation_db=22, **_CANCER,
        ),
        _entry(
            "fibroadenoma-calipers", "Fibroadenoma with calipers",
            "The same fibroadenoma with the marks of a measurement burned in.",
            seed=13, size_mm=17, aspect=0.5, depth_mm=13, lateral_mm=2, echo_db=-11,
            attenuation_db=-2, capsule=0.9, edge_shadow_db=3, angle_deg=4, calipers=True,
        ),
        _entry(
            "carcinoma-calipers", "Spiculated carcinoma with calipers",
            "The same carcinoma with the marks of a measurement burned in.",
            seed=19, size_mm=14, aspect=1.15, depth_mm=14, echo_db=-17, irregularity=0.5,
            spiculation=0.9, halo=0.8, attenuation_db=22, calipers=True, **_CANCER,
        ),
    )
}  # fmt: skip
