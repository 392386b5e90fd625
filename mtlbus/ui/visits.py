"""Sessions from their first run to the moment when nothing of them is left.

Streamlit keeps a session whose tab was closed, so that a lost connection can come back to it, and
drops it at the next visit of somebody else, whenever that is. Here it ends on time.
"""

from __future__ import annotations

import asyncio
import gc
import time

from streamlit.runtime import Runtime
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SessionState

KEEP = 120.0  # seconds that a session waits for its tab to come back
EVERY = 2.0  # seconds between two looks

_LAST_SEEN: dict[str, float] = {}


def note() -> None:
    """Called in each run of a page: its session is one to look after."""
    context = get_script_run_ctx()
    if context is not None:
        note_session(context.session_id)


def note_session(session: str) -> None:
    """The same, for what comes without a run, like the bytes of a file."""
    _LAST_SEEN[session] = time.monotonic()


def end_those_that_left(runtime: Runtime) -> int:
    """End the sessions whose tab has been gone for `KEEP` seconds; returns how many.

    To be called on the event loop of the server.
    """
    now, ended = time.monotonic(), 0
    for session, seen in list(_LAST_SEEN.items()):
        if runtime.is_active_session(session):
            _LAST_SEEN[session] = now
        elif now - seen >= KEEP:
            del _LAST_SEEN[session]
            _empty(runtime, session)
            runtime.close_session(session)
            ended += 1
    if ended:
        runtime.media_file_mgr.remove_orphaned_files()  # downloads need a second time
    return ended


def _empty(runtime: Runtime, session: str) -> None:
    """Let go of what a session holds: Streamlit's loop keeps the last session for ever.

    There is no public way to it; a test with a real server holds it.
    """
    found = runtime._session_mgr.get_session_info(session)
    if found is not None:
        found.session._session_state = SessionState()
        found.session._fragment_storage = MemoryFragmentStorage()


async def look_after(runtime: Runtime) -> None:
    """End sessions for as long as the server runs, hand their memory back, and collect garbage.

    Not after each run, as Streamlit would: a collection of 7 to 15 ms holds up all threads, and so
    the last words of the run, at every click. What runs leave in circles is small.
    """
    from . import forget

    while True:
        await asyncio.sleep(EVERY)
        if end_those_that_left(runtime):
            forget.collect_soon()
        elif _LAST_SEEN:
            gc.collect()
