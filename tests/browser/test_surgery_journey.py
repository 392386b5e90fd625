"""Mask surgery in a real browser: what a reader draws changes the shares of the decision."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.browser.test_journey import settle

expect = pytest.importorskip("playwright.sync_api").expect
PATIENT = 90_000  # milliseconds; on two busy cores
NUMBER = r"([+−]\d+\.\d\d)"


def test_a_drawn_outline_changes_the_three_shares_and_the_measurements(server, page):
    page.goto(f"{server}/surgery?case=spiculated-carcinoma&method=mtl_cosa")
    stage = page.locator(".pen .stage")
    expect(stage.locator("svg path")).to_have_count(2, timeout=PATIENT)  # a line and its shadow
    box = stage.bounding_box()

    def at(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    # A large area is drawn around by mouse: all three regions are others now.
    corners = [(0.05, 0.2), (0.95, 0.2), (0.95, 0.8), (0.05, 0.8)]
    page.mouse.move(*at(*corners[0]))
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*at(*corner), steps=6)
    page.mouse.up()
    said = page.get_by_text("Because of your outline")
    expect(said).to_be_visible(timeout=PATIENT)
    settle(page)
    shares = {
        name: (was, now)
        for name, was, now in re.findall(rf"(\w+) {NUMBER} → {NUMBER}", said.inner_text())
    }
    assert list(shares) == ["background", "tumour", "margin"]
    assert all(was != now for was, now in shares.values())
    assert "outline=add%3A" in page.url or "outline=add:" in page.url
    area = page.locator("tr", has_text="Area").inner_text().split("\t")
    assert area[1] != area[2]
    expect(page.get_by_text("a reader's, not the network's")).to_be_visible()

    # By keyboard: cut off a triangle, and take it back.
    page.get_by_text("cut off").click()
    settle(page)
    stage.focus()
    for key in ("Space", *["Shift+ArrowRight"] * 5, "Space", *["Shift+ArrowDown"] * 5, "Space"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("_cut"), timeout=PATIENT)
    settle(page)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page).not_to_have_url(re.compile("_cut"), timeout=PATIENT)
    settle(page)

    # What is taken along says whose outline it is.
    page.get_by_role("button", name="Take it away").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Numbers (JSON)").click()
    found = json.loads(Path(download.value.path()).read_text())
    assert found["reader_outline"]["cautions"][0]["name"] == "reader"
    for one in ("network_outline", "reader_outline"):
        told = found[one]
        assert sum(told["shares_log_odds"].values()) == pytest.approx(told["logit"], abs=1e-3)
