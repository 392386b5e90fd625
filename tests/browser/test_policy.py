"""Under the content policy every page draws all it has, and asks no other host for anything."""

from __future__ import annotations

import re

from mtlbus.ui.frame import ENTRIES
from tests.browser.test_journey import follow

MAIN = "[data-testid=stMain]"


def test_a_page_breaks_no_rule_asks_no_other_host_and_shows_names_and_terms(page, server):
    said, asked, unnamed = [], [], re.compile(r"^(\w+ icon)?$")
    page.on("console", lambda message: said.append((page.url, message.text)))
    page.on("request", lambda request: asked.append((page.url, request.url)))
    page.goto(server)
    page.get_by_test_id("stSidebarNav").wait_for()
    for entry in ENTRIES:
        follow(page, entry.title)
        terms = page.locator(MAIN).get_by_text("Research and education only").first
        terms.wait_for()
        nameless = page.get_by_role("button", name=unnamed).all()  # for a screen reader
        assert not nameless, (entry.title, [one.inner_text() for one in nameless])
        for width, height in ((390, 844), (1280, 900)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(200)
            box = terms.bounding_box()
            assert box["y"] >= 0 and box["y"] + box["height"] <= height, (entry.title, width)
            assert box["x"] >= 0 and box["x"] + box["width"] <= width, (entry.title, width)
    page.wait_for_timeout(500)  # for what comes when the script has run
    assert not [pair for pair in said if "Content Security Policy" in pair[1]]
    own = (server, "data:", "blob:")
    assert not [pair for pair in asked if not pair[1].startswith(own)]


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
