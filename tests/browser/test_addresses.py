"""What an address leads to: a page that Back leaves in one step, or a line that says what to do."""

from __future__ import annotations

from tests.browser.test_journey import IDLE, SIDEBAR, settle


def choose_another_case(page) -> None:
    """By keyboard in the sidebar, which every page has."""
    before = page.url
    page.locator(SIDEBAR).get_by_role("combobox", name="Case").click()
    page.get_by_role("option", name="Lipoma").click()
    page.wait_for_url(lambda address: address != before and "case=lipoma" in address)
    settle(page)


def test_back_leaves_a_landing_page_in_one_step(fresh_server, page):
    for address in ("performance", "predict", ""):  # nobody has opened `/` when the others are
        page.goto("about:blank")
        page.goto(f"{fresh_server}/{address}")
        # A fresh server first imports torch, which takes long where the machine is busy.
        page.wait_for_selector(IDLE, state="attached", timeout=180_000)
        page.get_by_role("combobox", name="Case").wait_for(timeout=180_000)
        settle(page)
        choose_another_case(page)
        page.go_back()
        assert page.url == "about:blank", address
