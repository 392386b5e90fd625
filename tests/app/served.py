"""The explorer as a server of its own, with small bounds and a window into its memory.

Run by a test: `python -m tests.app.served PORT`.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit import runtime
from streamlit.starlette import App

from mtlbus.ui import guard, server, visits

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024**2
visits.KEEP, visits.EVERY = 1.0, 0.2
guard.SESSION_BYTES, guard.ALL_BYTES = 7 * MEGABYTE, 11 * MEGABYTE
TO_DISK: list[int] = []
SECRET = os.environ.get("SECRET_FILE", "")
OPENED: list[str] = []


def watch(event: str, arguments: tuple) -> None:
    """Note each opening of the secret file, by whatever code of this process."""
    if event == "open" and SECRET and SECRET in str(arguments[0]):
        OPENED.append(event)


if SECRET:
    sys.addaudithook(watch)
_rollover = tempfile.SpooledTemporaryFile.rollover


def counted_rollover(self) -> None:
    TO_DISK.append(1)
    _rollover(self)


tempfile.SpooledTemporaryFile.rollover = counted_rollover


async def look(request: Request) -> JSONResponse:
    """What of an image is in memory, by its digest or file name, after one garbage collection."""
    from mtlbus.data.intake import GreyImage
    from mtlbus.ui.results import STORES

    gc.collect()
    word = request.query_params["word"]
    running = runtime.get_instance()
    images = [found for found in gc.get_objects() if isinstance(found, GreyImage)]
    return JSONResponse(
        {
            "images": sum(word in (found.name, found.sha256) for found in images),
            "results": sum(word in str(key) for store in list(STORES) for key in store.held),
            "files": len(running.uploaded_file_mgr.file_storage),
            "sessions": len(running._session_mgr.list_sessions()),
            "to_disk": len(TO_DISK),
            "secret": len(OPENED),
        }
    )


app = App(
    ROOT / "app.py",
    lifespan=server.lifespan,
    middleware=server.MIDDLEWARE,
    routes=[Route("/look", look)],
)

if __name__ == "__main__":
    app.run(
        config={
            "server.port": int(sys.argv[1]),
            "server.address": "127.0.0.1",
            "server.headless": True,
        }
    )
