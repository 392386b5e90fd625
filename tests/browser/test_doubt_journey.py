"""A picture is changed and taken back, its answer doubted, in a real browser; and what fits it."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_journey import settle
from tests.browser.test_takeaway_journey import take

expect = pytest.importorskip("playwright.sync_api").expect
PATIENT = 90_000  # milliseconds; on two busy cores
FIRST = "[data-testid=stMain] :is(.js-plotly-plot, [data-testid=stImage] img)"


def test_a_picture_is_changed_and_its_answer_doubted(server, page, tmp_path):
    page.goto(f"{server}/what_if?case=scar&methods=mtl_cosa")
    heads = page.locator("figcaption")
    expect(heads).to_have_count(1, timeout=PATIENT)
    settle(page)
    page.get_by_role("radio", name="Paint out").click()
    settle(page)
    box = page.locator(".two .stage").bounding_box()
    page.mouse.move(box["x"] + 0.35 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Change it").click()
    expect(heads).to_have_count(2, timeout=PATIENT)
    expect(heads.last).to_contain_text("changed")
    expect(page.get_by_text("was changed to see what happens").first).to_be_visible()
    settle(page)
    assert take(page, "Drawing (SVG)", tmp_path).read_text("utf-8").count("<image ") == 2
    page.locator(".st-key-_edit_undo_0 button").first.click()
    expect(heads).to_have_count(1, timeout=PATIENT)

    page.goto(f"{server}/predict?case=scar&method=mtl_cosa")
    page.locator("label", has_text="How steady?").click()
    expect(page.get_by_text(re.compile(r"stays in (all \d|\d of \d) trials"))).to_be_visible(
        timeout=PATIENT
    )
    settle(page)
    assert page.locator(".st-key-opinion_strip .js-plotly-plot").is_visible()
    assert "steady=1" in page.url


def test_the_first_picture_is_on_the_first_screen(server, page):
    page.set_viewport_size({"width": 1280, "height": 800})
    for name in ("attention", "attributions", "performance"):
        page.goto(f"{server}/{name}?method=mtl_cosa")
        page.locator(FIRST).first.wait_for()
        settle(page)
        boxes = [one.bounding_box() for one in page.locator(FIRST).all()]
        first = next(box for box in boxes if box and box["height"] > 200)  # no scale bar
        assert first["y"] + first["height"] <= 800 + 0.1 * first["height"], name
