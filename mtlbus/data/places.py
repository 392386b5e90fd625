"""Files and folders that a person named, looked at with care.

Only regular files are read: a device never ends and a pipe waits. Whoever asks for a root gets
nothing from outside of it, whatever the links in it say. What systems leave behind in folders is
passed over. A path in a message is printable and short.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..core.errors import DataError
from ..core.text import printable

LONGEST = 1000  # characters of a path; systems allow up to 4096 bytes
_SHOWN = 120  # of them in a message, the last ones

# Beside names that begin with a dot: ".DS_Store", and the "._" twins of files from a Mac.
_LEFT_BEHIND = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r"))


def shown(path: str | Path) -> str:
    """A path for a message, in quotes: printable, and its end where it is long."""
    text = printable(path)
    return f"'{text}'" if len(text) <= _SHOWN else f"'…{text[-_SHOWN:]}'"


def checked_path(path: str | Path, within: str | Path | None = None) -> Path:
    """A path that can be asked for, inside of `within` if there is such a folder.

    Raises:
        DataError: longer than any path, with a NUL, or outside of that folder.
    """
    text = os.fspath(path)
    if "\0" in text:
        raise DataError(f"The path {shown(text)} holds a NUL character. Type it again.")
    if len(text) > LONGEST:
        raise DataError(
            f"The path is {len(text)} characters long; at most {LONGEST} are allowed. "
            "Move the data to a shorter path."
        )
    return Path(text) if within is None else inside(within, text)


def inside(root: str | Path, path: str | Path) -> Path:
    """The real path, all links followed, if it is `root` or lies in it.

    Raises:
        DataError: it lies elsewhere, or nowhere. The message tells neither what is there nor where
            a link leads.
    """
    if not lies_inside(root, path):
        raise DataError(f"{shown(path)} is not in the folder that may be read here.")
    return Path(os.path.realpath(path))


def lies_inside(within: str | Path | None, path: str | Path) -> bool:
    """Whether the real path is `within` or in it; everything is in None."""
    if within is None:
        return True
    try:
        real, top = os.path.realpath(path), os.path.realpath(within)
    except (OSError, ValueError):
        return False
    return real == top or real.startswith(top.rstrip(os.sep) + os.sep)


def is_file(path: str | Path) -> bool:
    """Whether there is a regular file, links followed; False for what cannot be asked."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: str | Path) -> bool:
    """Whether there is a folder, links followed; False for what cannot be asked."""
    return stat.S_ISDIR(_mode(path))


def _mode(path: str | Path) -> int:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):  # absent, not allowed, too long, a circle of links, a NUL
        return 0


def listing(
    folder: Path, within: Path | None = None, defects: list[str] | None = None
) -> list[Path]:
    """What is in a folder, sorted, without what systems leave behind.

    Args:
        folder: to list.
        within: where everything must lie; links that lead out of it are left out.
        defects: receives a line on these.

    Raises:
        DataError: it cannot be read.
    """
    try:
        names = sorted(name for name in os.listdir(folder) if not is_left_behind(name))
    except OSError as error:
        raise DataError(
            f"{shown(folder)} cannot be read ({error.strerror}). Check its permissions."
        ) from None
    found = [folder / name for name in names]
    allowed = [path for path in found if lies_inside(within, path)]
    if len(allowed) < len(found) and defects is not None:
        defects.append(
            f"{len(found) - len(allowed)} links in {shown(folder.name)} lead out of the folder "
            "that may be read; left out."
        )
    return allowed


def is_left_behind(name: str) -> bool:
    """Whether a system, and not a person, put a file of this name into a folder."""
    return name.startswith(".") or name.lower() in _LEFT_BEHIND


def read_regular_file(path: str | Path, most: int, within: str | Path | None = None) -> bytes:
    """The bytes of a regular file, none of them in any message.

    Args:
        path: the file.
        most: bytes that it may have.
        within: the folder where it must lie, if any.

    Raises:
        DataError: it is no regular file, larger, outside of that folder, or cannot be read.
    """
    path = checked_path(path, within)
    try:
        # Without waiting: the opening of a pipe would last until somebody writes into it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise DataError(f"{shown(path)} is not a regular file. Give the path of one.")
            data = file.read(most + 1)
    except IsADirectoryError:
        raise DataError(f"{shown(path)} is a folder. Give the path of a file.") from None
    except OSError as error:
        raise DataError(
            f"{shown(path)} cannot be read ({error.strerror}). Check the path."
        ) from None
    if len(data) > most:
        raise DataError(f"{shown(path)} has more than {most // 10**6} MB, too much for its kind.")
    return data
