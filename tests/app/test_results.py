"""The store of results: one run for each key, one heavy job at a time, bounded by bytes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mtlbus.ui.results import ResultStore


def store(max_bytes: int = 100) -> ResultStore:
    return ResultStore(max_bytes, size_of=lambda value: 10, gate=threading.BoundedSemaphore(1))


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
