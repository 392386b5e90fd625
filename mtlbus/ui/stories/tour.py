"""A story is a YAML file: a title, a sentence, and steps.

    title: The scar that looks like a cancer
    about: Why a shadow is not enough.
    steps:
      - at: predict?case=scar&method=mtl
        say: A scar is benign and throws a shadow.
        look: Which colour has the outline?

`at` is an address of this explorer as the browser shows it, from the page on. Those that ship lie
in `tours`; an administrator's own in the folder that `MTLBUS_STORIES` names, where a file of the
same name takes the place of one that ships. What a network says is left to the page: weights
change.
"""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import yaml

from ...core.errors import DataError
from ...core.text import printable
from ..address import LINKED
from ..frame import ENTRIES

LOG = logging.getLogger("mtlbus")
TOURS = Path(__file__).parent / "tours"
VARIABLE = "MTLBUS_STORIES"
_MOST_BYTES, _MOST_STEPS, _MOST_WORDS = 64 * 1024, 30, 600
_PAGES = {entry.address: entry.file for entry in ENTRIES}


class Step(NamedTuple):
    """One address with its words.

    Attributes:
        page: a file of `pages`.
        query: of the address, by name.
        say: one sentence.
        look: what to look at; "" for nothing in particular.
    """

    page: str
    query: dict[str, str]
    say: str
    look: str


class Story(NamedTuple):
    """A tour: its name in the address, its title, a sentence about it, and its steps."""

    name: str
    title: str
    about: str
    steps: tuple[Step, ...]


def stories() -> dict[str, Story]:
    """All stories by name; one that cannot be read is left out, and the log says why."""
    folders = [TOURS, *(Path(folder) for folder in [os.environ.get(VARIABLE, "")] if folder)]
    files = {file.stem: file for folder in folders for file in sorted(folder.glob("*.yaml"))}
    return _read_all(tuple((file, file.stat().st_mtime_ns) for file in files.values()))


@lru_cache(maxsize=4)
def _read_all(files: tuple[tuple[Path, int], ...]) -> dict[str, Story]:
    found = {}
    for file, _ in files:
        try:
            found[file.stem] = read_story(file)
        except DataError as error:
            LOG.warning("The story %s is left out: %s", printable(file.stem), printable(error))
    return found


def read_story(file: Path) -> Story:
    """A story of a file.

    Raises:
        DataError: it is no story; one line says what is wrong and what is allowed.
    """
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise DataError(f"{file.name} is larger than {_MOST_BYTES // 1024} kB.")
        content = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        line = str(error).splitlines()[0]
        raise DataError(f"{file.name} cannot be read as YAML: {line}") from None
    if not isinstance(content, dict) or not isinstance(content.get("steps"), list):
        raise DataError(f"{file.name} needs title, about and a list of steps.")
    steps = content["steps"]
    if not 1 <= len(steps) <= _MOST_STEPS:
        raise DataError(f"{file.name} has {len(steps)} steps; allowed: 1 to {_MOST_STEPS}.")
    title, about = (_text(content, name, file.name) for name in ("title", "about"))
    return Story(
        file.stem, title, about,
        tuple(_step(step, f"{file.name}, step {n}") for n, step in enumerate(steps, start=1)),
    )  # fmt: skip


def _step(step: object, where: str) -> Step:
    if not isinstance(step, dict):
        raise DataError(f"{where} needs at, say and look.")
    address = urlsplit(_text(step, "at", where))
    page = address.path.strip("/")
    if address.scheme or address.netloc or page not in _PAGES:
        pages = ", ".join(filter(None, _PAGES))
        raise DataError(f"{where}: there is no page {page!r}. Allowed: {pages}.")
    query = dict(parse_qsl(address.query, keep_blank_values=True))
    unknown = [name for name in query if name not in LINKED]
    if unknown:
        raise DataError(f"{where}: no address has {', '.join(unknown)}.")
    look = _text(step, "look", where) if step.get("look") else ""
    return Step(_PAGES[page], query, _text(step, "say", where), look)


def _text(part: dict, name: str, where: str) -> str:
    value = part.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > _MOST_WORDS:
        raise DataError(f"{where} needs {name}: 1 to {_MOST_WORDS} letters.")
    return " ".join(value.split())
