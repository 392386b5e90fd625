"""A class of thirty: many sessions of a real server at once, each with an image of its own.

    python -m tests.load [--sessions 30] [--images 500] [--methods mtl_cosa,mtl] [--minutes 60]

Each session opens the pages one after the other through Streamlit's own protocol on loopback, with
an image that nobody else has, and its answer is checked against that of a single visitor, who asks
before. Then one after another asks about many more images, and the memory of the server after all
of them is compared with that after a tenth. At last the server is killed and started anew while
tabs are open, which then ask for their pages again. What is found goes to stdout line by line, so a
run that is cut leaves what it has; one whose minutes are over asks for nothing more and says so.
Anything wrong ends it with exit code 1. Times are of one machine and one moment: run it where
nothing else runs.
"""

from __future__ import annotations

import argparse
import io
import math
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection

import numpy as np
import psutil
from PIL import Image

from mtlbus.data.phantom import make_phantom, random_parameters

from .app.visitor import SECONDS, Visitor

PAGES = ("predict", "compare", "attention", "attributions", "performance")
PATIENCE = 120  # seconds for the server to start
GROWTH = 1.05  # of the memory after all images over that after a tenth, at most
SAID = re.compile(r"\d+(?:\.\d+)?\s?%|benign|malignant", re.IGNORECASE)


@dataclass
class Outcome:
    """What a session found.

    Attributes:
        seconds: of each page, by name.
        said: percentages and calls on Predict, which tell one image from another.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def picture(number: int) -> bytes:
    """A phantom that no other number gives, as PNG."""
    found = make_phantom(random_parameters(90_000 + number, malignant=number % 2 == 1), 256)
    buffer = io.BytesIO()
    Image.fromarray(found.image).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server(port: int) -> Iterator[tuple[str, psutil.Process]]:
    """The explorer on loopback, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
         "--server.address", "127.0.0.1", "--server.port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        end = time.monotonic() + PATIENCE
        while not _healthy(port):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit("The server did not start.")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Sink:
    """Where findings go, as they are made.

    Args:
        minutes: after which nothing more is asked.

    Attributes:
        wrong: a line for each error.
    """

    def __init__(self, minutes: float = math.inf) -> None:
        self.ends = time.monotonic() + 60 * minutes
        self.wrong: list[str] = []

    @property
    def over(self) -> bool:
        """Whether the minutes are over."""
        return time.monotonic() > self.ends

    def say(self, line: str) -> None:
        """A line of the result."""
        print(line, flush=True)

    def fault(self, *lines: str) -> None:
        """Something wrong."""
        self.wrong += lines
        for line in lines:
            self.say(f"WRONG {line}")


class Pages:
    """A row for each page that sessions open together, said when all have seen it.

    Args:
        single: of a visitor alone.
        found: of the sessions, filled while they go on.
        sink: receives the rows.
    """

    def __init__(self, single: Outcome, found: Sequence[Outcome], sink: Sink) -> None:
        self.single, self.found, self.sink = single, found, sink
        self._lock = threading.Lock()
        self._left = list(PAGES)
        sink.say("| page | sessions | alone, s | p50, s | p95, s | p50 / alone | p95 / alone |")
        sink.say("|---|---|---|---|---|---|---|")

    def seen(self) -> None:
        """A session has seen a page."""
        with self._lock:
            while self._left and all(self._left[0] in one.seconds for one in self.found):
                self._say(self._left.pop(0))

    def close(self) -> None:
        """The pages that not all have seen."""
        for page in self._left:
            self._say(page)

    def _say(self, page: str) -> None:
        times = [one.seconds[page] for one in self.found if page in one.seconds]
        if not times or page not in self.single.seconds:
            self.sink.say(f"| {page} | {len(times)} | – | – | – | – | – |")
            return
        one, (half, most) = self.single.seconds[page], np.percentile(times, (50, 95))
        self.sink.say(
            f"| {page} | {len(times)} | {one:.2f} | {half:.2f} | {most:.2f} "
            f"| {half / one:.1f} | {most / one:.1f} |"
        )


def session(
    address: str,
    number: int,
    pages: Sequence[str],
    methods: Sequence[str],
    sink: Sink,
    outcome: Outcome | None = None,
    seen: Callable[[], None] = lambda: None,
) -> Outcome:
    """One visitor, who uploads an image and opens the pages.

    Args:
        address: of the server.
        number: of the visitor, which gives the image.
        pages: one after the other, until the minutes are over.
        methods: that are asked.
        sink: receives what is wrong.
        outcome: to be filled; None for a new one.
        seen: is called after each page.
    """
    outcome = outcome or Outcome()
    query = {"method": methods[0], "methods": ",".join(methods)}
    try:
        with Visitor(address) as visitor:
            visitor.visit("methods", **query)  # draws the sidebar, where the image goes
            if (status := visitor.upload("Upload", f"{number}.png", picture(number))) != 204:
                sink.fault(f"session {number}: the upload was answered with {status}")
            for page in pages:
                if sink.over:
                    break
                began = time.monotonic()
                visitor.visit(page)
                took = time.monotonic() - began
                kinds = {m.delta.new_element.WhichOneof("type") for m in visitor.seen}
                if "exception" in kinds or "Something unforeseen" in " ".join(visitor.texts()):
                    sink.fault(f"session {number}: {page} shows an error")
                if page == "predict":
                    outcome.said = tuple(SAID.findall(" ".join(visitor.texts())))
                outcome.seconds[page] = took
                seen()
    except Exception as error:  # whatever happens to one is a line, and the others go on
        sink.fault(f"session {number}: {type(error).__name__}: {error}")
    return outcome


