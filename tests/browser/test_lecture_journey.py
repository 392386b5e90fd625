"""A lecture by keyboard alone, and a story from its first step to its last."""

from __future__ import annotations

import pytest

from mtlbus.data.phantom import GALLERY
from mtlbus.ui.browse.collection import mixed
from mtlbus.ui.stories.tour import stories
from tests.browser.test_journey import settle

expect = pytest.importorskip("playwright.sync_api").expect
MAIN = "[data-testid=stMain]"
expect.set_options(timeout=60_000)  # two busy cores
CASE = "complicated-cyst"
FULL = "document.fullscreenElement !== null"


def reaches(page, script: str, wanted: object) -> bool:
    """Whether the page comes to a state; its policy lets no test wait for it by a script."""
    for _ in range(100):
        if page.evaluate(script) == wanted:
            return True
        page.wait_for_timeout(50)
    return False


def test_a_lecture_by_keyboard_alone(server, page):
    names = mixed(GALLERY)
    following = GALLERY[names[(names.index(CASE) + 1) % len(names)]].title
    page.goto(f"{server}/predict?case={CASE}&method=mtl&lecture=1&blind=1")
    main, keys = page.locator(MAIN), page.keyboard
    question = main.get_by_role("heading", name="What do you see?")
    expect(question).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).not_to_be_visible()
    picture = main.locator("img[alt^='Ultrasound image']")
    expect(picture).to_be_visible()
    settle(page)
    box = picture.bounding_box()
    assert box["height"] > 450 and box["y"] + box["height"] <= 900, "as high as the screen"
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    assert page.evaluate(size) > 20

    keys.press("b")
    expect(main.get_by_text("it is benign").first).to_be_visible()
    keys.press("ArrowRight")
    expect(main.get_by_role("heading", name=following)).to_be_visible()
    settle(page)
    keys.press("ArrowLeft")
    expect(main.get_by_role("heading", name=GALLERY[CASE].title)).to_be_visible()
    for full in (True, False):
        keys.press("f")
        assert reaches(page, FULL, full)
    settle(page)
    keys.press("b")
    expect(question).to_be_visible()
    main.get_by_role("button", name="Leave").focus()
    keys.press("Enter")
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible()
    page.wait_for_url(lambda address: "lecture" not in address)


def test_a_story_from_its_first_step_to_its_last(server, page):
    story = stories()["leakage"]
    count = len(story.steps)
    page.goto(f"{server}/stories")
    page.locator(f".st-key-_begin_{story.name} button").click()
    told = page.locator(".st-key-_story")
    for number in range(1, count + 1):
        expect(told.get_by_text(f"{number} of {count}", exact=True)).to_be_visible()
        settle(page)
        if number < count:
            page.keyboard.press("PageDown")
    page.keyboard.press("PageUp")
    expect(told.get_by_text(f"{count - 1} of {count}", exact=True)).to_be_visible()
