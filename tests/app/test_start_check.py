"""What is wrong when the server starts is a line each, and nothing where all is well."""

from __future__ import annotations

import importlib
import tempfile

import pytest

from mtlbus.checkpoints import CARD, WEIGHTS
from mtlbus.ui import server
from tests.made import untrained_checkpoint


def test_weights_libraries_and_disk_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(server.sys, "version_info", (3, 11, 10))
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    (line,) = server.problems()
    assert line.startswith("No trained weights in") and "MTLBUS_CHECKPOINTS" in line
    untrained_checkpoint(tmp_path / "pair" / "hps", "hps")  # as the networks of other tasks lie
    assert server.problems() == []
    for name in ("lenet", "resnet"):
        untrained_checkpoint(tmp_path / name, name)
    assert server.problems() == []
    (tmp_path / "lenet" / WEIGHTS).unlink()
    (tmp_path / "resnet" / CARD).write_text("[]")
    lines = server.problems()
    assert sorted(line.partition(" ")[0] for line in lines) == ["lenet", "resnet"]
    assert all("\n" not in line for line in lines)


@pytest.mark.parametrize("fault,words", [("disk", "No temporary file"), ("pair", "no page will")])
def test_what_ends_the_work_is_one_line(fault, words, tmp_path, monkeypatch):
    monkeypatch.setattr(server.sys, "version_info", (3, 11, 10))
    untrained_checkpoint(tmp_path / "lenet", "lenet")
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))

    def fails(*_: object):
        if fault == "disk":
            raise OSError(30, "Read-only file system")
        raise RuntimeError("operator torchvision::nms does not exist\nand more")

    if fault == "disk":
        monkeypatch.setattr(tempfile, "TemporaryFile", fails)
    else:
        monkeypatch.setattr(importlib, "import_module", fails)
    (line,) = server.problems()
    assert words in line and "\n" not in line
