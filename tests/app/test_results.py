"""The store of results: one run for each key, one heavy job at a time, bounded by bytes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from mtlbus.ui.gate import Gate
from mtlbus.ui.results import ResultStore, bytes_held


def store(max_bytes: int = 100) -> ResultStore:
    return ResultStore(max_bytes, size_of=lambda value: 10, gate=Gate())


def test_identical_requests_in_flight_share_one_run():
    kept, ran, started = store(), [], threading.Barrier(8)

    def compute():
        ran.append(1)
        time.sleep(0.1)
        return "done"

    def ask(_):
        started.wait()
        return kept.get("key", compute)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["done"] * 8
    assert len(ran) == 1


def test_only_one_heavy_job_at_a_time():
    kept, now, most, lock = store(), 0, 0, threading.Lock()

    def compute():
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda key: kept.get(key, compute), range(6)))
    assert most == 1


def test_the_least_recently_used_goes_first():
    kept = store(max_bytes=30)
    for key in "abc":
        kept.get(key, lambda key=key: key)
    kept.get("a", lambda: pytest.fail("a was kept"))
    kept.get("d", lambda: "d")
    assert kept.peek("b") is None
    assert [kept.peek(key) for key in "acd"] == ["a", "c", "d"]


def test_one_result_above_the_limit_is_still_kept():
    kept = ResultStore(5, size_of=lambda value: 10)
    assert kept.get("a", lambda: "A") == "A" and kept.peek("a") == "A"


def test_an_error_reaches_the_caller_and_is_not_kept():
    kept = store()
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 / 0)
    assert kept.get("key", lambda: "well") == "well"


class Click(BaseException):
    """As Streamlit ends a run: no Exception."""


def test_a_click_of_one_visitor_ends_nobody_elses_wait():
    """Two ask the same; the first one leaves in the middle, and the second gets his answer."""
    kept, begun, asked = store(), threading.Event(), threading.Event()

    def leave():
        begun.set()
        asked.wait(10)
        raise Click

    def first():
        with pytest.raises(Click):
            kept.get("key", leave)

    def second():
        begun.wait(10)
        return kept.get("key", lambda: "answer", say=lambda words: asked.set())

    with ThreadPoolExecutor(2) as pool:
        leaving, waiting = pool.submit(first), pool.submit(second)
        assert waiting.result(10) == "answer"
        leaving.result(10)


def test_who_is_inside_the_gate_waits_for_nobody_who_waits_for_it():
    gate = Gate()
    kept = ResultStore(100, lambda value: 1, gate)
    with gate.turn():
        other = threading.Thread(target=lambda: kept.get("key", lambda: 1), daemon=True)
        other.start()
        while not gate._line:
            time.sleep(0.001)
        assert kept.get("key", lambda: 2) == 2
    other.join(10)
    assert not other.is_alive() and kept.peek("key") == 1


def test_bytes_of_a_view_are_those_of_the_buffer_it_keeps():
    square = torch.zeros(100, 100)
    crop = square[10:20].numpy()
    assert crop.nbytes == 4000 and bytes_held(crop) == 40_000
    assert bytes_held(crop, square, None) == 40_000  # one buffer
    assert bytes_held(np.zeros((8, 8), np.uint8)[1:, 1:], np.zeros(5)) == 64 + 40


def test_what_names_a_digest_is_forgotten():
    kept = store()
    for key in ("abc", ("abc", 1), (("x", ("abc",)), 2), ("abcd", 1), "x"):
        kept.get(key, lambda: 0)
    kept.forget("abc")
    assert kept.held == [("abcd", 1), "x"]
