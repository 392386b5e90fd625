"""What every request passes before Streamlit sees it: limits, closed doors, and headers.

Streamlit has no option for any of these. The guard reads no body and knows no page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from functools import cache
from urllib.parse import unquote

from google.protobuf.message import DecodeError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg

from ..data.limits import MAX_BYTES
from . import visits
from .first_page import first_page

MEGABYTE = 1024**2
MAX_COOKIE = 8000  # bytes; one of 60 kB holds Python before 3.11.10 up for a minute (CVE-2024-7592)
SESSION_BYTES = 8 * MAX_BYTES  # of the files that one visitor has given
ALL_BYTES = 32 * MAX_BYTES  # of those of all visitors
_FILE_ITSELF = 1024  # bytes of a file of none
NO_ROOM = "There is no room for more files: take some of yours away, or try again later."
_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")
_CLOSED = ("/_stcore/metrics", "/_stcore/script-health-check")
_NOT_FOR_VISITORS = ("clear_cache", "load_git_info", "set_run_on_save")
_HOST = re.compile(r"[A-Za-z0-9.\-_]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def content_policy(host: str) -> str:
    """What a page may load: its own server, and nothing else anywhere.

    Args:
        host: as the browser names this server; some need its socket spelled out.
    """
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join((
        "default-src 'self'",
        # The components of Streamlit are blobs; beside them only the scripts of the first page run.
        f"script-src 'self' blob: {_own_scripts()}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        f"connect-src 'self' data: blob:{sockets}",
        "worker-src 'self' blob:",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ))  # fmt: skip


@cache
def _own_scripts() -> str:
    """The digests of the scripts that stand in the first page itself, as a policy names them."""
    scripts = re.findall(r"<script>(.*?)</script>", first_page(), re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


class Guard:
    """ASGI middleware in front of everything."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._arriving: Counter[str] = Counter()  # bytes of files on their way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _cookie_bytes(scope) > MAX_COOKIE:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return

        async def received() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive" or not _is_closed_to_visitors(message):
                    return message

        await self.app(scope, received, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        path = unquote(scope["path"])

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    found.setdefault(name, value)
                found["Content-Security-Policy"] = content_policy(headers.get("host", ""))
                if "/media/" in path:  # pictures of visitors: not even in the browser's own store
                    found["Cache-Control"] = "no-store"
            await send(message)

        upload = _UPLOAD.search(path) if scope["method"] == "PUT" else None
        if _cookie_bytes(scope) > MAX_COOKIE:
            await PlainTextResponse("Too large a cookie", 431)(scope, receive, with_headers)
        elif path.rstrip("/").endswith(_CLOSED):
            await PlainTextResponse("Not found", 404)(scope, receive, with_headers)
        elif upload:
            await self._take(upload[1], scope, receive, with_headers)
        else:
            await self.app(scope, receive, with_headers)

    async def _take(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a file in while there is room, by the bytes that come and not by what is promised."""
        visits.note_session(session)
        mine = 0

        async def counted() -> Message:
            nonlocal mine
            message = await receive()
            length = len(message.get("body", b""))
            mine += length
            self._arriving[session] += length
            if not self._has_room(session):
                raise _NoRoomError
            return message

        try:
            if not self._has_room(session):
                raise _NoRoomError
            await self.app(scope, counted, send)
        except _NoRoomError:
            await PlainTextResponse(NO_ROOM, 507)(scope, receive, send)
        finally:
            self._arriving[session] -= mine
            if not self._arriving[session]:
                del self._arriving[session]

    def _has_room(self, session: str) -> bool:
        """Whether one more byte of a session stays within its bound and that of all."""
        mine, everyones = _bytes_kept(session)
        return (
            mine + self._arriving[session] < SESSION_BYTES
            and everyones + sum(self._arriving.values()) < ALL_BYTES
        )


class _NoRoomError(Exception):
    """The files of a session, or of all, have reached their bound."""


def _bytes_kept(session: str) -> tuple[int, int]:
    """Bytes of the files that a session, and that all sessions have given and not taken back."""
    if not runtime.exists():
        return 0, 0
    files = runtime.get_instance().uploaded_file_mgr.file_storage
    by_session = {
        name: sum(_FILE_ITSELF + len(file.data) for file in list(given.values()))
        for name, given in list(files.items())
    }
    return by_session.get(session, 0), sum(by_session.values())


def _cookie_bytes(scope: Scope) -> int:
    return sum(len(value) for name, value in scope["headers"] if name == b"cookie")


def _is_closed_to_visitors(message: Message) -> bool:
    """Whether a message of a browser asks for what belongs to whoever runs the server.

    Emptying the caches hits every visitor, and the state of the repository is nobody's business.
    """
    try:
        asked = BackMsg.FromString(message.get("bytes") or b"")
    except DecodeError:
        return False  # Streamlit says what is wrong with it
    return asked.WhichOneof("type") in _NOT_FOR_VISITORS
