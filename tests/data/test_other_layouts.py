"""BrEaST, BUS-UCLM and UDIAT in their official layouts, and data in the spellings people have."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook
from PIL import Image

from mtlbus.core.errors import DataError
from mtlbus.data.dataset import Dataset
from mtlbus.data.layouts import fitting_layout, load_dataset

SIZE = (24, 32)  # rows, columns


def write(path: Path, value: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(SIZE, value, np.uint8)).save(path)
    return path


def write_mask(path: Path, colour: tuple[int, int, int] = (255, 255, 255), rows: int = 5) -> Path:
    """A mask that has this colour in its first rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plane = np.zeros((*SIZE, 3), np.uint8)
    plane[:rows] = colour
    Image.fromarray(plane).save(path)
    return path


def write_sheet(path: Path, *rows: tuple) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def facts(dataset: Dataset) -> dict[str, tuple]:
    """Id to label, normal, group and the rows that the mask marks (None: unknown)."""
    found = {}
    for sample in dataset.samples:
        mask = sample.mask()
        rows = None if mask is None else int(mask.all(axis=1).sum())
        found[sample.id] = (sample.label, sample.normal, sample.group, rows)
    return found


@pytest.fixture
def breast(tmp_path) -> Path:
    folder = tmp_path / "BrEaST-Lesions_USG-images_and_masks"
    for name in ("case001", "case002", "case003", "case004"):
        write(folder / f"{name}.png")
    for name in ("case001", "case002", "case004"):
        write_mask(folder / f"{name}_tumor.png")
    write_mask(folder / "case001_other1.png", rows=20)
    return folder


BREAST_SHEET = (
    ("CaseID", "Image_filename", "Mask_tumor_filename", "BIRADS", "Diagnosis", "Classification"),
    (1, "case001.png", "case001_tumor.png", "4a", "fibroadenoma", "benign"),
    (2, "case002.png", "case002_tumor.png", 5, "carcinoma", "malignant"),
    (3, "case003.png", None, 1, "not applicable", "normal"),
)


@pytest.mark.parametrize("place", ["beside", "inside"])
def test_breast(breast, place):
    root = breast.parent if place == "beside" else breast
    write_sheet(root / "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.xlsx", *BREAST_SHEET)
    dataset = load_dataset("breast", root)
    assert dataset.name == "breast" and dataset.defects == ()
    assert facts(dataset) == {
        "case001": (0, False, "breast:case001", 5),  # without the outline that is no tumour
        "case002": (1, False, "breast:case002", 5),
        "case003": (None, True, "breast:case003", 0),
        "case004": (None, False, "breast:case004", 5),  # not in the sheet
    }
    assert dataset.samples[1].facts == {"birads": "5", "histology": "carcinoma"}


def test_breast_without_its_sheet_has_no_class(breast):
    dataset = load_dataset("breast", breast)
    assert [sample.label for sample in dataset.samples] == [None] * 4
    assert dataset.samples[2].mask() is None  # no outline, and no word that it is normal
    assert any("read without a class" in line for line in dataset.defects)


def test_busuclm(tmp_path):
    for name in ("ALWI_000", "ALWI_001", "ANFO_000", "COPE_007"):
        write(tmp_path / "images" / f"{name}.png")
    write_mask(tmp_path / "masks" / "ALWI_000.png", (0, 255, 0))
    write_mask(tmp_path / "masks" / "ALWI_001.png", (255, 0, 0), rows=7)
    write_mask(tmp_path / "masks" / "ANFO_000.png", rows=0)
    (tmp_path / "INFO.csv").write_text(
        "Image;Marks;Resolution;Label\n"
        "ALWI_000.png;No;32x24;Benign\nALWI_001.png;No;32x24;Malignant\n"
        "ANFO_000.png;Yes;32x24;Normal\n"
    )
    assert facts(load_dataset("busuclm", tmp_path)) == {
        "ALWI_000": (0, False, "busuclm:ALWI", 5),
        "ALWI_001": (1, False, "busuclm:ALWI", 7),
        "ANFO_000": (None, True, "busuclm:ANFO", 0),
        "COPE_007": (None, False, "busuclm:COPE", None),
    }


def test_udiat(tmp_path):
    for number in (1, 2, 3):
        write(tmp_path / "original" / f"{number:06d}.png")
        write_mask(tmp_path / "GT" / f"{number:06d}.png")
    assert [s.label for s in load_dataset("udiat", tmp_path).samples] == [None, None, None]
    write_sheet(tmp_path / "DatasetB.xlsx", ("Image", "Type"), (1, "Benign"), (2.0, "Malignant"))
    assert facts(load_dataset("udiat", tmp_path)) == {
        "000001": (0, False, "udiat:000001", 5),
        "000002": (1, False, "udiat:000002", 5),
        "000003": (None, False, "udiat:000003", 5),
    }


def test_a_folder_in_another_layout_is_not_read_as_a_plain_one(breast, tmp_path):
    write(tmp_path / "u" / "original" / "000001.png")
    write_mask(tmp_path / "u" / "GT" / "000001.png")
    for path, layout in ((breast, "breast"), (tmp_path / "u", "udiat")):
        assert fitting_layout(path) == layout
        with pytest.raises(DataError, match=f"looks like the layout {layout}"):
            load_dataset("folder", path)
        with pytest.raises(DataError, match=f"looks like the layout {layout}"):
            load_dataset("busi", path)


