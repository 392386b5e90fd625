"""How a process shares the machine: its threads wait briefly, and all of them have one heap."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of malloc.h
_KEPT = 256 * 1024**2  # bytes that lie free before any go back; a forward frees 20 to 100 MB
_LARGE = 32 * 1024**2  # bytes of an array that goes back as soon as it is freed
_AWAKE = "2000"  # turns of a waiting loop, some 50 µs


def wait_briefly() -> None:
    """Let the threads of a forward wait awake for each other shortly, then sleep.

    By default they stay awake far longer and hold the core that the other one needs as soon as
    anything else runs; to sleep at once costs the forward a third where nothing does. MTL's took,
    on two cores, alone and beside two trainings: 32 and 378 ms with 30,000 turns awake (by default
    they are more), 45 and 60 asleep at once, 31 and 80 so. GNU's OpenMP only; who has said how
    threads wait has decided already. To be called before PyTorch is loaded.
    """
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys():
        os.environ["GOMP_SPINCOUNT"] = _AWAKE


def one_heap() -> None:
    """Let all threads take memory from one heap that keeps what a forward frees; glibc only.

    Otherwise each run of a page, which is a new thread, has to be given its memory by the system:
    8,500 page faults in a forward of MTL, a fifth of its time. To be called before there are many
    threads; who has set MALLOC_ARENA_MAX has decided already.
    """
    library = _glibc()
    if library is not None and "MALLOC_ARENA_MAX" not in os.environ:
        for what, value in ((_ARENA_MAX, 1), (_TRIM_THRESHOLD, _KEPT), (_MMAP_THRESHOLD, _LARGE)):
            library.mallopt(what, value)


def give_back() -> None:
    """Hand free memory back to the system; glibc only."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> Any:
    """The library that PyTorch asks for memory on Linux; None where there is another one."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None
