"""Rooms in which a class reads the same blind cases; they live in memory and nowhere else.

A room belongs to all sessions of the server. Everything in it is bounded, and it is forgotten when
nobody has touched it for `FORGOTTEN_AFTER` seconds.
"""

from __future__ import annotations

import secrets
import threading
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...core.errors import InputError
from ...core.text import printable
from ...data.edits import Box
from ...evaluation.readers import CALLS_FROM

MOST_ROOMS = 60
MOST_PLAYERS = 60
MOST_ITEMS = 20
LONGEST_NAME = 20  # characters
FORGOTTEN_AFTER = 3 * 3600.0  # seconds
MAKES_ROOM_AFTER = 15 * 60.0  # where all are taken, the one that was left alone for so long goes
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so that no words come of it
_CODE, _TOKEN = 4, 12  # letters
Draw = Callable[[int], str]


def draw_letters(count: int) -> str:
    """Letters that nobody can guess."""
    return "".join(secrets.choice(_LETTERS) for _ in range(count))


@dataclass(frozen=True)
class Item:
    """A case of a round.

    Attributes:
        key: what it is opened by; no player sees it before the answer.
        label: 1 malignant, 0 benign.
        seen: whether any of the networks met it in training.
    """

    key: str
    label: int
    seen: bool = False


@dataclass(frozen=True)
class Reply:
    """What was said of a case.

    Attributes:
        probability: of malignancy, 0..1.
        called: whether that is a call of malignant; None where a network outlines no lesion, and
            so calls it nothing.
        overlap: of a box that was drawn with that of the lesion, 0..1; None without one.
        box: that was drawn, pixels of the image; None without one.
    """

    probability: float
    called: bool | None
    overlap: float | None = None
    box: Box | None = None


@dataclass
class Player:
    """Somebody who reads.

    Attributes:
        name: a nickname; not more than that is known.
        token: what shows that a session is this player.
        replies: by the number of the case.
    """

    name: str
    token: str
    replies: dict[int, Reply] = field(default_factory=dict)


@dataclass
class Room:
    """One round.

    Attributes:
        code: how others find it.
        host: the token of whoever opened it.
        items: the cases.
        networks: whose answers are shown beside, registry names.
        players: in the order in which they came.
        said: what the networks said, by name and number of the case.
        closed: whether the answers are shown to all, and no more are taken.
        touched: when anybody did something in it, seconds.
    """

    code: str
    host: str
    items: tuple[Item, ...]
    networks: tuple[str, ...]
    players: list[Player] = field(default_factory=list)
    said: dict[str, dict[int, Reply]] = field(default_factory=dict)
    closed: bool = False
    touched: float = 0.0

    def player(self, token: str) -> Player | None:
        """Whose token it is; None where it is nobody's."""
        return next((one for one in self.players if secrets.compare_digest(
            one.token.encode(), token.encode())), None)  # fmt: skip

    def is_host(self, token: str) -> bool:
        """Whether it is the token of whoever opened the room."""
        return secrets.compare_digest(self.host.encode(), token.encode())

    def is_done(self, player: Player) -> bool:
        """Whether a player has read all cases."""
        return len(player.replies) == len(self.items)

    def next_of(self, player: Player) -> int | None:
        """The number of the first case that a player has not read; None where all are read."""
        return next((n for n in range(len(self.items)) if n not in player.replies), None)


