"""What a person gives, in a real browser: odd files, lost ones, films, tools for a picture."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mtlbus.data.limits import MAX_BYTES
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.figures.overlay import encode_png
from tests.browser.test_journey import SIDEBAR, follow, settle
from tests.browser.test_predict_journey import MAIN, file
from tests.data.test_dicom import dataset, packed

PAGES = ("Home", "Predict", "Compare", "Attention", "Attributions")
SCAN = make_phantom(GALLERY["large-carcinoma"].parameters, 256).image
VERDICT = f"{MAIN} [data-testid=stMetric], {MAIN} .stage, {MAIN} .probability"


@pytest.fixture
def visit(server, page):
    """Predict with a case of the gallery, after the file that a journey begins with."""

    def visit(name: str = "", content: bytes = b"", title: str = "") -> object:
        page.goto(f"{server}/predict?case=lipoma&method=mtl")
        page.wait_for_selector(f"{MAIN} [data-testid=stMetricValue]")
        settle(page)
        if name:
            give(page, name, content, title)
        return page

    return visit


def give(page, name: str, content: bytes, title: str = "") -> None:
    """Upload in the sidebar and wait for the page about it."""
    page.locator(f"{SIDEBAR} input[type=file]").set_input_files(file(name, content))
    page.locator(f"{MAIN} h1", has_text=title or name).wait_for()
    settle(page)


def is_refused(page, words: str) -> None:
    alert = page.locator(f"{MAIN} [data-testid=stAlert]").first
    alert.wait_for()
    assert words in alert.inner_text()
    assert page.locator(VERDICT).count() == 0


def corners(page, share: float = 0.25) -> tuple[tuple[float, float], tuple[float, float]]:
    """Two places of the picture to set points on, on the screen."""
    stage = page.locator(".two .stage")
    stage.scroll_into_view_if_needed()
    settle(page)
    box = stage.bounding_box()
    return tuple(
        (box["x"] + part * box["width"], box["y"] + part * box["height"])
        for part in (share, 1 - share)
    )


def test_refused_files_after_a_good_one(visit):
    page = visit("good.png", encode_png(SCAN))
    give(page, "large.bmp", b"BM" + bytes(MAX_BYTES + 7 * 1024**2), "Refused: large.bmp")
    for name in PAGES:
        follow(page, name)
        is_refused(page, "large.bmp has 27.0 MB; at most 20 MB are allowed")
    page.get_by_role("button", name="Back to “good.png”").click()
    page.locator(f"{MAIN} h1", has_text="Attributions").wait_for()
    settle(page)
    assert page.locator(f"{MAIN} [data-testid=stAlert]", has_text="large.bmp").count() == 0
    give(page, "report.pdf", b"%PDF-1.7 ...", "Refused: report.pdf")
    is_refused(page, "report.pdf looks like a PDF")
    follow(page, "Predict")
    give(page, "slice", packed(dataset(SCAN, Modality="CT")))
    is_refused(page, "CT")


def test_a_reload_and_a_second_tab_ask_for_the_image_again(visit):
    page = visit("mine.png", encode_png(SCAN))
    address = page.url
    for tab in (page, page.context.browser.new_page()):
        tab.set_default_timeout(60_000)
        tab.goto(address)
        tab.locator(f"{MAIN} h1", has_text="Your image is not here").wait_for()
        settle(tab)
        assert "upload it again" in tab.inner_text(MAIN) and tab.locator(VERDICT).count() == 0
    tab.locator(f"{MAIN} input[type=file]").set_input_files(file("mine.png", encode_png(SCAN)))
    tab.locator(f"{MAIN} h1", has_text="mine.png").wait_for()
    settle(tab)
    assert tab.url == address


def test_a_frame_of_a_film(visit):
    frames = np.stack([0 * SCAN, SCAN, SCAN - SCAN // 3]).astype(np.uint8)
    film = packed(dataset(SCAN, NumberOfFrames=3, PixelData=frames.tobytes()))
    page = visit("cine", film, "cine, frame 2 of 3")
    page.locator(f"{SIDEBAR} input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.locator(f"{MAIN} h1", has_text="cine, frame 3 of 3").wait_for()
    settle(page)
    assert page.locator(f"{MAIN} [data-testid=stMetric]").count() >= 1


def test_a_crop_by_mouse_and_back(visit):
    framed = np.pad(SCAN, 128)
    page = visit("framed.png", encode_png(framed))
    page.get_by_text("Crop", exact=True).first.click()
    page.locator(".two .stage").wait_for()
    first, second = corners(page)
    page.mouse.move(*first)
    page.mouse.down()
    page.mouse.move(*second, steps=4)
    page.mouse.up()
    settle(page)
    page.get_by_role("button", name="Keep only this part").click()
    page.locator(f"{MAIN} h1", has_text="framed.png (cropped)").wait_for()
    settle(page)
    side, whole = (int(part) for part in _sides(page))
    assert whole == 512 and abs(side - 256) <= 4
    page.locator(SIDEBAR).get_by_role("button", name="Undo the last change").click()
    page.locator(f"{MAIN} h1").get_by_text("framed.png", exact=True).wait_for()


def _sides(page) -> tuple[str, str]:
    """The side of the part and of the whole, as the sidebar tells them."""
    told = page.locator(SIDEBAR).inner_text()
    return re.search(r"[Cc]ropped to (\d+)×", told)[1], re.search(r"Uploaded, (\d+)×", told)[1]


def test_a_ruler_by_two_clicks_and_by_keyboard(visit):
    page = visit("scan.png", encode_png(SCAN))
    page.get_by_text("Ruler", exact=True).first.click()
    page.locator(".two .stage").wait_for()
    (left, top), (right, _) = corners(page)
    page.mouse.click(left, top)
    page.mouse.move((left + right) / 2, top)
    page.mouse.click(right, top)
    settle(page)
    length = page.locator("[data-testid=stMetricValue]", has_text="px").inner_text()
    assert abs(float(length.split()[0]) - 128) <= 2, "half of 256 px"
    known = page.get_by_role("spinbutton", name="Its true length, mm")
    known.fill("32")
    known.press("Enter")
    page.locator("[data-testid=stMetricValue]", has_text="32.0 mm").wait_for()
    settle(page)
    assert "as typed in" in page.inner_text(MAIN)

    page.locator(".two .stage").focus()
    for key in ("Escape", "Enter", *["Shift+ArrowRight"] * 4, "Enter"):
        page.keyboard.press(key)
    page.locator("[data-testid=stMetricValue]", has_text="40.0 px").wait_for()


def test_back_leaves_a_page_in_one_step_and_each_has_a_title(visit):
    page = visit()
    assert page.title() == "Predict · mtlbus explorer"
    length, visited = page.evaluate("history.length"), []
    for name in ("Compare", "Performance", "Attention"):
        visited.append(page.title())
        follow(page, name)
        page.wait_for_timeout(500)
        assert page.title() == f"{name} · mtlbus explorer"
    assert page.evaluate("history.length") == length + 3
    for title in reversed(visited):
        page.go_back()
        settle(page)
        assert page.title() == title
