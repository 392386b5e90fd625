"""Tasks as data: what images a network gets, and what it is asked about them.

    {"name": "openkbp", "title": "Organs and dose", "group": "patient", "mirror": false,
     "image": {"colour": "grey", "bits": 8},
     "tasks": [
       {"name": "organs", "kind": "pixel_class", "classes": ["background", "brain stem", "cord"]},
       {"name": "dose", "kind": "pixel_regression", "unit": "Gy", "span": 70, "scale": 0.01}]}

The fields are those of `Declaration`, `ImageForm` and `Task`; what has a default may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError, with_config

from .errors import InputError
from .tasks import LOSSES, MALIGNANCY, METRICS, NOTHING_ELSE, SEGMENTATION, Task
from .text import printable
from .wording import listed

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
COLUMNS = ("image", "group", "fold", "part")  # of a manifest, which no task may be called
MOST_CLASSES = 64
MOST_SIGNS = 60  # of a title, a group or a class


@with_config(NOTHING_ELSE)
@dataclass(frozen=True)
class ImageForm:
    """How the numbers of an image file become the input.

    Attributes:
        colour: "grey", or "rgb" of 8 bits.
        bits: 8 or 16 a channel.
        black, white: of 16 bits, the numbers that become 0 and 1; what is beyond is cut.
    """

    colour: Literal["grey", "rgb"] = "grey"
    bits: Literal[8, 16] = 8
    black: int = 0
    white: int = 65535

    @property
    def channels(self) -> int:
        """1 or 3."""
        return 3 if self.colour == "rgb" else 1


@with_config(NOTHING_ELSE)
@dataclass(frozen=True)
class Declaration:
    """The tasks of a collection of images.

    Attributes:
        name: identifier.
        tasks: what is asked.
        title: for people; "" is the name.
        image: how the images are read.
        mirror: whether a mirrored image is as good as another; false where classes tell left from
            right.
        group: what never crosses a split ("patient", "lesion").
    """

    name: str
    tasks: tuple[Task, ...]
    title: str = ""
    image: ImageForm = field(default_factory=ImageForm)
    mirror: bool = True
    group: str = "patient"

    @property
    def about(self) -> str:
        """Its tasks in words: "organs and dose"."""
        return listed([task.name for task in self.tasks])

    def task(self, name: str) -> Task:
        """The task of this name.

        Raises:
            InputError: there is none.
        """
        for task in self.tasks:
            if task.name == name:
                return task
        raise InputError(f"{self.name} declares no task {name!r}; it declares {self.about}.")

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, as a declaration is written."""
        return {**asdict(self), "tasks": [task.as_dict() for task in self.tasks]}


BREAST = Declaration("breast", (SEGMENTATION, MALIGNANCY), "Breast ultrasound")

_ADAPTER = TypeAdapter(Declaration)
_PARTS = {"image": ImageForm, "tasks": Task}


def read_declaration(content: bytes | str, whose: str) -> Declaration:
    """A declaration from its JSON, looked through.

    Args:
        content: the JSON text.
        whose: begins the line of an error.

    Raises:
        InputError: it is no JSON, says something that is no field, or declares tasks that cannot
            be learned; one line that says where.
    """
    try:
        found = _ADAPTER.validate_json(content, strict=True)
    except ValidationError as error:
        raise InputError(f"{whose}: {_told(error)}") from None
    check_tasks(found, whose)
    return found


def asked_of(declaration: Declaration, names: Sequence[str]) -> tuple[Task, ...]:
    """The tasks of these names, in the order of the declaration; of no names all.

    Returns:
        () for breast ultrasound, of which each method answers what it answers.

    Raises:
        InputError: a name that is not declared.
    """
    if declaration == BREAST and not names:
        return ()
    chosen = {declaration.task(name) for name in names}
    return tuple(task for task in declaration.tasks if task in chosen or not names)


