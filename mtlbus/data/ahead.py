"""What is read by number, in order: here, or by workers while what came before is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar

import torch
from torch.utils.data import DataLoader

Found = TypeVar("Found", covariant=True)
Item = TypeVar("Item")


class Readable(Protocol[Found]):
    """Things by number; a worker is a copy of it."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Found: ...


def in_order(things: Readable[Found], workers: int = 0) -> Iterator[Found]:
    """All of them, one after the other.

    Args:
        things: are asked for each number once. What one raises in a worker loses its words, so an
            error is better returned.
        workers: processes; 0 reads here, and the things are the same.
    """
    if workers == 0:
        yield from (things[index] for index in range(len(things)))
        return
    yield from DataLoader(
        things,  # type: ignore[arg-type]
        batch_size=None,
        num_workers=workers,
        collate_fn=_as_it_is,
        generator=torch.Generator(),  # else it would draw from the chance of all
    )


def _as_it_is(found: Found) -> Found:  # type: ignore[misc]
    return found


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of so many items; the last may be shorter."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
