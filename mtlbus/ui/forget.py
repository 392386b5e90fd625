"""What is known of a visitor's image is forgotten with it.

Results are shared by content, so they would outlive the session that asked. Those of an image that
a visitor gave are dropped as soon as no session holds that image any more.
"""

from __future__ import annotations

import gc
import threading
from collections import Counter
from queue import SimpleQueue
from weakref import WeakSet, finalize

from ..core import sharing
from ..data.intake import GreyImage
from .results import STORES

_LOCK = threading.RLock()
_HELD: Counter[str] = Counter()  # images alive, by digest: two visitors may give the same file
_FOLLOWED: WeakSet[GreyImage] = WeakSet()
_GONE: SimpleQueue[str | None] = SimpleQueue()  # digests; None to collect garbage


def with_its_image(image: GreyImage) -> None:
    """Drop all results of an image when the last copy of it is gone from memory."""
    with _LOCK:
        if image in _FOLLOWED:
            return
        _FOLLOWED.add(image)
        _HELD[image.sha256] += 1
    # It is called from within any collection of garbage, at any line of any thread, where taking a
    # lock might wait for the very thread it runs in: it only leaves a note.
    finalize(image, _GONE.put, image.sha256).atexit = False


def collect_soon() -> None:
    """Collect what sessions have left: their parts refer to each other in circles."""
    _GONE.put(None)


def _forget_for_ever() -> None:
    while True:
        digest = _GONE.get()
        if digest is None:
            gc.collect()
            sharing.give_back()
        else:
            _forget(digest)


def _forget(digest: str) -> None:
    with _LOCK:
        _HELD[digest] -= 1
        last = not _HELD[digest]
        if last:
            del _HELD[digest]
    if last:
        for store in list(STORES):
            store.forget(digest)


threading.Thread(target=_forget_for_ever, name="forget", daemon=True).start()
