"""Pictures: aspect kept, outlines where they belong and as thick as asked."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from mtlbus.figures import colours, overlay
from mtlbus.figures.probability import bar_in_words, probability_bar


@pytest.mark.parametrize(
    "shape", [(256, 256), (400, 800), (800, 400), (32, 2000), (3000, 4000), (16, 16)]
)
def test_pictures_keep_their_aspect_and_their_place(shape):
    height, width = overlay.panel_size(*shape)
    assert height <= overlay.PANEL[0] and width <= overlay.PANEL[1]
    assert height == overlay.PANEL[0] or width == overlay.PANEL[1]
    assert width / height == pytest.approx(shape[1] / shape[0], rel=0.05)


def test_a_square_image_of_256_is_drawn_at_least_640_wide():
    assert overlay.grey_panel(np.zeros((256, 256), np.uint8)).shape == (680, 680, 3)


def disc(size: int, radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.hypot(x, y) <= radius


def test_line_has_its_width_all_around():
    # The opacity of a line of width w around a disc sums to 2πr · w, here within a tenth.
    alpha = overlay.line_alpha(disc(400, 120), width=3.0)
    assert alpha.sum() == pytest.approx(2 * np.pi * 120 * 3, rel=0.1)
    y, x = np.nonzero(alpha > 0.5)
    assert np.abs(np.hypot(x - 199.5, y - 199.5) - 120).max() < 3


def test_line_is_smooth_not_blocky():
    inside = overlay.plane_panel(disc(32, 10), (640, 640)) > 0.5
    y, x = np.nonzero(overlay.line_alpha(inside, 2.0) > 0.5)
    radius = np.hypot(x - 319.5, y - 319.5)
    assert radius.std() < 0.25 * 20  # a quarter of a pixel of the small image


def test_empty_and_full_masks_have_no_line():
    for mask in (np.zeros((20, 20), bool), np.ones((20, 20), bool)):
        assert not overlay.line_alpha(mask, 2).any()


def test_region_is_drawn_in_its_colour_and_nothing_elsewhere():
    panel = overlay.grey_panel(np.full((100, 100), 90, np.uint8))
    drawn = overlay.draw_region(panel, disc(100, 20), colours.MALIGNANT, line=3, fill=0)
    assert (drawn == colours.rgb(colours.MALIGNANT)).all(axis=2).any()
    assert (drawn[:100] == 90).all() and (drawn[340, 340] == 90).all()
    filled = overlay.draw_region(panel, disc(100, 20), colours.MALIGNANT, line=0, fill=1)
    assert tuple(filled[340, 340]) == colours.rgb(colours.MALIGNANT)


def test_threshold_moves_the_outline():
    ramp = np.tile(np.linspace(0, 1, 200, dtype=np.float32), (200, 1))
    panel = overlay.grey_panel(np.zeros((200, 200), np.uint8))
    edge = {}
    for threshold in (0.25, 0.75):
        drawn = overlay.draw_region(panel, ramp, "#FFFFFF", threshold, line=0, fill=1)
        edge[threshold] = int(np.flatnonzero(drawn[340, :, 0])[0])
    assert edge[0.25] == pytest.approx(170, abs=4) and edge[0.75] == pytest.approx(510, abs=4)


def test_found_excess_and_missed_have_their_colours():
    predicted, truth = np.zeros((2, 100, 100), bool)
    predicted[20:60, 20:80], truth[40:80, 20:80] = True, True
    panel = overlay.grey_panel(np.zeros((100, 100), np.uint8))
    drawn = overlay.draw_agreement(panel, predicted, truth, fill=1.0)
    for row, colour in ((30, colours.EXTRA), (50, colours.AGREE), (70, colours.MISSED)):
        assert tuple(drawn[int(row * 6.8), 340]) == colours.rgb(colour)
    assert not drawn[int(10 * 6.8), 340].any()


def test_files_are_what_they_say():
    panel = overlay.grey_panel(np.zeros((50, 80), np.uint8))
    strip = overlay.add_strip(panel, [("#FFFFFF", "a legend"), (None, "x " * 200)])
    assert strip.shape[1] == panel.shape[1] and strip.shape[0] > panel.shape[0]
    for encode, kind in ((overlay.encode_jpeg, "JPEG"), (overlay.encode_png, "PNG")):
        image = Image.open(io.BytesIO(encode(strip)))
        assert image.format == kind and image.size == strip.shape[1::-1]
    assert max(Image.open(io.BytesIO(overlay.thumbnail(panel[..., 0], 64))).size) == 64


def test_drawing_leaves_the_input_alone():
    panel = overlay.grey_panel(np.full((60, 60), 7, np.uint8))
    before = panel.copy()
    overlay.draw_region(panel, disc(60, 20), "#FF0000", fill=0.5)
    overlay.draw_agreement(panel, disc(60, 20), disc(60, 10))
    assert (panel == before).all()


class Bar:
    """What the HTML of a bar places where, in per cent from its left end."""

    def __init__(self, *arguments, **options):
        html = probability_bar(*arguments, **options)
        self.root = ElementTree.fromstring(html[html.index("<div") :])
        self.words = [word.text for word in self.root.findall("b")]
        track = self.root.find("*[@class='track']")
        self.bands = [(one["left"], one["left"] + one["width"]) for one in map(look, track)]
        self.point = look(self.root.find("*[@class='point']"))["left"]
        marker = self.root.find("*[@class='marker']")
        self.marker, self.colour = look(marker)["left"], look(marker[0])["background"]
        self.said = " ".join(marker[1].itertext())


def look(part: ElementTree.Element) -> dict:
    pairs = (one.split(":") for one in part.get("style").split(";"))
    return {name: float(x[:-1]) if x.endswith("%") else x for name, x in pairs}


def test_bar_marks_probability_threshold_and_grey_zone():
    bar = Bar(0.8, 0.45, (0.3, 0.6))
    assert (bar.marker, bar.point, bar.colour) == (80, 45, colours.MALIGNANT)
    assert bar.bands == [(0, 45), (45, 100), (30, 60)]
    assert bar.said == "probability 80 % operating point 45 %"
    assert Bar(0.44, 0.45).colour == colours.BENIGN
    assert len(Bar(0.5, 0.5, None).bands) == 2
    doubted = Bar(0.8, 0.45, (0.3, 0.6), doubted=True)
    assert doubted.colour == colours.UNSURE and len(doubted.bands) == 2
    assert "probability <1 %" in Bar(0.001, 0.5).said, "no markup of a bound"


def test_the_grey_zone_is_named_only_where_its_name_has_room():
    def named(low: float, high: float) -> bool:
        return "grey zone" in Bar(0.5, 0.4, (low, high)).words

    assert named(0.2, 0.7)
    assert not named(0.0, 0.4)  # it would lie on "benign"
    assert not named(0.5, 0.9)  # and here on "malignant"


def test_the_bar_in_words_says_what_the_bar_shows():
    said = bar_in_words(0.93, 0.27, (0.05, 0.68))
    assert "93 % is at or above the operating point of 27 %" in said
    assert "outside the grey zone from 5 % to 68 %" in said
    below = bar_in_words(0.1, 0.27, (0, 1))
    assert "10 % is below the operating point of 27 %, in the grey" in below
    assert "zone" not in bar_in_words(0.27, 0.27) and "or above" in bar_in_words(0.27, 0.27)
