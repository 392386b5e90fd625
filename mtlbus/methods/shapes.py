"""What a network measures: its parameters, and the shape of each feature its diagram names.

It is built and run on torch's meta device, which knows sizes but holds no numbers: the largest
network takes about a second and no memory. The hooks sit on this private copy only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..core.spec import Diagram
from .registry import create_model, get_spec

Shape = tuple[int, ...]

_FILLING = {
    *("kaiming_uniform_", "normal_", "uniform_", "fill_", "zero_"),
    *("erfinv_", "mul_", "add_", "clamp_"),  # steps of a truncated normal distribution
}
_TAP = re.compile(r"(?P<side><?)(?P<path>[\w.]*)(?P<keys>(?::[\w.]+)*)(?P<last> \[hwc\])?")


@lru_cache(maxsize=64)
def count_parameters(method: str, variant: str = "compact") -> int:
    """Numbers that training sets, with the method's default options.

    Args:
        method: a name of `list_methods()`.
        variant: "compact" or "paper".
    """
    model = on_meta(method, variant)
    return sum(parameter.numel() for parameter in model.parameters())


@lru_cache(maxsize=64)
def diagram_shapes(method: str, variant: str = "compact", **options: str) -> Mapping[str, Shape]:
    """The shape behind every tap of the method's diagram, for one image at its input size.

    Args:
        method: a name of `list_methods()`.
        variant: "compact" or "paper".
        options: of `create_model`, where they are not the defaults.

    Returns:
        Tap to shape, without the axis of the batch.
    """
    spec = get_spec(method)
    model = on_meta(method, variant, **options).eval()
    shapes = tap_shapes(model, taps_of(spec.diagram), spec.input_size)
    return MappingProxyType(shapes)


def on_meta(method: str, variant: str = "compact", **options: str) -> nn.Module:
    """A method on the meta device: sizes without numbers, and hardly any time."""
    with torch.device("meta"), _NoFilling():
        return create_model(method, variant, **options)


class _NoFilling(TorchFunctionMode):
    """Leaves out the filling of new weights, which have no numbers here: three times as fast."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if getattr(function, "__name__", "") in _FILLING:
            return args[0] if args else kwargs["tensor"]
        return function(*args, **kwargs)


def taps_of(diagram: Diagram | None) -> tuple[str, ...]:
    """All taps of a diagram, each once."""
    nodes = diagram.nodes if diagram else ()
    return tuple(dict.fromkeys(tap for node in nodes for _, tap in node.taps))


def tap_shapes(model: nn.Module, taps: Iterable[str], size: int = 256) -> dict[str, Shape]:
    """Run a network on one image and note the shapes that the taps name.

    A tap is the path of a module and names what it answers: "encoder.layer1". A "<" before it
    names its first input instead. Keys behind it go into tuples, dicts and attributes:
    "encoder:4", ":class_logits:malignancy" (an empty path is the whole network, with its inner
    maps). " [hwc]" at its end says that the channels come last.

    Args:
        model: private to the caller; its hooks are removed again.
        taps: see above.
        size: side of the square input, pixels.

    Raises:
        ValueError: a tap that is none, or names nothing that ran.
    """
    parsed = {tap: _TAP.fullmatch(tap) for tap in taps}
    wrong = [tap for tap, match in parsed.items() if match is None]
    if wrong:
        raise ValueError(f"No taps: {', '.join(wrong)}.")
    seen: dict[str, Any] = {}
    handles = []
    device = next(model.parameters()).device
    try:
        for path in {match["path"] for match in parsed.values()}:
            handles.append(model.get_submodule(path).register_forward_hook(_note(seen, path)))
        with torch.no_grad(), device:
            model(torch.empty(1, 3, size, size), maps=True)
    finally:
        for handle in handles:
            handle.remove()
    return {tap: _shape(seen, tap, match) for tap, match in parsed.items()}


def _note(seen: dict[str, Any], path: str):
    def hook(_module: nn.Module, inputs: tuple, answer: Any) -> None:
        seen[f"<{path}"], seen[path] = inputs[0], answer

    return hook


def _shape(seen: Mapping[str, Any], tap: str, match: re.Match) -> Shape:
    try:
        found = seen[match["side"] + match["path"]]
        for key in match["keys"].split(":")[1:]:
            found = _step(found, key)
    except (KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"The tap {tap!r} names nothing that ran.") from error
    if not isinstance(found, Tensor):
        found = found.tensor  # a Map
    shape = tuple(found.shape[1:])
    return (shape[-1], *shape[:-1]) if match["last"] else shape


def _step(found: Any, key: str) -> Any:
    if isinstance(found, Mapping):
        return found[key]
    return found[int(key)] if key.isdigit() else getattr(found, key)
