"""A class of thirty: many sessions of a real server at once, each with an image of its own.

    python -m tests.load [--sessions 30] [--images 500] [--methods mtl_cosa,mtl]

Each session opens the pages one after the other through Streamlit's own protocol on loopback, with
an image that nobody else has, and its answer is checked against that of a single visitor, who asks
before. Then one after another asks about many more images, and the memory of the server after all
of them is compared with that after a tenth. At last the server is killed and started anew while
tabs are open, which then ask for their pages again. The table goes to stdout; anything wrong ends
it with exit code 1. Times are of one machine and one moment: run it where nothing else runs.
"""

from __future__ import annotations

import argparse
import io
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
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
        wrong: a line for each error.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    wrong: list[str] = field(default_factory=list)


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


def session(address: str, number: int, pages: Sequence[str], methods: Sequence[str]) -> Outcome:
    """One visitor, who uploads an image and opens the pages."""
    outcome, query = Outcome(), {"method": methods[0], "methods": ",".join(methods)}
    try:
        with Visitor(address) as visitor:
            visitor.visit("methods", **query)  # draws the sidebar, where the image goes
            if (status := visitor.upload("Upload", f"{number}.png", picture(number))) != 204:
                outcome.wrong.append(f"session {number}: the upload was answered with {status}")
            for page in pages:
                began = time.monotonic()
                visitor.visit(page)
                outcome.seconds[page] = time.monotonic() - began
                kinds = {m.delta.new_element.WhichOneof("type") for m in visitor.seen}
                if "exception" in kinds or "Something unforeseen" in " ".join(visitor.texts()):
                    outcome.wrong.append(f"session {number}: {page} shows an error")
                if page == "predict":
                    outcome.said = tuple(SAID.findall(" ".join(visitor.texts())))
    except Exception as error:  # whatever happens to one is a line, and the others go on
        outcome.wrong.append(f"session {number}: {type(error).__name__}: {error}")
    return outcome


def together(address: str, count: int, methods: Sequence[str]) -> tuple[list[str], list[str]]:
    """The single visitors, then all at once.

    Returns:
        Lines of the table, and what is wrong.
    """
    progress(f"{count} visitors one after the other")
    alone = [session(address, number, ["predict"], methods) for number in range(count)]
    progress("one visitor on all pages")
    single = session(address, count, PAGES, methods)  # pages are warm, its image is new
    progress(f"{count} visitors at once on all pages")
    with ThreadPoolExecutor(count) as visitors:
        # The same images again in new sessions: the results of the closed ones are gone.
        found = list(
            visitors.map(lambda number: session(address, number, PAGES, methods), range(count))
        )
    wrong = [line for one in (*alone, single, *found) for line in one.wrong]
    for number, (one, other) in enumerate(zip(alone, found, strict=True)):
        if one.said != other.said or not one.said:
            wrong.append(f"session {number}: said {other.said}, alone {one.said}")
    told = len({one.said for one in alone})
    lines = [
        f"{count} sessions at once, {told} different answers, {len(wrong)} wrong",
        "| page | alone, s | p50, s | p95, s | p50 / alone | p95 / alone |",
        "|---|---|---|---|---|---|",
    ]
    for page in PAGES:
        times = [one.seconds[page] for one in found if page in one.seconds]
        if not times or page not in single.seconds:
            continue
        one, (half, most) = single.seconds[page], np.percentile(times, (50, 95))
        lines.append(
            f"| {page} | {one:.2f} | {half:.2f} | {most:.2f} "
            f"| {half / one:.1f} | {most / one:.1f} |"
        )
    return lines, wrong


def growth(
    address: str, process: psutil.Process, images: int, methods: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Image after image in new sessions: the memory after a tenth of them, and after all."""
    progress(f"{images} images for the memory")
    wrong: list[str] = []
    first = 0
    for number in range(images):
        wrong += session(address, 10_000 + number, ["predict"], methods[:1]).wrong
        if number + 1 == max(images // 10, 1):
            first = process.memory_info().rss
    last = process.memory_info().rss
    line = (
        f"memory after {max(images // 10, 1)} predictions {first / 1e6:.0f} MB, after {images} "
        f"{last / 1e6:.0f} MB: {last / first:.2f} times"
    )
    if last > GROWTH * first:
        wrong.append(f"{line}; at most {GROWTH} is allowed")
    return [line], wrong


def progress(line: str) -> None:
    """Say on stderr what begins."""
    print(line, file=sys.stderr, flush=True)


def restarted(port: int, count: int, methods: Sequence[str]) -> list[str]:
    """What is wrong when a server is killed under open tabs and started anew."""
    progress("killing the server under open tabs")
    query = {"method": methods[0], "methods": ",".join(methods)}
    with server(port) as (address, process):
        tabs = [Visitor(address) for _ in range(count)]
        for number, tab in enumerate(tabs):
            tab.visit(PAGES[number % len(PAGES)], **query)
        process.kill()
        process.wait(20)
    wrong = []
    with server(port) as (address, _):
        for number, tab in enumerate(tabs):
            with Visitor(address) as again:  # as the browser does, with the address of the tab
                again.visit(tab.page, **query)
                kinds = {m.delta.new_element.WhichOneof("type") for m in again.seen}
                if "exception" in kinds or not again.texts():
                    wrong.append(f"tab {number}: {tab.page} after a restart")
    return wrong


def main(words: Sequence[str] | None = None) -> int:
    """Run both and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--images", type=int, default=500, help="for the memory; 0 leaves it out")
    parser.add_argument("--methods", default="mtl_cosa,mtl", help="of Predict, and of Compare")
    asked = parser.parse_args(words)
    methods = asked.methods.split(",")
    port = free_port()
    with server(port) as (address, process):
        lines, wrong = together(address, asked.sessions, methods)
        if asked.images:
            more, also = growth(address, process, asked.images, methods)
            lines, wrong = [*lines, "", *more], [*wrong, *also]
    broken = restarted(port, min(asked.sessions, len(PAGES)), methods)
    lines.append(f"after kill -9 and a new start {len(broken)} pages are broken")
    wrong += broken
    print("\n".join([*lines, *wrong]))
    print(f"(pages may take {SECONDS} s each; {psutil.cpu_count()} cores)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
