"""Rooms of Beat the network: found by code, bounded, forgotten; no network."""

from __future__ import annotations

import numpy as np
import pytest

from mtlbus.core.errors import DataError, InputError
from mtlbus.ui.browse.collection import Entry
from mtlbus.ui.quiz import items, networks, rooms
from mtlbus.ui.quiz.results import _errors
from mtlbus.ui.quiz.rooms import Item, Reply, Rooms, reply_of
from mtlbus.ui.quiz.tally import is_right, replies_csv, standings, table_csv
from tests.app.visits import visit
from tests.findings.made import LESION, case, found

ITEMS = [Item("a", 1), Item("b", 0)]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_two_players_in_one_room_and_the_first_answer_counts():
    all_rooms = Rooms()
    room = all_rooms.open(ITEMS, ["mtl"])
    assert all_rooms.find(f" {room.code.lower()} ") is room
    anna, ben = all_rooms.join(room, "Anna"), all_rooms.join(room, "  Ben\u202e \n")
    assert ben.name == r"Ben\u202e" and room.player(anna.token) is anna
    assert room.player("") is None and room.player(room.host) is None
    all_rooms.reply(room, anna, 0, reply_of(50))
    all_rooms.reply(room, anna, 0, reply_of(0))
    assert anna.replies[0].called and room.next_of(anna) == 1 and not ben.replies
    all_rooms.reply(room, anna, 1, reply_of(49))
    assert room.is_done(anna) and not anna.replies[1].called and room.next_of(anna) is None
    for wrong in ("", " \u2003", "x" * 21, "ANNA"):
        with pytest.raises(InputError):
            all_rooms.join(room, wrong)
    all_rooms.close(room)
    for late in (
        lambda: all_rooms.join(room, "Late"),
        lambda: all_rooms.reply(room, ben, 0, reply_of(1)),
    ):
        with pytest.raises(InputError, match="over"):
            late()


def test_the_best_reader_stands_first_and_the_tables_hold_everybody():
    all_rooms = Rooms()
    room = all_rooms.open(ITEMS, ["mtl"])
    anna, ben = all_rooms.join(room, "Anna"), all_rooms.join(room, "Ben")
    for player, said in ((anna, (40, 10)), (ben, (90, 20))):
        for number, percentage in enumerate(said):
            all_rooms.reply(room, player, number, reply_of(percentage, 0.5))
    all_rooms.tell(room, "mtl", 0, Reply(0.3, True))  # its own operating point lies lower
    all_rooms.tell(room, "other", 0, Reply(0.3, True))
    ranked = standings(room, {"mtl": "MTL"})
    assert [one.who for one in ranked] == ["Ben", "MTL", "Anna"]
    assert ranked[0].score.brier == pytest.approx((0.01 + 0.04) / 2)
    table = table_csv(ranked).splitlines()
    assert table[1].startswith("Ben,person,2,2,1.0,") and table[2].startswith("MTL,network,1,1,")
    assert replies_csv(room, ranked).splitlines()[1:] == [
        "1,malignant,False,Ben,person,0.9,malignant,True,0.5",
        "1,malignant,False,MTL,network,0.3,malignant,True,",
        "1,malignant,False,Anna,person,0.4,benign,False,0.5",
        "2,benign,False,Ben,person,0.2,benign,True,0.5",
        "2,benign,False,Anna,person,0.1,benign,True,0.5",
    ]


def test_a_network_that_outlines_nothing_is_wrong_in_the_tables_too():
    """Of two benign lesions it outlines one; beside the other's picture stands “wrong”."""
    room = Rooms().open([Item("a", 0), Item("b", 0)], ["mtl"])
    said = [found(case(label=0), mask=mask) for mask in (LESION, np.zeros_like(LESION))]
    room.said["mtl"] = {number: networks.reply_of(one) for number, one in enumerate(said)}
    (network,) = standings(room, {"mtl": "MTL"})
    assert [one.right for one in said] == [True, False]
    assert [is_right(room, *reply) for reply in network.replies.items()] == [True, False]
    assert (network.score.right, network.score.specificity.value) == (1, 0.5)
    told = [row["MTL (network)"] for row in _errors(room, [network])]
    assert told == ["15 %", "no lesion outlined, wrong"]
    assert replies_csv(room, [network]).splitlines()[2].endswith("no lesion outlined,False,")


def test_no_answer_is_given_before_the_slider_is_moved():
    room = rooms.ROOMS.open([Item("phantoms:1000000", 1)], ["mtl"])
    player = rooms.ROOMS.join(room, "Anna")
    app = visit("quiz", room=room.code, player=player.token)
    assert app.button("_quiz_answer_0").disabled
    app.slider[0].set_value(51).run()
    app.button("_quiz_answer_0").click().run()
    assert not app.exception and player.replies[0] == reply_of(51)


def test_rooms_are_bounded_and_forgotten(monkeypatch):
    monkeypatch.setattr(rooms, "MOST_ROOMS", 2)
    monkeypatch.setattr(rooms, "MOST_PLAYERS", 1)
    clock = Clock()
    all_rooms = Rooms(clock)
    first = all_rooms.open(ITEMS, [])
    all_rooms.join(first, "Anna")
    with pytest.raises(InputError, match="full"):
        all_rooms.join(first, "Ben")
    clock.now = 10
    second = all_rooms.open(ITEMS, [])
    with pytest.raises(InputError, match="in use"):
        all_rooms.open(ITEMS, [])
    clock.now = rooms.MAKES_ROOM_AFTER + 1  # the first has been left alone for so long
    third = all_rooms.open(ITEMS, [])
    with pytest.raises(InputError, match="no room"):
        all_rooms.find(first.code)
    assert all_rooms.find(second.code) and all_rooms.find(third.code)
    clock.now += rooms.FORGOTTEN_AFTER
    with pytest.raises(InputError, match="forgotten 3 hours"):
        all_rooms.find(third.code)
    with pytest.raises(InputError, match="1 to 20"):
        all_rooms.open([], [])


def test_cases_that_no_network_met_come_first(monkeypatch):
    """Of 6 benign and 5 malignant images one benign one is new to both networks."""

    def entries(source, checkpoint):
        met = {"mtl": (0, 1, 2), "mtan": (2, 3, 4)}.get(checkpoint, ())
        return [
            Entry(f"{source}:{kind}{n}", "", kind, bytes, part="seen" if n in met else "test")
            for kind in ("benign", "malignant", "normal")
            for n in range(6 if kind == "benign" else 5)
        ]

    monkeypatch.setattr(items.collection, "entries", entries)
    monkeypatch.setattr(items.services, "checkpoint", lambda method: method)
    for _ in range(5):
        drawn = items.draw("busi", 5, ["mtl", "mtan"])
        assert len({one.key for one in drawn}) == 5
        new = {one.key for one in drawn if not one.seen}
        assert new == {"busi:benign5"} and all(("malignant" in o.key) == o.label for o in drawn)
    with pytest.raises(DataError, match="too few"):
        items.draw("busi", 20, ["mtl"])


def test_datasets_of_other_tasks_are_no_cases_of_a_round(monkeypatch):
    monkeypatch.setenv("MTLBUS_DATA", "openkbp=there;folder=here")
    assert list(items.sources()) == [items.PHANTOMS, "folder"]