def check_tasks(declaration: Declaration, whose: str) -> None:
    """Refuse tasks that nobody could learn, or judge.

    Raises:
        InputError: one line on the first fault.
    """
    names = [task.name for task in declaration.tasks]
    if not names:
        raise InputError(f"{whose}: it declares no task. Give at least one.")
    for name in (declaration.name, *names):
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{whose}: {printable(name)[:40]!r} is no name. Allowed: a small letter, then "
                "small letters, digits and _."
            )
    for name in names:
        if names.count(name) > 1 or name in COLUMNS:
            why = "twice" if names.count(name) > 1 else "which is a column of every manifest"
            raise InputError(f"{whose}: a task is called {name} {why}. Call it something else.")
    if sum(task.kind == "pixel_class" for task in declaration.tasks) > 1:
        raise InputError(
            f"{whose}: two tasks are a class per pixel. Join their classes into one task, with "
            '"overlapping": true where a pixel may have several.'
        )
    for what, text in (("title", declaration.title), ("group", declaration.group)):
        if text != printable(text) or len(text) > MOST_SIGNS:
            raise InputError(f"{whose}: a {what} is one line of at most {MOST_SIGNS} signs.")
    form = declaration.image
    if form.bits == 16 and form.colour == "rgb":
        raise InputError(f"{whose}: rgb images are read with 8 bits. Save them so, or as grey.")
    if not 0 <= form.black < form.white <= 65535:
        raise InputError(f"{whose}: black and white must be 0 ≤ black < white ≤ 65535.")
    for task in declaration.tasks:
        fault = _fault(task)
        if fault:
            raise InputError(f"{whose}: task {task.name}: {fault}")


def _fault(task: Task) -> str:
    """What is wrong with a task, and what is allowed; "" where nothing is."""
    kind, classes = task.kind, task.classes
    least = 1 if task.overlapping else 2
    if kind == "pixel_regression":
        if classes or task.overlapping:
            return "values have no classes. Leave out classes and overlapping."
        if not (task.span > 0 and task.scale > 0):
            return "span and scale must be above 0."
        if task.unit != printable(task.unit) or len(task.unit) > 20:
            return "a unit is at most 20 signs."
    elif len(classes) < least:
        return f"it needs the names of at least {least} classes."
    elif len(classes) > MOST_CLASSES:
        return f"it has {len(classes)} classes; at most {MOST_CLASSES} are allowed."
    elif task.overlapping and kind == "image_class":
        return "only classes of pixels overlap. Declare a task for each class."
    folded = [name.casefold() for name in classes]
    for name in classes:
        readable = name.strip() and name == printable(name) and len(name) <= MOST_SIGNS
        if not readable or set(name) & set(";="):
            return f"a class needs a name of at most {MOST_SIGNS} signs, without ; and =."
        if folded.count(name.casefold()) > 1:
            return f"two classes are called {name}."
    for what, given, allowed in (
        ("metric", task.metric, METRICS[kind]),
        ("loss", task.loss, LOSSES[kind]),
    ):
        if given and given not in allowed:
            return f"{printable(given)[:40]!r} is no {what} of it. Allowed: {', '.join(allowed)}."
    if task.measure == "auc" and len(classes) > 2:
        return "an auc needs two classes. Use accuracy or balanced_accuracy."
    if task.better and (task.better == "less") != task.less_is_better:
        return f"of {task.measure} {'less' if task.less_is_better else 'more'} is better."
    if not all(_COLOUR.fullmatch(colour) for colour in task.colours):
        return 'a colour is written as "#1f77b4".'
    if len(task.colours) == 1 and not classes:
        return "values have at least two colours, from low to high."
    if task.colours and classes and len(task.colours) != len(task.foreground):
        return f"it has {len(task.colours)} colours for {len(task.foreground)} classes."
    return ""


def _told(error: ValidationError) -> str:
    """The first fault of the JSON in a line, without quoting it at any length."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(printable(part)[:40] for part in first["loc"]) or "the whole"
    if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        parts = [part for part in first["loc"] if part in _PARTS]
        known = fields(_PARTS[str(parts[-1])] if parts else Declaration)
        return f"{place} is no field. Allowed: {', '.join(one.name for one in known)}."
    if first["type"] == "missing":
        return f"{place} is missing."
    return f"{place}: {first['msg'][:200]}."
