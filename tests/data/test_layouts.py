"""The dataset layouts on tiny files, and their counts on the real data where those are at hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtlbus.core.errors import DataError, InputError, UnknownNameError
from mtlbus.data.busi import read_folds
from mtlbus.data.dataset import Dataset, Sample
from mtlbus.data.layouts import LAYOUTS, load_dataset, parse_dataset

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_real_data = pytest.mark.skipif(
    not REAL.is_dir(), reason="needs BUSI and BUS-BRA in ../shared/data beside the repository"
)
SIZE = (24, 32)  # rows, columns


def write(path: Path, value: int = 90, size: tuple[int, int] = SIZE) -> Path:
    """A grey image of one value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(size, value, np.uint8)).save(path)
    return path


def write_mask(path: Path, rows: slice = slice(4, 8), size: tuple[int, int] = SIZE) -> Path:
    """A mask that is white in these rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros(size, np.uint8)
    mask[rows] = 255
    Image.fromarray(mask).save(path)
    return path


def by_id(dataset: Dataset) -> dict[str, Sample]:
    samples = {sample.id: sample for sample in dataset.samples}
    assert len(samples) == len(dataset.samples), "ids repeat"
    return samples


def rows_of(sample: Sample) -> list[int]:
    """The rows in which a sample's mask is set."""
    mask = sample.mask()
    assert mask is not None and mask.dtype == np.bool_ and mask.shape == sample.pixels().shape
    return np.flatnonzero(mask.all(axis=1)).tolist()


# BUSI


@pytest.fixture
def busi(tmp_path) -> Path:
    root = tmp_path / "Dataset_BUSI_with_GT"
    for name in ("benign (1)", "malignant (9001)", "normal (9001)"):
        folder = root / name.split()[0]
        write(folder / f"{name}.png")
        write_mask(folder / f"{name}_mask.png", slice(0, 0) if "normal" in name else slice(4, 8))
    write_mask(root / "benign" / "benign (1)_mask_1.png", slice(10, 12))
    return root


def test_busi(busi):
    dataset = load_dataset("busi", busi)
    samples = by_id(dataset)
    assert (dataset.name, dataset.root, dataset.defects) == ("busi", busi, ())
    assert {name: sample.label for name, sample in samples.items()} == {
        "benign (1)": 0,
        "malignant (9001)": 1,
        "normal (9001)": None,
    }
    assert rows_of(samples["benign (1)"]) == [4, 5, 6, 7, 10, 11]  # both files merged
    assert rows_of(samples["normal (9001)"]) == []
    row = read_folds()["benign (1)"]
    assert samples["benign (1)"].group == f"busi:{row['group']}"
    assert samples["benign (1)"].fold == int(row["fold"])
    # An image that the split file does not know is a group of its own, in no fold.
    assert samples["malignant (9001)"].group == "busi:malignant (9001)"
    assert samples["malignant (9001)"].fold is None
    assert {sample.id for sample in dataset.lesions()} == {"benign (1)", "malignant (9001)"}


def test_busi_leaves_out_what_it_cannot_use(busi):
    mixed = next(name for name, row in read_folds().items() if row["mixed_label"] == "1")
    folder = busi / mixed.split()[0]
    write(folder / f"{mixed}.png")
    write_mask(folder / f"{mixed}_mask.png")
    write(busi / "benign" / "benign (9002).png")
    dataset = load_dataset("busi", busi)
    assert len(dataset.samples) == 4
    assert any("two labels" in line for line in dataset.defects)
    assert by_id(dataset)["benign (9002)"].mask() is None
    assert any("benign (9002).png: no mask" in line for line in dataset.defects)


def test_busi_in_another_layout(tmp_path):
    with pytest.raises(DataError, match="No folder"):
        load_dataset("busi", tmp_path / "gone")
    with pytest.raises(DataError, match="no folder 'benign'"):
        load_dataset("busi", tmp_path)
    for name in ("benign", "malignant", "normal"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="No images"):
        load_dataset("busi", tmp_path)


# BUS-BRA

BUSBRA_DATA = """\
ID,Case,Histology,Pathology,BIRADS,Device,Width,Height,Side,BBOX
bus_0001-l,1,carcinoma,malignant,4,GE Logiq 7 @10-14MHz,32,24,left,"[1,2,3,4]"
bus_0001-r,1,carcinoma,malignant,4,GE Logiq 7 @10-14MHz,32,24,right,"[1,2,3,4]"
bus_0002-s,2,fibroadenoma,benign,3,Toshiba,32,24,single,"[1,2,3,4]"
"""
BUSBRA_FOLDS = """\
ID,Pathology,kFold,valid_1,valid_2,valid_3,valid_4,valid_5
bus_0001-l,malignant,3,1,1,NaN,1,1
bus_0001-r,malignant,3,1,1,NaN,1,1
bus_0002-s,benign,1,NaN,1,1,1,1
"""