@pytest.mark.parametrize("extension", ["png", "jpg"])
def test_busi_with_what_a_mac_leaves_behind_and_without_normal(tmp_path, extension):
    for kind in ("benign", "malignant"):
        write(tmp_path / kind / f"{kind} (9001).{extension}")
        write_mask(tmp_path / kind / f"{kind} (9001)_mask.png")
        for name in (f"._{kind} (9001).png", f"._{kind} (9001)_mask.png", ".DS_Store"):
            (tmp_path / kind / name).write_bytes(b"\0\5\26\7Mac OS X")
        (tmp_path / kind / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "__MACOSX").mkdir()
    dataset = load_dataset("busi", tmp_path)
    assert {name: (known[0], known[3]) for name, known in facts(dataset).items()} == {
        "benign (9001)": (0, 5),
        "malignant (9001)": (1, 5),
    }
    assert dataset.defects == ("No folder 'normal': read without normal images.",)
    plain = load_dataset("folder", tmp_path)
    assert len(plain.samples) == 2 and plain.defects == ()


BUSBRA = """\
ID,Case,Histology,Pathology,BIRADS,Device
bus_0001-l,1,"carcinoma, ductal",Malignant ,4,GE
bus_0002-s,2,x,BENIGN,3,Toshiba
bus_0003-s,3,x,unclear,3,Toshiba
"""


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_busbra_after_a_spreadsheet(tmp_path, separator, encoding):
    for name in ("0001-l", "0002-s", "0003-s"):
        write(tmp_path / "Images" / f"bus_{name}.png")
        write_mask(tmp_path / "Masks" / f"mask_{name}.png")
    quoted = BUSBRA.replace(", ductal", "# ductal").replace(",", separator).replace("#", ",")
    folds = "ID,kFold\nbus_0001-l,1\nbus_0002-s,2.0\nbus_0003-s,3\n".replace(",", separator)
    (tmp_path / "bus_data.csv").write_bytes(quoted.encode(encoding))
    (tmp_path / "5-fold-cv.csv").write_bytes(folds.encode(encoding))
    dataset = load_dataset("busbra", tmp_path)
    assert [(s.label, s.fold) for s in dataset.samples] == [(1, 1), (0, 2), (None, 3)]
    assert dataset.samples[0].facts["histology"] == "carcinoma, ductal"
    (line,) = dataset.defects
    assert line == "1 with another pathology than benign and malignant: without a class."


def test_images_and_masks_in_folders_of_their_own(tmp_path):
    for kind in ("benign", "malignant"):
        write(tmp_path / "apart" / kind / "images" / f"{kind}1.png")
        write_mask(tmp_path / "apart" / kind / "masks" / f"{kind}1.png")
    write(tmp_path / "bare" / "images" / "a.png")
    write_mask(tmp_path / "bare" / "masks" / "a.png")
    for folder, labels in (("apart", [0, 1]), ("bare", [None])):
        dataset = load_dataset("folder", tmp_path / folder)
        assert [s.label for s in dataset.samples] == labels and dataset.defects == ()
        assert all(s.mask().sum() == 5 * 32 for s in dataset.samples)


def manifest(folder: Path, rows: bytes) -> Dataset:
    (folder / "m.csv").write_bytes(b"image,mask,label,group\n" + rows)
    return load_dataset("manifest", folder / "m.csv")


def test_a_manifest_from_windows(tmp_path):
    write(tmp_path / "images" / "a.png")
    write_mask(tmp_path / "masks" / "a.png")
    dataset = manifest(tmp_path, b"images\\a.png,masks\\a.png,BENIGN,p\r\n")
    assert facts(dataset) == {"a": (0, False, "manifest:p", 5)} and dataset.defects == ()


def test_names_that_are_no_utf8_and_accents_of_a_mac(tmp_path):
    latin = os.fsencode(tmp_path) + b"/caf\xe9.png"
    Path(os.fsdecode(latin)).write_bytes(write(tmp_path / "x.png").read_bytes())
    write(tmp_path / "m\u00fcller.png")  # ü in one sign on the disk …
    rows = "mu\u0308ller.png,,0,Ärztin\n".encode() + b"caf\xe9.png,,1,caf\xe9\n"  # two there
    dataset = manifest(tmp_path, rows)
    assert facts(dataset) == {
        "m\u00fcller": (0, False, "manifest:Ärztin", None),
        "caf\\xe9": (1, False, "manifest:caf\\xe9", None),
    }
    "".join(s.id + s.group for s in dataset.samples).encode()  # every id can be written
    (tmp_path / "x.png").unlink()
    assert "caf\\xe9" in {s.id for s in load_dataset("folder", tmp_path).samples}


def test_a_windows_table_names_a_file_of_utf8(tmp_path):
    write(tmp_path / "größe.png")
    dataset = manifest(tmp_path, "größe.png,,0,p\n".encode("cp1252"))
    assert [s.id for s in dataset.samples] == ["größe"]
