"""Who read how well, and who erred where: the tables of a room, without Streamlit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...core.tables import csv_text
from ...core.wording import LABELS
from ...evaluation.readers import ReaderScore, score_reader
from .rooms import Reply, Room

_COLUMNS = (
    "who", "kind", "cases", "right", "sensitivity", "sensitivity_low", "sensitivity_high",
    "specificity", "specificity_low", "specificity_high", "auc", "brier", "box_overlap",
)  # fmt: skip
NO_CALL = "no lesion outlined"
_REPLIES = ("case", "truth", "seen_in_training", "who", "kind", "probability", "called", "right",
            "box_overlap")  # fmt: skip


class Standing(NamedTuple):
    """A reader of a room: a person by nickname, or a network by its title.

    Attributes:
        who: name.
        kind: "person" or "network".
        replies: by the number of the case.
        score: of these.
    """

    who: str
    kind: str
    replies: Mapping[int, Reply]
    score: ReaderScore


def standings(room: Room, titles: Mapping[str, str]) -> list[Standing]:
    """All who have read a case, the best first: by right calls, then by the Brier score."""
    readers = [(one.name, "person", dict(one.replies)) for one in room.players]
    readers += [(titles[name], "network", dict(said)) for name, said in room.said.items()]
    found = [
        Standing(who, kind, replies, score_of(room, replies))
        for who, kind, replies in readers
        if replies
    ]
    return sorted(found, key=lambda one: (-one.score.right / one.score.n, one.score.brier))


def score_of(room: Room, replies: Mapping[int, Reply]) -> ReaderScore:
    """The score of some replies; at least one."""
    labels = [room.items[number].label for number in replies]
    said = [*replies.values()]
    right = [is_right(room, number, reply) for number, reply in replies.items()]
    overlaps = [math.nan if one.overlap is None else one.overlap for one in said]
    return score_reader(labels, [one.probability for one in said], right, overlaps)


def is_right(room: Room, number: int, reply: Reply) -> bool:
    """Whether a reply calls the case what it is; without a call it does not."""
    return reply.called == (room.items[number].label == 1)


def called_of(reply: Reply) -> str:
    """What a reply calls the case, in words."""
    return NO_CALL if reply.called is None else LABELS[reply.called]


def table_csv(found: list[Standing]) -> str:
    """The standings as CSV, a line for each reader."""
    return csv_text(_COLUMNS, [_row(one) for one in found])


def _row(one: Standing) -> list[Any]:
    score = one.score
    return [
        one.who, one.kind, score.n, score.right, *score.sensitivity, *score.specificity,
        score.auc, score.brier, score.overlap,
    ]  # fmt: skip


def replies_csv(room: Room, found: list[Standing]) -> str:
    """Every answer as CSV, a line for each case and reader."""
    rows = [
        (
            number + 1, LABELS[item.label], item.seen, one.who, one.kind,
            one.replies[number].probability,
            called_of(one.replies[number]),
            is_right(room, number, one.replies[number]), one.replies[number].overlap,
        )
        for number, item in enumerate(room.items)
        for one in found
        if number in one.replies
    ]  # fmt: skip
    return csv_text(_REPLIES, rows)
