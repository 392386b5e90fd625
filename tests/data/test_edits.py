"""A crop and a black-out are images of their own: pixels, digest, note."""

from __future__ import annotations

import numpy as np
import pytest

from mtlbus.core.errors import InputError
from mtlbus.data import edits
from mtlbus.data.intake import GreyImage


@pytest.fixture
def image() -> GreyImage:
    pixels = np.arange(40 * 60, dtype=np.int64).reshape(40, 60) % 251
    chroma = np.zeros((40, 60), np.uint8)
    chroma[:10, :10] = 200
    return GreyImage(
        pixels.astype(np.uint8), "a" * 64, ("first note",), "scan.png", (0.1, 0.2), 1 / 24,
        "US", chroma, 2, 5,
    )  # fmt: skip


def test_a_crop_is_the_part_inside_and_keeps_the_size_of_a_pixel(image):
    found = edits.cropped(image, (10, 4, 30, 20))
    np.testing.assert_array_equal(found.pixels, image.pixels[4:24, 10:40])
    assert found.pixels.base is None and found.pixels.flags.c_contiguous, "the rest need not live"
    assert found.spacing == (0.1, 0.2) and found.name == "scan.png" and found.modality == "US"
    assert found.colour_share == 0, "the colour was cut away"
    assert found.notes == (
        "first note",
        "cropped to 30×20 px, from column 10 and row 4 of 60×40 px",
    )


def test_a_black_out_is_black_inside_and_nothing_else(image):
    before = image.pixels.copy()
    found = edits.blackened(image, (0, 0, 10, 10))
    assert not found.pixels[:10, :10].any() and not found.chroma.any()
    np.testing.assert_array_equal(found.pixels[10:], before[10:])
    np.testing.assert_array_equal(found.pixels[:, 10:], before[:, 10:])
    np.testing.assert_array_equal(image.pixels, before)
    assert found.notes[-1] == "blacked out in 10×10 px, from column 0 and row 0"
    assert found.colour_share == 0


def test_each_image_has_a_digest_of_its_own_and_the_same_one_when_done_again(image):
    made = [
        image,
        edits.cropped(image, (0, 0, 30, 20)),
        edits.cropped(image, (1, 0, 30, 20)),
        edits.cropped(image, (0, 0, 60, 40)),
        edits.blackened(image, (0, 0, 30, 20)),
        edits.blackened(edits.cropped(image, (0, 0, 30, 20)), (0, 0, 30, 20)),
    ]
    assert len({one.sha256 for one in made}) == len(made)
    assert len({one.pixel_sha256 for one in made}) == len(made) - 1, "all of it is the same pixels"
    assert edits.cropped(image, (0, 0, 30, 20)).sha256 == made[1].sha256
    assert edits.digest_of_frame("a" * 64, 3) != edits.digest_of_frame("a" * 64, 4)


@pytest.mark.parametrize(
    "box",
    [(-1, 0, 20, 20), (0, 0, 61, 20), (0, 0, 20, 41), (50, 0, 20, 20), (0, 0, 0, 20),
     (0, 0, 20, -5)],
)  # fmt: skip
def test_a_box_beside_the_image_is_one_line(image, box):
    for edit in (edits.cropped, edits.blackened):
        with pytest.raises(InputError, match=r"does not lie on the image of 60×40 px\. Draw it"):
            edit(image, box)


def test_a_crop_that_no_network_could_take_is_refused(image):
    with pytest.raises(InputError, match="15×20 px; each side needs at least 16"):
        edits.cropped(image, (0, 0, 15, 20))
