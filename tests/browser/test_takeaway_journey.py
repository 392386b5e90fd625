"""What a person takes home from two pages, downloaded by a real browser and opened again."""

from __future__ import annotations

import json
import re
from pathlib import Path

from mtlbus.core.wording import percent
from mtlbus.data.phantom import GALLERY
from tests.browser.test_journey import settle


def take(page, label: str, folder: Path) -> Path:
    """Open the menu and press a button; the file that arrives."""
    button = page.get_by_role("button", name=label)
    page.locator("h1").wait_for()
    settle(page)  # a menu that opens while the page still grows may end outside of the window
    page.locator("h1").click()  # a click elsewhere closes the menu if it is open
    button.wait_for(state="hidden")
    page.get_by_role("button", name="Take it away").click()
    with page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def run(path: Path) -> dict:
    """Run all code of a notebook; its numbers are those of the page."""
    names: dict = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["check"]["same"].all()
    return names


def test_notebook_and_report_of_a_prediction(server, page, tmp_path):
    page.goto(f"{server}/predict?case=fibroadenoma&method=mtl")
    metric = page.locator("[data-testid=stMetric]", has_text="Probability of malignancy")
    shown = metric.locator("[data-testid=stMetricValue]").inner_text()

    path = take(page, "Open as notebook", tmp_path)
    assert path.name == "fibroadenoma_mtl.ipynb"
    names = run(path)
    assert percent(names["finding"].prediction.probability) == shown

    # The report, opened as a file: it loads nothing and runs nothing, and shows the same number.
    path = take(page, "Report (HTML)", tmp_path)
    asked, troubles = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: troubles.append(message.text))
    page.goto(path.as_uri())
    assert page.locator("h1").inner_text() == GALLERY["fibroadenoma"].title
    number = page.locator(".number").inner_text()
    assert number == shown
    assert page.get_by_text("not a medical device").count() == 2
    drawn = page.locator("figure svg")
    box = drawn.bounding_box()
    assert abs(box["width"] / box["height"] - 1) < 0.01, "a square image stays square"
    assert drawn.locator("path").count() == 4, "two outlines on their dark edges"
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert troubles == []


def test_notebooks_of_a_mirror_two_cases_and_a_card(server, page, tmp_path):
    page.goto(f"{server}/compare?case=scar&methods=mtl&compare=mirror")
    badge = page.locator(".badge").filter(has_text="|").first
    badge.wait_for()
    shown = re.search(r"(\S+ %) \| (\S+ %)", badge.inner_text()).groups()
    path = take(page, "Open as notebook", tmp_path)
    assert path.name == "mirror_scar.ipynb"
    row = run(path)["table"].loc["mtl"]
    columns = "probability", "probability_mirrored"
    assert tuple(percent(row[name]) for name in columns) == shown

    page.goto(f"{server}/compare?case=scar&methods=mtl&compare=two&second=lipoma")
    path = take(page, "Open as notebook", tmp_path)
    assert path.name == "two-cases_scar_lipoma.ipynb"
    names = run(path)
    assert percent(names["table"].loc["mtl, first case", "probability"]) == shown[0]

    page.goto(f"{server}/methods?method=lenet")
    path = take(page, "Open as notebook", tmp_path)
    assert path.name == "method_lenet.ipynb"
    shown = page.get_by_text("parameters in the compact variant").inner_text()
    for count in run(path)["check"]["here"]:
        assert f"{count / 1e6:.1f} M" in shown


def test_the_report_of_inner_maps_shows_its_charts_without_code(server, page, tmp_path):
    page.goto(f"{server}/attention?case=lipoma&method=mtl_cosa&map=region")
    page.get_by_role("button", name="Take it away").wait_for()
    path = take(page, "Report (HTML)", tmp_path)
    asked, troubles = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: troubles.append(message.text))
    page.goto(path.as_uri())
    charts = page.locator("figure img")
    assert charts.count() == 4, "the regions, and the weights of each"
    wide = charts.evaluate_all("images => images.map(image => image.naturalWidth)")
    assert min(wide) > 500, "each is drawn"
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert troubles == []
