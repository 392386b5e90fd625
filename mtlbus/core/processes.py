"""The processes of a run: the one, or those that `torchrun` started, which act as one.

    torchrun --nproc-per-node 2 -m mtlbus train mtl --data busi=/data/BUSI --out runs/mtl

Each takes its share of the images; what it found is put together again in the order of one process.
The first one alone writes and speaks, so all must see the same disk. What fails in one while the
others wait for it fails in all of them, with the same words.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar, cast

import torch

from .errors import MtlbusError

Item = TypeVar("Item")
Found = TypeVar("Found")

_PATIENCE = timedelta(days=7)  # that a process waits for another, which may be reading a data set


def count() -> int:
    """How many there are."""
    return int(os.environ["WORLD_SIZE"]) if "TORCHELASTIC_RUN_ID" in os.environ else 1


def rank() -> int:
    """Which of them this one is, from 0."""
    return int(os.environ["RANK"]) if count() > 1 else 0


def is_first() -> bool:
    """Whether this is the one that writes and speaks."""
    return rank() == 0


def meet(device: torch.device) -> torch.device:
    """Join the others, once.

    Args:
        device: "cpu", or "cuda" for a GPU each.

    Returns:
        The device of this process.
    """
    if count() == 1:
        return device
    from accelerate import PartialState  # takes seconds to load, and one process has no use for it

    state = PartialState(cpu=device.type == "cpu", timeout=_PATIENCE)
    return state.device


def gathered(work: Callable[[], Found]) -> list[Found]:
    """Let each do some work; what all of them found, in their order.

    Raises:
        MtlbusError: the first that was raised in any of them.
    """
    if count() == 1:
        return [work()]
    from accelerate.utils import gather_object

    try:
        own: Found | MtlbusError = work()
    except MtlbusError as error:
        own = error
    everything = gather_object([own])
    for found in everything:
        if isinstance(found, MtlbusError):
            found.everywhere = True  # so the first says it for all
            raise found
    return everything


def by_first(work: Callable[[], Found]) -> Found:
    """Let the first do something that is done once; the others get what it found, or its error."""
    return cast(Found, gathered(lambda: work() if is_first() else None)[0])


def shared(work: Callable[[Sequence[Item]], list[Found]], items: Sequence[Item]) -> list[Found]:
    """Share out a list; what was found of each item, in its order.

    Args:
        work: from some items to one finding each.
        items: all of them.
    """
    parts = gathered(lambda: work(items[rank() :: count()]))
    return [parts[number % count()][number // count()] for number in range(len(items))]
