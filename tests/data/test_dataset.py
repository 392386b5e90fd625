"""What a sample knows about its outline: drawn, known to be empty, or unknown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from mtlbus.core.errors import DataError, InputError
from mtlbus.data import masks
from mtlbus.data.dataset import Sample
from mtlbus.data.layouts import load_dataset
from mtlbus.data.masks import fitting_mask, stated_shape
from tests.rows import many_rows

SHAPE = (24, 32)  # rows, columns


def write(path: Path, plane: np.ndarray, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(plane).save(path, **options)
    return path


def outline(rows: slice, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """255 in these rows."""
    plane = np.zeros(shape, np.uint8)
    plane[rows] = 255
    return plane


@pytest.fixture
def image(tmp_path) -> Path:
    return write(tmp_path / "scan.png", np.full(SHAPE, 90, np.uint8))


def sample(image: Path, *masks: Path, **facts) -> Sample:
    return Sample("scan", "folder", image, masks, **facts)


def test_without_a_file_the_outline_is_unknown_and_not_empty(image):
    unknown = sample(image, label=0)
    assert not unknown.has_mask and unknown.mask() is None
    assert unknown.usable_mask() == (None, "")


def test_a_normal_image_is_known_to_have_no_lesion_with_a_file_or_without(image, tmp_path):
    empty = write(tmp_path / "scan_mask.png", outline(slice(0, 0)))
    for normal in (sample(image, normal=True), sample(image, empty, normal=True)):
        mask = normal.mask()
        assert normal.has_mask and mask is not None
        assert mask.shape == SHAPE and mask.dtype == np.bool_ and not mask.any()


def test_a_normal_image_with_an_outline_contradicts_itself(image, tmp_path):
    drawn = sample(image, write(tmp_path / "scan_mask.png", outline(slice(3, 9))), normal=True)
    with pytest.raises(DataError, match=r"scan_mask\.png outlines something"):
        drawn.mask()
    assert drawn.usable_mask() == (
        None,
        "scan: scan_mask.png outlines something in an image without lesion.",
    )


def test_masks_that_fit_are_merged(image, tmp_path):
    two = sample(
        image,
        write(tmp_path / "a.png", outline(slice(2, 4))),
        write(tmp_path / "b.png", outline(slice(10, 11))),
        label=1,
    )
    assert np.flatnonzero(two.mask().all(axis=1)).tolist() == [2, 3, 10]
    assert two.usable_mask(SHAPE)[0].sum() == 3 * 32


@pytest.mark.parametrize("shape", [(18, 24), (32, 24), (24, 33), (240, 320)])
def test_a_mask_of_another_size_or_shape_is_refused_and_named(image, tmp_path, shape):
    wrong = sample(image, write(tmp_path / "scan_mask.png", outline(slice(2, 9), shape)), label=1)
    line = f"scan_mask.png is {shape[1]}×{shape[0]} px, its image 32×24 px."
    for stated in (None, SHAPE):
        with pytest.raises(DataError) as caught:
            wrong.mask(stated)
        assert str(caught.value) == line
        assert wrong.usable_mask(stated) == (None, f"scan: {line}")


def test_one_of_several_masks_is_enough_to_be_refused(image, tmp_path):
    fits = write(tmp_path / "a.png", outline(slice(2, 4)))
    other = write(tmp_path / "b.png", outline(slice(2, 4), (18, 24)))
    with pytest.raises(DataError, match=r"b\.png is 24×18 px"):
        sample(image, fits, other).mask()


def test_a_mask_that_is_no_picture_leaves_the_outline_unknown(image, tmp_path):
    text = tmp_path / "scan_mask.png"
    text.write_text("x,y\n1,2\n")
    mask, fault = sample(image, text, label=1).usable_mask()
    assert mask is None and fault.startswith("scan: scan_mask.png")
    with pytest.raises(InputError):
        sample(image, text, label=1).mask()


def test_a_mask_given_by_hand_must_fit_too(tmp_path):
    plane = outline(slice(2, 9), (18, 24))
    path = write(tmp_path / "m.png", plane)
    assert fitting_mask(path, (18, 24)).sum() == 7 * 24
    with pytest.raises(InputError, match="The mask is 24×18 px, the image 32×24 px"):
        fitting_mask(path, SHAPE)


def test_the_stated_shape_is_that_of_the_upright_picture(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    turned = write(tmp_path / "t.jpg", np.full((20, 48), 9, np.uint8), exif=exif.tobytes())
    assert stated_shape(turned) == (48, 20)
    assert stated_shape(write(tmp_path / "a.png", np.full((20, 48), 9, np.uint8))) == (20, 48)
    (tmp_path / "x.png").write_bytes(b"no picture")
    assert stated_shape(tmp_path / "x.png") is None
    assert stated_shape(tmp_path) is None and stated_shape(tmp_path / "gone.png") is None


def test_a_picture_that_says_behind_its_pixels_how_to_turn_it_keeps_its_mask(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # 24 rows of 32 pixels become 32 rows of 24
    lying = write(tmp_path / "set" / "scan.png", np.full(SHAPE, 90, np.uint8), exif=exif)
    data = lying.read_bytes()
    start = data.index(b"eXIf") - 4  # the chunk goes to the end, before IEND
    length = int.from_bytes(data[start : start + 4]) + 12
    chunk, rest = data[start : start + length], data[:start] + data[start + length :]
    lying.write_bytes(rest[:-12] + chunk + rest[-12:])
    write(tmp_path / "set" / "scan_mask.png", outline(slice(2, 9), (32, 24)))
    (found,) = load_dataset("folder", tmp_path / "set").samples
    assert found.pixels().shape == (32, 24) and found.mask((32, 24)).sum() == 7 * 24


def test_each_layout_tells_normal_from_unknown(tmp_path):
    for name in ("benign", "malignant", "normal"):
        write(tmp_path / "set" / name / f"{name} (9001).png", np.full(SHAPE, 90, np.uint8))
    table = tmp_path / "set" / "all.csv"
    table.write_text(
        "image,mask,label,group\n"
        "benign/benign (9001).png,,benign,a\n"
        "malignant/malignant (9001).png,,,b\n"
        "normal/normal (9001).png,,normal,c\n"
    )
    for layout, path in (("busi", "set"), ("folder", "set"), ("manifest", "set/all.csv")):
        dataset = load_dataset(layout, tmp_path / path)
        known = {s.id: (s.normal, s.has_mask) for s in dataset.samples}
        assert known == {
            "benign (9001)": (False, False),
            "malignant (9001)": (False, False),
            "normal (9001)": (True, True),
        }, layout
        assert [s.id for s in dataset.normals()] == ["normal (9001)"]
        assert not dataset.normals()[0].mask().any()


def test_a_manifest_opens_each_file_once_and_decodes_none(tmp_path, monkeypatch):
    """So time grows with the rows and memory does not grow with the pixels: `tests.rows`."""
    path, opened = many_rows(tmp_path, 60), []
    usual = masks.Image.open
    monkeypatch.setattr(masks.Image, "open", lambda f, **o: (opened.append(f), usual(f, **o))[1])
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    samples = load_dataset("manifest", path).samples
    assert len(samples) == 60
    assert sorted(opened) == sorted(p for s in samples for p in (s.image, *s.masks))
