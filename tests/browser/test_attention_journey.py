"""Clicks on cells of every fineness, keyboard and address of the Attention page, in a browser."""

from __future__ import annotations

import re

from tests.browser.test_journey import settle

MAIN = "[data-testid=stMain]"
PLOT = ".js-plotly-plot .nsewdrag"


def looking_cell(page) -> tuple[int, ...]:
    """Row and column of the cell whose look is shown."""
    text = page.locator(MAIN).inner_text()
    return tuple(map(int, re.search(r"row (\d+), column (\d+) looks", text).groups()))


def click_cell(page, cell: tuple[int, int], cells: int, corner: float) -> None:
    """Click at a corner of a cell of the first picture; 0 is its upper left, 1 its lower right."""
    page.locator(PLOT).first.scroll_into_view_if_needed()
    box = page.locator(PLOT).first.bounding_box()
    y, x = (
        start + length * (index + corner) / cells
        for start, length, index in zip(
            (box["y"], box["x"]), (box["height"], box["width"]), cell, strict=True
        )
    )
    page.mouse.move(x, y)
    page.wait_for_timeout(120)  # Plotly looks for the nearest point only now and then
    page.mouse.click(x, y)
    settle(page)


def test_cells_are_chosen_by_click_and_by_keyboard(server, page):
    page.goto(f"{server}/attention?case=large-carcinoma&method=mtl_cosa&map=cosa_attention.tumour")
    # A fresh server first imports torch, which takes long where the machine is busy.
    page.wait_for_selector(f"{MAIN} .js-plotly-plot", timeout=180_000)
    settle(page)
    for cell, corner in (((2, 5), 0.5), ((7, 0), 0.1), ((0, 7), 0.9)):
        click_cell(page, cell, 8, corner)
        assert looking_cell(page) == cell
    assert "cell=0%2C7" in page.url
    page.get_by_role("spinbutton", name="Row, 0 to 7").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{MAIN} :text('row 1, column 7 looks')")
    settle(page)

    # The link alone shows the same again, and another case beside it at the same cell.
    page.goto(page.url + "&beside=case:lipoma")
    page.wait_for_selector(f"{MAIN} :text('Echogenic lipoma')")
    settle(page)
    assert page.locator(f"{MAIN} :text('row 1, column 7 looks')").count() == 2

    # However fine the grid, a click takes the cell under the pointer.
    for level, cells in ((1, 64), (2, 32)):
        view = f"method=resformer_mtl&untrained=1&map=swin_attention.{level}&beside="
        page.goto(f"{server}/attention?{view}")
        page.wait_for_selector(f"{MAIN} :text('{cells}×{cells} cells')")
        settle(page)
        for cell in ((1, cells - 2), (cells // 2 + 1, cells // 3)):
            click_cell(page, cell, cells, 0.5)
            assert looking_cell(page) == cell
