"""Networks and predictions for the pages, shared by all sessions of the server.

`MTLBUS_CHECKPOINTS` names another folder of checkpoints than the one that ships.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Collection
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path

import streamlit as st
import torch
from threadpoolctl import threadpool_limits

from ..checkpoints import CARD, CHECKPOINTS, Checkpoint, list_checkpoints
from ..core.errors import CheckpointError, InputError, choose
from ..data.transforms import PREPROCESSING_VERSION
from ..inference.input_checks import Check, check_image, refusal
from ..inference.predictor import Prediction, Predictor, Prepared, prepare
from .results import HEAVY, ResultStore
from .state import Case

LOG = logging.getLogger("mtlbus")
MEGABYTE = 1024**2
FAVOURITE = "mtl_cosa"


def _bytes_of(prediction: Prediction) -> int:
    planes = (prediction.mask_square, prediction.mask_probability)
    maps = (found.tensor for found in prediction.maps.values())
    return sum(plane.nbytes for plane in planes if plane is not None) + sum(
        tensor.numel() * tensor.element_size() for tensor in maps
    )


_PREDICTIONS = ResultStore(256 * MEGABYTE, _bytes_of)
_PREPARED = ResultStore(64 * MEGABYTE, lambda ready: ready.grey.numel() * 4)
_CHECKS = ResultStore(MEGABYTE, lambda checks: 1024, gate=nullcontext())  # waits for no network


def available() -> dict[str, Checkpoint]:
    """The methods with trained weights, by registry name, in the registry's order."""
    root = Path(os.environ.get("MTLBUS_CHECKPOINTS") or CHECKPOINTS)
    cards = sorted(root.glob(f"*/{CARD}"))
    return _read_checkpoints(root, tuple((card, card.stat().st_mtime_ns) for card in cards))


@lru_cache(maxsize=4)
def _read_checkpoints(root: Path, _stamps: tuple) -> dict[str, Checkpoint]:
    """Keyed by the cards' time stamps too, so that a new training appears without a restart."""
    usable = {}
    for name, checkpoint in list_checkpoints(root).items():
        try:
            _ = checkpoint.method, checkpoint.digest, checkpoint.card["spec"]
        except (CheckpointError, KeyError) as error:
            LOG.warning("Checkpoint %s is left out: %s", name, error)
            continue
        usable[name] = checkpoint
    return usable


def first_of(methods: Collection[str]) -> str:
    """The method that a new visitor meets first on every page, among some; at least one."""
    return FAVOURITE if FAVOURITE in methods else next(iter(methods))


def checkpoint(method: str) -> Checkpoint:
    """The checkpoint of a method; `UnknownNameError` where none ships."""
    found = available()
    return found[choose("method with trained weights", method, found)]


def title_of(method: str) -> str:
    """The name of a method as people write it ("MTL-COSA")."""
    return available()[method].card.get("title", method) if method in available() else method


def predictor(method: str) -> Predictor:
    """The network of a method, loaded once for each set of weights."""
    chosen = checkpoint(method)
    return _load(str(chosen.folder), chosen.digest)


@st.cache_resource(show_spinner="Loading the network …", max_entries=16)
def _load(folder: str, digest: str) -> Predictor:
    """`digest` is part of the key: weights that change on disk are loaded anew."""
    torch.set_num_threads(max(1, min(os.cpu_count() or 1, 8)))
    # NumPy's helper threads spin after every product and hold a core that the network needs: on
    # two cores a pass after a phantom or the input checks took 2.5 times as long.
    threadpool_limits(1, user_api="blas")
    loaded = Predictor(Checkpoint(Path(folder)))
    # The first pass sets up kernels and is slow; here it does not spoil the time that is shown.
    with HEAVY, torch.inference_mode():
        loaded.model(torch.zeros(1, 3, loaded.size, loaded.size, device=loaded.device))
    # Streamlit collects garbage after each run; frozen modules are not walked again (5× faster).
    gc.collect()
    gc.freeze()
    return loaded


def prediction_key(case: Case, method: str, maps: bool = False) -> tuple:
    """What a prediction depends on, in digests."""
    return (case.image.sha256, checkpoint(method).digest, PREPROCESSING_VERSION, maps)


def is_busy() -> bool:
    """Whether another computation holds the gate, so that a network would have to wait."""
    if HEAVY.acquire(blocking=False):
        HEAVY.release()
        return False
    return True


def is_ready(case: Case, method: str) -> bool:
    """Whether `predict` would answer without running the network."""
    keys = (prediction_key(case, method, maps) for maps in (False, True))
    return any(_PREDICTIONS.peek(key) is not None for key in keys)


def prepared(case: Case, size: int) -> Prepared:
    """The case's image in the square of a network, made once for all methods."""
    key = (case.image.sha256, size, PREPROCESSING_VERSION)
    found = _PREPARED.peek(key)
    return found or _PREPARED.get(key, lambda: prepare(case.image, size))


def checks(case: Case) -> tuple[Check, ...]:
    """What the pixels of a case say against asking networks about it; looked at once."""
    return _CHECKS.get(case.image.sha256, lambda: check_image(case.image))


def predict(case: Case, method: str, maps: bool = False) -> Prediction:
    """What a method says about a case; computed once for each image and set of weights.

    Args:
        case: the image.
        method: a name of `available()`.
        maps: with the inner maps; a prediction with maps serves requests without them too.

    Raises:
        InputError: the image is refused; a page asks `input_line.let_in` before it gets here.
    """
    refused = refusal(checks(case))
    if refused:
        raise InputError(refused)
    with_maps = _PREDICTIONS.peek(prediction_key(case, method, True))
    if with_maps is not None:
        return with_maps
    network = predictor(method)  # before the gate: loading shows its own spinner
    ready = prepared(case, network.size)
    key = prediction_key(case, method, maps)
    return _PREDICTIONS.get(key, lambda: network.predict(ready, maps))


def device_words() -> str:
    """What the networks run on, in words."""
    if torch.cuda.is_available():
        return f"Runs on the GPU ({torch.cuda.get_device_name(0)}), 32-bit"
    threads = max(1, min(os.cpu_count() or 1, 8))
    return f"Runs on the CPU, {threads} thread{'s' if threads > 1 else ''}, 32-bit"
