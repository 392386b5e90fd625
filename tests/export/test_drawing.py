"""SVG: the image and the lines are in it, and no text breaks out."""

from __future__ import annotations

import base64
import io
import xml.etree.ElementTree as ElementTree

import numpy as np
from PIL import Image

from mtlbus.export.drawing import LONGEST_PICTURE, drawing, jpeg_uri, svg_of
from tests.export.conftest import HOSTILE, PALETTE

SVG = "{http://www.w3.org/2000/svg}"


def picture(uri: str) -> Image.Image:
    kind, data = uri.split(",", 1)
    assert kind == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_prediction_as_svg(uploaded, predict_view):
    root = ElementTree.fromstring(svg_of(predict_view(uploaded), PALETTE))
    assert root.get("viewBox").split()[:3] == ["0", "0", "120"]
    (image,) = root.iter(f"{SVG}image")
    embedded = picture(image.get("href"))
    assert embedded.size == (120, 90) and embedded.mode == "L" and not embedded.getexif()
    assert np.abs(np.asarray(embedded, int) - uploaded.image.pixels).mean() < 6
    colours = {path.get("stroke") for path in root.iter(f"{SVG}path")}
    assert PALETTE.truth in colours and colours & {PALETTE.benign, PALETTE.malignant}
    texts = " ".join(text.text for text in root.iter(f"{SVG}text"))
    assert "not a medical device" in texts and "threshold" in texts
    assert uploaded.image.sha256 in root.find(f"{SVG}metadata").text


def test_a_hostile_name_stays_text(uploaded, predict_view):
    root = ElementTree.fromstring(svg_of(predict_view(uploaded), PALETTE))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags == {"svg", "title", "metadata", "image", "g", "path", "rect", "text"}
    assert HOSTILE in root.find(f"{SVG}title").text


def test_several_methods_draw_in_their_own_colours(phantom, compare_view):
    root = ElementTree.fromstring(svg_of(compare_view(phantom), PALETTE))
    colours = {path.get("stroke") for path in root.iter(f"{SVG}path")}
    assert {PALETTE.methods[0], PALETTE.methods[1], PALETTE.truth} <= colours  # resnet has none


def test_control_characters_do_not_break_the_file():
    grey = np.zeros((20, 20), np.uint8)
    ElementTree.fromstring(drawing(grey, [], "a\x00b\x1f", ["c\x08"]))


def test_a_huge_image_is_embedded_smaller_while_its_unit_stays():
    pixels = np.zeros((40, 4000), np.uint8)
    assert picture(jpeg_uri(pixels)).size == (LONGEST_PICTURE, 16)
    assert 'viewBox="0 0 4000 40' in drawing(pixels, [], "wide")
