"""The gate: one at a time, short ones first, a place in the line that is left at any moment."""

from __future__ import annotations

import threading
import time

import pytest

from mtlbus.ui import gate as module
from mtlbus.ui.gate import Gate, before_words
from mtlbus.ui.gate import _Place as Place


@pytest.fixture
def gate() -> Gate:
    return Gate()


def come(gate: Gate, order: list[str], name: str, long: bool = False) -> threading.Thread:
    """Someone who waits; returns when he stands in the line."""
    before = len(gate._line)

    def pass_through() -> None:
        with gate.turn(long):
            order.append(name)

    thread = threading.Thread(target=pass_through, daemon=True)
    thread.start()
    while len(gate._line) == before:
        time.sleep(0.001)
    return thread


def test_first_come_first_served_and_short_before_long(gate):
    order: list[str] = []
    with gate.turn():
        line = [
            come(gate, order, "long", long=True),
            come(gate, order, "first"),
            come(gate, order, "second"),
        ]
    for one in line:
        one.join(10)
    assert order == ["first", "second", "long"] and not gate.is_taken


def test_a_long_one_comes_at_last(gate, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.05)
    order: list[str] = []
    with gate.turn():
        line = [come(gate, order, "long", long=True)]
        time.sleep(0.1)
        line.append(come(gate, order, "short"))
    for one in line:
        one.join(10)
    assert order == ["long", "short"]


def test_who_is_inside_comes_in_again(gate):
    with gate.turn():
        with gate.turn(long=True):
            assert gate.is_mine
        assert gate.is_mine and gate.is_taken
    assert not gate.is_taken and not gate.is_mine


def test_the_place_is_told_and_counts_down(gate, monkeypatch):
    monkeypatch.setattr(module, "SAY_EVERY", 0.01)
    said: list[str] = []
    leave_first, leave_second = threading.Event(), threading.Event()

    def stay(until: threading.Event) -> None:
        with gate.turn():
            until.wait(10)

    first = threading.Thread(target=stay, args=(leave_first,))
    first.start()
    while not gate.is_taken:
        time.sleep(0.001)
    second = threading.Thread(target=stay, args=(leave_second,))
    second.start()
    while not gate._line:
        time.sleep(0.001)

    def say(words: str) -> None:
        said.append(words)
        (leave_first if "2 before you" in words else leave_second).set()

    with gate.turn(say=say):
        pass
    assert said[0].endswith("2 before you") and said[-1].endswith("1 before you")


def test_how_long_it_takes_is_told_from_the_jobs_before(gate):
    gate._usual = {False: 0.2, True: 4.0}
    gate.enter(long=True)
    gate._since -= 1.0  # a second ago
    gate._line = [Place(0, long=False), Place(1, long=True), Place(2, long=False)]
    count, seconds = gate._before(gate._line[2])
    assert count == 3 and seconds == pytest.approx(3 + 0.2 + 4, abs=0.1)
    assert before_words(count, seconds).endswith("3 before you, about 7 s")
    gate._line.clear()
    gate.leave()
    assert gate._usual == {False: 0.2, True: pytest.approx(4 - 0.3 * 3, abs=0.1)}


def test_who_leaves_the_line_frees_his_place(gate, monkeypatch):
    """A click, or a session that is closed, raises where the wait is told."""
    monkeypatch.setattr(module, "SAY_EVERY", 0.01)

    class Click(BaseException):
        pass

    def click(words: str) -> None:
        raise Click

    order: list[str] = []

    def give_up() -> None:
        with pytest.raises(Click), gate.turn(say=click):
            order.append("never")

    with gate.turn():
        leaving = threading.Thread(target=give_up)
        leaving.start()
        leaving.join(10)
        assert not leaving.is_alive() and not gate._line
        staying = come(gate, order, "next")
    staying.join(10)
    assert order == ["next"] and not gate.is_taken
