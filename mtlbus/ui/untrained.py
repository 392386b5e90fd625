"""Networks without trained weights: what is wired to what can be looked at, and nothing else.

They have random weights from a fixed seed. No probability and no outline of theirs leaves here.
"""

from __future__ import annotations

import streamlit as st
import torch
from torch import nn

from ..core.outputs import Map
from ..data.transforms import PREPROCESSING_VERSION
from ..explain.views import can_be_seen
from ..inference.predictor import inner_maps
from ..methods import create_model, get_spec, list_methods
from . import services
from .case import Case
from .gate import GATE
from .results import ResultStore, bytes_held

SEED = 0
MEGABYTE = 1024**2

_MAPS = ResultStore(
    96 * MEGABYTE, lambda maps: bytes_held(*(m.tensor for m in maps.values())), GATE
)
_NETWORKS = ResultStore(
    96 * MEGABYTE, lambda network: bytes_held(*network.state_dict().values()), GATE
)


def methods() -> list[str]:
    """Names of the registered methods without trained weights that have a map to look at."""
    return [
        name
        for name in list_methods()
        if is_untrained(name) and any(can_be_seen(found.name) for found in get_spec(name).maps)
    ]


def is_untrained(method: str | None) -> bool:
    """Whether this is a method of the registry that has no trained weights here."""
    return method in list_methods() and method not in services.available()


def input_size(method: str) -> int:
    """Side of the network's square, pixels."""
    return get_spec(method).input_size


def maps_of(case: Case, method: str) -> dict[str, Map]:
    """The inner maps of a method with random weights; computed once for each image."""
    key = (case.image.sha256, method, SEED, PREPROCESSING_VERSION)
    found = _MAPS.peek(key)
    if found is not None:
        return found
    ready = services.prepared(case, input_size(method))
    with st.spinner("Building the network …"), services.waiting_line() as say:
        network = _NETWORKS.get(method, lambda: _build(method), say)
        return _MAPS.get(key, lambda: inner_maps(network, ready), say)


def _build(method: str) -> nn.Module:
    """The compact variant on the CPU; the process's own random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return create_model(method).eval().requires_grad_(False)
