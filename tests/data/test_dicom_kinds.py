"""DICOM as archives and scanners really write it: each kind made here, with its picture."""

from __future__ import annotations

import io
import tracemalloc

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from mtlbus.core.errors import InputError
from mtlbus.data import dicom as dicom_module
from mtlbus.data.dicom import is_dicom
from mtlbus.data.intake import read_image

from .test_dicom import COLUMNS, LUMA, ROWS, coloured, dataset, dicom, encoded, packed, to_ybr

JPEG_EXTENDED, JPEG_LOSSLESS, JPEG_LOSSLESS_SV1 = (f"1.2.840.10008.1.2.4.{n}" for n in (51, 57, 70))
JPEG_LS, JPEG_LS_NEAR = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"


@pytest.fixture(scope="module")
def grey() -> np.ndarray:
    """24×32 without symmetry, 0 … 255."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    return (rows * 7 + columns * 3).astype(np.uint8)


def same(data: bytes, grey: np.ndarray, tolerance: int = 0) -> bool:
    return np.abs(read_image(data, "scan.dcm").pixels.astype(int) - grey).max() <= tolerance


# Without a preamble, or without a transfer syntax.


def bare(header: Dataset, implicit: bool, little: bool = True) -> bytes:
    buffer = io.BytesIO()
    plain = Dataset(header)
    plain.save_as(buffer, implicit_vr=implicit, little_endian=little)
    return buffer.getvalue()


@pytest.mark.parametrize("implicit", [True, False])
def test_without_preamble(grey, implicit):
    data = bare(dataset(grey), implicit)
    assert data[128:132] != b"DICM" and is_dicom(data)
    assert same(data, grey)
    assert same(b"\0" * 128 + b"DICM" + data, grey)  # a preamble, but no transfer syntax


def test_with_the_meta_group_but_no_preamble(grey):
    data = dicom(grey)[132:]
    assert data.startswith(b"\2\0") and same(data, grey)


@pytest.mark.parametrize(("kind", "tolerance"), [
    ("rle", 0), ("JPEG", 4), ("JPEG2000", 0), ("jpegls", 0), ("lossless", 0),
])  # fmt: skip
def test_a_compressed_frame_of_an_unnamed_syntax(grey, kind, tolerance):
    header = dataset(grey)
    if kind == "rle":
        header.compress(RLELossless)
    else:
        stream = {
            "JPEG": lambda: encoded(grey, "JPEG", quality=95),
            "JPEG2000": lambda: encoded(grey, "JPEG2000", irreversible=False),
            "jpegls": lambda: bytes(imagecodecs.jpegls_encode(grey)),
            "lossless": lambda: bytes(imagecodecs.jpeg8_encode(grey, lossless=True)),
        }[kind]()
        header.PixelData = encapsulate([stream])
        header["PixelData"].VR = "OB"
        header["PixelData"].is_undefined_length = True
    del header.file_meta
    assert same(bare(header, implicit=False), grey, tolerance)


def test_big_endian(grey):
    header = dataset(grey.astype(np.uint16) * 257, ExplicitVRBigEndian)
    header.PixelData = (grey.astype(">u2") * 257).tobytes()
    header["PixelData"].VR = "OW"
    assert same(packed(header), grey)


@pytest.mark.parametrize("data", [
    b"\x08\0\x05\0", b"\x08\0\x05\0CS\xff\xffISO", b"\x08\0" * 400, b"\2\0\0\0UL\4\0\1\0\0\0" * 9,
    b"\x08\0\x60\0CS\2\0US", bytes(300),
])  # fmt: skip
def test_what_only_begins_alike_is_no_dicom(data):
    assert not is_dicom(data)


# Palettes.


def palette(index: np.ndarray, contents: list[bytes], entries: int, first: int, bits: int) -> bytes:
    elements = {}
    for name, content in zip(("Red", "Green", "Blue"), contents, strict=True):
        elements[f"{name}PaletteColorLookupTableDescriptor"] = [entries, first, bits]
        elements[f"{name}PaletteColorLookupTableData"] = content + b"\0" * (len(content) % 2)
    return dicom(index, PhotometricInterpretation="PALETTE COLOR", **elements)


FILLINGS = {
    "16 bits": (16, lambda table: (table.astype("<u2") * 257).tobytes()),
    "8-bit values in words, 16 stated": (16, lambda table: table.astype("<u2").tobytes()),
    "8-bit values in words, 8 stated": (8, lambda table: table.astype("<u2").tobytes()),
    "8-bit values above, 8 stated": (8, lambda table: (table.astype("<u2") << 8).tobytes()),
    "bytes": (8, lambda table: table.tobytes()),
    "bytes, 16 stated": (16, lambda table: table.tobytes()),
}


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("first", [0, 10])
def test_palettes_however_they_are_filled(filling, first):
    bits, fill = FILLINGS[filling]
    colours = np.zeros((256 - first, 3), np.uint8)
    colours[:5] = [(100, 100, 100), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    index = np.full((ROWS, COLUMNS), first, np.uint8)
    index[:, :4] = 0  # below the first entry: shown by the first
    index[:, 16:] = np.repeat([1, 2, 3, 4], 6)[:, None] + first
    contents = [fill(np.ascontiguousarray(column)) for column in colours.T]
    image = read_image(palette(index, contents, len(colours), first, bits))
    assert image.pixels[:, :16].tolist() == [[100] * 16] * ROWS
    assert image.pixels[:, 20].tolist() == LUMA.tolist()
    assert image.chroma[0, 15:18].tolist() == [0, 255, 255]


def test_a_grey_palette_of_16_bit_indices(grey):
    table = np.repeat(np.arange(256, dtype=np.uint16), 2).astype("<u2") * 257  # 512 entries
    data = palette(grey.astype(np.uint16) * 2, [table.tobytes()] * 3, 512, 0, 16)
    assert same(data, grey) and read_image(data).chroma is None


def test_a_palette_of_65536_entries(grey):
    table = (np.arange(2**16) >> 8).astype(np.uint8).astype("<u2") * 257
    data = palette(grey.astype(np.uint16) * 256, [table.tobytes()] * 3, 0, 0, 16)
    assert same(data, grey)


# Compression.


@pytest.mark.parametrize("predictor", [1, 4, 7])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_jpeg_lossless(grey, predictor, bits):
    values = grey if bits == 8 else (grey.astype(np.uint16) << (bits - 8)) + 3
    stream = imagecodecs.jpeg8_encode(
        values, lossless=True, predictor=predictor, bitspersample=bits
    )
    syntax = JPEG_LOSSLESS if predictor > 1 else JPEG_LOSSLESS_SV1
    content = encapsulate([bytes(stream)])
    data = dicom(values, syntax, BitsStored=bits, HighBit=bits - 1, PixelData=content)
    assert same(data, np.rint(values.astype(float) * (255 / (2**bits - 1))))


def test_jpeg_lossless_of_another_encoder(grey):
    stream = bytes(imagecodecs.ljpeg_encode(grey))
    assert same(dicom(grey, JPEG_LOSSLESS_SV1, PixelData=encapsulate([stream])), grey)


@pytest.mark.parametrize("syntax", [JPEG_LOSSLESS_SV1, JPEG_LS])
@pytest.mark.parametrize("said", ["RGB", "YBR_FULL"])
def test_lossless_colour_is_as_the_header_says(syntax, said):
    stored = coloured() if said == "RGB" else to_ybr(coloured())
    stream = (
        imagecodecs.jpegls_encode(stored)
        if syntax == JPEG_LS
        else imagecodecs.jpeg8_encode(stored, lossless=True, colorspace="rgb", outcolorspace="rgb")
    )
    data = dicom(
        stored, syntax, PixelData=encapsulate([bytes(stream)]), PhotometricInterpretation=said
    )
    image = read_image(data)
    np.testing.assert_allclose(image.pixels[:, 20].astype(int), LUMA, atol=2)
    assert image.colour_share == pytest.approx(3 / 8)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_jpeg_ls(grey, bits):
    values = grey if bits == 8 else (grey.astype(np.uint16) << (bits - 8)) + 3
    stream = bytes(imagecodecs.jpegls_encode(values))
    data = dicom(
        values, JPEG_LS, BitsStored=bits, HighBit=bits - 1, PixelData=encapsulate([stream])
    )
    assert same(data, np.rint(values.astype(float) * (255 / (2**bits - 1))))
    near = bytes(imagecodecs.jpegls_encode(grey, level=3))
    assert same(dicom(grey, JPEG_LS_NEAR, PixelData=encapsulate([near])), grey, 3)


def test_signed_values_of_a_lossless_jpeg(grey):
    values = grey.astype(np.int16) * 8 - 1000  # 12 bits, two's complement
    stored = values.view(np.uint16) & 0x0FFF
    stream = imagecodecs.jpeg8_encode(stored, lossless=True, predictor=1, bitspersample=12)
    data = dicom(
        values, JPEG_LOSSLESS_SV1, BitsStored=12, HighBit=11, PixelData=encapsulate([bytes(stream)])
    )
    low, high = int(values.min()), int(values.max())
    assert same(data, np.rint((values - low) * (255 / (high - low))))


def test_jpeg_of_12_bits(grey):
    values = grey.astype(np.uint16) << 4
    stream = bytes(imagecodecs.jpeg8_encode(values, 98, bitspersample=12))
    data = dicom(values, JPEG_EXTENDED, BitsStored=12, HighBit=11, PixelData=encapsulate([stream]))
    assert same(data, np.rint(values * (255 / 4095)), 4)


def without_markers(stream: bytes) -> bytes:
    """The JPEG without its JFIF and Adobe segments."""
    kept, at = stream[:2], 2
    while stream[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(stream[at + 2 : at + 4])
        if stream[at + 1] not in (0xE0, 0xEE):
            kept += stream[at:end]
        at = end
    return kept + stream[at:]


YCBCR = {"quality": 98, "subsampling": 0}
STREAMS = {
    "JFIF, YCbCr": encoded(coloured(), "JPEG", **YCBCR),
    "Adobe, RGB": encoded(coloured(), "JPEG", quality=98, keep_rgb=True),
    "no marker, YCbCr": without_markers(encoded(coloured(), "JPEG", **YCBCR)),
}


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("said", ["RGB", "YBR_FULL", "YBR_FULL_422", "MONOCHROME2"])
def test_the_colours_of_a_jpeg_are_its_own(stream, said):
    if stream.startswith("no") and said == "RGB":
        pytest.skip("then the header is the only word there is")
    data = dicom(coloured(), JPEGBaseline8Bit, PixelData=encapsulate([STREAMS[stream]]),
                 PhotometricInterpretation=said,
                 SamplesPerPixel=1 if said == "MONOCHROME2" else 3)  # fmt: skip
    image = read_image(data)
    np.testing.assert_allclose(image.pixels[:, 20].astype(int), LUMA, atol=5)
    assert image.colour_share == pytest.approx(3 / 8, abs=0.01)


def test_a_jpeg_without_markers_is_what_the_header_says():
    stored = encoded(coloured(), "JPEG", quality=98, keep_rgb=True)
    stream = without_markers(stored).replace(b"R\x11\0G\x11\0B\x11\0", b"\1\x11\0\2\x11\0\3\x11\0")
    stream = stream.replace(b"\x03R\0G\0B\0", b"\x03\1\0\2\0\3\0")
    data = dicom(coloured(), JPEGBaseline8Bit, PixelData=encapsulate([stream]))
    np.testing.assert_allclose(read_image(data).pixels[:, 20].astype(int), LUMA, atol=5)


def test_a_grey_jpeg_under_a_colour_header(grey):
    stream = encapsulate([encoded(grey, "JPEG", quality=95)])
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    assert same(dicom(rgb, JPEGBaseline8Bit, PixelData=stream), grey, 4)


def test_colour_of_16_bits_in_jpeg_2000(grey):
    rgb = np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint16) * 257
    stream = bytes(imagecodecs.jpeg2k_encode(rgb, level=0, reversible=True, codecformat="j2k"))
    assert same(dicom(rgb, JPEG2000Lossless, PixelData=encapsulate([stream])), grey)


def test_rle_of_16_bits_and_of_colour(grey):
    deep = dataset(grey.astype(np.uint16) * 257)
    deep.compress(RLELossless)
    assert same(packed(deep), grey)
    colour = dataset(to_ybr(coloured()), PhotometricInterpretation="YBR_FULL")
    colour.compress(RLELossless)
    np.testing.assert_allclose(read_image(packed(colour)).pixels[:, 20].astype(int), LUMA, atol=2)


# Cine.


def cine(frames: list[np.ndarray], **elements) -> bytes:
    stack = np.stack(frames)
    return dicom(frames[0], NumberOfFrames=len(stack), PixelData=stack.tobytes(), **elements)


def test_the_brightest_frame_that_shows_something_comes_first(grey):
    black, white = np.zeros_like(grey), np.full_like(grey, 255)
    image = read_image(cine([black, grey // 3, grey, white]))
    np.testing.assert_array_equal(image.pixels, grey)
    assert (image.frame, image.frames, image.notes) == (2, 4, ("frame 3 of 4",))
    for chosen, expected in enumerate((black, grey // 3, grey, white)):
        found = read_image(cine([black, grey // 3, grey, white]), frame=chosen)
        np.testing.assert_array_equal(found.pixels, expected)
    assert read_image(cine([255 - grey // 2, grey, 255 - grey // 3])).frame == 0  # alike
    assert read_image(cine([black, white, black])).frame == 0  # nothing anywhere


def test_a_compressed_cine(grey):
    header = dataset(
        grey, NumberOfFrames=3, PixelData=np.stack([grey * 0, grey * 0, grey]).tobytes()
    )
    header.compress(RLELossless)
    assert read_image(packed(header)).frame == 2 and same(packed(header), grey)
    jpegs = [encoded(frame, "JPEG", quality=95) for frame in (grey * 0, grey, grey // 2)]
    data = dicom(grey, JPEGBaseline8Bit, NumberOfFrames=3, PixelData=encapsulate(jpegs))
    assert read_image(data).frame == 1 and same(data, grey, 4)
    lone = encapsulate(jpegs, has_bot=False)
    data = dicom(grey, JPEGBaseline8Bit, NumberOfFrames=3, PixelData=lone)
    assert read_image(data).frame == 1


def test_a_long_cine_is_never_decoded_whole(monkeypatch, grey):
    asked = []
    decode = dicom_module.decode_frame
    monkeypatch.setattr(
        dicom_module,
        "decode_frame",
        lambda header, index, label: asked.append(index) or decode(header, index, label),
    )
    assert same(cine([grey * 0] * 150 + [grey] * 150), grey)
    assert len(asked) <= 17 and asked[0] == 0 and 299 in asked
    frames = [np.zeros((500, 400), np.uint8)] * 90
    frames[-1] = np.tile(np.arange(200, dtype=np.uint8), (500, 2))
    data = cine(frames)  # 18 MB
    tracemalloc.start()
    image = read_image(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert image.frame == 89
    assert peak < 1.5 * len(data)  # what the header needs, and a frame


# Windows and rescaling.


def test_the_window_that_is_stated(grey):
    values = grey.astype(np.uint16) * 40 + 20000
    data = dicom(values, WindowCenter="25100", WindowWidth="10200")
    # C.11.2.1.2: ((x − (c − 0.5)) / (w − 1) + 0.5) · 255
    expected = np.clip(((values - 25099.5) / 10199 + 0.5) * 255, 0, 255)
    assert same(data, np.rint(expected))
    assert read_image(data).notes == ("shown by its window (centre 25100, width 10200)",)
    several = dicom(values, WindowCenter=["25100", "9"], WindowWidth=["10200", "9"])
    assert same(several, np.rint(expected))


def test_a_window_after_rescaling(grey):
    values = grey.astype(np.int16) * 4 - 300
    data = dicom(values, WindowCenter=0, WindowWidth=401, RescaleSlope=2, RescaleIntercept=100)
    expected = np.clip(((values * 2 + 100 + 0.5) / 400 + 0.5) * 255, 0, 255)
    assert same(data, np.rint(expected))


def test_other_functions_of_a_window(grey):
    values = grey.astype(np.uint16) * 16
    window = {"WindowCenter": 2000, "WindowWidth": 1000}
    exact = np.clip(((values - 2000.0) / 1000 + 0.5) * 255, 0, 255)
    assert same(dicom(values, VOILUTFunction="LINEAR_EXACT", **window), np.rint(exact))
    sigmoid = 255 / (1 + np.exp(-4 * (values - 2000.0) / 1000))
    assert same(dicom(values, VOILUTFunction="SIGMOID", **window), np.rint(sigmoid))


def test_a_window_of_8_bits(grey):
    usual = read_image(dicom(grey, WindowCenter=128, WindowWidth=256))
    np.testing.assert_array_equal(usual.pixels, grey)
    assert usual.notes == ()
    narrow = np.clip(((grey - 99.5) / 100 + 0.5) * 255, 0, 255)
    assert same(dicom(grey, WindowCenter=100, WindowWidth=101), np.rint(narrow))


def test_a_window_that_shows_nothing_is_not_used(grey):
    values = grey.astype(np.uint16) * 16
    image = read_image(dicom(values, WindowCenter=60000, WindowWidth=10))
    np.testing.assert_array_equal(image.pixels, np.rint(values * (255 / 4095)))
    assert "shows nothing and was not used" in image.notes[0]
    for wrong in ({"WindowWidth": 0}, {"WindowWidth": "-4"}, {"WindowCenter": ""}):
        assert same(
            dicom(values, **{"WindowCenter": 9, "WindowWidth": 9, **wrong}),
            np.rint(values * (255 / 4095)),
        )


def test_a_falling_rescale_turns_black_and_white(grey):
    values = grey.astype(np.uint16) * 257
    data = dicom(values, RescaleSlope=-1, RescaleIntercept=65535)
    assert same(data, 255 - grey)
    assert "inverted, because its rescale slope is negative" in read_image(data).notes


def test_a_lookup_table_of_interest(grey):
    table = Dataset()
    table.LUTDescriptor = [256, 0, 16]
    table.LUTData = (np.arange(255, -1, -1, dtype=np.uint16) * 257).tobytes()
    table["LUTData"].VR = "OW"
    assert same(dicom(grey.astype(np.uint16), VOILUTSequence=Sequence([table])), 255 - grey)
    modality = Dataset()
    modality.LUTDescriptor, modality.ModalityLUTType = [256, 0, 16], "US"
    modality.LUTData = (np.arange(256, dtype=np.uint16) * 100).tobytes()
    modality["LUTData"].VR = "OW"
    data = dicom(grey.astype(np.uint16), ModalityLUTSequence=Sequence([modality]),
                 WindowCenter=12750.5, WindowWidth=25501)  # fmt: skip
    assert same(data, grey)


def test_what_belongs_to_each_frame(grey):
    def group(spacing, centre, width):
        measures, window = Dataset(), Dataset()
        measures.PixelSpacing = spacing
        window.WindowCenter, window.WindowWidth = centre, width
        found = Dataset()
        found.PixelMeasuresSequence = Sequence([measures])
        found.FrameVOILUTSequence = Sequence([window])
        return found

    values = grey.astype(np.uint16) * 16
    stack = np.stack([values, values])
    shared = Dataset()
    shared.PixelMeasuresSequence = group([0.4, 0.4], 1, 1).PixelMeasuresSequence
    data = dicom(
        values,
        NumberOfFrames=2,
        PixelData=stack.tobytes(),
        PerFrameFunctionalGroupsSequence=Sequence(
            [group([0.1, 0.2], 2048, 4096), group([0.3, 0.3], 1024, 2048)]
        ),
        SharedFunctionalGroupsSequence=Sequence([shared]),
    )
    first, second = (read_image(data, frame=frame) for frame in (0, 1))
    assert (first.spacing, second.spacing) == ((0.1, 0.2), (0.3, 0.3))
    assert np.array_equal(first.pixels, np.rint(values * (255 / 4095)))
    assert np.array_equal(second.pixels, np.rint(np.minimum(values * (255 / 2047), 255)))
    alone = dicom(grey, SharedFunctionalGroupsSequence=Sequence([shared]))
    assert read_image(alone).spacing == (0.4, 0.4)


def test_bits_beside_the_stored_ones_are_no_picture(grey):
    values = grey.astype(np.uint16) * 16
    marked = values.copy()
    marked[:4] |= 0x8000  # an overlay in the highest bit
    assert same(dicom(marked, BitsStored=12, HighBit=11), np.rint(values * (255 / 4095)))


def test_a_value_in_the_upper_bits(grey):
    values = grey.astype(np.uint16) << 8  # 8 bits, stored from bit 8 on
    assert same(dicom(values, BitsStored=16, HighBit=15), np.rint(values * (255 / 65535)))


def test_what_careless_writers_leave_out(grey):
    left_out = dict.fromkeys(
        ("PhotometricInterpretation", "SamplesPerPixel", "BitsStored", "HighBit",
         "PixelRepresentation", "Modality")
    )  # fmt: skip
    assert same(dicom(grey, **left_out), grey)
    rgb = dicom(coloured(), PhotometricInterpretation=None, PlanarConfiguration=None)
    assert read_image(rgb).pixels[:, 20].tolist() == LUMA.tolist()


def test_modality_is_a_code_of_the_standard(grey):
    for code in ("US", "CT", "MR", "NM", "PT", "OT"):
        assert read_image(dicom(grey, Modality=code)).modality == code
    assert read_image(dicom(grey, Modality="us ")).modality == "US"
    assert read_image(dicom(grey, Modality=None)).modality == ""
    assert read_image(dicom(grey, Modality="SM")).notes == (
        "its header says SM (another kind of picture), not ultrasound",
    )


# Headers that cost too much.


def repeated(header: Dataset, keyword: str, text: bytes, times: int) -> bytes:
    """The file with a value of `times` numbers, written by hand."""
    setattr(header, keyword, None)
    data = bare(header, implicit=True)
    tag = header[keyword].tag
    mark = tag.group.to_bytes(2, "little") + tag.element.to_bytes(2, "little")
    at = data.index(mark + b"\0\0\0\0")
    content = b"\\".join([text] * times)
    content += b" " * (len(content) % 2)
    return data[: at + 4] + len(content).to_bytes(4, "little") + content + data[at + 8 :]


@pytest.mark.parametrize("keyword", [
    "PixelSpacing", "NumberOfFrames", "WindowCenter", "WindowWidth", "RescaleSlope", "Modality",
    "PhotometricInterpretation", "Rows", "VOILUTFunction",
])  # fmt: skip
def test_a_million_values_are_not_turned_into_numbers(grey, keyword):
    data = repeated(dataset(grey), keyword, b"1", 1_000_000)
    tracemalloc.start()
    with pytest.raises(InputError, match="damaged"):
        read_image(data, "scan.dcm")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(data)  # two million bytes, and no hundreds of them


@pytest.mark.parametrize("keyword", ["PhysicalDeltaX", "RegionLocationMinX0"])
def test_neither_in_a_nested_group(grey, keyword):
    from .test_dicom import region

    found = region()
    setattr(found, keyword, [1.0] * 100_000 if keyword.endswith("X") else [1] * 100_000)
    data = dicom(grey, SequenceOfUltrasoundRegions=Sequence([found]))
    with pytest.raises(InputError, match="damaged"):
        read_image(data, "scan.dcm")


def test_more_frames_than_there_are(grey):
    jpegs = encapsulate([encoded(grey, "JPEG", quality=95)] * 3)
    for frames in (4, 10**6, 2**31 - 1):
        data = dicom(grey, JPEGBaseline8Bit, NumberOfFrames=frames, PixelData=jpegs)
        with pytest.raises(InputError, match="damaged"):
            read_image(data, "scan.dcm")


def test_a_jpeg_frame_of_many_scans(grey):
    stream = encoded(grey, "JPEG", progressive=True)
    scan = stream[stream.rindex(b"\xff\xda") : -2]
    many = stream[:-2] + scan * 200 + stream[-2:]
    data = dicom(grey, JPEGBaseline8Bit, PixelData=encapsulate([many]))
    with pytest.raises(InputError, match="too many scans"):
        read_image(data, "scan.dcm")


def test_pictures_are_no_dicom():
    assert not is_dicom(encoded(np.zeros((20, 20), np.uint8), "PNG"))
    for kind in ("PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP"):
        buffer = io.BytesIO()
        Image.fromarray(np.zeros((200, 200), np.uint8)).save(buffer, kind)
        assert not is_dicom(buffer.getvalue())
