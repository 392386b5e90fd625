"""A network without what draws its mask, where its class is not read from there: half the work.

A network says so by `draws`, the path of a module that draws the mask and does nothing else.
"""

from __future__ import annotations

import copy

from torch import nn


class _Nothing(nn.Module):
    """In place of a decoder: no mask."""

    def forward(self, *inputs: object) -> None:
        return None


def class_alone(network: nn.Module) -> nn.Module:
    """A network of the same weights that answers the class, to the last bit, and draws no mask.

    It is the network itself where nothing can be left out, as where the mask decides what the
    class is read from. Nothing is changed on what was given.
    """
    path = getattr(network, "draws", "")
    return _without(network, path.split(".")) if path else network


def _without(module: nn.Module, path: list[str]) -> nn.Module:
    first, *rest = path
    lean = copy.copy(module)
    child = module.get_submodule(first)
    lean._modules = module._modules | {first: _without(child, rest) if rest else _Nothing()}
    return lean
