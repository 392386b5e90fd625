"""A server's threads share one heap, and wait as whoever starts it wants."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from mtlbus.core import sharing

FAULTS = """
import resource, sys, threading
import numpy as np
import mtlbus.ui.server
from mtlbus.core import sharing
assert "torch" not in sys.modules, "too late to say how its threads wait"
sharing.one_heap()
found = []
def work():
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    kept = [np.ones(2**18) for _ in range(8)]
    del kept
    found.append(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before)
for _ in range(3):
    one = threading.Thread(target=work)
    one.start()
    one.join()
print(found[-1])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library shares memory out")
def test_a_new_thread_finds_the_memory_of_the_one_before():
    """16 MB are 4,096 pages."""
    command = [sys.executable, "-c", FAULTS]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert int(done.stdout) < 400


def test_what_was_asked_for_stays(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    sharing.wait_asleep()
    assert sharing.os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    monkeypatch.delenv("OMP_WAIT_POLICY")
    sharing.wait_asleep()
    assert sharing.os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
