"""The server around the pages: what it does when it starts, and what it watches while it runs.

To serve the explorer to others, run `streamlit run app.py --server.headless true` behind a proxy;
one process, or several with sticky sessions. One network runs at a time, short jobs before long
ones, and who waits sees how many are before. A visitor may keep 160 MB of files and all of them
640 MB; a file is decoded in a process of its own, which may take 640 MB and 4 seconds. The metrics
of Streamlit are closed, no visitor empties a cache, no foreign page may frame the explorer, its
pages load from this server only, and its log names no image (`guard`).

Not done here, so leave it to the proxy: TLS, accounts (or `st.login`), limits on requests and
connections; a browser that keeps opening sessions can still fill the 640 MB. Use Python 3.11.10 or
later: before, one cookie of 60 kB can hold a server up for a minute (CVE-2024-7592).
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from streamlit import config, runtime
from streamlit.runtime.pages_manager import PagesManager
from streamlit.starlette import App
from streamlit.web.server.server_util import get_url

from ..data.limits import MAX_BYTES
from .first_page import FirstPage
from .guard import MEGABYTE, Guard
from .visits import look_after

LOG = logging.getLogger("mtlbus")
MIDDLEWARE = (Middleware(Guard), Middleware(FirstPage))
_HEAVY = ("torch", "mtlbus.ui.sidebar", "mtlbus.ui.services", "mtlbus.ui.takeaway")


@asynccontextmanager
async def lifespan(_app: App) -> AsyncIterator[None]:
    """Get ready before the first visitor, and look after sessions until the server stops."""
    # Otherwise a file above 1 MB passes through a temporary file on disk.
    MultiPartParser.spool_max_size = MAX_BYTES + MEGABYTE
    # Until somebody has opened `/`, Streamlit would run `/predict` without `app.py`: see
    # `frame.require_frame`, whose way round leaves two steps in the browser's history.
    PagesManager.uses_pages_directory = False
    for line in problems():
        LOG.warning(line)
    _load_libraries()
    from . import services

    services.settle_threads()
    watching = asyncio.create_task(look_after(runtime.get_instance()))
    if not config.get_option("server.headless"):
        address = config.get_option("server.address") or "localhost"
        asyncio.get_running_loop().call_later(0.5, webbrowser.open, get_url(address))
    yield
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


def problems() -> list[str]:
    """What whoever runs this server should know, a line each."""
    if sys.version_info < (3, 11, 10) or (3, 12) <= sys.version_info < (3, 12, 6):
        return [
            f"Python {sys.version.split()[0]} can be held up for a minute by one cookie of 60 kB "
            "(CVE-2024-7592). Cookies above 8 kB are refused here; use 3.11.10 or later all the "
            "same."
        ]
    return []


def _load_libraries() -> None:
    """Load what every page needs, and take it out of the walks of the garbage collector.

    Streamlit collects garbage after each run, which with PyTorch loaded costs 200 ms a click. What
    is frozen is never freed, so this is done once, before there is a session.
    """
    for name in _HEAVY:
        importlib.import_module(name, __package__)
    gc.collect()
    gc.freeze()
