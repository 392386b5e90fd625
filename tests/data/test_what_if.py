"""Changes of a picture against greys worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mtlbus.core.errors import InputError, MtlbusError
from mtlbus.data.intake import GreyImage
from mtlbus.data.what_if import EditStep, edited, read_edits, write_edits


def image(pixels: np.ndarray) -> GreyImage:
    return GreyImage(pixels, "a" * 64, (), "x.png")


def after(pixels: np.ndarray, text: str) -> np.ndarray:
    return edited(image(pixels), None, read_edits(text))[0].pixels


def test_greys_follow_by_hand():
    grey = np.full((61, 40), 100, np.uint8)
    assert (after(grey, "gain:6") == 126).all()  # 6 of 60 dB are 25.5 of 255
    assert (after(grey, "gain:-20_gain:-20") == 0).all()
    assert (after(grey, "gamma:0.5") == 160).all()  # 255 · √(100/255) = 159.7
    deep = after(grey, "tgc:-12")
    assert deep[0, 0] == 100 and deep[30, 5] == 74 and deep[60, 9] == 49  # −25.5, −51 below
    assert (after(grey, "blur:3") == 100).all()
    speckled = after(grey, "speckle:10")
    assert speckled.mean() == pytest.approx(100, abs=2) and speckled.std() == pytest.approx(10, 0.1)
    assert np.array_equal(speckled, after(grey, "speckle:10"))


def test_places_follow_by_hand():
    grey = np.arange(64, dtype=np.uint8)[None, :] + np.zeros((64, 1), np.uint8)
    truth = np.zeros((64, 64), bool)
    truth[10:20, 5:9] = True
    turned, outline = edited(image(grey), truth, read_edits("mirror"))
    assert turned.pixels[0, 0] == 63 and outline[12, 56] and not outline[12, 6]
    cut, inside = edited(image(grey), truth, read_edits("crop:4,8,40,40"))
    assert cut.pixels.shape == (40, 40) and cut.pixels[0, 0] == 4 and inside.sum() == 40
    assert edited(image(grey), truth, read_edits("crop:20,20,40,40"))[1] is None  # it was cut off
    drawn = after(grey, "calipers:10,30,50,30")
    assert drawn[30, 10] == drawn[28, 10] == drawn[30, 52] == 255 and (drawn == 255).sum() == 18
    # A ramp across is filled by a ramp: left and right edges pull to their medians.
    flat = np.full((64, 64), 80, np.uint8)
    marked = flat.copy()
    marked[20:30, 20:30] = 255
    assert np.array_equal(after(marked, "paint:20,20,10,10"), flat)
    copied = after(grey, "copy:0,0,4,4,60,62")
    assert copied[62, 60] == 0 and copied[63, 63] == 3 and copied[61, 60] == 60


def test_an_address_brings_the_steps_back_and_nonsense_is_refused():
    steps = (EditStep("gain", (-3.0,)), EditStep("mirror"), EditStep("crop", (1, 2, 30, 40)))
    assert write_edits(steps) == "gain:-3_mirror_crop:1,2,30,40" and read_edits("") == ()
    assert read_edits(write_edits(steps)) == steps
    assert [one.words for one in steps] == ["Gain −3 dB", "Mirror", "Crop at 1, 2"]
    for wrong in (
        "gain", "gain:21", "gain:nan", "gain:1,2", "mirror:1", "crop:1,2,3", "crop:1,2,3,4.5",
        "crop:-1,2,3,4", "gian:3", "gain:x", "_".join(["mirror"] * 13),
    ):  # fmt: skip
        with pytest.raises(MtlbusError, match=r"Allowed|Did you mean"):
            read_edits(wrong)
    grey = np.zeros((40, 40), np.uint8)
    for wrong in ("crop:0,0,41,10", "crop:0,0,8,8", "paint:0,0,40,40", "copy:0,0,5,5,40,1",
                  "calipers:1,1,40,3"):  # fmt: skip
        with pytest.raises(InputError):
            after(grey, wrong)


def test_each_list_of_steps_is_an_image_of_its_own():
    grey = np.zeros((40, 40), np.uint8)
    one, two = (edited(image(grey), None, read_edits(t))[0] for t in ("mirror", "gain:-3"))
    assert len({one.sha256, two.sha256, "a" * 64}) == 3
    assert one.notes == ("changed to see what happens: Mirror",)
