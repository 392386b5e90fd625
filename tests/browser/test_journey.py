"""One journey of a person through the explorer in a real browser."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.figures.style import LETTERS

expect = pytest.importorskip("playwright.sync_api").expect
SIDEBAR = "[data-testid=stSidebar]"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


def settle(page) -> None:
    """Wait until the script has run, and look for exceptions and errors."""
    page.wait_for_timeout(300)
    page.wait_for_selector(IDLE, state="attached")
    assert page.locator("[data-testid=stException]").count() == 0
    assert "unforeseen" not in page.inner_text("body")


def heading(page) -> str:
    return page.locator("[data-testid=stMain] h1").first.inner_text()


def follow(page, name: str) -> None:
    """Click a page in the navigation."""
    page.locator(f"{SIDEBAR} [data-testid=stSidebarNavLink]", has_text=name).click()
    settle(page)


def pictures_keep_their_aspect(page) -> bool:
    return page.locator("img").evaluate_all(
        """images => images.every(image => {
            const box = image.getBoundingClientRect()
            if (!image.naturalWidth || !box.height) return true
            const wanted = image.naturalWidth / image.naturalHeight
            return Math.abs(box.width / box.height / wanted - 1) < 0.03
        })"""
    )


def test_journey(server, page):
    page.goto(f"{server}/predict?case=lipoma&method=mtl")
    page.wait_for_selector(f"{SIDEBAR} [data-testid=stSidebarNav]")
    page.wait_for_selector("[data-testid=stMetricValue]")
    settle(page)
    assert heading(page) == GALLERY["lipoma"].title
    assert "case=lipoma" in page.url and "method=mtl" in page.url

    # An upload becomes the case, with outline and probability.
    buffer = io.BytesIO()
    phantom = make_phantom(GALLERY["large-carcinoma"].parameters, 200)
    Image.fromarray(phantom.image).save(buffer, "PNG")
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    page.locator(f"{SIDEBAR} input[type=file]").set_input_files(file)
    page.wait_for_selector("h1:has-text('mine.png')")
    settle(page)
    assert re.fullmatch(r"\d+\s%", page.locator("[data-testid=stMetricValue]").first.inner_text())
    picture = page.locator("[data-testid=stMain] img").first
    assert "mine.png" in picture.get_attribute("alt")
    assert pictures_keep_their_aspect(page)

    # The mask threshold can be moved by keyboard, and the outline follows.
    outline = page.locator(".stage path").last
    before = outline.get_attribute("d")
    page.get_by_role("slider", name="Mask threshold").focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    assert page.locator("[data-testid=stSliderThumbValue]").first.inner_text() == "0.55"
    expect(outline).not_to_have_attribute("d", before)

    # The picture can be enlarged, and Compare goes on where Predict was.
    page.get_by_role("button", name="Zoom to the lesion").click()
    window = page.locator(".stage svg").first.get_attribute("viewBox")
    assert [float(part) for part in window.split()][2] < 2000  # of 200 px in tenths

    # A bad file is what the page is about, and one button leads back.
    bad = {"name": "bad.png", "mimeType": "image/png", "buffer": b"not a picture"}
    page.locator(f"{SIDEBAR} input[type=file]").set_input_files(bad)
    page.wait_for_selector("h1:has-text('Refused: bad.png')")
    settle(page)
    page.get_by_role("button", name="Back to “mine.png”").click()
    page.wait_for_selector("h1:has-text('mine.png')")
    settle(page)

    # Two networks on the same image.
    follow(page, "Compare")
    page.wait_for_selector("h1:has-text('Compare networks')")
    page.wait_for_selector("h3:has-text('Where they agree')")
    settle(page)
    assert page.locator("[data-testid=stMain] img").count() >= 4
    assert page.locator(".stage svg").first.get_attribute("viewBox") == window
    assert pictures_keep_their_aspect(page)

    # The regions of MTL-COSA.
    page.goto(f"{server}/attention?case=large-carcinoma&method=mtl_cosa&map=regions")
    page.wait_for_selector("h1:has-text('Attention')")
    page.wait_for_selector("text=Regions of the predicted mask")
    page.wait_for_selector("[data-testid=stMain] .js-plotly-plot")
    settle(page)

    # The threshold moves the confusion matrix on Performance, and nobody is lost.
    follow(page, "Performance")
    page.wait_for_selector("h1:has-text('Performance')")
    page.wait_for_selector("[data-testid=stMain] input[type=range]")
    settle(page)
    before = confusion(page)
    page.locator("[data-testid=stMain] input[type=range]").first.focus()
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    settle(page)
    after = before
    for _ in range(40):
        after = confusion(page)
        if after != before:
            break
        page.wait_for_timeout(250)
    assert after != before
    assert after["cancers found"] <= before["cancers found"], "a higher threshold finds fewer"
    for row in (("cancers found", "cancers missed"), ("false alarms", "benign cleared")):
        assert sum(after[cell] for cell in row) == sum(before[cell] for cell in row)


def confusion(page) -> dict[str, int]:
    """The four counts of the confusion matrix as the page draws them."""
    chart = page.locator("[data-testid=stPlotlyChart]", has_text="benign cleared").first
    text = chart.text_content()
    cells = ("cancers found", "cancers missed", "false alarms", "benign cleared")
    return {cell: int(re.search(rf"(\d+)\s*{cell}", text).group(1)) for cell in cells}


def test_a_changed_theme_is_followed_at_once(server, page):
    letters = "document.querySelector('svg.main-svg .xtick text')?.style.fill"
    page.emulate_media(color_scheme="light")
    page.goto(f"{server}/performance?methods=mtl")
    page.wait_for_selector("svg.main-svg .xtick text")
    settle(page)
    before = page.evaluate(letters)
    page.get_by_test_id("stMainMenu").click()
    page.locator("[data-testid=stMainMenuPopover] :text('Dark')").last.click(force=True)
    page.keyboard.press("Escape")
    for _ in range(100):  # its policy lets no test wait by a script
        if page.evaluate(letters) != before:
            break
        page.wait_for_timeout(100)
    light, dark = (tuple(int(LETTERS[d][i : i + 2], 16) for i in (1, 3, 5)) for d in (False, True))
    assert before == f"rgb{light}" and page.evaluate(letters) == f"rgb{dark}"