@pytest.fixture
def busbra(tmp_path) -> Path:
    root = tmp_path / "BUSBRA"
    for name in ("0001-l", "0001-r", "0002-s"):
        write(root / "Images" / f"bus_{name}.png")
        write_mask(root / "Masks" / f"mask_{name}.png")
    (root / "bus_data.csv").write_text(BUSBRA_DATA, encoding="utf-8")
    (root / "5-fold-cv.csv").write_text(BUSBRA_FOLDS, encoding="utf-8")
    return root


def test_busbra(busbra):
    dataset = load_dataset("busbra", busbra)
    samples = by_id(dataset)
    assert dataset.name == "busbra" and dataset.defects == ()
    assert {name: (s.label, s.group, s.fold) for name, s in samples.items()} == {
        "bus_0001-l": (1, "busbra:1", 3),
        "bus_0001-r": (1, "busbra:1", 3),
        "bus_0002-s": (0, "busbra:2", 1),
    }
    assert samples["bus_0002-s"].facts == {
        "birads": "3",
        "histology": "fibroadenoma",
        "device": "Toshiba",
    }
    assert rows_of(samples["bus_0002-s"]) == [4, 5, 6, 7]


def test_busbra_with_holes(busbra):
    (busbra / "Masks" / "mask_0001-r.png").unlink()
    dataset = load_dataset("busbra", busbra)
    assert set(by_id(dataset)) == {"bus_0001-l", "bus_0001-r", "bus_0002-s"}
    assert by_id(dataset)["bus_0001-r"].mask() is None
    assert dataset.defects == ("bus_data.csv, line 3: no mask file; its outline is unknown.",)
    (busbra / "Images" / "bus_0002-s.png").unlink()
    assert set(by_id(load_dataset("busbra", busbra))) == {"bus_0001-l", "bus_0001-r"}
    for path in (busbra / "Images").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="No images"):
        load_dataset("busbra", busbra)
    (busbra / "5-fold-cv.csv").unlink()
    with pytest.raises(DataError, match=r"5-fold-cv\.csv"):
        load_dataset("busbra", busbra)


# A plain folder


def test_folder_without_classes(tmp_path):
    write(tmp_path / "b.png")
    write(tmp_path / "a.JPG")
    write_mask(tmp_path / "a_mask.png")
    dataset = load_dataset("folder", tmp_path)
    assert [s.id for s in dataset.samples] == ["a", "b"]
    assert [s.label for s in dataset.samples] == [None, None]
    assert [s.group for s in dataset.samples] == ["folder:a", "folder:b"]
    assert [s.fold for s in dataset.samples] == [None, None]
    first, second = dataset.samples
    assert rows_of(first) == [4, 5, 6, 7] and second.mask() is None
    assert dataset.defects == () and dataset.lesions() == ()


def test_folder_with_classes_and_both_kinds_of_masks(tmp_path):
    write(tmp_path / "benign" / "a.png")
    write_mask(tmp_path / "benign" / "a_mask.png")
    write_mask(tmp_path / "benign" / "a_mask_1.png", slice(10, 12))
    write(tmp_path / "Malignant" / "b.bmp")
    write_mask(tmp_path / "Malignant" / "masks" / "b.png", slice(1, 3))
    write(tmp_path / "Malignant" / "c.tif")
    write_mask(tmp_path / "Malignant" / "masks" / "c_mask.png", slice(2, 3))
    write(tmp_path / "normal" / "d.png")
    samples = by_id(load_dataset("folder", tmp_path))
    assert {name: sample.label for name, sample in samples.items()} == {
        "a": 0,
        "b": 1,
        "c": 1,
        "d": None,
    }
    assert rows_of(samples["a"]) == [4, 5, 6, 7, 10, 11]
    assert rows_of(samples["b"]) == [1, 2] and rows_of(samples["c"]) == [2]


def test_folder_keeps_equal_names_apart(tmp_path):
    write(tmp_path / "benign" / "1.png", 10)
    write(tmp_path / "malignant" / "1.png", 20)
    samples = by_id(load_dataset("folder", tmp_path))
    assert {name: int(sample.pixels()[0, 0]) for name, sample in samples.items()} == {
        "benign/1.png": 10,
        "malignant/1.png": 20,
    }
    assert len({sample.group for sample in samples.values()}) == 2


