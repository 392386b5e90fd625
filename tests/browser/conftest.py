"""A real server and a real browser for the journey."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mtlbus.checkpoints import CHECKPOINTS, list_checkpoints

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; the journey is skipped where there is none."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        pytest.skip(f"needs a Chromium (looked for {', '.join(NAMES)})")
    return found


@contextmanager
def serving(**environment: str) -> Iterator[str]:
    """Address of a fresh server that nobody has visited; stopped afterwards."""
    weights = os.environ.get("MTLBUS_CHECKPOINTS") or str(CHECKPOINTS)
    if not {"mtl", "mtl_cosa"} <= list_checkpoints(weights).keys():
        pytest.skip(f"needs the checkpoints of mtl and mtl_cosa in {weights}")
    with served("app.py", MTLBUS_CHECKPOINTS=weights, **environment) as address:
        yield address


@contextmanager
def served(script: str, **environment: str) -> Iterator[str]:
    """Run a Streamlit script on a server of its own; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.address", "127.0.0.1"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
                    if answer.read() == b"ok":
                        break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail("the server did not start within 60 s")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def fresh_server():
    """Address of a server that nobody has visited; stopped afterwards."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def server():
    """Address of one server for all journeys that may meet others; loading torch takes seconds."""
    with serving() as address:
        yield address


@pytest.fixture(scope="module")
def browser(chromium):
    """One headless browser for all tests of a file.

    Not of the session: while it is open its thread has a running event loop, which other tests
    must not find.
    """
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    """A page of 1280×900 of a visitor who has not been here."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()
