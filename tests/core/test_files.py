"""A reader sees the old content or the new one."""

from __future__ import annotations

import errno
import json
import os
import tempfile

import pytest

from mtlbus.core.errors import OutputError
from mtlbus.core.files import fitting, require_file, require_folder, write_atomically, write_json


def test_an_interrupted_write_keeps_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "card.json"
    write_atomically(target, b"old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target], "no temporary file is left"


def test_json_keeps_signs_and_refuses_nan(tmp_path):
    write_json(tmp_path / "a" / "b.json", {"γ": 1})
    text = (tmp_path / "a" / "b.json").read_text(encoding="utf-8")
    assert "γ" in text and json.loads(text) == {"γ": 1}
    with pytest.raises(ValueError):
        write_json(tmp_path / "nan.json", {"auc": float("nan")})
    assert not (tmp_path / "nan.json").exists()


CHINESE = "乳" * 75  # 225 bytes


def test_a_name_fits_whatever_the_stem_and_two_stems_stay_two_names(tmp_path):
    ending = ".0a1b2c3d.hybrid_mt_estan.overlay.png"
    assert fitting("scan", ending) == f"scan{ending}"
    names = {fitting(stem, ending) for stem in (CHINESE, CHINESE + "1", CHINESE + "2", "a" * 300)}
    assert len(names) == 4
    for name in names:
        assert len(os.fsencode(name)) <= 255 and name.endswith(ending)
        (tmp_path / name).write_bytes(b"")
    assert fitting(CHINESE, ending).startswith("乳" * 60)


def test_a_name_that_is_no_utf8_is_cut_between_its_bytes(tmp_path):
    name = fitting(os.fsdecode(b"\xe9" * 300), ".png")
    assert len(os.fsencode(name)) == 255
    (tmp_path / name).write_bytes(b"")


def test_a_name_of_255_bytes_is_written(tmp_path):
    write_atomically(tmp_path / ("乳" * 85), b"x")
    assert (tmp_path / ("乳" * 85)).read_bytes() == b"x"


def test_json_keeps_a_name_that_is_no_utf8(tmp_path):
    name = os.fsdecode(b"caf\xe9.png")
    write_json(tmp_path / "a.json", [name])
    assert json.loads((tmp_path / "a.json").read_bytes().decode()) == [name]


KINDS = {
    "full": (errno.ENOSPC, "No space left"),
    "read-only": (errno.EROFS, "Read-only"),
    "not allowed": (errno.EACCES, "Permission denied"),
    "quota": (errno.EDQUOT, "quota"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("write", [
    lambda path: write_atomically(path / "a.png", b"x"), require_folder,
    lambda path: require_file(path / "a.csv"),
])  # fmt: skip
def test_what_the_system_refuses_is_one_line(tmp_path, monkeypatch, kind, write):
    number, words = KINDS[kind]

    def refused(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "mkstemp", refused)
    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    with pytest.raises(OutputError, match=words) as caught:
        write(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("file", "is needed"),
        ("file/deeper", "is needed"),
        ("x" * 300, "too long"),
        ("乳" * 90, "too long"),
        ("/".join(["deep"] * 1500), "too long"),
        ("a\0b", "no path"),
    ],
)
def test_a_place_where_no_folder_can_be(tmp_path, place, words):
    (tmp_path / "file").write_text("kept")
    for write in (require_folder, lambda path: write_atomically(path / "a.png", b"x")):
        with pytest.raises(OutputError, match=words) as caught:
            write(tmp_path / place)
        assert len(str(caught.value)) < 500 and "\n" not in str(caught.value)
    assert (tmp_path / "file").read_text() == "kept" and len(list(tmp_path.iterdir())) == 1


def test_a_folder_or_a_pipe_is_not_replaced_by_a_file(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("folder", "is a folder"), ("pipe", "no regular file")):
        for write in (require_file, lambda path: write_atomically(path, b"x")):
            with pytest.raises(OutputError, match=words):
                write(tmp_path / name)


def test_trying_leaves_nothing_behind(tmp_path):
    require_folder(tmp_path / "a" / "b")
    require_file(tmp_path / "a" / "b.csv")
    (tmp_path / "old.csv").write_text("kept")
    require_file(tmp_path / "old.csv")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["kept"]
