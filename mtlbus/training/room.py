"""Room for all images of a part: in memory, or in a file that has no name any more.

What is read from the file the system keeps in memory while there is some, so a part that fits is as
quick as in memory; what a run leaves behind, however it ends, is nothing.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import torch
from torch import Tensor

from ..core import processes
from ..core.files import require_room

SHARE = 0.5  # of the memory that is free, at most, for images


class Room:
    """Zeros to be filled.

    Args:
        needed: bytes of all that will be asked for.
        beside: folder for the file; None for memory in any case.

    Attributes:
        common: whether all processes of the run see the same room, so that each fills a share.

    Raises:
        OutputError: there is too little space in the folder.
    """

    def __init__(self, needed: int, beside: Path | None) -> None:
        here = int(os.environ.get("LOCAL_WORLD_SIZE", 1)) == processes.count()
        self.common = beside is not None and processes.count() > 1 and here
        own = 1 if self.common else processes.count()
        self._folder: Path | None = None
        if beside is not None and (self.common or needed * own > SHARE * free_memory()):
            require_room(beside, needed * own, "the images that do not fit into memory")
            self._folder = beside

    def tensor(self, shape: Sequence[int], kind: torch.dtype) -> Tensor:
        """Zeros of a shape and kind."""
        if self._folder is None:
            return torch.zeros(*shape, dtype=kind)
        path = processes.by_first(self._file) if self.common else self._file()
        found = torch.from_file(path, shared=True, size=math.prod(shape), dtype=kind)
        if self.common:
            processes.gathered(lambda: None)  # until all have opened it
        with suppress(FileNotFoundError):  # another process was quicker
            os.unlink(path)
        return found.view(*shape)

    def _file(self) -> str:
        Path(self._folder).mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(dir=self._folder, prefix=".mtlbus-images-")
        os.close(handle)
        return path


def free_memory() -> int:
    """Bytes that this process may still take, of the machine and of the container that it is in."""
    free = psutil.virtual_memory().available
    limit, taken = (Path("/sys/fs/cgroup") / name for name in ("memory.max", "memory.current"))
    with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        free = min(free, int(limit.read_text()) - int(taken.read_text()))
    return free
