"""Networks and predictions for the pages, shared by all sessions of the server."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator
from threadpoolctl import threadpool_limits

from ..checkpoints import CARD, WEIGHTS, Checkpoint, checkpoints_folder, list_checkpoints
from ..core import sharing
from ..core.declaration import BREAST
from ..core.errors import CheckpointError, InputError, MtlbusError, choose
from ..core.spec import Fit
from ..core.text import printable
from ..data.transforms import PREPROCESSING_VERSION
from ..evaluation.panels import find_network, list_panels
from ..findings.anyway import shown_anyway
from ..inference.burned_in import BurnedIn, burned_in
from ..inference.input_checks import Check, check_image, refusal
from ..inference.loaded import Prepared, prepare
from ..inference.predictor import Prediction, Predictor, outline_digest
from ..methods import get_spec, list_methods
from ..methods.panel import PREFIX, is_panel, members_of
from .case import Case
from .gate import GATE, Say
from .results import ResultStore, bytes_held
from .session import Slot

LOG = logging.getLogger("mtlbus")
MEGABYTE = 1024**2
FAVOURITE = "mtl_cosa"
N = TypeVar("N")


def _bytes_of(prediction: Prediction) -> int:
    maps = (found.tensor for found in prediction.maps.values())
    return bytes_held(prediction.mask_square, prediction.mask_probability, *maps)


# All that ship stay: 25 networks of at most 7.5 million weights are 750 MB.
_NETWORKS = ResultStore(
    1024 * MEGABYTE, lambda network: bytes_held(*network.model.state_dict().values()), GATE
)
_PREDICTIONS = ResultStore(256 * MEGABYTE, _bytes_of, GATE)
# These wait for no network, so that who is inside the gate may ask for them.
_PREPARED = ResultStore(64 * MEGABYTE, lambda ready: bytes_held(ready.grey))
_CHECKS = ResultStore(MEGABYTE, lambda checks: 1024)
_ANYWAY = Slot("_shown_anyway", frozenset[str]())  # digests
_MARKS = ResultStore(MEGABYTE, lambda marks: 4096)


class Found(NamedTuple):
    """What the folder of checkpoints holds.

    Attributes:
        usable: methods of breast ultrasound by registry name.
        tasks: networks of other tasks by the name of their folder.
        panels: names of those that were judged themselves.
        broken: names of those whose card is broken.
    """

    usable: dict[str, Checkpoint]
    tasks: dict[str, Checkpoint]
    panels: list[str]
    broken: list[str]


_LOOKED: ContextVar[Found | None] = ContextVar("checkpoints_of_this_run", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Within it the disk is asked once which checkpoints there are; around every run.

    A fragment that runs alone is a run of its own and wears it as a decorator.
    """
    if _LOOKED.get() is not None:  # a part of a run that has looked
        yield
        return
    token = _LOOKED.set(_read_checkpoints(*_root_and_stamps()))
    try:
        yield
    finally:
        _LOOKED.reset(token)


def _checkpoints() -> Found:
    return _LOOKED.get() or _read_checkpoints(*_root_and_stamps())


def available() -> dict[str, Checkpoint]:
    """The methods with trained weights, by registry name, in the registry's order."""
    usable = _checkpoints().usable
    if not _BROKEN:
        return usable
    return {name: found for name, found in usable.items() if _identity(found) not in _BROKEN}


def of_other_tasks() -> dict[str, Checkpoint]:
    """The networks whose card declares tasks of its own, by the name of their folder."""
    return _checkpoints().tasks


def panels() -> list[str]:
    """The panels that ship: judged themselves, of networks that can all be used."""
    return [name for name in _checkpoints().panels if panel_named(name)]


def left_out() -> list[str]:
    """The methods whose checkpoint lies here but cannot be used; the log says why."""
    usable, broken = _checkpoints().usable, _checkpoints().broken
    return [*broken, *(name for name, found in usable.items() if _identity(found) in _BROKEN)]


