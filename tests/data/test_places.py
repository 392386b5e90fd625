"""Nothing is read from outside of the folder that was allowed, and nothing but regular files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtlbus.core.errors import DataError
from mtlbus.data.layouts import load_dataset
from mtlbus.data.places import (
    LONGEST,
    checked_path,
    inside,
    is_left_behind,
    listing,
    read_regular_file,
    shown,
)

SECRET = "pass-word-7391"


def png(path: Path, value: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((24, 32), value, np.uint8)).save(path)
    return path


@pytest.fixture
def world(tmp_path) -> tuple[Path, Path]:
    """A folder that may be read, and one beside it that may not, of which it begins the name."""
    png(tmp_path / "open" / "benign" / "a.png")
    png(tmp_path / "open" / "malignant" / "b.png")
    png(tmp_path / "open-not" / "benign" / f"{SECRET}.png")
    (tmp_path / "open-not" / "m.csv").write_text(
        f"image,mask,label,group\nbenign/{SECRET}.png,,0,p\n"
    )
    return tmp_path / "open", tmp_path / "open-not"


def test_inside_follows_links_and_dots(world):
    allowed, other = world
    (allowed / "out").symlink_to(other)
    (allowed / "in").symlink_to(allowed / "benign")
    assert inside(allowed, allowed / "in" / "a.png") == (allowed / "benign" / "a.png").resolve()
    assert inside(allowed, allowed) == allowed.resolve()
    for path in (other, allowed / "out" / "m.csv", allowed / ".." / "open-not", "/etc/passwd", "/"):
        with pytest.raises(DataError, match="is not in the folder that may be read"):
            inside(allowed, path)


def test_a_dataset_outside_of_the_allowed_folder_is_refused(world):
    allowed, other = world
    (allowed / "link").symlink_to(other)
    for layout, path in (
        ("folder", other), ("folder", allowed / "link"), ("folder", allowed / ".."),
        ("manifest", other / "m.csv"), ("manifest", allowed / "link" / "m.csv"),
        ("manifest", "/etc/passwd"), ("busi", other),
    ):  # fmt: skip
        with pytest.raises(DataError) as caught:
            load_dataset(layout, path, within=allowed)
        assert "is not in the folder that may be read" in str(caught.value), path
        assert SECRET not in str(caught.value)
    assert len(load_dataset("folder", other).samples) == 1  # without a limit it may be read


def test_links_in_a_dataset_do_not_lead_out_of_the_allowed_folder(world):
    allowed, other = world
    (allowed / "benign" / "x.png").symlink_to(other / "benign" / f"{SECRET}.png")
    (allowed / "malignant" / "y.png").symlink_to(allowed / "benign" / "a.png")
    (allowed / "normal").symlink_to(other / "benign")
    dataset = load_dataset("folder", allowed, within=allowed)
    assert {sample.id for sample in dataset.samples} == {"a", "b", "y"}
    assert sum("lead out of the folder" in line for line in dataset.defects) == 1
    assert not any(SECRET in line for line in dataset.defects)
    assert len(load_dataset("folder", allowed).samples) == 5


def test_a_manifest_does_not_reach_out_of_the_allowed_folder(world):
    allowed, other = world
    png(allowed / "mask.png")
    (allowed / "link.png").symlink_to(other / "benign" / f"{SECRET}.png")
    (allowed / "m.csv").write_text(
        "image,mask,label,group\n"
        "benign/a.png,,0,p\n"
        f"../open-not/benign/{SECRET}.png,,0,q\n"
        f"{other}/benign/{SECRET}.png,,0,r\n"
        "link.png,,0,s\n"
        "/etc/passwd,,0,t\n"
        f"malignant/b.png,../open-not/benign/{SECRET}.png,1,u\n"
    )
    dataset = load_dataset("manifest", allowed / "m.csv", within=allowed)
    assert {sample.id: sample.masks for sample in dataset.samples} == {"a": (), "b": ()}
    assert len(dataset.defects) == 5 and not any(SECRET in line for line in dataset.defects)
    absent = "line 3: its image is no file; left out."  # the same as for a file that is not there
    assert absent in dataset.defects
    assert len(load_dataset("manifest", allowed / "m.csv").samples) == 4


def test_the_table_of_a_layout_is_not_read_through_a_link(world):
    allowed, other = world
    png(allowed / "set" / "Images" / "bus_0001-l.png")
    (other / "bus_data.csv").write_text(f"ID,Case,Pathology\n{SECRET},1,benign\n")
    (allowed / "set" / "bus_data.csv").symlink_to(other / "bus_data.csv")
    (allowed / "set" / "5-fold-cv.csv").write_text("ID,kFold\nbus_0001-l,1\n")
    with pytest.raises(DataError, match="not in the folder") as caught:
        load_dataset("busbra", allowed / "set", within=allowed)
    assert SECRET not in str(caught.value)


def test_only_regular_files_are_read(tmp_path):
    (tmp_path / "f").write_bytes(b"123")
    assert read_regular_file(tmp_path / "f", 3) == b"123"
    with pytest.raises(DataError, match="more than"):
        read_regular_file(tmp_path / "f", 2)
    os.mkfifo(tmp_path / "p")
    for path, words in (
        (tmp_path / "p", "not a regular file"),  # at once: nobody writes into this pipe
        ("/dev/zero", "not a regular file"),
        (tmp_path, "is a folder"),
        (tmp_path / "gone", "No such file"),
    ):
        with pytest.raises(DataError, match=words):
            read_regular_file(path, 100)


def test_paths_that_no_system_takes_are_one_line(tmp_path):
    for path in ("a\0b", "x" * (LONGEST + 1), "x/" * 3000):
        with pytest.raises(DataError) as caught:
            checked_path(path)
        assert len(str(caught.value)) < 200 and str(caught.value).isprintable()
    assert shown("a\x1b[31m\nb") == r"'a\x1b[31m b'"
    assert len(shown("y" * 900)) < 130


def test_what_systems_leave_behind_is_passed_over(tmp_path):
    left = (".DS_Store", "._a.png", "Thumbs.db", "desktop.ini", "__MACOSX", ".hidden")
    for name in left:
        (tmp_path / name).write_bytes(b"")
        assert is_left_behind(name)
    (tmp_path / "a.png").write_bytes(b"")
    assert listing(tmp_path) == [tmp_path / "a.png"]