def together(address: str, count: int, methods: Sequence[str], sink: Sink) -> None:
    """The single visitors, then all at once; as many as there was time to ask alone."""
    progress(f"{count} visitors one after the other")
    alone: list[Outcome] = []
    while len(alone) < count and not sink.over:
        alone.append(session(address, len(alone), ["predict"], methods, sink))
    progress("one visitor on all pages")
    single = session(address, count, PAGES, methods, sink)  # pages are warm, its image is new
    progress(f"{len(alone)} visitors at once on all pages")
    found = [Outcome() for _ in alone]
    pages = Pages(single, found, sink)
    with ThreadPoolExecutor(max(len(alone), 1)) as visitors:
        # The same images again in new sessions: the results of the closed ones are gone.
        for number, outcome in enumerate(found):
            visitors.submit(session, address, number, PAGES, methods, sink, outcome, pages.seen)
    pages.close()
    for number, (one, other) in enumerate(zip(alone, found, strict=True)):
        if other.seconds and (one.said != other.said or not one.said):
            sink.fault(f"session {number}: said {other.said}, alone {one.said}")
    at_once, told = sum(bool(one.seconds) for one in found), len({one.said for one in alone})
    sink.say(
        f"{at_once} of {count} sessions at once, {told} different answers, {len(sink.wrong)} wrong"
    )


def growth(
    address: str, process: psutil.Process, images: int, methods: Sequence[str], sink: Sink
) -> None:
    """Image after image in new sessions: the memory after each tenth of them."""
    progress(f"{images} images for the memory")
    tenth, first, last, number = max(images // 10, 1), 0, 0, 0
    sink.say("| predictions | memory, MB | times that after the first of these |")
    sink.say("|---|---|---|")
    while number < images and not sink.over:
        session(address, 10_000 + number, ["predict"], methods[:1], sink)
        number += 1
        if number % tenth == 0:
            last = process.memory_info().rss
            first = first or last
            sink.say(f"| {number} | {last / 1e6:.0f} | {last / first:.2f} |")
    if number < images:
        sink.say(f"The minutes were over after {number} of {images} images.")
    if last > GROWTH * first:
        sink.fault(f"memory grew to {last / first:.2f} times; at most {GROWTH} is allowed")


def progress(line: str) -> None:
    """Say on stderr what begins."""
    print(line, file=sys.stderr, flush=True)


def restarted(port: int, count: int, methods: Sequence[str], sink: Sink) -> None:
    """A server is killed under open tabs and started anew."""
    progress("killing the server under open tabs")
    query = {"method": methods[0], "methods": ",".join(methods)}
    with server(port) as (address, process):
        tabs = [Visitor(address) for _ in range(count)]
        for number, tab in enumerate(tabs):
            tab.visit(PAGES[number % len(PAGES)], **query)
        process.kill()
        process.wait(20)
    broken = 0
    with server(port) as (address, _):
        for number, tab in enumerate(tabs):
            with Visitor(address) as again:  # as the browser does, with the address of the tab
                again.visit(tab.page, **query)
                kinds = {m.delta.new_element.WhichOneof("type") for m in again.seen}
                if "exception" in kinds or not again.texts():
                    broken += 1
                    sink.fault(f"tab {number}: {tab.page} after a restart")
    sink.say(f"After kill -9 and a new start {broken} of {count} pages are broken.")


def main(words: Sequence[str] | None = None) -> int:
    """Run all parts."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--images", type=int, default=500, help="for the memory; 0 leaves it out")
    parser.add_argument("--methods", default="mtl_cosa,mtl", help="of Predict, and of Compare")
    parser.add_argument("--minutes", type=float, default=math.inf, help="at most, about")
    asked = parser.parse_args(words)
    methods, port, sink = asked.methods.split(","), free_port(), Sink(asked.minutes)
    sink.say(f"pages may take {SECONDS} s each; {psutil.cpu_count()} cores")
    with server(port) as (address, process):
        together(address, asked.sessions, methods, sink)
        if asked.images and not sink.over:
            growth(address, process, asked.images, methods, sink)
    if sink.over:
        sink.say("The minutes are over: the server was not killed under open tabs.")
    else:
        restarted(port, min(asked.sessions, len(PAGES)), methods, sink)
    sink.say(f"{len(sink.wrong)} wrong")
    return 1 if sink.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
