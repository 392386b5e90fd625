"""The phantom lab in a real browser: a knob is turned, the picture follows, the curve is drawn."""

from __future__ import annotations

import pytest

from tests.browser.test_journey import settle
from tests.browser.test_takeaway_journey import run, take

expect = pytest.importorskip("playwright.sync_api").expect
PATIENT = 90_000  # milliseconds; on two busy cores


def test_a_knob_is_turned_and_its_curve_is_drawn(server, page, tmp_path):
    page.goto(f"{server}/phantom_lab?case=scar&methods=mtl_cosa&knob=calipers")
    page.locator(".stage").nth(1).wait_for()
    settle(page)
    picture = page.locator(".stage img").nth(1)
    before, said = picture.get_attribute("src"), picture.get_attribute("alt")
    assert "MTL-COSA" in said

    # A knob is turned: another image, another answer, another address.
    page.locator("[data-testid=stCheckbox]", has_text="Calipers").locator("label").click()
    expect(page.get_by_role("button", name="Calipers on")).to_be_visible(timeout=PATIENT)
    expect(picture).not_to_have_attribute("src", before, timeout=PATIENT)
    settle(page)
    assert "case=lab%3Ascar%2Ccalipers%3D1" in page.url or "case=lab:scar,calipers=1" in page.url

    # Its curve is drawn in the background.
    page.get_by_role("button", name="Draw it").click()
    chart = page.locator(".js-plotly-plot .scatterlayer").last
    expect(page.locator("li", has_text="MTL-COSA")).to_contain_text("its call", timeout=2 * PATIENT)
    expect(page.get_by_role("button", name="Draw it")).to_have_count(0, timeout=PATIENT)
    settle(page)
    assert chart.is_visible()

    # The state comes back from its address, and goes along as a notebook that makes it again.
    page.goto(page.url)
    expect(page.get_by_role("button", name="Calipers on")).to_be_visible(timeout=PATIENT)
    settle(page)
    names = run(take(page, "Open as notebook", tmp_path))
    assert names["image"].pixels.shape == (256, 256)
    assert names["case"].origin == "phantom"

    # One click undoes it.
    page.get_by_role("button", name="Calipers on").click()
    expect(page.get_by_role("button", name="Calipers on")).to_have_count(0, timeout=PATIENT)
    settle(page)
    assert "case=scar" in page.url