def test_folder_lists_what_it_leaves_out(tmp_path):
    write(tmp_path / "benign" / "a.png")
    write(tmp_path / "loose.png")
    write(tmp_path / "unclear" / "b.png")
    write_mask(tmp_path / "benign" / "gone_mask.png")
    (tmp_path / "benign" / "empty.png").touch()
    (tmp_path / "benign" / "notes.txt").write_text("x")
    (tmp_path / "benign" / "link.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "benign" / ".DS_Store").write_text("x")
    dataset = load_dataset("folder", tmp_path)
    assert set(by_id(dataset)) == {"a"}
    for words in (
        "1 image files beside",
        "unclear: is no class folder",
        "benign/gone_mask.png: mask without an image",
        "benign/empty.png: empty file",
        "benign/notes.txt: not a PNG",
        "benign/link.png: a link to nothing",
    ):
        assert sum(words in line for line in dataset.defects) == 1, words
    assert len(dataset.defects) == 6
    assert all("\n" not in line for line in dataset.defects)


def test_a_picture_that_is_none_is_left_out_and_one_that_was_cut_off_is_found_when_read(tmp_path):
    write(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no image")
    generator = np.random.default_rng(0)
    Image.fromarray(generator.integers(0, 255, (64, 64), np.uint8)).save(tmp_path / "c.png")
    (tmp_path / "c.png").write_bytes((tmp_path / "c.png").read_bytes()[:900])
    dataset = load_dataset("folder", tmp_path)
    assert set(by_id(dataset)) == {"a", "c"}
    (line,) = dataset.unreadable
    assert line.startswith("b.png looks like a text") and any(line in d for d in dataset.defects)
    with pytest.raises(InputError, match=r"c\.png is damaged"):
        by_id(dataset)["c"].pixels()


def test_folder_without_images(tmp_path):
    with pytest.raises(DataError, match="No folder"):
        load_dataset("folder", tmp_path / "gone")
    (tmp_path / "benign").mkdir()
    with pytest.raises(DataError, match=r"No images.*benign, malignant, normal"):
        load_dataset("folder", tmp_path)


# A manifest


def manifest(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "manifest.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_manifest(tmp_path):
    for name in "abcdef":
        write(tmp_path / "images" / f"{name}.png")
    write_mask(tmp_path / "masks" / "a.png")
    outside = write(tmp_path.parent / f"{tmp_path.name}_outside" / "g.png")
    path = manifest(
        tmp_path,
        "image,mask,label,group,fold\r\n"
        "images/a.png,masks/a.png,benign,patient 1,1\r\n"
        ' images/b.png ,,Malignant,"patient, 2",5\r\n'
        "\r\n"
        "images/c.png,,0,patient 1,1\r\n"
        "images/d.png,,1,,\r\n"
        "images/e.png,,normal\r\n"
        "images/f.png,,,,\r\n"
        f"{outside},,0,,\r\n",
        "utf-8-sig",  # as Excel writes it
    )
    dataset = load_dataset("manifest", path)
    assert (dataset.name, dataset.root, dataset.defects) == ("manifest", path, ())
    assert {name: (s.label, s.group, s.fold) for name, s in by_id(dataset).items()} == {
        "a": (0, "manifest:patient 1", 1),
        "b": (1, "manifest:patient, 2", 5),
        "c": (0, "manifest:patient 1", 1),
        "d": (1, "manifest:d", None),
        "e": (None, "manifest:e", None),
        "f": (None, "manifest:f", None),
        "g": (0, "manifest:g", None),
    }
    samples = by_id(dataset)
    assert rows_of(samples["a"]) == [4, 5, 6, 7] and samples["b"].mask() is None
    assert samples["g"].pixels().shape == SIZE


def test_manifest_without_folds_and_with_more_columns(tmp_path):
    write(tmp_path / "a.png")
    path = manifest(tmp_path, "Group,label,mask,comment,Image\np,benign,,fine,a.png\n")
    (sample,) = load_dataset("manifest", path).samples
    assert (sample.label, sample.group, sample.fold) == (0, "manifest:p", None)


def test_manifest_lists_what_is_missing(tmp_path):
    write(tmp_path / "x" / "a.png")
    write(tmp_path / "y" / "a.png")
    path = manifest(
        tmp_path,
        "image,mask,label,group,fold\n"
        "x/a.png,gone.png,benign,p,1\n"
        "gone.png,,benign,p,1\n"
        ",,benign,p,1\n"
        "./x/../x/a.png,,malignant,q,1\n"
        "y/a.png,,benign,p,2\n",
    )
    dataset = load_dataset("manifest", path)
    samples = by_id(dataset)
    assert set(samples) == {"x/a.png", "y/a.png"}
    assert samples["x/a.png"].masks == () and samples["x/a.png"].label == 0
    for words in (
        "line 2: its mask is no file",
        "line 3: its image is no file",
        "line 4: names no image",
        "line 5: its image was named before",
        "the group of line 2 is in folds 1, 2",
    ):
        assert sum(words in line for line in dataset.defects) == 1, words
    assert len(dataset.defects) == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty. Expected columns: image, mask, label, group"),
        ("image,label\na.png,benign\n", "line 1: no column mask, group"),
        ("image,mask,label,group,group\na.png,,0,p,q\n", "line 1: column group twice"),
        ("image,mask,label,group\na.png,,0,p\na.png,,cyst,p\n", "line 3: its label is not allowed"),
        ("image,mask,label,group\na.png,,2,p\n", "Allowed: benign, malignant, normal, 0, 1"),
        ("image,mask,label,group,fold\na.png,,0,p,one\n", "line 2: its fold is not allowed"),
        ("image,mask,label,group,fold\na.png,,0,p,0\n", "line 2: its fold is not allowed"),
        ("image,mask,label,group,fold\na.png,,0,p,1.5\n", "line 2: its fold is not allowed"),
        ("image,mask,label,group\na.png,,0,p,q,r\n", "line 2: 6 cells but 4 columns"),
        ("image,mask,label,group\n", "names no image"),
        ("image,mask,label,group\ngone.png,,0,p\n", "None of the images"),
        ("image,mask,label,group\n" + "x" * 9000 + ",,0,p\n", "None of the images"),
        ("image,mask,label,group\n\0,,0,p\n", "holds NUL"),
    ],
)
def test_bad_manifests(tmp_path, text, words):
    write(tmp_path / "a.png")
    with pytest.raises(DataError) as caught:
        load_dataset("manifest", manifest(tmp_path, text))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_manifest_that_is_no_csv(tmp_path):
    image = write(tmp_path / "a.png")
    with pytest.raises(DataError, match="is no table"):
        load_dataset("manifest", image)
    with pytest.raises(DataError, match="no column group"):
        load_dataset("manifest", manifest(tmp_path, "image,mask,label,größe\n", "latin-1"))
    with pytest.raises(DataError, match="is a folder"):
        load_dataset("manifest", tmp_path)
    with pytest.raises(DataError, match="No such file"):
        load_dataset("manifest", tmp_path / "gone.csv")


# By name


def test_layouts_by_name(busbra):
    assert set(LAYOUTS) >= {"busi", "busbra", "folder", "manifest"}
    assert len(parse_dataset(f"busbra={busbra}").samples) == 3
    with pytest.raises(UnknownNameError, match="Did you mean 'busbra'"):
        load_dataset("bus-bra", busbra)
    for argument in ("busbra", "busbra="):
        with pytest.raises(InputError, match="LAYOUT=PATH"):
            parse_dataset(argument)


def test_masks_of_one_image_must_agree(tmp_path):
    write(tmp_path / "a.png")
    write_mask(tmp_path / "a_mask.png")
    write_mask(tmp_path / "a_mask_1.png", size=(20, 20))
    dataset = load_dataset("folder", tmp_path)
    (sample,) = dataset.samples
    assert sample.mask() is None
    assert dataset.misfits == ("a_mask_1.png is 20×20 px, its image 32×24 px.",)
    assert dataset.defects[-1].endswith("Its image is kept without it.")


# The real data


@needs_real_data
def test_real_busbra():
    dataset = load_dataset("busbra", REAL / "BUSBRA")
    by_id(dataset)
    assert len(dataset.samples) == 1875 and dataset.defects == ()
    assert len({sample.group for sample in dataset.samples}) == 1064
    assert Counter(sample.label for sample in dataset.samples) == {0: 1268, 1: 607}
    assert {sample.fold for sample in dataset.samples} == {1, 2, 3, 4, 5}
    for sample in dataset.samples[::200]:
        assert sample.mask().any() and sample.mask().shape == sample.pixels().shape


@needs_real_data
def test_real_busi():
    dataset = load_dataset("busi", REAL / "Dataset_BUSI_with_GT")
    by_id(dataset)
    # 437 benign, 210 malignant and 133 normal images, less those in groups with two labels.
    mixed = Counter(
        name.split()[0] for name, row in read_folds().items() if row["mixed_label"] == "1"
    )
    assert mixed, "the split file marks no mixed group"
    assert Counter(sample.label for sample in dataset.samples) == {
        0: 437 - mixed["benign"],
        1: 210 - mixed["malignant"],
        None: 133 - mixed["normal"],
    }
    assert all(sample.fold in range(1, 6) for sample in dataset.lesions())
    folds: dict[str, set[int | None]] = {}
    for sample in dataset.lesions():
        folds.setdefault(sample.group, set()).add(sample.fold)
    assert all(len(several) == 1 for several in folds.values())
    for sample in dataset.samples[::100]:
        mask = sample.mask()
        assert mask.shape == sample.pixels().shape
        assert mask.any() == (sample.label is not None)
