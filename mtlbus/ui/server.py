"""The server around the pages: what it does when it starts, and what it watches while it runs.

To serve the explorer to others, run `streamlit run app.py --server.headless true` behind a proxy;
one process, or several behind one address with sticky sessions, for a session lives in the memory
of one of them. When that is started anew, a tab begins again with the page and the choices of its
address; files have to be given again. One network runs at a time, short jobs before long ones, and
who waits sees how many are before. A visitor may keep 160 MB of files and all of them 640 MB; a
file is decoded in a process of its own, which may take 640 MB and 4 seconds. The metrics of
Streamlit are closed, no visitor empties a cache, no foreign page may frame the explorer, and its
pages load from this server only (`guard`). `/_stcore/health` answers 200 while the server lives;
what is wrong with weights, libraries or the disk is a line each at its start (`problems`). Its log
names no image and no visitor.

Not done here, so leave it to the proxy: TLS, accounts (or OIDC through `st.login`, with an
`[auth]` in `.streamlit/secrets.toml`), limits on requests and connections; a browser that keeps
opening sessions can still fill the 640 MB. Use Python 3.11.10 or later: before, one cookie of 60
kB can hold a server up for a minute (CVE-2024-7592).
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import pkgutil
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import metadata
from pathlib import Path

from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from streamlit import config, runtime
from streamlit.runtime.pages_manager import PagesManager
from streamlit.starlette import App
from streamlit.web.server.server_util import get_url

from ..core import sharing
from ..core.errors import MtlbusError
from ..data.limits import MAX_BYTES
from .first_page import FirstPage
from .guard import MEGABYTE, Guard
from .visits import look_after

LOG = logging.getLogger("mtlbus")
MIDDLEWARE = (Middleware(Guard), Middleware(FirstPage))


@asynccontextmanager
async def lifespan(_app: App) -> AsyncIterator[None]:
    """Get ready before the first visitor, and look after sessions until the server stops."""
    sharing.wait_briefly()
    # Otherwise a file above 1 MB passes through a temporary file on disk.
    MultiPartParser.spool_max_size = MAX_BYTES + MEGABYTE
    # Until somebody has opened `/`, Streamlit would run `/predict` without `app.py`: see
    # `frame.require_frame`, whose way round leaves two steps in the browser's history.
    PagesManager.uses_pages_directory = False
    for line in problems():
        LOG.warning(line)
    load_libraries()
    from . import services

    services.settle()
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
    found = []
    if sys.version_info < (3, 11, 10) or (3, 12) <= sys.version_info < (3, 12, 6):
        found.append(
            f"Python {sys.version.split()[0]} can be held up for a minute by one cookie of 60 kB "
            "(CVE-2024-7592). Cookies above 8 kB are refused here; use 3.11.10 or later all the "
            "same."
        )
    try:
        with tempfile.TemporaryFile():
            pass
    except OSError as error:
        found.append(
            f"No temporary file can be written ({error.strerror}), so nothing can be taken along. "
            "Make room, or name a folder in TMPDIR."
        )
    return found + (_pair_problems() or _weight_problems())


def _pair_problems() -> list[str]:
    """PyTorch and torchvision are made for each other; another pair fails when it is loaded."""
    try:
        importlib.import_module("torchvision")
    except Exception as error:
        pair = " with ".join(
            f"{name} {metadata.version(name)}" for name in ("torch", "torchvision")
        )
        return [
            f"{pair} cannot be loaded ({str(error).splitlines()[0]}): no page will work. Install "
            "the pair that requirements.txt names."
        ]
    return []


def _weight_problems() -> list[str]:
    """Checkpoints that no page can use."""
    from ..checkpoints import CARD, WEIGHTS, checkpoints_folder, list_checkpoints

    shipped, found = list_checkpoints(), []
    if not any(checkpoints_folder().rglob(CARD)):  # of no tasks whatever
        found.append(
            f"No trained weights in {str(checkpoints_folder())!r}. Restore them, or name another "
            "folder in MTLBUS_CHECKPOINTS."
        )
    for name, checkpoint in shipped.items():
        try:
            checkpoint.card  # noqa: B018
            if not (checkpoint.folder / WEIGHTS).is_file():
                found.append(f"{name} has a card but no {WEIGHTS}: it is left out. Restore it.")
        except MtlbusError as error:
            found.append(f"{name} is left out: {error}")
    return found


def load_libraries() -> None:
    """Load what the pages need, and take it out of the walks of the garbage collector.

    With PyTorch loaded each of them costs 200 ms. What is frozen is never freed, so this is done
    once, before there is a session.
    """
    for module in pkgutil.walk_packages([str(Path(__file__).parent)], f"{__package__}."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()
