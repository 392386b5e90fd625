"""Beat the network in a real browser: two players, five cases, one table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.browser.test_journey import settle

expect = pytest.importorskip("playwright.sync_api").expect
PATIENT = 90_000  # milliseconds; on two busy cores
CASES = 5


def button(page, name: str):
    return page.get_by_role("button", name=name)


def wait_until_kept(page, count: int) -> None:
    """Wait until the tab keeps so many tokens, which it does a moment after the page is seen.

    The page looks itself: its policy forbids the words of `wait_for_function`.
    """
    kept = page.evaluate(
        """async ([count, patient]) => {
            const end = Date.now() + patient
            while (sessionStorage.length !== count && Date.now() < end)
                await new Promise(done => setTimeout(done, 50))
            return sessionStorage.length
        }""",
        [count, PATIENT],
    )
    assert kept == count


def read_all(page, with_box: bool = False) -> None:
    """Answer all cases, a step above the middle; the first one with a box."""
    for number in range(1, CASES + 1):
        expect(page.get_by_text(f"Case {number} of {CASES}")).to_be_visible(timeout=PATIENT)
        expect(button(page, "Move the slider to answer")).to_be_disabled(timeout=PATIENT)
        if with_box and number == 1:
            box = page.locator(".two .stage").bounding_box()
            page.mouse.move(box["x"] + 60, box["y"] + 60)
            page.mouse.down()
            page.mouse.move(box["x"] + 260, box["y"] + 220, steps=4)
            page.mouse.up()
            settle(page)
        page.get_by_role("slider").press("ArrowRight")
        button(page, "Answer: 51 %, malignant").click()
        expect(page.get_by_text("You said")).to_be_visible(timeout=PATIENT)
        if with_box and number == 1:
            expect(page.get_by_text("Your box overlaps")).to_be_visible(timeout=PATIENT)
        button(page, "Next case" if number < CASES else "The results").click()


def test_two_players_read_five_cases_and_meet_in_one_table(server, browser, page):
    page.goto(f"{server}/quiz?methods=mtl_cosa")
    page.wait_for_selector("text=Join a room")
    settle(page)  # or the letters go where the other form begins
    page.get_by_role("textbox", name="Nickname").first.fill("Anna")
    button(page, "Open and play").click()
    expect(page.get_by_text(f"Case 1 of {CASES}")).to_be_visible(timeout=PATIENT)
    code = page.url.partition("room=")[2][:4]

    context = browser.new_context()
    context.set_default_timeout(PATIENT)
    other = context.new_page()
    other.goto(f"{server}/quiz?room={code.lower()}")
    other.get_by_role("textbox", name="Nickname").fill("Ben")
    button(other, "Join").click()
    read_all(other)
    expect(other.get_by_text("Who erred where")).to_be_visible(timeout=PATIENT)
    context.close()

    # A reload in the middle comes back to the same player, who does not stand in the address.
    assert "player" not in page.url
    page.goto(page.url)
    read_all(page, with_box=True)
    expect(page.get_by_text(f"of {CASES} right")).to_be_visible(timeout=PATIENT)
    expect(page.locator("[data-testid=stDataFrame]")).to_have_count(2, timeout=PATIENT)
    settle(page)
    button(page, "Take it away").click()
    with page.expect_download() as download:
        button(page, "Results (CSV)").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert {row["who"] for row in rows} == {"Anna", "Ben", "MTL-COSA"}
    assert {row["cases"] for row in rows} == {str(CASES)}
    # Both said 51 %, which is a call of malignant: all cancers found, nobody cleared.
    for row in rows:
        if row["kind"] == "person":
            assert row["sensitivity"] == "1.0" and row["specificity"] == "0.0"
            assert float(row["brier"]) == pytest.approx(0.25, abs=0.0101)


def test_whoever_reads_the_address_from_the_wall_is_not_the_host(server, browser, page):
    page.goto(f"{server}/quiz?methods=mtl")
    page.wait_for_selector("text=Join a room")
    settle(page)
    button(page, "Open and watch").click()
    close = button(page, "Close the round")
    expect(close).to_be_visible(timeout=PATIENT)
    page.wait_for_url(lambda address: "room=" in address)
    shown = page.url
    assert "player" not in shown
    wait_until_kept(page, 1)
    page.add_init_script(
        "const forget = Storage.prototype.removeItem\n"
        "Storage.prototype.removeItem = function (name) {"
        " window.forgotten ||= name.startsWith('mtlbus_room'); forget.call(this, name) }"
    )
    page.reload()
    expect(close).to_be_visible(timeout=PATIENT)
    assert page.url == shown
    assert not page.evaluate("window.forgotten"), "a second reload would have lost the host"
    ((name, token),) = page.evaluate("Object.entries(sessionStorage)")
    assert name == f"mtlbus_room_{shown.partition('room=')[2][:4]}"

    context = browser.new_context()
    context.set_default_timeout(PATIENT)
    other = context.new_page()
    other.goto(shown)
    expect(other.get_by_role("heading", name="Join room")).to_be_visible(timeout=PATIENT)
    expect(button(other, "Close the round")).to_have_count(0)
    # A link as they were given out before still is the host, and is cleaned.
    other.goto(f"{shown}&player={token}")
    expect(button(other, "Close the round")).to_be_visible(timeout=PATIENT)
    other.wait_for_url(shown)
    context.close()

    button(page, "Leave").click()
    expect(page.get_by_text("Join a room")).to_be_visible(timeout=PATIENT)
    wait_until_kept(page, 0)
