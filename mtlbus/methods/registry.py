"""The registry: a dict from a method's name to its specification and its builder function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from ..core.errors import InputError, UnknownNameError, choose
from ..core.spec import ROLES, MapSpec, Spec
from ..core.tasks import Task
from .panel import is_panel, members_of, panel_spec
from .parts import Part

VARIANTS = ("compact", "paper")

Builder = Callable[..., nn.Module]
SpecForTasks = Callable[[tuple[Task, ...]], Spec]
MapsForOptions = Callable[[Spec, Mapping[str, Any]], tuple[MapSpec, ...]]
PartsOf = Callable[[nn.Module], tuple[Part, ...]]


class Entry(NamedTuple):
    """A registered method.

    Attributes:
        spec: the method with the tasks of breast ultrasound.
        build: see `register`.
        spec_for: the specification for any other tasks; None where the tasks are fixed.
        maps_for: see `register`; None where no option changes which maps there are.
        parts_of: see `register`.
    """

    spec: Spec
    build: Builder
    spec_for: SpecForTasks | None = None
    maps_for: MapsForOptions | None = None
    parts_of: PartsOf = lambda network: ()

    @property
    def options(self) -> dict[str, Any]:
        """The options of the method's decisions with their defaults."""
        return {name: option.default for name, (option, _) in self.spec.options.items()}


_METHODS: dict[str, Entry] = {}


def register(
    spec: Spec,
    build: Builder,
    spec_for: SpecForTasks | None = None,
    maps_for: MapsForOptions | None = None,
    parts_of: PartsOf = lambda network: (),
) -> None:
    """Register what builds a network: a class or function `build(variant, pretrained, **options)`.

    It is called with every option of the specification's decisions, checked and with its default.

    Args:
        spec: the method with its default tasks.
        build: see above; that of a method that takes any tasks gets `tasks`, too.
        spec_for: for a method that takes any tasks: the specification for given ones, with an
            `InputError` for tasks it cannot be built for.
        maps_for: for a method whose options add, rename or drop inner maps: what it returns
            under the given options, by their names.
        parts_of: the inner parts of a built network that can be silenced (`parts`).

    Raises:
        ValueError: the name is taken.
    """
    if spec.name in _METHODS:
        raise ValueError(f"A method named {spec.name!r} is registered already.")
    _METHODS[spec.name] = Entry(spec, build, spec_for, maps_for, parts_of)


def list_methods() -> list[str]:
    """The names of all methods: those the papers propose first, then by name."""
    return sorted(_METHODS, key=lambda name: (ROLES.index(_METHODS[name].spec.role), name))


def get_entry(name: str) -> Entry:
    """The specification and builder of a method.

    Raises:
        UnknownNameError: no such method; the message offers the closest name.
    """
    if name not in _METHODS:
        raise UnknownNameError("method", name, _METHODS)
    return _METHODS[name]


def get_spec(name: str) -> Spec:
    """The specification of a method, or of a panel of methods.

    Raises:
        UnknownNameError: no such method; the message offers the closest name.
        InputError: a panel that cannot be had.
    """
    if is_panel(name):
        return panel_spec([get_spec(member) for member in members_of(name, list_methods())])
    return get_entry(name).spec


def spec_of(name: str, tasks: Sequence[Task]) -> Spec:
    """The specification of a method for these tasks.

    Raises:
        UnknownNameError: no such method.
        InputError: the method cannot answer them; the line says what it answers.
    """
    entry, wanted = get_entry(name), tuple(tasks)
    spec = entry.spec_for(wanted) if entry.spec_for and wanted else entry.spec
    missing = [task.name for task in wanted if task not in spec.tasks]
    if missing or not wanted:
        allowed = ", ".join(task.name for task in entry.spec.tasks)
        able = ", ".join(other for other in list_methods() if _METHODS[other].spec_for)
        raise InputError(
            f"{name} cannot answer {', '.join(missing) or 'no task'}; it answers {allowed}. "
            f"Any tasks are answered by {able}."
        )
    return spec


def require_options(name: str, options: Mapping[str, Any]) -> None:
    """Refuse options that a method does not have, or values that they cannot have.

    Raises:
        UnknownNameError: an option or a word that does not exist.
        InputError: a value of another kind.
    """
    entry = get_entry(name)
    for option, value in options.items():
        choose(f"option of {name}", option, entry.options)
        known, number = entry.spec.options[option]
        known.require(value, name, number)


def create_model(
    name: str,
    variant: str = "compact",
    *,
    pretrained: bool | str | Path = False,
    tasks: Sequence[Task] | None = None,
    **options: Any,
) -> nn.Module:
    """Build a method with random or ImageNet weights.

    Args:
        name: a name of `list_methods()`.
        variant: "compact" (small, as shipped in `checkpoints/`) or "paper" (the paper's sizes).
        pretrained: ImageNet weights for the backbone: True for the model hub (for the compact
            encoder lite0 those of an installed package), or the path of a weight file; False for
            random weights.
        tasks: what to answer; None for the tasks of the specification.
        options: the numbered decisions of the method, see `get_spec(name).decisions`.

    Returns:
        A module with `model(images, maps=False) -> Output` and the attributes `spec`, `variant`
        and `options`.

    Raises:
        UnknownNameError: a name, variant, option or value that does not exist.
        InputError: the method cannot answer the tasks that were asked for.
        CheckpointError: ImageNet weights could not be loaded.
    """
    entry = get_entry(name)
    choose("variant", variant, VARIANTS)
    require_options(name, options)
    wanted = tuple(tasks) if tasks is not None else entry.spec.tasks
    spec = spec_of(name, wanted)
    options = {**entry.options, **options}
    asked = {"tasks": wanted} if entry.spec_for else {}
    model = entry.build(variant=variant, pretrained=pretrained, **asked, **options)
    model.variant, model.options = variant, options
    if entry.maps_for:
        spec = replace(spec, maps=entry.maps_for(spec, model.options))
    scaled = model if hasattr(model, "mean") else getattr(model, "encoder", None)
    if hasattr(scaled, "mean"):  # an encoder whose ImageNet weights want their own scale
        spec = replace(spec, mean=scaled.mean, std=scaled.std)
    model.spec = spec
    return model
