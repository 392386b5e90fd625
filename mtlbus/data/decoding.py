"""The door for pictures of strangers: decoded in a process of their own, with a bound on its costs.

`read_image` and `read_mask` are those of `intake`, with the same answers and errors. What is
uploaded, named on the command line or shown by the server comes through here: a small file can ask
for gigabytes or minutes, and then its decoder is stopped, not the server. A data set that a person
trains or judges with is their own and has thousands of files: `dataset` reads it in place.

At most `DECODERS` processes are started and stay warm; they form a gate of their own, apart from
that of the networks. What comes back is JSON and bytes: no pickle, no object of a stranger.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from ..core.declaration import ImageForm
from ..core.errors import InputError
from .decoder import LENGTH, from_planes
from .intake import GreyImage, label_of, read_bytes

__all__ = ["DECODERS", "MEMORY", "SECONDS", "read_image", "read_mask", "read_picture"]

DECODERS = 2  # at once
MEMORY = 640 * 1024**2  # bytes of each; 40 million coloured pixels take 300 MB
SECONDS = 4  # of computing a picture; what a scanner writes takes less than one
_PIPE_BYTES = 1024**2  # a picture then passes in a few steps
_PATIENCE = 20.0  # seconds on the clock; `SECONDS` of computing are more on a busy machine
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from mtlbus.data.decoder import main; "
    "main(*map(int, sys.argv[2:]))"
)
_ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")},
    "MALLOC_MMAP_THRESHOLD_": str(1024**2),  # glibc then gives what a picture took back at once
}


def read_image(source: bytes | str | Path, name: str = "", frame: int | None = None) -> GreyImage:
    """As `intake.read_image`, but nothing of the file is decoded in this process.

    Raises:
        InputError: not a readable image within the limits of size, memory and time; one line that
            begins with the name.
    """
    data, name = read_bytes(source, name)
    answer, (pixels, *chroma) = _ask(data, {"mask": False, "name": name, "frame": frame})
    spacing = answer["spacing"]
    return GreyImage(
        pixels=pixels,
        sha256=answer["sha256"],
        notes=tuple(answer["notes"]),
        name=name,
        spacing=None if spacing is None else tuple(spacing),
        colour_share=answer["colour_share"],
        modality=answer["modality"],
        chroma=chroma[0] if chroma else None,
        frame=answer["frame"],
        frames=answer["frames"],
    )


def read_mask(source: bytes | str | Path, name: str = "") -> np.ndarray:
    """As `intake.read_mask`, H×W bool, but nothing of the file is decoded in this process.

    Raises:
        InputError: no clear mask within the limits; one line that begins with the name.
    """
    data, name = read_bytes(source, name)
    _, (mask,) = _ask(data, {"mask": True, "name": name})
    return mask.view(bool)


def read_picture(source: bytes | str | Path, form: ImageForm, name: str = "") -> np.ndarray:
    """As `intake.read_picture`, but nothing of the file is decoded in this process.

    Raises:
        InputError: not a picture of this form within the limits; one line that begins with the
            name.
    """
    data, name = read_bytes(source, name)
    _, planes = _ask(data, {"mask": False, "name": name, "form": asdict(form)})
    return from_planes(planes, form)


class _Decoder:
    """One process that decodes; used by one thread at a time."""

    def __init__(self) -> None:
        # Safe path: what lies in the current folder is not imported. A session of its own: it ends
        # with its standard input, not with a key that was meant for its parent.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(_ROOT), str(MEMORY), str(SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ENVIRONMENT},
            start_new_session=True,
            pipesize=_PIPE_BYTES,
        )
        self.requests = cast(IO[bytes], self.process.stdin)
        self.answers = cast(BufferedReader, self.process.stdout)
        self.out_of_time = False
        if self._read(LENGTH.size) is None:
            self.close()
            raise RuntimeError("The decoder of pictures does not start; its own error is above.")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ask(self, data: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], list[np.ndarray]]:
        """What the process says of a file, and its planes, H×W uint8.

        Raises:
            _Stopped: it ended without an answer, or was ended because it took too long.
        """
        clock = threading.Timer(_PATIENCE, self._stop)
        clock.daemon = True
        clock.start()
        try:
            head = json.dumps({**request, "size": len(data)}).encode()
            try:
                self.requests.write(LENGTH.pack(len(head)) + head)
                self.requests.write(data)
                self.requests.flush()
            except OSError:
                raise _Stopped from None
            answer = json.loads(self._need(*LENGTH.unpack(self._need(LENGTH.size))))
            planes = [np.empty(answer["shape"], np.uint8) for _ in range(answer["planes"])]
            for plane in planes:
                self._fill(plane.data.cast("B"))
            return answer, planes
        finally:
            clock.cancel()

    def _stop(self) -> None:
        self.out_of_time = True
        self.process.kill()

    def _need(self, size: int) -> bytes:
        content = self._read(size)
        if content is None:
            raise _Stopped
        return content

    def _read(self, size: int) -> bytes | None:
        """`size` bytes of its answers; None where it has ended."""
        content = self.answers.read(size)
        return content if len(content) == size else None

    def _fill(self, room: memoryview) -> None:
        if self.answers.readinto(room) != len(room):
            raise _Stopped

    def close(self) -> int:
        """End it and leave nothing of it behind; how it ended."""
        for pipe in (self.requests, self.answers):
            with contextlib.suppress(OSError):  # what could not be written is not missed
                pipe.close()
        try:
            return self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class _Stopped(Exception):
    """A decoder ended before it had answered."""


_gate = threading.BoundedSemaphore(DECODERS)
_idle: list[_Decoder] = []


def _ask(data: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The answer of an idle decoder, which is waited for.

    Raises:
        InputError: the file is refused, or its decoder was stopped.
        RuntimeError: the decoder itself is at fault.
    """
    with _gate:
        decoder = _take()
        try:
            answer, planes = decoder.ask(data, request)
        except _Stopped:
            raise InputError(_why(label_of(request["name"]), decoder)) from None
        except BaseException:
            decoder.process.kill()  # between a question and its answer: of no use to the next one
            decoder.close()
            raise
        _idle.append(decoder)
    if "refused" in answer:
        raise InputError(answer["refused"])
    if "broken" in answer:
        raise RuntimeError(f"The decoder of pictures failed: {answer['broken']}")
    return answer, planes


def _take() -> _Decoder:
    """An idle decoder that still lives, else a new one."""
    while True:
        try:
            decoder = _idle.pop()
        except IndexError:  # none, or another thread was faster
            return _Decoder()
        if decoder.alive:
            return decoder
        decoder.close()


def _why(label: str, decoder: _Decoder) -> str:
    """What to say of a file whose decoder was stopped; nothing of the process stays."""
    ended_by = -decoder.close()
    if decoder.out_of_time or ended_by == getattr(signal, "SIGXCPU", None):
        return (
            f"{label} takes longer than {SECONDS} seconds to decode. "
            "Save it again as a plain PNG or JPEG, not progressive, and retry."
        )
    return (
        f"{label} stopped its decoder: it is damaged, or needs more memory than a picture may "
        "take. Save it again as a PNG with fewer pixels."
    )


@atexit.register
def _close_all() -> None:
    while _idle:
        _idle.pop().close()


def _forget() -> None:
    """In the copy of a process: the decoders are those of the original, and so is its gate."""
    global _gate
    _gate = threading.BoundedSemaphore(DECODERS)
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