class Rooms:
    """All rooms of a server; safe to share between sessions.

    Args:
        clock: seconds that only go forward.
        draw: so many letters that nobody can guess.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, draw: Draw = draw_letters
    ) -> None:
        self._clock, self._draw = clock, draw
        self._lock = threading.Lock()
        self._rooms: dict[str, Room] = {}

    def open(self, items: Sequence[Item], networks: Sequence[str]) -> Room:
        """Open a room for some cases.

        Raises:
            InputError: no case or too many, or all rooms of this server are taken.
        """
        if not 1 <= len(items) <= MOST_ITEMS:
            raise InputError(f"{len(items)} cases; a round has 1 to {MOST_ITEMS}.")
        with self._lock:
            self._forget()
            if len(self._rooms) >= MOST_ROOMS:
                self._make_room()
            code = self._draw(_CODE)
            while code in self._rooms:
                code = self._draw(_CODE)
            room = Room(
                code, self._draw(_TOKEN), tuple(items), tuple(networks), touched=self._clock()
            )
            self._rooms[code] = room
            return room

    def find(self, code: str) -> Room:
        """The room of a code, in small letters too.

        Raises:
            InputError: there is none, or it has been forgotten.
        """
        wanted = code.strip().upper()
        with self._lock:
            self._forget()
            room = self._rooms.get(wanted)
            if room is None:
                raise InputError(
                    f"There is no room {printable(wanted)[:12]!r} here (any more): a room is "
                    f"forgotten {FORGOTTEN_AFTER / 3600:g} hours after its last answer, and when "
                    "the server starts anew. Check the code, or open a room."
                )
            return room

    def join(self, room: Room, name: str, token: str = "") -> Player:
        """Come into a room under a nickname.

        Args:
            room: the room.
            name: the nickname.
            token: of the host who plays too; "" for a new one.

        Raises:
            InputError: no name, a taken one, a full room, or a round that is over.
        """
        name = clean_nickname(name)
        with self._lock:
            if room.closed:
                raise InputError("This round is over. Open another room.")
            if any(one.name.casefold() == name.casefold() for one in room.players):
                raise InputError("Somebody in this room has that nickname. Take another one.")
            if len(room.players) >= MOST_PLAYERS:
                raise InputError(f"This room is full: {MOST_PLAYERS} players. Open another one.")
            player = Player(name, token or self._draw(_TOKEN))
            room.players.append(player)
            room.touched = self._clock()
            return player

    def reply(self, room: Room, player: Player, number: int, reply: Reply) -> None:
        """Keep what a player said of a case; the first answer counts.

        Raises:
            InputError: no such case, or the round is over.
        """
        if not 0 <= number < len(room.items):
            raise InputError(f"There is no case {number + 1}; this round has {len(room.items)}.")
        with self._lock:
            if room.closed:
                raise InputError("This round is over: its answers have been shown.")
            player.replies.setdefault(number, reply)
            room.touched = self._clock()

    def tell(self, room: Room, network: str, number: int, reply: Reply) -> None:
        """Keep what a network of the room said of a case."""
        with self._lock:
            if network in room.networks and 0 <= number < len(room.items):
                room.said.setdefault(network, {})[number] = reply

    def close(self, room: Room) -> None:
        """Show the answers to all; no more are taken."""
        with self._lock:
            room.closed, room.touched = True, self._clock()

    def _forget(self) -> None:
        now = self._clock()
        kept = self._rooms.items()
        self._rooms = {c: r for c, r in kept if now - r.touched < FORGOTTEN_AFTER}

    def _make_room(self) -> None:
        oldest = min(self._rooms.values(), key=lambda room: room.touched)
        if self._clock() - oldest.touched < MAKES_ROOM_AFTER:
            raise InputError(
                f"All {MOST_ROOMS} rooms of this server are in use. Try again in a quarter of an "
                "hour."
            )
        del self._rooms[oldest.code]


def clean_nickname(name: str) -> str:
    """A nickname as it is kept: one line of signs that can be seen.

    Raises:
        InputError: nothing of it is left, or it is too long.
    """
    name = " ".join(printable(unicodedata.normalize("NFC", name)).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InputError(
            f"A nickname has 1 to {LONGEST_NAME} characters; this one has {len(name)}."
        )
    return name


def reply_of(percentage: int, overlap: float | None = None, box: Box | None = None) -> Reply:
    """What a person said: 0 to 100 %, from 50 % on a call of malignant."""
    probability = min(max(percentage, 0), 100) / 100
    return Reply(probability, probability >= CALLS_FROM, overlap, box)


ROOMS = Rooms()
"""Those of this server."""
