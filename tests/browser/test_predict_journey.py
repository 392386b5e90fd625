"""Predict in a real browser: a DICOM file in mm, a true mask, a page of text, several files."""

from __future__ import annotations

from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.figures.overlay import encode_png
from tests.browser.test_journey import SIDEBAR, pictures_keep_their_aspect, settle
from tests.data.test_dicom import dataset, packed, region
from tests.inference.test_input_checks import page as page_of_text

MAIN = "[data-testid=stMain]"


def file(name: str, content: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_on_a_phone_the_verdict_and_the_picture_come_first(server, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server}/predict?method=mtl_cosa")
    picture = page.locator(f"{MAIN} .stage").first
    picture.wait_for()
    settle(page)
    probability, seen = page.locator(f"{MAIN} [data-testid=stMetric]").first, picture.bounding_box()
    assert probability.bounding_box()["y"] < seen["y"] < 844 - seen["height"] / 2
    controls = page.get_by_role("slider", name="Mask threshold").bounding_box()
    assert controls["y"] > seen["y"] + seen["height"]


def test_predict(server, page):
    phantom = make_phantom(GALLERY["large-carcinoma"].parameters, 200)
    whole = region(0.015, 0.015, box=(0, 0, 199, 199))
    scan = packed(dataset(phantom.image, SequenceOfUltrasoundRegions=[whole]))

    # A DICOM file is measured in mm.
    page.goto(f"{server}/predict?method=mtl_cosa")
    page.wait_for_selector(f"{MAIN} [data-testid=stMetricValue]")
    settle(page)
    page.locator(f"{SIDEBAR} input[type=file]").set_input_files(file("scan.dcm", scan))
    page.wait_for_selector("h1:has-text('scan.dcm')")
    settle(page)
    assert "mm² (" in page.locator(f"{MAIN} table").first.inner_text()
    assert "A pixel is 0.150 mm, as the file tells" in page.inner_text(MAIN)

    # Nobody has said that there is a lesion, and what these weights do on normal breasts is said.
    shown = page.inner_text(MAIN)
    assert "normal breasts" in shown and "Of 100 malignant" not in shown

    # Its true mask brings the comparison, in colours.
    assert page.get_by_text("Dice").count() == 0
    page.get_by_role("button", name="Compare with a true mask").click()
    popover = page.locator("[data-testid=stPopoverBody] input[type=file]")
    popover.set_input_files(file("mask.png", encode_png(phantom.mask)))
    page.wait_for_selector(f"{MAIN} [data-testid=stMetric]:has-text('Dice')")
    page.keyboard.press("Escape")
    settle(page)
    page.locator("label", has_text="Right and wrong").first.click()
    settle(page)
    assert pictures_keep_their_aspect(page)

    # Now that a lesion is known the call has its worth. Another operating point is another
    # threshold, and stands in the address.
    before = page.inner_text(MAIN)
    assert "Of 100 malignant" in before and "The input checks found nothing" in before
    page.get_by_role("radio", name="Sensitive").click()
    page.wait_for_url("**point=sensitivity_95**")
    settle(page)
    assert page.get_by_role("radio", name="Sensitive").is_checked()
    assert page.inner_text(MAIN) != before

    # Nothing is predicted for a page of text.
    letter = file("letter.png", encode_png(page_of_text()))
    page.locator(f"{SIDEBAR} input[type=file]").set_input_files(letter)
    page.wait_for_selector(f"{MAIN} [data-testid=stAlert]:has-text('nothing is predicted')")
    settle(page)
    assert page.locator(f"{MAIN} [data-testid=stMetric]").count() == 0

    # Several files become one table.
    files = [file("scan.dcm", scan), letter, file("broken.png", b"nothing")]
    page.locator(f"{MAIN} input[type=file]").last.set_input_files(files)
    page.wait_for_selector(f"{MAIN} [data-testid=stDataFrame]")
    settle(page)
    assert "Of 3 images 2 refused" in page.inner_text(MAIN)
