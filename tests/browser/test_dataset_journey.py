"""A data set of 759 images in a real browser: found on the sheet, read blind, and by a class."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from PIL import Image

from mtlbus.checkpoints import Checkpoint, checkpoints_folder
from mtlbus.data import busi
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.findings import operating_points
from tests.browser.conftest import serving
from tests.browser.test_journey import follow, heading, settle

expect = pytest.importorskip("playwright.sync_api").expect
MAIN = "[data-testid=stMain]"
expect.set_options(timeout=60_000)  # two busy cores
COUNTS = {"benign": 437, "malignant": 210, "normal": 133}  # BUSI's, of which 21 have two labels


@pytest.fixture(scope="module")
def busi_server(tmp_path_factory):
    """Address of a server that offers a folder in BUSI's layout, its pictures small phantoms."""
    root = tmp_path_factory.mktemp("busi")
    for number, (name, count) in enumerate(COUNTS.items()):
        stream, entry = io.BytesIO(), list(GALLERY.values())[number]
        Image.fromarray(make_phantom(entry.parameters, 96).image).save(stream, "PNG")
        (root / name).mkdir()
        for place in range(1, count + 1):
            (root / name / f"{name} ({place}).png").write_bytes(stream.getvalue())
    with serving(MTLBUS_DATA=f"busi={root}") as address:
        yield address


def tiles(page) -> list[str]:
    """The names below the pictures; each button is drawn twice, for a mouse and for a finger."""
    names = page.locator(".st-key-_prints [data-testid=stBaseButton-tertiary]").all_inner_texts()
    return list(dict.fromkeys(names))


def called_wrong(method: str) -> list[str]:
    """The images of BUSI that a network calls wrong, of those that it had not seen."""
    checkpoint = Checkpoint(checkpoints_folder() / method)
    rows = pd.read_csv(checkpoint.folder / "predictions.csv")
    rows = rows[(rows["dataset"] == "busi") & (rows["part"] == "test") & rows["label"].notna()]
    threshold = next(iter(operating_points(checkpoint.card).values())).threshold
    wrong = (rows["probability"] >= threshold) != (rows["label"] == 1)
    return sorted(rows["image_id"][wrong], key=lambda name: (name[0], int(name.split("(")[1][:-1])))


def test_one_case_of_759_is_found_opened_and_read_blind(busi_server, page):
    page.goto(f"{busi_server}/cases?source=busi&method=mtl")
    main = page.locator(MAIN)

    def tile(name: str):
        return main.get_by_role("button", name=name, exact=True)

    expect(main.get_by_text("759 images")).to_be_visible()
    left_out = {name for name, row in busi.read_folds().items() if row["mixed_label"] == "1"}
    names = [f"benign ({number})" for number in range(1, 438)]
    names = [name for name in names if name not in left_out]
    for name in names[:24]:  # they come one after the other
        expect(tile(name)).to_be_visible()
    settle(page)
    assert tiles(page) == names[:24], "in the order in which people count"
    main.get_by_role("button", name="The next 24").click()
    expect(tile(names[24])).to_be_visible()

    main.get_by_placeholder("name, histology, scanner").fill("malignant (20")
    page.keyboard.press("Enter")
    expect(tile("malignant (20)")).to_be_visible()
    settle(page)
    assert all(name.startswith("malignant (20") for name in tiles(page))
    main.get_by_placeholder("name, histology, scanner").fill("")
    page.keyboard.press("Enter")
    main.get_by_role("button", name="called wrong").click()
    wrong = called_wrong("mtl")
    expect(main.get_by_text(f"{len(wrong)} of 759 images")).to_be_visible()
    settle(page)
    assert tiles(page) == wrong[:24]

    tile(wrong[1]).click()
    expect(main.get_by_role("heading", name=wrong[1])).to_be_visible()
    page.locator(".st-key-_walk_next button >> visible=true").click()
    expect(main.get_by_role("heading", name=wrong[2])).to_be_visible()
    page.locator(".st-key-_walk_any button >> visible=true").click()
    expect(main.get_by_role("heading", name=wrong[2])).not_to_be_visible()
    settle(page)
    assert heading(page) in wrong

    follow(page, "Cases")
    main.get_by_text("Blind", exact=True).click()
    expect(tile("Case 1")).to_be_visible()
    expect(main.get_by_placeholder("name, histology, scanner")).not_to_be_visible()
    settle(page)
    assert tiles(page) == [f"Case {number}" for number in range(1, 25)]
    tile("Case 7").click()
    expect(main.get_by_role("heading", name="Blind case")).to_be_visible()
    settle(page)
    assert "7 of 759" in page.inner_text("body") and "(" not in heading(page)
    assert "benign (" not in page.inner_text("body") and "case=" not in page.url
    page.get_by_role("button", name="Show names and answers").click()
    expect(main.get_by_role("heading", name="(")).to_be_visible()


def test_a_presenter_watches_a_round_on_the_data_set(busi_server, browser, page):
    page.goto(f"{busi_server}/quiz?methods=mtl")
    main = page.locator(MAIN)
    main.get_by_role("radio", name="BUSI").click()
    settle(page)
    main.get_by_role("button", name="Open and watch").click()
    expect(main.get_by_text("Nobody is here yet.")).to_be_visible()
    code = page.url.partition("room=")[2][:4]
    expect(main.get_by_role("heading", name=code)).to_be_visible()
    expect(main.get_by_text(f"{busi_server.partition('//')[2]}/quiz")).to_be_visible()

    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(60_000)
    player = context.new_page()
    player.goto(f"{busi_server}/quiz?room={code}")
    player.get_by_role("textbox", name="Nickname").fill("Ben")
    player.get_by_role("button", name="Join").click()
    player.get_by_role("slider").press("ArrowRight")
    player.get_by_role("button", name="Answer: 51 %, malignant").click()
    expect(player.get_by_text("You said")).to_be_visible()
    expect(main.get_by_text("Ben: 1 of 5")).to_be_visible()
    main.get_by_role("button", name="Close the round").click()
    expect(main.get_by_text("Who erred where")).to_be_visible()
    settle(page)
    assert "took part in the training" not in page.inner_text("body"), "unseen images come first"
    context.close()


def test_what_became_of_the_cases_most_alike_to_an_image(busi_server, page):
    page.goto(f"{busi_server}/predict?case=busi:malignant (1)&method=mtl")
    main = page.locator(MAIN)
    main.get_by_text("Test images most alike to this network").click()
    cards = main.locator(".st-key-_similar")
    expect(cards.get_by_text("The network said")).to_have_count(6)
    expect(cards.get_by_text("are malignant")).to_be_visible()
    settle(page)
    # A picture where the data set is here, and a word where it is not.
    pictures, absent = cards.locator("img[alt^='Test image']"), cards.get_by_text("is not here")
    assert pictures.count() + absent.count() == 6
    name = pictures.first.get_attribute("alt").removeprefix("Test image ").removesuffix(".")
    cards.get_by_role("button", name="Open").first.click()
    expect(main.get_by_role("heading", name=name)).to_be_visible()
