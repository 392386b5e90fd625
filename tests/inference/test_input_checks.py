"""Pictures that are no ultrasound are found, phantoms and real scans are left in peace."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from sklearn.datasets import load_sample_image

from mtlbus.core.errors import InputError
from mtlbus.data.intake import GreyImage, read_image
from mtlbus.data.phantom import GALLERY, make_phantom, random_parameters
from mtlbus.inference.input_checks import (
    check_distance,
    check_image,
    refusal,
    require_answerable,
    worst,
)

Y, X = np.mgrid[:256, :256]


def found(pixels: np.ndarray, colour_share: float = 0.0, modality: str = "") -> dict[str, str]:
    """Name and state of each check that an image fails."""
    pixels = pixels.astype(np.uint8)
    image = GreyImage(pixels, "", (), "", colour_share=colour_share, modality=modality)
    checks = check_image(image)
    assert all(check.reason.endswith(".") and "\n" not in check.reason for check in checks)
    return {check.name: check.state for check in checks}


def phantom(seed: int = 3, size: int = 256) -> np.ndarray:
    return make_phantom(random_parameters(seed), size).image


def page(dark: bool = False, size: int = 14, place: tuple[int, int] = (640, 480)) -> np.ndarray:
    """A page of text."""
    paper, ink = (20, 235) if dark else (250, 10)
    image = Image.new("L", place, paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for top in range(10, place[1] - size, round(1.4 * size)):
        draw.text((12, top), "Patient report of the left breast, follow up " * 4, ink, font)
    return np.asarray(image)


def drawing() -> np.ndarray:
    image = Image.new("L", (400, 300), 180)
    draw = ImageDraw.Draw(image)
    for number in range(8):
        box = (40 * number, 20 * number, 40 * number + 90, 20 * number + 120)
        (draw.ellipse if number % 2 else draw.rectangle)(box, fill=40 + 20 * number)
    return np.asarray(image)


@pytest.mark.parametrize("name", GALLERY)
def test_phantoms_pass(name):
    assert found(make_phantom(GALLERY[name].parameters, 192).image) == {}


PICTURES = {
    "page of text": (page(), "texture", "refused"),
    "small print": (page(size=10, place=(1240, 1754)), "texture", "refused"),
    "large letters": (page(size=48), "texture", "refused"),
    "text on black": (page(dark=True), "texture", "refused"),
    "drawing": (drawing(), "texture", "refused"),
    "noise": (np.random.default_rng(0).integers(0, 256, (300, 300)), "texture", "refused"),
    "ramp": (np.linspace(0, 255, 256)[None].repeat(256, 0), "texture", "caution"),
    "black": (np.zeros((256, 256)), "empty", "refused"),
    "one shade": (np.full((256, 256), 130), "empty", "refused"),
    "nearly one shade": (100 + (X + Y) % 8, "empty", "refused"),
    "a few echoes in black": (np.where(np.hypot(X - 99, Y - 99) < 5, 200, 3), "empty", "refused"),
    "a corner of a scan": (np.where((X < 90) & (Y < 70), phantom(), 0), "empty", "caution"),
}


@pytest.mark.parametrize("case", PICTURES)
def test_what_is_no_ultrasound_is_found(case):
    pixels, name, state = PICTURES[case]
    assert found(pixels).get(name) == state


def leaves(seed: int) -> np.ndarray:
    """Discs of all sizes that hide each other: the classical model of a photograph."""
    dice = np.random.default_rng(seed)
    image = Image.new("L", (320, 320))
    draw = ImageDraw.Draw(image)
    for _ in range(1200):
        x, y = dice.random(2) * 320
        radius = min(3 / (dice.random() + 1e-3) ** 0.7, 160) + 2
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=int(dice.integers(256)))
    blurred = ndimage.gaussian_filter(np.asarray(image, np.float32), 1)
    return np.clip(blurred + dice.normal(0, 4, blurred.shape), 0, 255)


def test_photographs_are_found():
    photographs = [load_sample_image(name).mean(axis=2) for name in ("china.jpg", "flower.jpg")]
    assert all({"direction", "texture"} & found(pixels).keys() for pixels in photographs)
    states = [found(leaves(seed)).get("direction") for seed in range(8)]
    assert None not in states and states.count("refused") >= 6


def test_a_scan_on_its_side_is_doubted():
    for seed in range(6):
        assert found(np.rot90(phantom(seed, 128))).get("direction") == "caution"


def test_a_photograph_blurred_to_nothing_has_no_speckle():
    smooth = ndimage.gaussian_filter(phantom().astype(float), 12)
    assert found(smooth) == {"texture": "caution"}


def test_most_inverted_scans_are_found_and_no_other():
    scans = [phantom(seed, 128) for seed in range(24)]
    assert not any("inverted" in found(scan) for scan in scans)
    assert sum("inverted" in found(255 - scan) for scan in scans) > 0.6 * len(scans)


def test_size():
    scan = phantom()
    assert found(scan[:30]).get("size") == "refused"
    assert found(scan[:, 80:170]) == {"size": "caution"}
    large = np.asarray(Image.fromarray(scan).resize((3000, 2600)))
    assert found(large) == {"size": "caution"}


@pytest.mark.parametrize(
    ("share", "state"), [(0.0, None), (0.005, None), (0.04, "caution"), (0.7, "refused")]
)
def test_colour(share, state):
    assert found(phantom(), share).get("colour") == state


def test_a_colour_doppler_picture_from_its_file(tmp_path):
    rgb = np.repeat(phantom()[..., None], 3, axis=2).copy()
    rgb[np.hypot(X - 128, Y - 128) < 30] = (210, 40, 20)
    path = tmp_path / "flow.png"
    Image.fromarray(rgb).save(path)
    (check,) = check_image(read_image(path))
    assert (check.name, check.state) == ("colour", "caution") and "4% of it" in check.reason


def test_colour_and_a_content_unlike_tissue_are_a_photograph():
    """Each alone is a caution; a scan in colour stays one, and so does an inverted one."""
    turned, smooth = np.rot90(phantom(0, 128)), ndimage.gaussian_filter(phantom().astype(float), 12)
    for pixels in (turned, smooth):
        assert set(found(pixels).values()) == set(found(phantom(), 0.3).values()) == {"caution"}
        assert found(pixels, 0.3) == {"photograph": "refused"}
        assert found(pixels, 0.005) == found(pixels)
    assert set(found(255 - phantom(3, 128), 0.3).values()) == {"caution"}


def test_a_colour_photograph_from_its_pixels():
    """China's lower corners passed with two cautions each: 47 % and 7 % of them are coloured."""
    china = load_sample_image("china.jpg")[214:]
    for left in (0, 320):
        buffer = io.BytesIO()
        Image.fromarray(china[:, left : left + 320]).save(buffer, "PNG")
        (check,) = check_image(read_image(buffer.getvalue(), "china.png"))
        assert (check.name, check.state) == ("photograph", "refused")
        assert "% of it is coloured, and it changes as much" in check.reason


