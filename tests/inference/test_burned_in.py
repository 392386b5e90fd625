"""Letters, calipers and a black frame are found where they were drawn."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.inference import burned_in as marks
from mtlbus.inference.burned_in import BurnedIn, burned_in, in_words


def scan(seed: int = 3) -> Image.Image:
    return Image.fromarray(make_phantom(random_parameters(seed), 256).image)


@pytest.mark.parametrize("seed", range(5))
def test_a_scan_without_marks(seed):
    found = burned_in(np.asarray(scan(seed)))
    assert found == BurnedIn() and in_words(found) == ""


def test_letters():
    image = scan()
    ImageDraw.Draw(image).text((30, 220), "LEFT", 255, ImageFont.load_default(16))
    found = burned_in(np.asarray(image))
    ((left, top, width, height),) = found.text
    assert abs(left - 30) <= 3 and 220 <= top <= 230 and 25 < width < 60 and 8 <= height <= 16
    assert in_words(found).startswith("Burned into the pixels: text, as far as")


def test_calipers_and_one_alone_measures_nothing():
    image = scan()
    draw = ImageDraw.Draw(image)
    for count, x in enumerate((60, 190), start=1):
        draw.line((x - 5, 200, x + 5, 200), 255)
        draw.line((x, 195, x, 205), 255)
        found = burned_in(np.asarray(image)).calipers
        assert len(found) == (0 if count == 1 else 2)
    assert [tuple(round((box[i] + box[i + 2] / 2) / 5) for i in (0, 1)) for box in found] == [
        (12, 40),
        (38, 40),
    ]


def test_a_black_frame_and_the_scan_in_it():
    screen = np.zeros((480, 640), np.uint8)
    screen[100:356, 200:456] = np.maximum(np.asarray(scan()), 20)
    assert burned_in(screen).scan == (200, 100, 256, 256)
    assert burned_in(np.zeros((64, 64), np.uint8)).scan is None


def test_boxes_are_those_of_the_image_itself():
    """Marks are looked for at 640 px; a screen of 1280 has its own numbers."""
    screen = np.zeros((960, 1280), np.uint8)
    screen[200:712, 400:912] = np.maximum(np.asarray(scan().resize((512, 512))), 20)
    image = Image.fromarray(screen)
    ImageDraw.Draw(image).text((500, 640), "LEFT", 255, ImageFont.load_default(32))
    ((left, top, _, _),) = burned_in(np.asarray(image)).text
    assert abs(left - 500) <= 6 and 640 <= top <= 660


@pytest.mark.parametrize("shape", [(64, 80), (33, 8), (3, 50), (1, 1)])
def test_the_opening_is_that_of_scipy(shape):
    grey = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(marks._opened(grey), ndimage.grey_opening(grey, size=(7, 7)))
