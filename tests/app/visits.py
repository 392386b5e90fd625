"""Opening a page as a link does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "app.py"
SECONDS = 120  # the slowest page on two busy cores

# Each `AppTest` reads the metadata of all installed packages, a third of the time of a visit; what
# is installed stays the same while the tests run.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def visit(
    page: str, *, session: Mapping[str, Any] | None = None, faulty: bool = False, **query: str
) -> AppTest:
    """A page after its first run.

    Args:
        page: its file in `pages`, without extension; "" for where the app opens.
        session: what the visitor's session holds before.
        faulty: the page may show errors in words of its own; a traceback it may never show.
        query: the parameters of the link.
    """
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    if page:
        app.switch_page(f"pages/{page}.py")
    for name, value in (session or {}).items():
        app.session_state[name] = value
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert faulty or not app.error
    return app
