"""A phantom of the gallery with some knobs turned, and its name in an address.

"lab:spiculated-carcinoma,gain_db=3,calipers=1" names the phantom that it began with and each knob
that stands elsewhere. The phantom as it began goes by its own name, "spiculated-carcinoma".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..core.errors import InputError, choose
from .intake import GreyImage
from .phantom import GALLERY, GalleryEntry, Phantom
from .phantom_parameters import PhantomParameters, check_knob

LAB = "lab:"
"""How the name of a phantom with turned knobs begins."""
Value = float | int | bool
FIXED = ("malignant",)
"""What no knob turns: the class is told by no picture."""
_PARTS_OF_THE_CLASS = "Lesion"


@dataclass(frozen=True)
class PhantomState:
    """A phantom of the gallery and the knobs that stand elsewhere, in their order.

    Attributes:
        base: its name in the gallery.
        turned: name and value of each knob.
    """

    base: str
    turned: tuple[tuple[str, Value], ...] = ()

    @property
    def entry(self) -> GalleryEntry:
        """The phantom that it began with."""
        return GALLERY[self.base]

    @property
    def key(self) -> str:
        """Its name in an address."""
        if not self.turned:
            return self.base
        knobs = (f"{name}={_written(value)}" for name, value in self.turned)
        return f"{LAB}{self.base},{','.join(knobs)}"

    @cached_property
    def parameters(self) -> PhantomParameters:
        """All knobs.

        Raises:
            InputError: they do not go together.
        """
        turned: dict[str, Any] = dict(self.turned)
        return replace(self.entry.parameters, **turned)

    @property
    def label(self) -> int | None:
        """1 malignant, 0 benign; None where the lesion is no more that of the gallery."""
        knobs = PhantomParameters.knobs()
        if any(knobs[name]["part"] in (_PARTS_OF_THE_CLASS, "Draw") for name, _ in self.turned):
            return None
        return int(self.entry.parameters.malignant)

    def turn(self, knob: str, value: Value) -> PhantomState:
        """The same with a knob elsewhere; a number keeps six digits, as the address has them."""
        if isinstance(value, float):
            value = float(f"{value:g}")
        known = dict(self.turned) | {knob: value}
        at_home = self.entry.parameters
        kept = ((name, known[name]) for name in PhantomParameters.knobs() if name in known)
        return PhantomState(self.base, tuple(k for k in kept if k[1] != getattr(at_home, k[0])))

    def back(self, knob: str) -> PhantomState:
        """The same with a knob where it began."""
        return self.turn(knob, getattr(self.entry.parameters, knob))

    def words(self) -> list[str]:
        """Each turned knob as people read it: "Gain 3 dB"."""
        return [told(name, value) for name, value in self.turned]


def grey_image(phantom: Phantom, name: str) -> GreyImage:
    """A phantom as an image to be looked at, with a digest of its pixels and its spacing."""
    digest = hashlib.sha256(f"phantom {phantom.image.shape}".encode() + phantom.image.tobytes())
    spacing = (phantom.mm_per_pixel, phantom.mm_per_pixel)
    return GreyImage(phantom.image, digest.hexdigest(), (), f"{name}.png", spacing)


def is_phantom(key: str) -> bool:
    """Whether a name is that of a phantom, as it began or with turned knobs."""
    return key in GALLERY or key.startswith(LAB)


def read_state(key: str) -> PhantomState:
    """The phantom that a name means.

    Raises:
        InputError: no such phantom or knob, or a value that is not allowed.
    """
    base, *knobs = key.removeprefix(LAB).split(",")
    choose("phantom", base[:60], GALLERY)
    known = {n: k for n, k in PhantomParameters.knobs().items() if n not in FIXED}
    state = PhantomState(base)
    for part in knobs:
        name, _, text = part.partition("=")
        state = state.turn(name, _read(choose("knob", name[:60], known), text, known[name]))
    state.parameters  # noqa: B018 - refuses knobs that do not go together
    return state


def _read(name: str, text: str, knob: dict) -> Value:
    default = knob["default"]
    try:
        number = float(text)
        if isinstance(default, bool):
            value: Value = {0.0: False, 1.0: True}[number]
        else:
            value = int(text) if isinstance(default, int) else number
    except (ValueError, KeyError):
        asked = "0 or 1" if isinstance(default, bool) else "a number"
        raise InputError(f"{name} is {text[:40]!r}; it must be {asked}.") from None
    check_knob(name, value, knob)
    return value


def _written(value: Value) -> str:
    return str(int(value)) if isinstance(value, int) else f"{value:g}"


def told(name: str, value: Value) -> str:
    """A knob and where it stands, as people read it."""
    return f"{PhantomParameters.knobs()[name]['title']} {told_value(name, value)}"


def told_value(name: str, value: Value) -> str:
    """Where a knob stands, with its unit: "−3 dB", "on"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    unit = PhantomParameters.knobs()[name]["unit"]
    gap = "" if unit in ("", "°") else " "
    return f"{value:g}{gap}{unit}".replace("-", "−")
