"""What a method's inner maps let a person look at, and the plain arrays behind each picture.

A view is chosen by the kind of a map and its shape, never by the name of a method. Names are
`family.level.branch`: the levels and branches of a family are one view. Everything takes a `Map`
as `Predictor` returns it (no batch dimension) and gives NumPy arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from ..checkpoints import Checkpoint
from ..core.errors import InputError
from ..core.outputs import Map
from ..data.transforms import Frame
from .attention import array_of, cell_boxes

Form = Literal["region", "score", "attention", "gate", "channels", "offset", "feature", "numbers"]

FINEST_ARROWS = 32
_UNGATED = "features"
_TOGETHER = {"region": "Regions", "score": "Share of the decision", "numbers": "Numbers"}
_PLACES = {"region": 0, "score": 1, "numbers": 3}


class Address(NamedTuple):
    """The parts of a map's name; "" for a part that it does not have."""

    family: str
    level: str
    branch: str


class View(NamedTuple):
    """What can be looked at on its own.

    Attributes:
        name: of its first map; the value of `map` in a link.
        title: in plain words.
        form: which picture it needs.
        maps: names of the maps it shows.
    """

    name: str
    title: str
    form: Form
    maps: tuple[str, ...]

    @property
    def levels(self) -> dict[str, dict[str, str]]:
        """Level to branch to name, in the order of the maps; "" where a name has no such part."""
        found: dict[str, dict[str, str]] = {}
        for name in self.maps:
            _, level, branch = address_of(name)
            found.setdefault(level, {})[branch] = name
        return found


class Arrows(NamedTuple):
    """Displacements on the image, in its pixels; N arrows.

    Attributes:
        x, y: shape N, where they start: the middles of cells.
        dx, dy: shape N, how far the sample moves to the right and downwards.
        step: every how many-th cell has an arrow.
        cell: side of a cell.
    """

    x: np.ndarray
    y: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    step: int
    cell: float

    @property
    def longest(self) -> float:
        """Length of the longest arrow in image pixels; 0 without arrows."""
        return float(np.hypot(self.dx, self.dy).max(initial=0.0))


def address_of(name: str) -> Address:
    """ "ctae_mask.2.malignancy" as its family, level and branch."""
    family, _, rest = name.partition(".")
    level, _, branch = rest.partition(".")
    return Address(family, level, branch)


def can_be_seen(name: str) -> bool:
    """Whether a map has a view; pooled features serve Grad-CAM, channel means familiarity."""
    return address_of(name).family not in ("pooled_features", "encoder_means")


def with_views(networks: Mapping[str, Checkpoint]) -> list[str]:
    """The names of those networks that have a map to look at, by their cards."""
    return [
        name
        for name, found in networks.items()
        if any(can_be_seen(entry.name) for entry in found.card.spec.maps)
    ]


def form_of(name: str, found: Map) -> Form | None:
    """The picture that a map needs, by its kind and shape; None for a map without one."""
    if not can_be_seen(name):
        return None
    if found.kind == "gate" and found.tensor.shape[-2:] == (1, 1):
        return "channels"
    if found.kind == "scalar":
        return "channels" if not found.labels and found.tensor.numel() > 1 else "numbers"
    return found.kind


def ungated_of(name: str, maps: Mapping[str, Map]) -> Map | None:
    """The features before the gate `name` ("aaa_gate.2" → "aaa_features.2"); None if not there."""
    family, dot, rest = name.partition(".")
    if not family.endswith("_gate"):
        return None
    return maps.get(family.removesuffix("gate") + _UNGATED + dot + rest)


def _gate_of(name: str) -> str:
    """The inverse of `ungated_of`; the name itself for any other map."""
    family, dot, rest = name.partition(".")
    stem = family.removesuffix(f"_{_UNGATED}")
    return f"{stem}_gate{dot}{rest}" if stem != family else name


def list_views(maps: Mapping[str, Map]) -> list[View]:
    """What a method's maps let a person look at.

    Regions come together (full resolution and cells), so do the shares of a logit, and all
    numbers; otherwise each family of maps is a view. Features before a gate are shown beside it
    and have no view of their own. Regions and shares come first, numbers last.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for name, found in maps.items():
        form = form_of(name, found)
        if form is not None and (_gate_of(name) == name or _gate_of(name) not in maps):
            family = "" if form in _TOGETHER else address_of(name).family
            groups.setdefault((form, family), []).append(name)
    views = [
        View(first, _TOGETHER.get(form) or title_of(first, maps[first]), form, (first, *others))
        for (form, _), (first, *others) in groups.items()
    ]
    return sorted(views, key=lambda view: _PLACES.get(view.form, 2))


def find_view(views: list[View], wanted: str | None) -> View:
    """The view that a link names by any of its maps or by their family; else the first."""
    wanted = wanted or ""
    for view in views:
        if names_map(view, wanted):
            return view
    family = address_of(wanted).family
    fitting = [v for v in views if v.form not in _TOGETHER and address_of(v.name).family == family]
    return (fitting or views)[0]


def names_map(view: View, name: str) -> bool:
    """Whether a map is one of a view's, or the features before one of its gates."""
    return name in view.maps or _gate_of(name) in view.maps


