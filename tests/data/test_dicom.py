"""DICOM files made on the spot: what is read, what it is worth in mm, what must be refused."""

from __future__ import annotations

import io
import random
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from mtlbus.core.errors import InputError
from mtlbus.data.intake import MIN_SIDE, read_image, read_mask

ULTRASOUND = "1.2.840.10008.5.1.4.1.1.6.1"
ROWS, COLUMNS = 24, 32
SECRETS = {
    "PatientName": "Doe^Jane",
    "PatientID": "MRN-4711",
    "PatientBirthDate": "19700101",
    "InstitutionName": "Saint Elsewhere",
    "StudyDescription": "left breast lump",
}


@pytest.fixture(scope="module")
def grey() -> np.ndarray:
    """24×32 without symmetry, 0 … 255."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    return (rows * 7 + columns * 3).astype(np.uint8)


def dataset(pixels: np.ndarray, syntax: str = ExplicitVRLittleEndian, **elements) -> Dataset:
    """An ultrasound image of H×W or H×W×3 values; `elements` replace or, if None, remove."""
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = UID(syntax)
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = ULTRASOUND
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = "1.2.3.4"
    header.Modality = "US"
    header.Rows, header.Columns = pixels.shape[:2]
    header.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    header.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        header.PlanarConfiguration = 0
    header.BitsAllocated = header.BitsStored = 8 * pixels.dtype.itemsize
    header.HighBit = header.BitsStored - 1
    header.PixelRepresentation = int(pixels.dtype.kind == "i")
    content = pixels.tobytes()
    header.PixelData = content + b"\0" * (len(content) % 2)
    for name, value in elements.items():
        if value is None:
            delattr(header, name)
        else:
            setattr(header, name, value)
    return header


def packed(header: Dataset) -> bytes:
    buffer = io.BytesIO()
    header.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def dicom(pixels: np.ndarray, syntax: str = ExplicitVRLittleEndian, **elements) -> bytes:
    return packed(dataset(pixels, syntax, **elements))


def encoded(pixels: np.ndarray, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


# What comes in.


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_grey_is_kept_exactly(grey, syntax, tmp_path):
    path = tmp_path / "scan.png"  # content counts, not the extension
    path.write_bytes(dicom(grey, syntax))
    image = read_image(path)
    np.testing.assert_array_equal(image.pixels, grey)
    assert image.pixels.dtype == np.uint8 and image.pixels.flags.c_contiguous
    assert image.pixels.flags.owndata and image.pixels.flags.writeable
    assert (image.name, image.notes, image.spacing, image.colour_share) == ("scan.png", (), None, 0)


def test_monochrome_1_is_inverted(grey):
    image = read_image(dicom(grey, PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_array_equal(image.pixels, 255 - grey)
    assert image.notes == ("inverted, because its white is zero",)


def test_12_bits_in_16_are_scaled(grey):
    values = grey.astype(np.uint16) * 16
    image = read_image(dicom(values, BitsStored=12, HighBit=11))
    np.testing.assert_array_equal(image.pixels, np.rint(values * (255 / 4095)).astype(np.uint8))
    assert image.notes == ("16 bit scaled to 8 (12 bits in use)",)


def test_signed_values_are_stretched(grey):
    values = grey.astype(np.int16) * 4 - 300
    image = read_image(dicom(values))
    low, high = int(values.min()), int(values.max())
    expected = np.rint((values - low) * (255 / (high - low)))
    np.testing.assert_array_equal(image.pixels, expected.astype(np.uint8))
    assert f"{low} to black, {high} to white" in image.notes[0]


def coloured() -> np.ndarray:
    """Left half grey 100, right half pure red, green, blue and white rows of luma 76 … 255."""
    rgb = np.full((ROWS, COLUMNS, 3), 100, np.uint8)
    for quarter, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]):
        rgb[6 * quarter : 6 * quarter + 6, 16:] = colour
    return rgb


LUMA = np.repeat([76, 150, 29, 255], 6)  # ITU-R 601


def luma_of_the_right_half(data: bytes) -> np.ndarray:
    image = read_image(data)
    assert (np.abs(image.pixels[:, :16].astype(int) - 100) <= 1).all()
    assert image.colour_share == pytest.approx(3 / 8, abs=1e-6)
    assert "colour turned to grey" in image.notes
    return image.pixels[:, 20].astype(int)


def to_ybr(rgb: np.ndarray) -> np.ndarray:
    """DICOM PS3.3, C.7.6.3.1.2: the equations of YBR_FULL."""
    red, green, blue = np.moveaxis(rgb.astype(float), 2, 0)
    planes = (
        0.2990 * red + 0.5870 * green + 0.1140 * blue,
        -0.1687 * red - 0.3313 * green + 0.5000 * blue + 128,
        0.5000 * red - 0.4187 * green - 0.0813 * blue + 128,
    )
    return np.clip(np.rint(np.stack(planes, axis=2)), 0, 255).astype(np.uint8)


def test_rgb_in_both_orders_of_its_planes():
    rgb = coloured()
    by_plane = np.moveaxis(rgb, 2, 0).tobytes()
    for data in (dicom(rgb), dicom(rgb, PlanarConfiguration=1, PixelData=by_plane)):
        np.testing.assert_array_equal(luma_of_the_right_half(data), LUMA)


def test_ybr_full():
    data = dicom(to_ybr(coloured()), PhotometricInterpretation="YBR_FULL")
    np.testing.assert_allclose(luma_of_the_right_half(data), LUMA, atol=2)


def test_ybr_full_422():
    ybr = to_ybr(coloured())
    pairs = np.stack(
        [ybr[:, 0::2, 0], ybr[:, 1::2, 0], ybr[:, 0::2, 1], ybr[:, 0::2, 2]], axis=2
    )  # two brightnesses share one colour
    data = dicom(ybr, PhotometricInterpretation="YBR_FULL_422", PixelData=pairs.tobytes())
    np.testing.assert_allclose(luma_of_the_right_half(data), LUMA, atol=2)


@pytest.mark.parametrize("bits", [8, 16])
def test_palette(bits):
    colours = [(100, 100, 100), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    colours = np.array([*colours, (9, 9, 9)])
    index = np.zeros((ROWS, COLUMNS), np.uint8)
    index[:, 16:] = np.repeat([1, 2, 3, 4], 6)[:, None]
    table = (colours * 257 if bits == 16 else colours).astype(f"<u{bits // 8}")
    elements = {}
    for name, column in zip(("Red", "Green", "Blue"), table.T, strict=True):
        content = column.tobytes()
        elements[f"{name}PaletteColorLookupTableDescriptor"] = [len(colours), 0, bits]
        elements[f"{name}PaletteColorLookupTableData"] = content + b"\0" * (len(content) % 2)
    data = dicom(index, PhotometricInterpretation="PALETTE COLOR", **elements)
    np.testing.assert_array_equal(luma_of_the_right_half(data), LUMA)


def test_compressed_frames(grey):
    rle = dataset(grey)
    rle.compress(RLELossless)
    np.testing.assert_array_equal(read_image(packed(rle)).pixels, grey)
    wavelet = encapsulate([encoded(grey, "JPEG2000", irreversible=False)])
    data = dicom(grey, JPEG2000Lossless, PixelData=wavelet)
    np.testing.assert_array_equal(read_image(data).pixels, grey)
    jpeg = encapsulate([encoded(grey, "JPEG", quality=95)])
    data = dicom(grey, JPEGBaseline8Bit, PixelData=jpeg)
    np.testing.assert_allclose(read_image(data).pixels.astype(int), grey, atol=4)


def test_jpeg_in_colour():
    jpeg = encapsulate([encoded(coloured(), "JPEG", quality=98, subsampling=0)])
    data = dicom(
        coloured(), JPEGBaseline8Bit, PixelData=jpeg, PhotometricInterpretation="YBR_FULL_422"
    )
    np.testing.assert_allclose(luma_of_the_right_half(data), LUMA, atol=4)


@pytest.mark.parametrize("compressed", [False, True])
def test_the_first_frame_of_several(grey, compressed):
    frames = np.stack([grey, grey[::-1], grey[:, ::-1]])
    header = dataset(grey, NumberOfFrames=3, PixelData=frames.tobytes())
    if compressed:
        header.compress(RLELossless)
    image = read_image(packed(header))
    np.testing.assert_array_equal(image.pixels, grey)
    assert image.notes == ("frame 1 of 3",) and (image.frame, image.frames) == (0, 3)
    third = read_image(packed(header), frame=2)
    np.testing.assert_array_equal(third.pixels, grey[:, ::-1])
    assert third.notes == ("frame 3 of 3",) and third.frame == 2
    with pytest.raises(InputError, match=r"no frame 4\. Allowed are 1 to 3"):
        read_image(packed(header), frame=3)


def test_another_kind_of_scan_is_named(grey):
    assert read_image(dicom(grey, Modality="MR")).notes == (
        "its header says magnetic resonance, not ultrasound",
    )
    assert read_image(dicom(grey, Modality="MR")).modality == "MR"
    assert read_image(dicom(grey)).modality == "US"
    unknown = read_image(dicom(grey, Modality="Jane Doe"))
    assert (unknown.notes, unknown.modality) == ((), "")


def test_nothing_of_the_header_comes_through(grey, caplog, recwarn, capfd):
    data = dicom(grey, NumberOfFrames=1, **SECRETS)
    image = read_image(data, "scan.dcm")
    everything = repr(vars(image)).encode() + image.pixels.tobytes()
    for secret in SECRETS.values():
        assert secret.encode() in data and secret.encode() not in everything
    assert type(image.pixels) is np.ndarray and image.pixels.base is None
    strange = dicom(grey, PhotometricInterpretation="Doe^Jane", **SECRETS)
    recwarn.clear()  # the writer has warned, too
    with pytest.raises(InputError) as caught:
        read_image(strange)
    printed = "".join(capfd.readouterr()) + "".join(map(str, recwarn))
    said = str(caught.value) + caplog.text + printed
    assert not any(secret in said for secret in SECRETS.values())


# What a pixel is in mm.


def region(
    dx: float | None = 0.01, dy: float | None = 0.02, box=(0, 0, COLUMNS - 1, ROWS - 1), **more
) -> Dataset:
    """A calibrated 2-D tissue region; lengths in cm."""
    found = Dataset()
    found.RegionSpatialFormat, found.RegionDataType, found.RegionFlags = 1, 1, 0
    for name, value in zip(("MinX0", "MinY0", "MaxX1", "MaxY1"), box, strict=True):
        setattr(found, f"RegionLocation{name}", value)
    found.PhysicalUnitsXDirection = found.PhysicalUnitsYDirection = 3
    if dx is not None:
        found.PhysicalDeltaX, found.PhysicalDeltaY = dx, dy
    for name, value in more.items():
        setattr(found, name, value)
    return found


DOPPLER = {"RegionSpatialFormat": 3, "RegionDataType": 3}
REGIONS: dict[str, tuple[list[Dataset], tuple[float, float] | None]] = {
    "one": ([region()], (0.2, 0.1)),
    "down is negative": ([region(0.01, -0.02)], (0.2, 0.1)),
    "most of the image": ([region(box=(4, 3, 28, 20))], (0.2, 0.1)),
    "beside a Doppler trace": ([region(), region(9, 9, **DOPPLER)], (0.2, 0.1)),
    "two that agree": ([region(box=(0, 0, 15, 23)), region(box=(16, 0, 31, 23))], (0.2, 0.1)),
    "two that differ": ([region(box=(0, 0, 15, 23)), region(0.03, box=(16, 0, 31, 23))], None),
    "an inset": ([region(box=(0, 0, 9, 9))], None),
    "outside, as after scaling": ([region(box=(0, 0, 640, 480))], None),
    "not in cm": ([region(PhysicalUnitsXDirection=4)], None),
    "only a trace": ([region(**DOPPLER)], None),
    "without a length": ([region(None)], None),
    "of length zero": ([region(0.0, 0.0)], None),
    "of no number": ([region(float("nan"), 0.02)], None),
    "of a metre": ([region(100.0, 100.0)], None),
    "none": ([], None),
}


@pytest.mark.parametrize("case", REGIONS)
def test_spacing_of_the_ultrasound_regions(grey, case):
    regions, expected = REGIONS[case]
    found = read_image(dicom(grey, SequenceOfUltrasoundRegions=Sequence(regions))).spacing
    assert found == (pytest.approx(expected) if expected else None)


def test_pixel_spacing_counts_where_no_tissue_region_is(grey):
    assert read_image(dicom(grey, PixelSpacing=[0.3, 0.15])).spacing == (0.3, 0.15)
    inset = Sequence([region(box=(0, 0, 9, 9))])
    both = dicom(grey, PixelSpacing=[0.3, 0.15], SequenceOfUltrasoundRegions=inset)
    assert read_image(both).spacing is None  # the file contradicts itself
    assert read_image(dicom(grey, PixelSpacing=[0.0, 0.0])).spacing is None


# What must be refused.


def jpeg_of_another_size(grey: np.ndarray) -> bytes:
    frame = encoded(np.zeros((2000, 3000), np.uint8), "JPEG")
    return dicom(grey, JPEGBaseline8Bit, PixelData=encapsulate([frame]))


def rle_bomb(grey: np.ndarray) -> bytes:
    """9 MB that would unfold to 600 MB."""
    frame = np.zeros(64, np.uint8).tobytes() + b"\x81\x00" * 4_700_000
    return dicom(grey, RLELossless, PixelData=encapsulate([frame]))


def deflate_bomb(grey: np.ndarray) -> bytes:
    data = dicom(grey, DeflatedExplicitVRLittleEndian)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return data + packer.compress(b"\0" * 10**8) + packer.flush()


def items(grey: np.ndarray) -> bytes:
    regions = Sequence([Dataset()] * 20_001)
    return dicom(grey, SequenceOfUltrasoundRegions=regions)


BAD: dict[str, tuple[Callable[[np.ndarray], bytes], str]] = {
    "no header": (lambda g: b"\0" * 128 + b"DICM", "DICOM"),
    "cut in the header": (lambda g: dicom(g)[:400], "without pixels"),
    "cut in the pixels": (lambda g: dicom(g)[:-300], "damaged"),
    "no pixels": (lambda g: dicom(g, PixelData=None), "without pixels"),
    "too few pixels": (lambda g: dicom(g, PixelData=b"\1\2"), "damaged"),
    "no size": (lambda g: dicom(g, Rows=None), "damaged"),
    "no rows": (lambda g: dicom(g, Rows=0), "32×0 pixels"),
    "narrow": (lambda g: dicom(g[:, : MIN_SIDE - 1].copy()), f"{MIN_SIDE - 1}×24 pixels"),
    "billions of pixels": (lambda g: dicom(g, Rows=65535, Columns=65535), "40 million"),
    "many frames": (lambda g: dicom(g, NumberOfFrames=2**31 - 1), "damaged"),
    "frames below zero": (lambda g: dicom(g, NumberOfFrames=-3), "damaged"),
    "32 bits": (lambda g: dicom(g.astype(np.uint32)), "32 bits"),
    "CMYK": (lambda g: dicom(g, PhotometricInterpretation="CMYK"), "stores its colours"),
    "two samples": (lambda g: dicom(g, SamplesPerPixel=2), "damaged"),
    "palette without colours": (
        lambda g: dicom(g, PhotometricInterpretation="PALETTE COLOR"), "damaged"),
    "JPEG-LS that is none": (
        lambda g: dicom(g, JPEGLSLossless, PixelData=encapsulate([b"\0\0"])), "damaged"),
    "a video": (
        lambda g: dicom(g, "1.2.840.10008.1.2.4.102", PixelData=encapsulate([b"\0\0"])), "H.264"),
    "private syntax": (
        lambda g: dicom(g, JPEGBaseline8Bit, PixelData=encapsulate([b"\0\0"])).replace(
            JPEGBaseline8Bit.encode(), b"1.2.276.0.7230010.3.1\0"), "private"),
    "JPEG that is none": (
        lambda g: dicom(g, JPEGBaseline8Bit, PixelData=encapsulate([b"no JPEG!"])), "damaged"),
    "JPEG without a frame": (
        lambda g: dicom(g, JPEGBaseline8Bit, PixelData=encapsulate([b"\0\0"])), "damaged"),
    "JPEG of another size": (jpeg_of_another_size, "damaged"),
    "RLE that unfolds": (rle_bomb, "RLE frame"),
    "deflated": (deflate_bomb, "Deflated"),
    "thousands of items": (items, "20001 sequence items"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # the writer warns of what is wrong here on purpose
@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused_in_one_line(grey, case):
    make, words = BAD[case]
    data = make(grey)
    started = time.process_time()
    with pytest.raises(InputError) as caught:
        read_image(data, "scan.dcm")
    line = str(caught.value)
    assert line.startswith("scan.dcm ") and words in line
    assert "\n" not in line and line.endswith(".") and len(line) < 250
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert time.process_time() - started < 2


def test_a_mask_is_no_dicom(grey):
    with pytest.raises(InputError, match="is DICOM, which is read as an image"):
        read_mask(dicom(grey))


@pytest.mark.filterwarnings("ignore")
def test_mutated_files_decode_or_are_refused(grey):
    dice = random.Random(0)
    rle = dataset(grey)
    rle.compress(RLELossless)
    jpeg = encapsulate([encoded(grey, "JPEG")])
    seeds = [
        dicom(grey, SequenceOfUltrasoundRegions=Sequence([region(), region()])),
        dicom(coloured(), ImplicitVRLittleEndian),
        packed(rle),
        dicom(grey, JPEGBaseline8Bit, PixelData=jpeg),
    ]
    decoded = refused = 0
    for turn in range(240):
        data = bytearray(seeds[turn % len(seeds)])
        if turn % 5 == 0:
            del data[dice.randrange(132, len(data)) :]
        for _ in range(dice.choice((1, 3, 20))):
            data[dice.randrange(132, len(data))] = dice.randrange(256)
        try:
            image = read_image(bytes(data))
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            decoded += 1
            assert image.pixels.dtype == np.uint8 and image.pixels.ndim == 2
    assert decoded > 20 and refused > 60  # both ways were taken
