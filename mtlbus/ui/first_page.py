"""The HTML that an address is answered with: Streamlit's page for a page of the explorer.

Streamlit answers every address that it does not know with its page. Below the first level that page
finds none of its own scripts and stays blank; here such an address gets one line and the ways on.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

import streamlit
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from ..core.text import printable
from .frame import ENTRIES

_FILES = ("media/", "component/", "static/", "app/", "_stcore/")  # of Streamlit, HTML or not
_SHOWN = 60  # characters of an address that leads nowhere
_STYLE = (
    ":root { color-scheme: light dark } "
    "body { font: 1rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; "
    "padding: 0 1.5rem; overflow-wrap: anywhere }"
)


@cache
def first_page() -> str:
    """Streamlit's page, with a script that is there before Streamlit's own."""
    page = Path(streamlit.__file__).with_name("static") / "index.html"
    script = Path(__file__).with_name("one_step_back.js").read_text(encoding="utf-8")
    return page.read_text(encoding="utf-8").replace("<head>", f"<head><script>{script}</script>", 1)


def no_page(root: str, path: str) -> str:
    """One line about an address that leads nowhere, and the pages there are.

    Args:
        root: the address of the explorer on its server, with a slash at its end.
        path: what was asked for below it.
    """
    path = printable(path)
    asked = escape(path if len(path) <= _SHOWN else f"{path[: _SHOWN - 1]}…")
    ways = " · ".join(f'<a href="{root}{entry.address}">{entry.title}</a>' for entry in ENTRIES)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>No such page · mtlbus explorer</title><style>{_STYLE}</style></head><body><main>"
        f"<p>The explorer has no page <strong>{asked}</strong>. Choose one of these:</p>"
        f"<p>{ways}</p></main></body></html>\n"
    )


class FirstPage:
    """ASGI middleware that answers with these pages in place of Streamlit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        base = config.get_option("server.baseUrlPath").strip("/")
        root = f"/{base}/" if base else "/"
        path = scope["path"].removeprefix(root)
        if scope["path"].startswith(root) and path in {entry.address for entry in ENTRIES}:
            page = HTMLResponse(first_page(), headers={"Cache-Control": "no-cache"})
            await page(scope, receive, send)
            return
        if path.startswith(_FILES):  # a report that is taken along is HTML too
            await self.app(scope, receive, send)
            return
        instead = HTMLResponse(no_page(root, path), 404)
        replaced = False

        async def no_other_page(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                replaced = kind.startswith("text/html")
                if replaced:
                    await instead(scope, receive, send)
            if not replaced:
                await send(message)

        await self.app(scope, receive, no_other_page)
