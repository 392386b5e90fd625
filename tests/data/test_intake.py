"""The door for image bytes: what comes in, what must be refused, and that nothing else happens."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import random
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from mtlbus.core.errors import InputError
from mtlbus.data import pictures
from mtlbus.data.intake import MAX_BYTES, MIN_SIDE, GreyImage, read_image, read_mask

SIDE = 24


# Files written by hand, so that a decoder is not tested against its own encoder.


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    rows: list[bytes], width: int, depth: int = 8, colour: int = 0, height: int = 0, **chunks: bytes
) -> bytes:
    """A PNG of packed rows; colour is 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA."""
    header = struct.pack(">IIBBBBB", width, height or len(rows), depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    extra = b"".join(chunk(name.encode(), body) for name, body in chunks.items())
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def png_of(values: np.ndarray, colour: int = 0, **chunks: bytes) -> bytes:
    """A PNG of an H×W or H×W×C array of uint8 or uint16."""
    depth = 8 * values.itemsize
    rows = [row.astype(f">u{values.itemsize}").tobytes() for row in values]
    return png(rows, values.shape[1], depth, colour, **chunks)


def tiff(values: np.ndarray, photometric: int = 1, **sizes: int) -> bytes:
    """An uncompressed little-endian TIFF of an H×W array of any type."""
    sample_format = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    pixels = values.astype(values.dtype.newbyteorder("<")).tobytes()
    width, height = sizes.get("width", values.shape[1]), sizes.get("height", values.shape[0])
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8 * values.itemsize),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, len(pixels)),
        (339, 3, sample_format),
    ]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + directory


def encode(image: Image.Image | np.ndarray, kind: str, **options: object) -> bytes:
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def column(*values: float, dtype: type = np.uint8) -> np.ndarray:
    """H×W image whose first columns hold these values; the rest repeats the last one."""
    row = np.array([*values, *[values[-1]] * (SIDE - len(values))], dtype)
    return np.tile(row, (SIDE, 1))


def firsts(image: GreyImage, count: int) -> list[int]:
    return image.pixels[0, :count].tolist()


@pytest.fixture(scope="module")
def gradient() -> np.ndarray:
    """20×32, no symmetry: a turned or flipped copy is never equal."""
    rows, columns = np.mgrid[0:20, 0:32]
    return (rows * 9 + columns * 2).astype(np.uint8)


# What comes in.


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_grey_is_kept_exactly(gradient, kind):
    data = encode(gradient, kind)
    image = read_image(data, "a/b\\scan.xyz")
    assert image.pixels.dtype == np.uint8 and image.pixels.flags.c_contiguous
    assert image.pixels.flags.owndata and image.pixels.flags.writeable
    np.testing.assert_array_equal(image.pixels, gradient)
    assert image.sha256 == hashlib.sha256(data).hexdigest()
    assert image.name == "scan.xyz" and image.notes == ()


def test_jpeg_is_read(gradient):
    image = read_image(encode(gradient, "JPEG", quality=95))
    np.testing.assert_allclose(image.pixels.astype(int), gradient, atol=4)
    assert image.name == "" and image.notes == ()


def test_path_and_bytes_agree(tmp_path, gradient):
    path = tmp_path / "scan.jpg"  # the extension is wrong, and does not matter
    path.write_bytes(encode(gradient, "PNG"))
    for source in (path, str(path)):
        image = read_image(source)
        np.testing.assert_array_equal(image.pixels, gradient)
        assert image.name == "scan.jpg"
    assert read_image(path, "other.png").name == "other.png"


@pytest.mark.parametrize(
    ("values", "expected", "bits"),
    [
        ((0, 100, 255), [0, 100, 255], 8),
        ((0, 1000, 1023), [0, 249, 255], 10),  # 1000 · 255 / 1023 = 249.27
        ((0, 1000, 2048, 4095), [0, 62, 128, 255], 12),  # 62.27, 127.53
        ((0, 8192, 10000), [0, 128, 156], 14),  # 8192 · 255 / 16383 = 127.51; 155.65
        ((0, 257, 32768, 65535), [0, 1, 128, 255], 16),  # 127.502
    ],
)
@pytest.mark.parametrize("write", [png_of, tiff])
def test_16_bit_is_scaled_by_the_range_in_use(write, values, expected, bits):
    image = read_image(write(column(*values, dtype=np.uint16)))
    assert firsts(image, len(values)) == expected
    assert image.notes == (f"16 bit scaled to 8 ({bits} bits in use)",)


def test_16_bit_big_endian_tiff():
    values = column(0, 32768, 65535, dtype=np.uint16).astype(">u2")
    data = encode(Image.frombytes("I;16B", (SIDE, SIDE), values.tobytes()), "TIFF")
    assert data.startswith(b"MM")
    assert firsts(read_image(data), 3) == [0, 128, 255]


def test_16_bit_transparency_and_white_is_zero():
    keyed = png_of(column(0, 32768, 65535, dtype=np.uint16), tRNS=struct.pack(">H", 32768))
    assert firsts(read_image(keyed), 3) == [0, 0, 255]
    image = read_image(tiff(column(0, 16384, 65535, dtype=np.uint16), photometric=0))
    assert firsts(image, 3) == [255, 191, 0]  # 255 − 63.75 rounded up
    assert "inverted, because its white is zero" in image.notes


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.int16])
def test_32_bit_and_signed_are_stretched(dtype):
    image = read_image(tiff(column(-100, 0, 300, dtype=dtype)))
    assert firsts(image, 3) == [0, 64, 255]  # 100 / 400 · 255 = 63.75
    assert len(image.notes) == 1 and "-100 to black, 300 to white" in image.notes[0]


def test_float_without_finite_pixels_set_aside():
    image = read_image(tiff(column(np.nan, -np.inf, np.inf, 0.0, 0.25, 1.0, dtype=np.float32)))
    assert firsts(image, 6) == [0, 0, 255, 0, 64, 255]
    assert any("without a number" in note for note in image.notes)
    wide = read_image(tiff(column(-3e38, 0, 3e38, dtype=np.float32)))
    assert firsts(wide, 3) == [0, 128, 255]
    assert not read_image(tiff(column(-7, dtype=np.float32))).pixels.any()


@pytest.mark.parametrize(
    ("values", "expected", "top"),
    [
        ((0, 0.25, 0.7), [0, 64, 178], "1"),  # 0.7 · 255 = 178.5 to the even one
        ((0, 100, 184), [0, 100, 184], "255"),
        ((0, 2048, 4000), [0, 128, 249], "4095"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.int16])
def test_numbers_that_keep_to_a_usual_range_are_not_stretched(values, expected, top, dtype):
    if values[1] == 0.25 and dtype != np.float32:
        return
    image = read_image(tiff(column(*values, dtype=dtype)))
    assert firsts(image, 3) == expected
    assert f"0 to black, {top} to white" in image.notes[0]


def test_1_bit():
    data = png([b"\xf0\x00\xff"] * SIDE, SIDE, depth=1)
    image = read_image(data)
    assert image.pixels[0].tolist() == [255] * 4 + [0] * 12 + [255] * 8
    assert image.notes == ("1 bit spread to black and white",)


COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (10, 20, 30)]
# 0.299 R + 0.587 G + 0.114 B, ITU-R BT.601: 76.245, 149.685, 29.07, 255, 18.15
LUMA = [76, 150, 29, 255, 18]


def test_colour_and_palette_use_itu_601():
    index = column(0, 1, 2, 3, 4)
    palette = bytes(value for colour in COLOURS for value in colour)
    rgb = np.array(COLOURS, np.uint8)[index]
    for data in (
        png_of(index, colour=3, PLTE=palette),
        png_of(rgb, colour=2),
        encode(rgb, "BMP"),
        encode(rgb, "TIFF", compression="tiff_lzw"),
    ):
        image = read_image(data)
        assert firsts(image, 5) == LUMA
        assert image.notes == ("colour turned to grey",)


def test_grey_stored_as_colour_needs_no_note():
    rgb = np.repeat(column(3, 130, 250)[..., None], 3, axis=2)
    image = read_image(png_of(rgb, colour=2))
    assert firsts(image, 3) == [3, 130, 250] and image.notes == ()
    assert image.colour_share == 0


def test_the_share_of_coloured_pixels():
    rgb = np.full((SIDE, SIDE, 3), 90, np.uint8)
    rgb[:, :6] = (200, 40, 40)  # a quarter
    rgb[:, 6:12] = (100, 90, 80)  # a tinge that JPEG could have made
    for kind in ("PNG", "BMP", "TIFF"):
        assert read_image(encode(rgb, kind)).colour_share == 0.25
    large = np.zeros((1500, 1000, 3), np.uint8)
    large[:300] = (0, 0, 255)
    assert read_image(encode(large, "PNG")).colour_share == pytest.approx(0.2, abs=0.01)


def test_chroma_is_the_spread_of_the_channels(gradient):
    rgb = np.repeat(column(50, 60)[..., None], 3, axis=2)
    rgb[0, 0], rgb[0, 1] = (200, 40, 70), (0, 255, 1)
    image = read_image(encode(rgb, "PNG"))
    assert image.chroma.dtype == np.uint8 and image.chroma.shape == image.pixels.shape
    assert image.chroma[0, :3].tolist() == [160, 255, 0] and int(image.chroma.sum()) == 415
    exif = Image.Exif()
    exif[0x0112] = 3  # stored upside down: what is first comes last
    turned = read_image(encode(Image.fromarray(rgb), "PNG", exif=exif))
    assert turned.chroma[-1, -3:].tolist() == [0, 255, 160]
    assert read_image(png_of(gradient)).chroma is None


def test_a_frame_of_a_stack_is_chosen(gradient):
    rest = [Image.fromarray(gradient[::-1].copy()), Image.new("L", (64, 64), 9)]
    data = encode(gradient, "TIFF", save_all=True, append_images=rest)
    second = read_image(data, frame=1)
    np.testing.assert_array_equal(second.pixels, gradient[::-1])
    assert (second.frame, second.frames, second.notes) == (1, 3, ("frame 2 of 3",))
    assert read_image(data, frame=2).pixels.shape == (64, 64)
    with pytest.raises(InputError, match="no frame 4"):
        read_image(data, frame=3)
    with pytest.raises(InputError, match="no frame 2"):
        read_image(png_of(gradient), frame=1)


def test_16_bit_colour_of_a_png():
    rgb = np.repeat(column(0x1234, 0xFF00, dtype=np.uint16)[..., None], 3, axis=2)
    image = read_image(png_of(rgb, colour=2))
    assert firsts(image, 2) == [18, 254]  # 0x1234 · 255 / 65535 = 18.13; 254.01
    assert image.notes == ("16 bit scaled to 8 (16 bits in use)",)


def test_transparency_is_laid_on_black():
    grey, alpha = column(200, 200, 200), column(255, 128, 0)
    expected = [200, 100, 0]  # 200 · 128 / 255 = 100.39
    la = np.stack([grey, alpha], axis=2)
    rgba = np.stack([grey, grey, grey, alpha], axis=2)
    index, palette = column(0, 1, 2), bytes([200] * 9)
    for data in (
        png_of(la, colour=4),
        png_of(rgba, colour=6),
        png_of(index, colour=3, PLTE=palette, tRNS=bytes([255, 128, 0])),
        encode(rgba, "TIFF"),
    ):
        image = read_image(data)
        assert firsts(image, 3) == expected
        assert image.notes == ("transparent pixels on black",)
    keyed = read_image(png_of(column(9, 200), tRNS=struct.pack(">H", 200)))
    assert firsts(keyed, 2) == [9, 0]
    opaque = read_image(png_of(np.stack([grey, column(255)], axis=2), colour=4))
    assert firsts(opaque, 1) == [200] and opaque.notes == ()


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])  # the JPEG is Adobe's, with inverted ink
def test_cmyk(kind):
    ink = Image.new("CMYK", (64, 32), (0, 0, 0, 0))
    ink.paste((0, 0, 0, 255), (32, 0, 64, 32))
    pixels = read_image(encode(ink, kind)).pixels
    np.testing.assert_allclose(pixels[:, :28].astype(int), 255, atol=2)
    np.testing.assert_allclose(pixels[:, 36:].astype(int), 0, atol=2)


# EXIF 2.3, tag 0x0112: which side of the scene the stored row 0 and column 0 are.
SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def stored_with(upright: np.ndarray, orientation: int) -> np.ndarray:
    first_row, first_column = SIDES[orientation]
    stored = upright if first_row in ("top", "bottom") else upright.T
    if first_row in ("bottom", "right"):
        stored = np.flipud(stored)
    if first_column in ("bottom", "right"):
        stored = np.fliplr(stored)
    return np.ascontiguousarray(stored)


@pytest.mark.parametrize("orientation", SIDES)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_exif_orientation(gradient, orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = stored_with(gradient, orientation)
    image = read_image(encode(stored, kind, exif=exif, **{"quality": 95} if kind == "JPEG" else {}))
    assert image.pixels.shape == gradient.shape
    np.testing.assert_allclose(image.pixels.astype(int), gradient, atol=4 if kind == "JPEG" else 0)
    assert image.notes == (("turned upright by its EXIF orientation",) if orientation > 1 else ())


def test_first_frame_of_several(gradient):
    rest = [Image.new("L", (64, 64), 9)] * 4
    image = read_image(encode(gradient, "TIFF", save_all=True, append_images=rest))
    np.testing.assert_array_equal(image.pixels, gradient)
    assert image.notes == ("frame 1 of 5",) and (image.frame, image.frames) == (0, 5)


def test_nothing_of_the_metadata_comes_through(gradient):
    secret = "Jane Doe 1970"
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = secret
    exif.get_ifd(0x8825)[29] = secret
    files = [
        encode(gradient, "JPEG", exif=exif, comment=secret.encode()),
        encode(gradient, "TIFF", exif=exif),
        png_of(gradient, tEXt=b"Patient\0" + secret.encode()),
        encode(gradient, "PNG", exif=exif),
    ]
    assert {field.name for field in dataclasses.fields(GreyImage)} == {
        "pixels", "sha256", "notes", "name", "spacing", "colour_share", "modality", "chroma",
        "frame", "frames",
    }  # fmt: skip
    for data in files:
        assert secret.encode() in data
        image = read_image(data, "scan.png")
        everything = repr(vars(image)).encode() + image.pixels.tobytes()
        assert b"Jane" not in everything and b"1970" not in everything
        assert type(image.pixels) is np.ndarray and image.pixels.base is None


def test_names_are_cleaned(gradient):
    image = read_image(png_of(gradient), "C:\\scans\\a\nb\x1b[31m.png")
    assert image.name == "a?b?[31m.png"
    with pytest.raises(InputError) as caught:
        read_image(b"", "x\ny" * 200)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_threads_share_the_door(gradient):
    files = [png_of(np.roll(gradient, shift, axis=1)) for shift in range(16)]
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(read_image, files * 4))
    for shift, image in enumerate(images):
        np.testing.assert_array_equal(image.pixels, np.roll(gradient, shift % 16, axis=1))


def test_the_decoder_library_keeps_its_settings(gradient):
    before = Image.MAX_IMAGE_PIXELS
    read_image(png_of(gradient))
    with pytest.raises(InputError):
        read_image(png_of(gradient)[:-40])
    assert before == Image.MAX_IMAGE_PIXELS and ImageFile.LOAD_TRUNCATED_IMAGES is False


# What must be refused.


def noise(shape: tuple[int, ...] = (64, 64)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def with_wrong_byte(data: bytes, marker: bytes, offset: int) -> bytes:
    at = data.index(marker) + offset
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def many(kind: str) -> bytes:
    """A small file whose header claims 20,000 × 20,000 pixels."""
    if kind == "PNG":
        return png([b"\0" * 64], 20_000, colour=6, height=20_000)
    if kind == "TIFF":
        return tiff(noise(), width=20_000, height=20_000)
    data = bytearray(encode(noise(), kind))
    if kind == "BMP":
        data[18:26] = struct.pack("<ii", 20_000, 20_000)
    else:
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", 20_000, 20_000)
    return bytes(data)


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "text": (b"just some words\n", "looks like a text"),
    "csv with umlauts": ("größe,fläche\n1,2\n".encode(), "looks like a text"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "looks like a PDF"),
    "gif cut": (encode(noise(), "GIF")[:-900], "damaged"),
    "webp of nothing": (b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 64, "damaged"),
    "jpeg 2000": (encode(noise(), "JPEG2000"), "looks like a JPEG 2000"),
    "jpeg xl": (b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 64, "looks like a JPEG XL"),
    "heic of several": (b"\0\0\0\x18ftypmsf1" + b"\0" * 64, "looks like a HEIC"),
    "avif": (b"\0\0\0\x18ftypavif" + b"\0" * 64, "looks like an AVIF"),
    "nrrd": (b"NRRD0004\ntype: uint8\n\n" + b"\0" * 64, "looks like an NRRD volume"),
    "nifti": (b"\\\1\0\0" + b"\0" * 340 + b"n+1\0", "looks like a NIfTI volume"),
    "zip": (b"PK\x03\x04" + b"\0" * 64, "looks like a ZIP"),
    "heic": (b"\0\0\0\x18ftypheic" + b"\0" * 64, "looks like a HEIC"),
    "video": (b"\0\0\0\x18ftypisom" + b"\0" * 64, "looks like a video"),
    "web page": (b"\n <!DOCTYPE html><html></html>", "looks like a web page"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "looks like an SVG"),
    "numpy": (b"\x93NUMPY\x01\0" + b"\0" * 64, "looks like a NumPy"),
    "dicom": (b"\0" * 128 + b"DICM" + b"\0" * 64, "DICOM"),
    "dicom in tiff": (b"II*\0" + b"\0" * 124 + b"DICM" + b"\0" * 64, "DICOM"),
    "random": (noise((999,)).tobytes(), "no image"),
    "zeros": (b"\0" * 5000, "no image"),
    "png signature": (b"\x89PNG\r\n\x1a\n", "damaged"),
    "png cut": (png_of(noise())[:-900], "damaged"),
    "png without end": (png_of(noise())[:-12], "damaged"),
    "png pixels changed": (with_wrong_byte(png_of(noise()), b"IDAT", 900), "damaged"),
    "png without pixels": (png_of(noise()).replace(b"IDAT", b"IDAX"), "damaged"),
    "png of size zero": (png([b""], 0), "damaged"),
    "jpeg cut": (encode(noise(), "JPEG")[:-500], "damaged"),
    "jpeg without end": (encode(noise(), "JPEG")[:-2], "damaged"),
    "jpeg start": (b"\xff\xd8\xff\xe0", "damaged"),
    "bmp cut": (encode(noise(), "BMP")[:-500], "damaged"),
    "tiff cut": (tiff(noise())[:-500], "damaged"),
    "tiff start": (b"II*\0\x08\0\0\0", "damaged"),
    "tiff packed and cut": (encode(noise(), "TIFF", compression="tiff_lzw")[:-900], "damaged"),
    "tiff lab": (encode(Image.new("LAB", (64, 64)), "TIFF"), "as LAB"),
    "1×1": (png_of(noise((1, 1))), "1×1"),
    "narrow": (png_of(noise((64, MIN_SIDE - 1))), f"{MIN_SIDE - 1}×64"),
    "thin": (png_of(noise((400, 16))), "16×400 pixels; the longer side"),
    "long": (tiff(noise(), width=4000, height=9000), "4000×9000 pixels; the longer side"),
    "41 megapixels": (tiff(noise(), width=6400, height=6500), "6400×6500"),
    "heavy": (b"\xff" * (MAX_BYTES + 1), "20 MB"),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("read", [read_image, read_mask])
def test_bad_bytes_are_refused_in_one_line(case, read, tmp_path):
    data, words = BAD[case]
    path = tmp_path / "scan.png"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith("scan.png ") and words in line
    assert "\n" not in line and line.endswith(".") and len(line) < 250
    # From a person's view the cause is the file, not a place inside a decoder.
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_image_without_a_number_is_refused_and_such_a_mask_is_empty():
    data = tiff(column(np.nan, dtype=np.float32))
    with pytest.raises(InputError, match="damaged"):
        read_image(data)
    assert not read_mask(data).any()


def test_smallest_side_is_allowed():
    assert read_image(png_of(noise((MIN_SIDE, MIN_SIDE)))).pixels.shape == (MIN_SIDE, MIN_SIDE)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_huge_header_is_refused_before_decoding(kind, monkeypatch):
    data = many(kind)

    def load(self):
        raise AssertionError("pixels were asked for")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    resource = pytest.importorskip("resource")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    with pytest.raises(InputError, match="million"):
        read_image(data)
    assert time.perf_counter() - start < 0.2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 50_000  # in KiB


def test_paths_that_are_no_file(tmp_path, gradient):
    with pytest.raises(InputError, match=r"^gone\.png does not exist"):
        read_image(tmp_path / "gone.png")
    with pytest.raises(InputError, match="is not a file"):
        read_image(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_image("a\0b.png")
    with pytest.raises(InputError, match="cannot be read"):
        read_mask("x" * 5000)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")  # opening it would wait for ever
        with pytest.raises(InputError, match="is not a file"):
            read_image(tmp_path / "pipe.png")


def test_size_is_checked_before_reading(tmp_path, monkeypatch):
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # sparse: takes no disk
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("the file was opened"))
    with pytest.raises(InputError, match=r"^big\.png has 20\.0 MB"):
        read_image(path)


def test_unreadable_file(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"x")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="permissions"):
        read_image(path)


@pytest.mark.parametrize("error", [MemoryError, struct.error, KeyError, SyntaxError, zlib.error])
def test_every_decoder_error_becomes_an_input_error(monkeypatch, gradient, error):
    def load(self):
        raise error("x\ny")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(InputError) as caught:
        read_image(tiff(gradient), "a.tif")
    assert str(caught.value).startswith("a.tif ") and "\n" not in str(caught.value)


def test_a_chain_of_frames_cannot_hold_the_door(monkeypatch, gradient):
    monkeypatch.setattr(pictures, "_MOST_FRAMES", 3)
    rest = [Image.fromarray(gradient)] * 9
    image = read_image(encode(gradient, "TIFF", save_all=True, append_images=rest))
    assert image.notes == ("frame 1 of more than 3",)


@pytest.mark.filterwarnings("ignore")  # decoders warn as they please
def test_mutated_files_decode_or_are_refused():
    dice = random.Random(0)
    small = noise((40, 30))
    rgb = noise((40, 30, 3))
    seeds = [
        png_of(small),
        png_of(noise((40, 30, 4)), colour=6),
        encode(rgb, "JPEG"),
        encode(small, "JPEG", progressive=True),
        encode(rgb, "BMP"),
        encode(Image.fromarray(small).convert("P"), "BMP"),
        tiff(small.astype(np.uint16)),
        encode(rgb, "TIFF", compression="tiff_lzw"),
        encode(small, "TIFF", compression="tiff_deflate"),
        encode(small, "TIFF", save_all=True, append_images=[Image.new("L", (9, 9))]),
    ]
    decoded = refused = 0
    for turn in range(300):
        data = bytearray(seeds[turn % len(seeds)])
        if turn % 3 == 0:
            del data[dice.randrange(len(data)) :]
        for _ in range(dice.choice((0, 1, 3, 20)) if turn % 3 == 0 else dice.choice((1, 3, 20))):
            # Half of the changes hit the header, where they do most.
            end = len(data) if dice.random() < 0.5 else min(len(data), 200)
            if end:
                data[dice.randrange(end)] = dice.randrange(256)
        try:
            image = read_image(bytes(data))
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            decoded += 1
            assert image.pixels.dtype == np.uint8 and image.pixels.ndim == 2
            assert min(image.pixels.shape) >= MIN_SIDE
    assert decoded > 20 and refused > 100  # both ways were taken


# Masks.


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 127, 128, 255), [0, 0, 1, 1]),
        ((0, 1, 0, 1), [0, 1, 0, 1]),
        ((0, 0, 0, 0), [0, 0, 0, 0]),
        ((255, 255, 255, 255), [1, 1, 1, 1]),
        ((1, 1, 1, 1), [1, 1, 1, 1]),
        ((0, 3, 250, 252), [0, 0, 1, 1]),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32])
def test_mask_threshold(values, expected, dtype):
    mask = read_mask(tiff(column(*values, dtype=dtype)))
    assert mask.dtype == np.bool_ and mask.shape == (SIDE, SIDE)
    assert mask[0, :4].tolist() == [bool(value) for value in expected]


def test_mask_of_other_kinds():
    assert read_mask(png([b"\xf0\x00\xff"] * SIDE, SIDE, depth=1))[0].sum() == 12
    assert read_mask(png_of(column(0, 65535, dtype=np.uint16)))[0, :2].tolist() == [False, True]
    index = column(0, 1, 2)
    coloured = png_of(index, colour=3, PLTE=bytes([0, 0, 0, 255, 0, 0, 0, 0, 255]))
    assert read_mask(coloured)[0, :3].tolist() == [False, True, True]  # dark as grey, yet meant
    clear = np.stack([column(255, 255), column(0, 255)], axis=2)
    assert read_mask(png_of(clear, colour=4))[0, :2].tolist() == [False, True]
    inverted = tiff(column(0, 65535, dtype=np.uint16), photometric=0)
    assert read_mask(inverted)[0, :2].tolist() == [True, False]
    jpeg = np.zeros((64, 64), np.uint8)
    jpeg[16:48, 16:48] = 255
    np.testing.assert_array_equal(read_mask(encode(jpeg, "JPEG", quality=90)), jpeg > 0)


@pytest.mark.parametrize("brightest", [2, 100, 127])
def test_mask_that_could_mean_anything_is_refused(brightest):
    with pytest.raises(InputError, match=f"brightest value is {brightest}"):
        read_mask(png_of(column(0, brightest)))
