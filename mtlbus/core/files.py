"""Writing files so that a reader sees the old or the new content, never half of it.

What cannot be written is one `OutputError`, whatever the system calls it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import OutputError

_TEMPORARY = ".mtlbus-"  # begins the name of what is not whole yet
NAME_BYTES = 255  # of a file's name, on all common file systems
_SHOWN = 200  # signs of a path in a message


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write through a temporary file beside the target; missing folders are made.

    Args:
        path: the file to write or replace.
        content: all of it.

    Raises:
        OutputError: it cannot be written, or is something else than a file.
    """
    path = Path(path)
    with _told(path):
        _require_a_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=_TEMPORARY)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)  # a temporary file is private, the result is not
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):  # the first failure is the one to tell
                os.unlink(temporary)
            raise


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process had not written to its end; nobody else may write there now."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        path.unlink(missing_ok=True)


def write_json(path: str | Path, document: Any) -> None:
    """Write a JSON document atomically, indented, with signs of the field kept.

    A file name that is no UTF-8 is written with JSON's own escapes, and is read back as it was.

    Raises:
        OutputError: as `write_atomically`.
    """
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(path, (text + "\n").encode(errors="backslashreplace"))


def require_folder(path: str | Path) -> None:
    """Try that a folder for results is there or can be made, before hours of work are lost.

    Nothing is left behind.

    Raises:
        OutputError: it cannot, or nothing can be written there.
    """
    with _told(Path(path)):
        place = Path(path).absolute()
        while not place.exists():
            if len(os.fsencode(place.name)) > NAME_BYTES:
                raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
            place = place.parent
        if not place.is_dir():
            raise NotADirectoryError
        with tempfile.TemporaryFile(dir=place, prefix=_TEMPORARY) as file:
            file.write(b"\n")
            file.flush()


def require_room(path: str | Path, needed: int, what: str) -> None:
    """Refuse to begin what would fill the disk before it ends.

    Args:
        path: folder for results, which is made later where it is missing.
        needed: bytes.
        what: needs them, in words.

    Raises:
        OutputError: there are fewer.
    """
    with _told(Path(path)):
        place = Path(path).absolute()
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free
    if free < needed:
        raise OutputError(
            f"{_shown(path)} has {free / 1e6:,.0f} MB free; {what} need {needed / 1e6:,.0f} MB. "
            "Make room, or choose another place for the results."
        )


def require_file(path: str | Path) -> None:
    """The same for a file, which may be there and is replaced.

    Raises:
        OutputError: it cannot be written, or is something else than a file.
    """
    path = Path(path)
    with _told(path):
        _require_a_file(path)
    require_folder(path if not path.exists() else path.parent)


def fitting(stem: str, ending: str = "", most: int = NAME_BYTES) -> str:
    """The name of a file that its system takes, however long the stem.

    Args:
        stem: what the name begins with; cut to whole signs where it is too long, and marked with
            its digest, so that two stems never become one name.
        ending: what the name ends with, never cut.
        most: bytes of the name.
    """
    room = most - len(os.fsencode(ending))
    whole = os.fsencode(stem)
    if len(whole) <= room:
        return stem + ending
    mark = f"~{hashlib.sha256(whole).hexdigest()[:8]}"
    kept = ""
    for sign in stem:
        if len(os.fsencode(kept + sign)) > room - len(mark):
            break
        kept += sign
    return f"{kept}{mark}{ending}"


def _require_a_file(path: Path) -> None:
    """A device or a pipe would be replaced by a file of its name."""
    if path.is_dir():
        raise OutputError(f"{_shown(path)} is a folder. Give the name of a file.")
    if path.exists() and not path.is_file():
        raise OutputError(f"{_shown(path)} is no regular file. Give the name of another.")


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Every way in which the system refuses becomes one line with the path and the reason."""
    if "\0" in str(path):
        raise OutputError(f"{_shown(path)} is no path. Give another.")
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        if isinstance(error, FileExistsError | NotADirectoryError):
            reason = "a file stands where a folder is needed"
        raise OutputError(
            f"{_shown(path)} cannot be written: {reason}. Choose another place for the results."
        ) from error


def _shown(path: str | Path) -> str:
    text = str(path)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
