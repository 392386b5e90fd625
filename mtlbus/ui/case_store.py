"""What one visitor gave: the images, the files that were refused, and the films among them.

It lives in the visitor's session and nowhere else, so it goes when the session goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..core.errors import InputError
from ..data.task_case import TaskCase
from .case import Case
from .session import held

MAX_ENTRIES = 12
MAX_BYTES = 128 * 1024**2
FRAMES_OF_A_FILM = 3  # entries of one film; a slider would fill the store with them
UPLOAD = "upload:"
"""How the name of an entry begins."""


def key_of(digest: str) -> str:
    """The name in the address of an image with this digest."""
    return f"{UPLOAD}{digest[:12]}"


@dataclass(frozen=True)
class Film:
    """A file of many frames.

    Attributes:
        digest: of its bytes.
        data: its bytes.
        name: of the file.
        opens_with: the frame that is shown first.
    """

    digest: str
    data: bytes
    name: str
    opens_with: int


@dataclass(frozen=True)
class Unopened:
    """The current case where there is nothing to look at; no other case takes its place.

    Attributes:
        key: its name in the address.
        title: name of the file, or what the address names.
        kind: "refused" for a file that was given here and cannot be read, "lost" for an image that
            this session does not hold, "unknown" for a name that leads nowhere, "empty" where
            nothing was chosen yet.
        why: one line that says what is wrong and what to do.
    """

    key: str
    title: str
    kind: Literal["refused", "lost", "unknown", "empty"]
    why: str


class CaseError(InputError):
    """A case that cannot be opened, as an error for those who need one.

    Args:
        found: what stands in its place.
    """

    def __init__(self, found: Unopened) -> None:
        super().__init__(found.why)
        self.found = found


class CaseStore:
    """Cases and refused files by key, the oldest of which make room for new ones.

    Args:
        max_entries, max_bytes: above either the oldest entries go; the newest always stays.
    """

    def __init__(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._entries: dict[str, Case | TaskCase | Unopened] = {}
        self._films: dict[str, Film] = {}  # by digest
        self._made_room: set[str] = set()

    def get(self, key: str) -> Case | TaskCase | Unopened | None:
        """What a key names; None where it was never given here or has gone."""
        return self._entries.get(key)

    def cases(self) -> Iterator[Case]:
        """The images of breast ultrasound, the newest first."""
        return (found for found in reversed(self._entries.values()) if isinstance(found, Case))

    def task_cases(self) -> Iterator[TaskCase]:
        """The images for other tasks, the newest first."""
        return (found for found in reversed(self._entries.values()) if isinstance(found, TaskCase))

    def add(self, entry: Case | TaskCase | Unopened, film: Film | None = None) -> str:
        """Keep an entry as the newest one, and return its key.

        Args:
            entry: a case, or what stands for a refused file.
            film: what the case is a frame of, if it is one, so that another frame can be read.
        """
        self._entries.pop(entry.key, None)
        self._entries[entry.key] = entry
        self._made_room.discard(entry.key)
        if film is not None:
            self._films[film.digest] = film
        for key in self._too_many(entry):
            self._make_room(key)
        while len(self._entries) > 1 and (
            len(self._entries) > self._max_entries or self.nbytes > self._max_bytes
        ):
            self._make_room(next(iter(self._entries)))
        return entry.key

    def _too_many(self, entry: Case | TaskCase | Unopened) -> list[str]:
        """The oldest frames of a film, above the number that may stay."""
        film = getattr(entry, "film", "")
        frames = [case.key for case in self.cases() if film and case.film == film]
        return frames[FRAMES_OF_A_FILM:]

    def _make_room(self, key: str) -> None:
        self.drop(key)
        self._made_room.add(key)

    def drop(self, key: str) -> None:
        """Forget an entry, and its film unless another entry is a frame of it."""
        self._entries.pop(key, None)
        used = {case.film for case in self.cases()}
        self._films = {digest: film for digest, film in self._films.items() if digest in used}

    def film_of(self, case: Case) -> Film | None:
        """The file that a case is a frame of; None where it is no frame of a film."""
        return self._films.get(case.film)

    def made_room(self, key: str) -> bool:
        """Whether an entry was here and had to go."""
        return key in self._made_room

    @property
    def nbytes(self) -> int:
        """Bytes of everything that is kept, each array once."""
        arrays = {id(one): one.image.pixels.nbytes for one in self.task_cases()}
        for case in self.cases():
            while case is not None:
                planes = (case.image.pixels, case.image.chroma, case.truth)
                arrays |= {id(plane): plane.nbytes for plane in planes if plane is not None}
                case = case.before
        return sum(arrays.values()) + sum(len(film.data) for film in self._films.values())


def of_session() -> CaseStore:
    """The store of the visitor who asks."""
    return held("uploads", CaseStore)
