"""What the networks of a room say of its cases, kept in the room for the results."""

from __future__ import annotations

from ...evaluation.readers import box_overlap
from ...findings import Finding
from ...inference.input_checks import refusal
from .. import services
from ..case import Case
from ..finding import findings_of
from . import items, rooms
from .rooms import Reply, Room


def ask(room: Room, number: int, case: Case) -> dict[str, Finding]:
    """What each network of a room says of a case, opened by `items.open_item`; empty if refused."""
    if refusal(services.checks(case)):
        return {}
    methods = [name for name in room.networks if name in services.available()]
    findings = findings_of(case, {method: services.predict(case, method) for method in methods})
    for method, finding in findings.items():
        rooms.ROOMS.tell(room, method, number, reply_of(finding))
    return findings


def ask_the_rest(room: Room) -> None:
    """Ask about every case that somebody has read: a quick player does not wait for networks."""
    read = {number for player in room.players for number in player.replies}
    for number in sorted(read):
        if any(number not in room.said.get(name, {}) for name in room.networks):
            ask(room, number, items.open_item(room.items[number], number))


def reply_of(finding: Finding) -> Reply:
    """A network's answer as a player's; where it outlines nothing, it has a number and no call."""
    truth, lesion = finding.case.truth, finding.lesion
    overlap = None
    if lesion is not None and truth is not None and truth.any():
        overlap = box_overlap(lesion.box, truth)
    called = None if finding.call is None else finding.call == "malignant"
    return Reply(finding.prediction.probability or 0.0, called, overlap)
