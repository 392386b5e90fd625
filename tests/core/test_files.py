"""A reader sees the old content or the new one."""

from __future__ import annotations

import json
import os

import pytest

from mtlbus.core.files import write_atomically, write_json


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