def _root_and_stamps() -> tuple[Path, tuple]:
    root = checkpoints_folder()
    cards = sorted([*root.glob(f"*/{CARD}"), *root.glob(f"*/*/{CARD}")])
    return root, tuple((card, _stamp(card)) for card in cards)


def _stamp(file: Path) -> int:
    """Changes with the file; 0 for one that cannot be looked at."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _read_checkpoints(root: Path, stamps: tuple) -> Found:
    """Keyed by the cards' time stamps too, so that a new training appears without a restart."""
    usable, tasks, broken = {}, {}, []
    methods = list_checkpoints(root)
    for card, _ in stamps:
        name = card.parent.relative_to(root).as_posix()
        try:
            found = methods.get(name) or Checkpoint(card.parent)
            if found.declaration != BREAST:
                tasks[name] = found
            elif name in methods and found.method != name:
                raise CheckpointError(f"{found.folder} holds a checkpoint of {found.method!r}.")
            elif name in methods:
                usable[name] = found
        except CheckpointError as error:
            LOG.warning("Checkpoint %s is left out: %s", printable(name), printable(error))
            broken += [name] if name in methods else []
    in_order = {name: usable[name] for name in methods if name in usable}
    return Found(in_order, tasks, list_panels(root), broken)


def first_of(methods: Collection[str]) -> str:
    """The method that a new visitor meets first on every page, among some; at least one."""
    return FAVOURITE if FAVOURITE in methods else next(iter(methods))


def checkpoint(method: str) -> Checkpoint:
    """The checkpoint of a method, of a panel of methods, or of a network of other tasks.

    Raises:
        UnknownNameError: none ships.
    """
    found = available()
    if method in of_other_tasks():
        return of_other_tasks()[method]
    if is_panel(method):
        members_of(method, list(found))  # of those that can be used
        return find_network(method)
    return found[choose("method with trained weights", method, found)]


def panel_named(wanted: object) -> str | None:
    """The panel that an address asks for, as it is named everywhere; None if it cannot be had."""
    if not isinstance(wanted, str) or not is_panel(wanted):
        return None
    try:
        return PREFIX + "+".join(members_of(wanted, list(available())))
    except MtlbusError:
        return None


def title_of(method: str) -> str:
    """The name of a method as people write it ("MTL-COSA")."""
    return get_spec(method).title if method in list_methods() or is_panel(method) else method


class LeftOut(CheckpointError):
    """A network that turned out to be broken; from now on `available` is without it."""


_BROKEN: set[tuple] = set()


def _identity(found: Checkpoint) -> tuple:
    """Changes with the weights, so that restored ones are tried again."""
    return str(found.folder), found.digest, _stamp(found.folder / WEIGHTS)


def predictor(method: str) -> Predictor:
    """The network of a method, loaded once for each set of weights.

    Raises:
        LeftOut: its weights cannot be used; the frame runs the page again without it.
    """
    chosen = checkpoint(method)
    try:
        return loaded(chosen, _load)
    except CheckpointError as error:
        LOG.warning("The network of %s is left out: %s", method, printable(error))
        title = title_of(method)
        _BROKEN.add(_identity(chosen))
        raise LeftOut(f"The weights of {title} cannot be used.") from error


@cache
def settle() -> None:
    """Share out cores and memory, once for the process; `OMP_NUM_THREADS` says how many cores.

    A server does it when it starts: the library remembers the thread that asked, and with the
    thread of a visitor his session.
    """
    sharing.one_heap()
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, min(os.cpu_count() or 1, 8)))
    # NumPy's helper threads spin after every product and hold a core that the network needs: on
    # two cores a pass after a phantom or the input checks took 2.5 times as long.
    threadpool_limits(1, user_api="blas")


def loaded(found: Checkpoint, load: Callable[[Checkpoint], N]) -> N:
    """A network, loaded once for each set of weights, with words meanwhile.

    Raises:
        CheckpointError: its weights cannot be used.
    """
    key = (str(found.folder), found.digest)  # weights that change on disk are loaded anew
    kept = _NETWORKS.peek(key)
    if kept is not None:
        return kept

    def make() -> N:
        settle()
        try:
            return load(found)
        except CheckpointError:
            raise
        except MtlbusError as error:  # a method, size or option that this version does not know
            raise CheckpointError(str(error)) from error

    with st.spinner("Loading the network …"), waiting_line() as say:
        return _NETWORKS.get(key, make, say)