def test_what_is_refused_is_an_error_with_its_name():
    with pytest.raises(InputError, match=r"a\.png is refused\. It is blank.*Give an ultrasound"):
        require_answerable(GreyImage(np.full((99, 99), 9, np.uint8), "", (), "a.png"))
    assert require_answerable(GreyImage(phantom(), "", (), "")) == ()


def test_the_distance_from_the_training_images():
    assert check_distance(None, 0.99) == check_distance(1.0, 0.99) == ()
    (check,) = check_distance(1.43, 0.99)
    assert check.state == "caution"
    assert "1.43 times as far" in check.reason and "99 %" in check.reason


def test_the_gravest_counts():
    image = GreyImage(page(), "", (), "", colour_share=0.03)
    checks = check_image(image)
    assert [check.state for check in checks] == ["refused", "caution"]
    assert worst(checks) == "refused"
    assert refusal(checks).startswith(f"Nothing is predicted. {checks[0].reason}")
    assert worst(()) == "ok" and refusal(check_distance(2.0, 0.99)) is None


def test_it_is_cheap():
    image = GreyImage(np.tile(phantom(), (3, 4)), "", (), "")
    check_image(image)
    started = time.process_time()
    for _ in range(5):
        check_image(image)
    assert (time.process_time() - started) / 5 < 0.02  # a forward takes 40 ms and more


@pytest.mark.parametrize(
    ("modality", "state"),
    [("", None), ("US", None), ("OT", None), ("CT", "refused"), ("MR", "refused"),
     ("NM", "refused"), ("MG", "refused")],
)  # fmt: skip
def test_what_the_file_says_decides(modality, state):
    assert found(phantom(), modality=modality).get("modality") == state


def test_photographs_in_grey_are_found_whole_and_in_parts():
    for name in ("china.jpg", "flower.jpg"):
        whole = Image.fromarray(load_sample_image(name)).convert("L")
        for box in ((0, 0, 640, 427), (0, 0, 320, 300), (300, 100, 640, 427), (100, 50, 400, 350)):
            assert found(np.asarray(whole.crop(box))), (name, box)


def test_a_split_screen_is_doubted():
    left, right = phantom(3), phantom(8)
    gap = np.zeros((256, 8), np.uint8)
    assert found(np.concatenate([left, gap, right], 1)) == {"seam": "caution"}
    assert found(np.concatenate([left, gap, left], 1)) == {"seam": "caution"}
    for between in (gap.T, gap.T[:0]):
        assert found(np.concatenate([left, between, right])) == {"seam": "caution"}


def vessel(radius: float) -> np.ndarray:
    """A grey phantom with a red vessel, 256×256×3."""
    rgb = np.repeat(phantom()[..., None], 3, axis=2).copy()
    rgb[np.hypot(X - 128, Y - 128) < radius] = (210, 40, 20)
    return rgb


def of_file(rgb: np.ndarray) -> GreyImage:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return read_image(buffer.getvalue())


def test_a_small_vessel_counts_and_a_line_of_yellow_text_does_not():
    """The vessel covers 0.2 % of the pixels; the letters cover more."""
    (check,) = check_image(of_file(vessel(6.5)))
    assert (check.name, check.state) == ("colour", "caution") and "0.2% of it" in check.reason
    image = Image.fromarray(np.repeat(phantom()[..., None], 3, axis=2))
    ImageDraw.Draw(image).text((20, 200), "MAMA D", (250, 220, 0), ImageFont.load_default(10))
    written = of_file(np.asarray(image))
    assert 0.002 < written.colour_share < 0.01 and check_image(written) == ()


def test_a_coloured_box_counts():
    image = Image.fromarray(np.repeat(phantom()[..., None], 3, axis=2))
    ImageDraw.Draw(image).rectangle((60, 70, 170, 180), outline=(0, 230, 60))
    (check,) = check_image(of_file(np.asarray(image)))
    assert check.name == "colour" and "with a box around it" in check.reason


def test_real_scans_are_hardly_ever_doubted(real_data):
    """Over all 2655 images 13 cautions and no refusal; here every eighth one."""
    files = sorted((real_data / "Dataset_BUSI_with_GT").rglob("*).png"))
    files += sorted((real_data / "BUSBRA" / "Images").glob("*.png"))
    states = [worst(check_image(read_image(path))) for path in files[::8]]
    assert len(states) > 300 and "refused" not in states
    assert states.count("caution") <= 0.01 * len(states)
