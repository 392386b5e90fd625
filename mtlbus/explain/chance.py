"""Draws that repeat: libraries that draw from the process's own random state, seeded in turn.

Captum draws from PyTorch's and NumPy's global generators. Threads share these, so one seeds and
draws at a time, and what stood there before is put back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

_TURN = threading.Lock()


class Draw:
    """From `with` to `end()` (or the end of the block) this thread alone draws from a seed.

    Args:
        seed: 0 to 2³¹ − 1.
    """

    def __init__(self, seed: int) -> None:
        self._seed, self._open = seed, False

    def __enter__(self) -> Draw:
        _TURN.acquire()
        self._open = True
        self._torch, self._numpy = torch.random.fork_rng(), np.random.get_state()
        self._torch.__enter__()
        torch.manual_seed(self._seed)
        np.random.seed(self._seed)
        return self

    def end(self) -> None:
        """Everything is drawn: put the old state back and let others draw."""
        if self._open:
            self._open = False
            self._torch.__exit__(None, None, None)
            np.random.set_state(self._numpy)
            _TURN.release()

    def __exit__(self, *error: object) -> None:
        self.end()

    def then(self, function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        """The function, which ends the draw first: no other thread waits while a network works."""

        def called(images: Tensor) -> Tensor:
            self.end()
            return function(images)

        return called
