"""The other end of `decoding`: a process that reads pictures and does nothing else.

It imports neither torch nor networks. Requests come in on its standard input and answers go out on
its standard output, each as a length, JSON of that length, and raw bytes. It may take so much
memory beyond what it takes at rest, and so many seconds of computing for a picture: the system
refuses it more memory and ends it after that time, whatever a library does. It ends by itself once
its parent is gone.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..core.declaration import ImageForm
from ..core.errors import InputError
from .intake import read_image, read_mask, read_picture

LENGTH = struct.Struct("<I")


def main(memory: int, seconds: int) -> None:
    """Answer requests until there are no more.

    Args:
        memory: bytes that it may take beyond what it takes at rest.
        seconds: of computing for one picture.
    """
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # what a library prints must not come among the answers
    os.dup2(nowhere, 2)  # and a file with thousands of faulty tags must not fill a log
    _limit_memory(memory)
    answers.write(LENGTH.pack(0))  # ready
    answers.flush()
    while length := requests.read(LENGTH.size):
        request = json.loads(requests.read(*LENGTH.unpack(length)))
        _limit_seconds(seconds)
        # In a call of its own: nothing of a picture stays while the next one is waited for.
        _send(answers, *_answer(request, requests.read(request.pop("size"))))


def _send(answers: IO[bytes], answer: dict[str, Any], planes: list[np.ndarray]) -> None:
    head = json.dumps({**answer, "planes": len(planes)}).encode()
    answers.write(LENGTH.pack(len(head)) + head)
    for plane in planes:
        answers.write(plane.data.cast("B"))
    answers.flush()


def _answer(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    """What is known of a picture, ready for JSON, and its planes: H×W, contiguous, of bytes."""
    try:
        if request.pop("mask"):
            mask = read_mask(data, **request)
            return {"shape": mask.shape}, [mask]
        if form := request.pop("form", None):
            planes = as_planes(read_picture(data, ImageForm(**form), **request))
            return {"shape": planes[0].shape}, planes
        image = read_image(data, **request)
    except InputError as error:
        return {"refused": str(error)}, []
    except MemoryError:
        raise  # nothing can be said without memory: the parent sees the end of this process
    except Exception as error:  # a fault of ours, not of the file
        return {"broken": repr(error)}, []
    known = {name: value for name, value in vars(image).items() if name not in ("pixels", "chroma")}
    planes = [image.pixels] if image.chroma is None else [image.pixels, image.chroma]
    return {"shape": image.pixels.shape, **known}, planes


def as_planes(pixels: np.ndarray) -> list[np.ndarray]:
    """A picture of any form as planes of bytes; `from_planes` is the way back."""
    if pixels.ndim == 3:
        return [np.ascontiguousarray(plane) for plane in np.moveaxis(pixels, 2, 0)]
    return [pixels.view(np.uint8)]  # of float32 each row is four times as long


def from_planes(planes: list[np.ndarray], form: ImageForm) -> np.ndarray:
    """The picture that `as_planes` took apart."""
    if form.colour == "rgb":
        return np.stack(planes, axis=2)
    return planes[0] if form.bits == 8 else planes[0].view(np.float32)


def _limit_memory(memory: int) -> None:
    """Where the system can: Linux counts the addresses of a process, others do not."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (ImportError, OSError):
        return
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a picture has no place in a core file


def _limit_seconds(seconds: int) -> None:
    """So many more of computing from now on; Windows leaves that to the parent's clock."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + seconds  # the system counts whole ones
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
