"""A teacher goes through the Methods page in a real browser."""

from __future__ import annotations

from tests.browser.test_journey import expect, follow, heading, settle

MAIN = "[data-testid=stMain]"


def click_cell(page, row: int, x: int) -> None:
    """Click into the first table, whose cells are painted: `x` pixels from its left edge."""
    table = page.locator(f"{MAIN} [data-testid=stDataFrame]").first
    table.wait_for()
    page.wait_for_timeout(600)
    box = table.bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + 37 + 35 * row + 17)


def test_methods_journey(server, page):
    # A deep link to the overview of one paper.
    page.goto(f"{server}/methods?paper=acsnet")
    page.wait_for_selector(f"{MAIN} h3:has-text('Proposed')")
    settle(page)
    assert heading(page) == "Methods"
    assert "paper=acsnet" in page.url

    # A row opens its card; the drawing is there and keeps its aspect.
    click_cell(page, 0, 161)
    page.wait_for_selector(f"{MAIN} h1:has-text('ACSNet')")
    settle(page)
    assert "method=acsnet" in page.url
    drawing = page.locator(f"{MAIN} img").first
    drawing.wait_for()
    assert "Wiring of ACSNet" in drawing.get_attribute("alt")
    natural = drawing.evaluate("image => image.naturalWidth / image.naturalHeight")
    box = drawing.bounding_box()
    assert natural > 0 and abs(box["width"] / box["height"] / natural - 1) < 0.02

    # The sizes in the drawing follow the variant.
    before = drawing.get_attribute("src")
    page.get_by_role("radio", name="The paper's sizes").click()
    expect(drawing).not_to_have_attribute("src", before)

    # Equations are set, none of them broken.
    page.get_by_role("radio", name="Equations").click()
    page.wait_for_selector(f"{MAIN} .katex-display")
    settle(page)
    assert page.locator(f"{MAIN} .katex-display").count() >= 9
    assert page.locator(f"{MAIN} .katex-error").count() == 0
    assert "tab=equations" in page.url

    # An untrained method is nobody else's choice: Predict opens with a trained one, silently.
    page.goto(f"{server}/methods?method=lenet")
    page.wait_for_selector(f"{MAIN} h1:has-text('LeNet')")
    settle(page)
    follow(page, "Predict")
    page.wait_for_selector("[data-testid=stMetricValue]")
    settle(page)
    assert "method=lenet" not in page.url
    assert "lenet" not in page.inner_text("body").lower()

    # And back: the card is still open, and leads to the overview.
    follow(page, "Methods")
    page.wait_for_selector(f"{MAIN} h1:has-text('LeNet')")
    settle(page)
    page.get_by_role("button", name="All methods").click()
    page.wait_for_selector(f"{MAIN} h1:has-text('Methods')")
