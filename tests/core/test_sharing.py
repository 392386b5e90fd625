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


@pytest.mark.parametrize("asked", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"])
def test_what_was_asked_for_stays(monkeypatch, asked):
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(asked, "7")
    sharing.wait_briefly()
    told = {name for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT") if name in sharing.os.environ}
    assert told == {asked} and sharing.os.environ[asked] == "7"
    monkeypatch.delenv(asked)
    sharing.wait_briefly()
    assert int(sharing.os.environ["GOMP_SPINCOUNT"]) == 2000
    monkeypatch.delenv("GOMP_SPINCOUNT")