def _load(found: Checkpoint) -> Predictor:
    loaded = Predictor(found)
    # The first pass sets up kernels and is slow; here it does not spoil the time that is shown.
    with torch.inference_mode():
        loaded.model(torch.zeros(1, 3, loaded.size, loaded.size, device=loaded.device))
    return loaded


@contextmanager
def waiting_line() -> Iterator[Say]:
    """A line in the place where a page waits for the gate; it comes with the first word."""
    place: DeltaGenerator | None = None

    def say(words: str) -> None:
        nonlocal place
        place = place or st.empty()
        place.caption(f":material/hourglass_top: {words} …")  # a click ends the wait here

    yield say
    if place:
        place.empty()


def prediction_key(
    case: Case, method: str, maps: bool = False, outline: np.ndarray | None = None
) -> tuple:
    """What a prediction depends on, in digests."""
    drawn = "" if outline is None else outline_digest(outline)
    return (case.image.sha256, checkpoint(method).digest, PREPROCESSING_VERSION, maps, drawn)


def is_ready(case: Case, method: str) -> bool:
    """Whether `predict` would answer without running the network."""
    keys = (prediction_key(case, method, maps) for maps in (False, True))
    return any(_PREDICTIONS.peek(key) is not None for key in keys)


def prepared(case: Case, size: int, fit: Fit = "pad") -> Prepared:
    """The case's image in the square of a network, made once for all methods."""
    key = (case.image.sha256, size, fit, PREPROCESSING_VERSION)
    return _PREPARED.get(key, lambda: prepare(case.image, size, fit))


def checks(case: Case) -> tuple[Check, ...]:
    """What the pixels of a case say against asking networks about it; looked at once.

    A refusal that the person set aside, "it is ultrasound, show it anyway", is a caution.
    """
    found = _CHECKS.get(case.image.sha256, lambda: check_image(case.image))
    return shown_anyway(found) if overridden(case) else tuple(found)


def overridden(case: Case) -> bool:
    """Whether the person of this session insists that this image is ultrasound."""
    return case.image.sha256 in _ANYWAY.get()


def override(case: Case) -> None:
    """Callback: show this image although it is refused."""
    _ANYWAY.set(_ANYWAY.get() | {case.image.sha256})


def marks(case: Case) -> BurnedIn:
    """What was drawn into the pixels of a case; looked for once."""
    return _MARKS.get(case.image.sha256, lambda: burned_in(case.image.pixels))


def predict(
    case: Case, method: str, maps: bool = False, outline: np.ndarray | None = None
) -> Prediction:
    """What a method says about a case; computed once for each image and set of weights.

    Args:
        case: the image.
        method: a name of `available()`.
        maps: with the inner maps; a prediction with maps serves requests without them too.
        outline: a reader's, see `Predictor.predict`.

    Raises:
        InputError: the image is refused; a page asks `input_line.let_in` before it gets here.
    """
    refused = refusal(checks(case))
    if refused:
        raise InputError(refused)
    for with_maps in (True, maps):
        key = prediction_key(case, method, with_maps, outline)
        found = _PREDICTIONS.peek(key)
        if found is not None:
            return found
    network = predictor(method)  # before the gate: loading shows its own spinner
    ready = prepared(case, network.size, network.fit)
    with waiting_line() as say:
        return _PREDICTIONS.get(key, lambda: network.predict(ready, maps, outline), say)


def device_words() -> str:
    """What the networks run on, in words."""
    if torch.cuda.is_available():
        return f"Runs on the GPU ({torch.cuda.get_device_name(0)}), 32-bit"
    threads = torch.get_num_threads()
    return f"Runs on the CPU, {threads} thread{'s' if threads > 1 else ''}, 32-bit"
