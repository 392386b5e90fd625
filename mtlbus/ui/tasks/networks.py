"""The networks of a subject: which there are, what they say, each asked once about an image."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...checkpoints import Checkpoint
from ...core.declaration import Declaration
from ...core.errors import CheckpointError, choose
from ...core.text import literal
from ...data.task_case import TaskCase
from ...data.transforms import PREPROCESSING_VERSION
from ...inference.task_predictor import TaskPrediction, TaskPredictor
from ...methods import get_spec
from .. import address, services
from ..gate import GATE
from ..memory import mirror, several
from ..results import ResultStore, bytes_held
from ..session import METHOD, METHODS, Slot
from .subjects import alike, title_of

_ONE: Slot[str | None] = Slot("task_network", None)  # kept apart from breast ultrasound's
_SEVERAL: Slot[str | None] = Slot("task_networks", None)


def _size_of(found: TaskPrediction) -> int:
    planes = [plane for one in found.answers.values() for plane in (one.classes, one.values)]
    return bytes_held(*planes, *(one.tensor for one in found.maps.values()))


_SAID = ResultStore(128 * services.MEGABYTE, _size_of, GATE)


def available(declaration: Declaration) -> dict[str, Checkpoint]:
    """The networks that may be asked about its cases, by the name of their folder."""
    return {
        name: found
        for name, found in services.of_other_tasks().items()
        if alike(found.declaration, declaration)
    }


def label(name: str, found: Checkpoint) -> str:
    """A network for people: its method, and the task if it has one of several."""
    title = get_spec(found.method).title.removesuffix(" segmentation")
    title = title.removesuffix(" classification")  # STL, of whatever task
    few = len(found.tasks) < len(found.declaration.tasks)
    return f"{title}: {', '.join(task.name for task in found.tasks)}" if few else title


def labels(networks: dict[str, Checkpoint]) -> dict[str, str]:
    """Each network for people; two of one method are told apart by their folders."""
    found = {name: label(name, one) for name, one in networks.items()}
    several = [title for title in found.values() if list(found.values()).count(title) > 1]
    return {name: f"{t} ({name})" if t in several else t for name, t in found.items()}


def predictor(name: str) -> TaskPredictor:
    """A network, loaded once for each set of weights.

    Raises:
        UnknownNameError: there is none of this name.
        CheckpointError: its weights cannot be used.
    """
    here = services.of_other_tasks()
    return services.loaded(here[choose("network", name, here)], TaskPredictor)


def predict(case: TaskCase, name: str, maps: bool = False) -> TaskPrediction:
    """What a network says about a case; computed once for each image and set of weights."""
    network = predictor(name)
    if not alike(network.checkpoint.declaration, case.declaration):
        raise CheckpointError(f"{name} is not about {title_of(case.declaration)}.")
    key = (case.image.sha256, network.checkpoint.digest, PREPROCESSING_VERSION, maps)
    kept = _SAID.peek((*key[:3], True)) or _SAID.peek(key)
    if kept is not None:
        return kept
    ready = network.prepare(case.image)
    with services.waiting_line() as say:
        return _SAID.get(key, lambda: network.predict(ready, maps), say)


def head(case: TaskCase, title: str, about: str | None = None) -> str:
    """A page's title with its help, and beside it the choice of a network, which it returns."""
    place, choice = st.columns(2, gap="medium", vertical_alignment="bottom")
    place.title(title, help=about)
    with choice:
        return _pick(case.declaration)


def _pick(declaration: Declaration) -> str:
    """A choice of one network, in the address as `method`; stops the page where there is none."""
    here = available(declaration)
    names = list(here)
    if not names:
        _say_none(declaration)
    if METHOD.get() in here:
        _ONE.set(METHOD.take())
    wanted, titles = _ONE.get(), labels(here)
    chosen = st.selectbox(
        "Network",
        names,
        format_func=lambda name: titles.get(name, name),
        **mirror(_ONE.name, wanted if wanted in names else _first(names)),
    )
    _ONE.set(chosen)
    address.write_link("method", chosen)
    return chosen


def pick_several(declaration: Declaration, most: int | None = 3) -> list[str]:
    """A choice of several networks, in the address as `methods`; all at first, or so many."""
    here = available(declaration)
    if not here:
        _say_none(declaration)
    if any(name in here for name in (METHODS.get() or "").split(",")):
        _SEVERAL.set(METHODS.take())
    whole = sorted(here, key=lambda name: len(here[name].tasks) < len(declaration.tasks))
    titles = labels(here)
    chosen = st.pills(
        "Networks",
        list(here),
        selection_mode="multi",
        wrap=True,
        format_func=lambda name: literal(titles[name]),
        **mirror(_SEVERAL.name, several(_SEVERAL.name, here, whole[:most])),
    )
    if not chosen:
        st.info("Choose at least one network above.", icon=":material/arrow_upward:")
        address.stop()
    address.write_link("methods", ",".join(chosen))
    return chosen


def _first(names: Sequence[str]) -> str:
    """CTAN's where there is one: its paper is about such pairs."""
    return next((name for name in names if name.endswith("ctan")), names[0])


def _say_none(declaration: Declaration) -> None:
    st.info(
        f"No trained network for “{literal(title_of(declaration))}” is here. Put the folder of one "
        "into the folder of checkpoints; `checkpoints/README.md` says how it is trained.",
        icon=":material/info:",
    )
    address.stop()