def gate_plane(gate: Map, channel: int | str = "mean") -> np.ndarray:
    """A gate C×H×W as one plane: the "mean" or "max" over its channels, or one channel."""
    return _one_plane(array_of(gate), channel)


def gate_contrast(gate: Map, frame: Frame) -> float:
    """How much a gate's cells on the image differ, 0..1, the largest of its pictures.

    From the 2nd to the 98th percentile, so that single cells do not decide. A gate whose channels
    have names has a picture for each, any other one is the mean over its channels.
    """
    values = array_of(gate)
    planes = values if gate.labels else values.mean(axis=0, keepdims=True)
    return max(plane_contrast(plane, frame) for plane in planes)


def plane_contrast(plane: np.ndarray, frame: Frame) -> float:
    """From the 2nd to the 98th percentile of the cells rows×columns that lie on the image."""
    low, high = np.percentile(cell_boxes(plane.shape, frame).visible(plane), (2, 98))
    return float(high - low)


def _one_plane(values: np.ndarray, channel: int | str) -> np.ndarray:
    """C×H×W to H×W. A single channel serves for each that is asked for."""
    if channel in ("mean", "max"):
        return getattr(values, channel)(axis=0)
    if not isinstance(channel, int) or channel < 0 or 1 < len(values) <= channel:
        raise InputError(f"Channel {channel!r}: choose 'mean', 'max' or 0 to {len(values) - 1}.")
    return values[channel if len(values) > 1 else 0]


def gate_difference(first: Map, second: Map, channel: int | str = "mean") -> np.ndarray:
    """The first gate less the second as one plane in −1..1; both C×H×W, see `gate_plane`."""
    if first.tensor.shape != second.tensor.shape:
        raise InputError(
            f"Gates of {tuple(first.tensor.shape)} and {tuple(second.tensor.shape)} cannot be "
            "compared cell by cell."
        )
    return gate_plane(first, channel) - gate_plane(second, channel)


def feature_plane(feature: Map, channel: int | str = "mean", gate: Map | None = None) -> np.ndarray:
    """How strongly channels answer, |C×H×W| as one plane from 0 up.

    Args:
        feature: C×H×W.
        channel: the "mean" or "max" over the channels, or one of them.
        gate: C×H×W or 1×H×W; the features are multiplied by it first.
    """
    strength = np.abs(array_of(feature) if gate is None else array_of(feature) * array_of(gate))
    return _one_plane(strength, channel)


def channel_weights(found: Map) -> np.ndarray:
    """One weight a channel, shape C, of a gate C×1×1 or an unlabelled scalar C."""
    return array_of(found).reshape(-1)


def displacement(offset: Map, sample: int | None = None) -> np.ndarray:
    """How far samples move, in cells: 2×H×W as (down, right).

    Args:
        offset: 2K×H×W, (dy, dx) of K samples as torchvision orders them.
        sample: one of the K; None for their mean.
    """
    values = array_of(offset)
    samples = values.reshape(-1, 2, *values.shape[-2:])
    if sample is None:
        return samples.mean(axis=0)
    if not 0 <= sample < len(samples):
        raise InputError(f"Sample {sample}: choose 0 to {len(samples) - 1}.")
    return samples[sample]


def arrows_on_image(moved: np.ndarray, frame: Frame, finest: int = FINEST_ARROWS) -> Arrows:
    """The displacements 2×rows×columns (in cells) as arrows on the image, in its pixels.

    At most `finest`×`finest` cells have one, and none that starts in the padding.
    """
    rows, columns = moved.shape[1:]
    step = -(-max(rows, columns) // finest)
    row, column = np.mgrid[step // 2 : rows : step, step // 2 : columns : step]
    height, width = frame.down / rows, frame.across / columns
    x, y = (column + 0.5) * width - frame.left, (row + 0.5) * height - frame.top
    seen = (x >= 0) & (x < frame.width) & (y >= 0) & (y < frame.height)
    down, right = moved[:, row, column]
    return Arrows(x[seen], y[seen], (right * width)[seen], (down * height)[seen], step, height)


def title_of(name: str, found: Map) -> str:
    """The family of a map in words, as its method calls it: "CTAE mask"."""
    plain = address_of(name).family.replace("_", " ")
    return found.words.title or plain[0].upper() + plain[1:]
