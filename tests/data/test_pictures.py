"""Kinds of picture files that people have: each made here, with what it must look like."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import GifImagePlugin, Image

from mtlbus.core.errors import InputError
from mtlbus.data import pictures
from mtlbus.data.intake import clean_name, read_image, read_mask

from .test_intake import LUMA, column, encode, firsts, noise, png_of, tiff


@pytest.fixture(scope="module")
def grey() -> np.ndarray:
    """40×48 without symmetry, 0 … 231."""
    rows, columns = np.mgrid[:40, :48]
    return (rows * 3 + columns * 2 + 20 * (rows > columns)).astype(np.uint8)


def tif(values: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def rgb_of(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[:, :, None], 3, axis=2)


# Depth.


@pytest.mark.parametrize("shift", [2, 4, 6, 8])  # 10, 12, 14 and 16 bits in use
def test_colour_of_16_bits_is_scaled_by_the_bits_in_use(grey, shift):
    deep = rgb_of(grey.astype(np.uint16)) << shift
    deep[0, 0] = 255 << shift
    expected = np.rint(deep[..., 0].astype(float) * 255 / (2 ** (8 + shift) - 1))
    alpha = np.full((*grey.shape, 1), 65535, np.uint16)
    for data in (
        png_of(deep, colour=2),
        png_of(np.concatenate([deep, alpha], axis=2), colour=6),
        png_of(np.concatenate([deep[..., :1], alpha], axis=2), colour=4),
        tif(deep, photometric="rgb"),
        tif(np.moveaxis(deep, 2, 0), photometric="rgb", planarconfig="separate"),
        tif(deep, photometric="rgb", byteorder=">", compression="deflate", predictor=True),
    ):
        image = read_image(data)
        np.testing.assert_array_equal(image.pixels, expected)
        assert image.notes == (f"16 bit scaled to 8 ({8 + shift} bits in use)",)
        assert image.chroma is None


def test_colour_of_16_bits_keeps_its_colours_and_its_transparency():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (10, 20, 30)]
    deep = np.array(colours, np.uint16)[column(0, 1, 2, 3, 4)] * 257
    image = read_image(png_of(deep, colour=2))
    assert firsts(image, 5) == LUMA and image.chroma[0, :5].tolist() == [255, 255, 255, 0, 20]
    alpha = column(65535, 32768, 0, dtype=np.uint16)[..., None]
    white = np.full((*alpha.shape[:2], 3), 65535, np.uint16)
    faded = read_image(png_of(np.concatenate([white, alpha], axis=2), colour=6))
    assert firsts(faded, 3) == [255, 128, 0]
    assert "transparent pixels on black" in faded.notes


def test_a_turned_tiff_of_16_bit_colour(grey):
    deep = rgb_of(grey.astype(np.uint16)) * 257
    data = tif(deep[::-1, ::-1].copy(), photometric="rgb", extratags=[(274, "H", 1, 3, True)])
    np.testing.assert_array_equal(read_image(data).pixels, grey)


@pytest.mark.parametrize("kind", [
    "float16", "float32", "float64", "uint32", "int32", "uint64", "int64", "int16", "int8",
])  # fmt: skip
@pytest.mark.parametrize("compression", [None, "deflate", "lzw"])
def test_numbers_of_every_type(grey, kind, compression):
    values = (grey // 2 if kind == "int8" else grey).astype(kind)
    data = tif(values, compression=compression)
    np.testing.assert_array_equal(read_image(data).pixels, grey // 2 if kind == "int8" else grey)


def test_floats_of_any_range():
    values = column(-2.0, 0.0, 6.0, dtype=np.float64)
    image = read_image(tif(values))
    assert firsts(image, 3) == [0, 64, 255]  # 2 / 8 · 255 = 63.75
    assert image.notes == ("float64 numbers scaled to 8 (-2 to black, 6 to white)",)
    assert firsts(read_image(tif(column(0.0, 0.5, 1.0, dtype=np.float64))), 3) == [0, 128, 255]
    white = read_image(tif(column(0.0, 255.0, dtype=np.float64), photometric="miniswhite"))
    assert firsts(white, 2) == [255, 0]
    assert read_mask(tif(column(0, 1, dtype=np.uint64)))[0, :2].tolist() == [False, True]
    assert read_mask(tif(column(0.0, 255.0, dtype=np.float64)))[0, :2].tolist() == [False, True]


def test_numbers_that_are_no_grey_are_named(grey):
    for values, words in (
        (grey.astype(np.complex64), "complex64"),
        (rgb_of(grey).astype(np.float64), "3 × float64"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            read_image(tif(values), "a.tif")
        assert "RGB PNG" in str(caught.value)


def test_what_imagej_states_as_black_and_white(grey):
    values = grey.astype(np.uint16) * 40 + 20000
    data = tif(values, imagej=True, metadata={"min": 20000.0, "max": 30200.0})
    image = read_image(data)
    np.testing.assert_array_equal(image.pixels, grey)
    assert image.notes == ("shown by its stated range (20000 to black, 30200 to white)",)
    wrong = tif(values, imagej=True, metadata={"min": 9.0, "max": 1.0})
    assert "bits in use" in read_image(wrong).notes[0]


# Transparency that nobody filled.


def bmp_32(pixels: np.ndarray) -> bytes:
    """A BMP with a V4 header that names the fourth byte an alpha; H×W×4 as BGRA."""
    height, width = pixels.shape[:2]
    content = pixels[::-1].tobytes()
    header = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, len(content), 0, 0, 0, 0)
    header += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    return b"BM" + struct.pack("<IHHI", 122 + len(content), 0, 0, 122) + header + content


def test_an_alpha_of_zero_everywhere_is_ignored(grey):
    clear = np.zeros((*grey.shape, 1), np.uint8)
    rgba = np.concatenate([rgb_of(grey), clear], axis=2)
    la = np.concatenate([grey[..., None], clear], axis=2)
    for data in (bmp_32(rgba), encode(rgba, "PNG"), png_of(la, colour=4), encode(rgba, "TIFF")):
        image = read_image(data)
        np.testing.assert_array_equal(image.pixels, grey)
        assert image.notes == ("its empty transparency was ignored",)
    mask = np.concatenate([rgb_of((grey > 99) * np.uint8(255)), clear], axis=2)
    np.testing.assert_array_equal(read_mask(bmp_32(mask)), grey > 99)


def test_one_colour_that_is_hidden_stays_hidden(grey):
    white = np.full((*grey.shape, 4), 255, np.uint8)
    white[..., 3] = 0  # the mask of an image without lesion, its shape kept in alpha
    assert not read_mask(encode(white, "PNG")).any()
    assert not read_image(encode(white, "PNG")).pixels.any()
    white[5:9, 5:9, 3] = 255
    assert read_mask(encode(white, "PNG")).sum() == 16
    filled = np.concatenate([rgb_of(grey), np.full((*grey.shape, 1), 255, np.uint8)], axis=2)
    np.testing.assert_array_equal(read_image(bmp_32(filled)).pixels, grey)


def test_strips_change_nothing(monkeypatch):
    from mtlbus.data import grey as grey_module

    rgba = noise((50, 31, 4))
    data = encode(rgba, "PNG")
    whole = read_image(data)
    monkeypatch.setattr(grey_module, "_STRIP", 100)  # three rows at a time
    strips = read_image(data)
    np.testing.assert_array_equal(whole.pixels, strips.pixels)
    np.testing.assert_array_equal(whole.chroma, strips.chroma)
    assert whole.notes == strips.notes


# WebP, GIF and stacks.


def test_webp_and_gif(grey):
    for data in (
        encode(rgb_of(grey), "WEBP", lossless=True),
        encode(grey, "GIF"),
    ):
        image = read_image(data)
        np.testing.assert_array_equal(image.pixels, grey)
        assert image.notes == () and image.frames == 1
    soft = read_image(encode(rgb_of(grey), "WEBP", quality=95))
    np.testing.assert_allclose(soft.pixels.astype(int), grey, atol=12)
    mask = (grey > 99) * np.uint8(255)
    np.testing.assert_array_equal(read_mask(encode(rgb_of(mask), "WEBP", lossless=True)), mask > 0)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF"])
def test_a_moving_picture_that_begins_black(grey, kind):
    frames = [Image.fromarray(plane) for plane in (grey * 0, grey, grey[::-1].copy())]
    more = {"lossless": True} if kind == "WEBP" else {}
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], **more)
    image = read_image(data)
    np.testing.assert_array_equal(image.pixels, grey)
    assert (image.frame, image.frames, image.notes[-1]) == (1, 3, "frame 2 of 3")
    np.testing.assert_array_equal(read_image(data, frame=2).pixels, grey[::-1])
    assert not read_image(data, frame=0).pixels.any()
    with pytest.raises(InputError, match=r"no frame 4\. Allowed are 1 to 3"):
        read_image(data, frame=3)


def test_a_long_moving_picture_is_not_drawn_to_its_end(monkeypatch, grey):
    monkeypatch.setattr(pictures, "MOST_PIXELS_LOOKED_AT", 5 * grey.size)
    frames = [Image.fromarray(grey // 9 + shift) for shift in range(30)]
    frames[4], frames[20] = Image.fromarray(grey), Image.fromarray(grey)
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    furthest = []
    seek = GifImagePlugin.GifImageFile.seek
    monkeypatch.setattr(
        GifImagePlugin.GifImageFile,
        "seek",
        lambda self, frame: furthest.append(frame) or seek(self, frame),
    )
    image = read_image(data)
    assert (image.frame, image.frames) == (4, 30) and max(furthest) == 4


def test_a_page_of_another_size_is_not_shown_first(grey):
    dark, small = Image.fromarray(grey // 8), Image.new("L", (20, 20), 200)
    small.paste(255, (0, 0, 9, 9))
    data = encode(dark, "TIFF", save_all=True, append_images=[small])
    assert read_image(data).frame == 0
    assert read_image(data, frame=1).pixels.shape == (20, 20)


# What costs too much.


def test_a_tile_far_larger_than_its_picture():
    body = zlib.compress(bytes(4096))
    tags = [
        (256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1), (322, 46300), (323, 46300),
        (324, 8), (325, len(body)),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    data = b"II*\0" + struct.pack("<I", 8 + len(body)) + body + directory
    with pytest.raises(InputError, match="tile of 46300×46300 px"):
        read_image(data, "a.tif")


def test_a_tiff_of_thousands_of_tags():
    data = tiff(noise())
    at = struct.unpack("<I", data[4:8])[0]
    (count,) = struct.unpack("<H", data[at : at + 2])
    more = b"".join(struct.pack("<HHII", 40000 + n, 3, 1, 0) for n in range(2000))
    data = (
        data[:at]
        + struct.pack("<H", count + 2000)
        + data[at + 2 : at + 2 + 12 * count]
        + more
        + bytes(4)
    )
    with pytest.raises(InputError, match="TIFF of 2010 tags"):
        read_image(data, "a.tif")


def test_a_jpeg_of_many_scans():
    stream = encode(noise(), "JPEG", progressive=True)
    assert read_image(stream).pixels.shape == (64, 64)
    scan = stream[stream.rindex(b"\xff\xda") : -2]
    with pytest.raises(InputError, match="progressive JPEG of more than 100 scans"):
        read_image(stream[:-2] + scan * 200 + stream[-2:], "a.jpg")


# Names.


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("latin1_\udce9t\udce9.png", "latin1_?t?.png"),
        ("a\0b.png", "a?b.png"),
        ("a\u202egnp.exe", "a?gnp.exe"),
        ("C:\\scans\\超声.png", "超声.png"),
        ("x" * 500, "x" * 120),
        ("", ""),
    ],
)
def test_a_name_is_always_text(given, shown):
    assert clean_name(given) == shown
    clean_name(given).encode("utf-8")
    with pytest.raises(InputError) as caught:
        read_image(b"", given)
    str(caught.value).encode("utf-8")


def test_a_file_whose_name_is_no_text(tmp_path, grey):
    path = tmp_path / "latin1_\udce9.png"
    try:
        path.write_bytes(encode(grey, "PNG"))
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system has no such names")
    assert read_image(path).name == "latin1_?.png"
