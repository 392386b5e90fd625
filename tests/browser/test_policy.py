"""Under the content policy every page draws all it has, and asks no other host for anything."""

from __future__ import annotations

import pytest

from mtlbus.ui.frame import ENTRIES
from tests.browser.test_journey import settle

PAGES = [entry.address for entry in ENTRIES]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_breaks_no_rule_and_asks_no_other_host(page, server, path):
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server}/{path}")
    page.get_by_test_id("stSidebar").get_by_text("Case", exact=True).wait_for()
    settle(page)
    page.wait_for_timeout(1000)  # for what comes when the script has run
    assert not [text for text in said if "Content Security Policy" in text]
    assert not [url for url in asked if not url.startswith((server, "data:", "blob:"))]


def test_what_a_foreign_script_or_picture_would_do_is_stopped(page, server):
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.goto(server)
    page.get_by_test_id("stSidebar").wait_for()
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("""() => {
        const picture = document.createElement("img");
        picture.src = "http://127.0.0.1:9/x.png";
        document.body.append(picture);
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
    }""")
    page.wait_for_timeout(500)
    assert page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in text for text in said) >= 2
