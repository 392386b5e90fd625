"""Attributions in a real browser: run two maps, draw a box, stop a long run, take the arrays."""

from __future__ import annotations

import json

import numpy as np

from .test_journey import pictures_keep_their_aspect, settle

MAIN = "[data-testid=stMain]"
MAPS = f"{MAIN} img[alt*='the map of']"


def choose(page, menu: str) -> None:
    """Open one of the menus above the maps."""
    page.locator(MAIN).get_by_role("button", name=menu).click()


def test_attributions_journey(server, page, tmp_path):
    page.goto(
        f"{server}/attributions?case=fibroadenoma&method=mtl&settings=steps=4,coalitions=2000"
        "&placebo=0&attributions=gradcam,integrated_gradients"
    )
    # Grad-CAM is there; Integrated Gradients says its cost, and comes when it is asked for.
    page.wait_for_selector(f"{MAIN} >> text=Cost: 4 gradients")
    page.wait_for_selector(MAPS)
    settle(page)
    assert page.locator(MAPS).count() == 1
    page.locator(MAIN).get_by_role("button", name="Run").click()
    page.wait_for_selector(f"{MAIN} img[alt*='the map of Integrated Gradients is strongest']")
    page.wait_for_selector(f"{MAIN} >> text=The maps in numbers")
    settle(page)
    assert page.locator(MAPS).count() == 2 and pictures_keep_their_aspect(page)

    # Another question: the outline inside a box that is drawn on the picture.
    choose(page, "Question")
    page.get_by_role("radio", name="Outline").click()
    page.wait_for_selector(f"{MAIN} >> text=summed over the predicted lesion")
    settle(page)
    page.get_by_role("combobox", name="Summed over").click()
    page.get_by_role("option", name="A box").click()
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{MAIN} >> text=summed over the box of the predicted lesion")
    settle(page)
    area = page.locator(f"{MAIN} .nsewdrag").first.bounding_box()
    corners = [
        (area["x"] + share * area["width"], area["y"] + share * area["height"])
        for share in (0.25, 0.5, 0.75)
    ]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=3)
    page.mouse.up()
    page.wait_for_selector(f"{MAIN} >> text=px at column")
    settle(page)
    box = [
        int(page.locator(MAIN).get_by_label(f"{part}, px").input_value())
        for part in ("Left", "Top", "Width", "Height")
    ]
    assert np.allclose(box, [64, 64, 128, 128], atol=6), box
    assert "box%3D" + "%2C".join(map(str, box)) in page.url
    page.locator(MAIN).get_by_role("button", name="Run").click()
    page.wait_for_selector(f"{MAIN} img[alt*='the map of Integrated Gradients']")
    settle(page)

    # A long run can be stopped; what was there stays.
    choose(page, "Attributions")
    page.get_by_role("button", name="KernelSHAP").click()
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{MAIN} >> text=Not run yet.")
    settle(page)
    page.locator(MAIN).get_by_role("button", name="Run").click()
    page.wait_for_selector(f"{MAIN} >> text=KernelSHAP (1 of 1): image")
    page.locator(MAIN).get_by_role("button", name="Stop").click()
    page.wait_for_selector(f"{MAIN} >> text=Stopped.")
    settle(page)
    assert page.locator(f"{MAIN} >> text=Not run yet.").count() == 1
    assert page.locator(MAPS).count() == 2

    # The arrays, and what they say.
    page.locator(MAIN).get_by_role("button", name="Take it away").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Maps (NPZ)").click()
    path = tmp_path / "maps.npz"
    download.value.save_as(path)
    with np.load(path) as arrays:
        assert set(arrays) == {"README", "image", "gradcam", "integrated_gradients"}
        assert arrays["integrated_gradients"].shape == arrays["image"].shape == (256, 256)
        readme = json.loads(str(arrays["README"]))
    assert readme["target"] == "mask:difference:box=" + ",".join(map(str, box))
    assert readme["case"] == "fibroadenoma" and readme["settings"] == "steps=4,coalitions=2000"
