"""Where results go: every fault of --out is one line, names of any kind lose nothing."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from mtlbus import batch
from mtlbus.cli import main
from mtlbus.core.errors import OutputError
from mtlbus.data.phantom import make_phantom, random_parameters

from ..made import make_manifest, untrained_checkpoint

CHINESE = "乳腺超声图像" * 12 + "乳腺超"  # 75 signs, 225 bytes


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, str]:
    """A checkpoint, an image and a dataset."""
    folder = tmp_path_factory.mktemp("made")
    image = folder / "scan.png"
    Image.fromarray(make_phantom(random_parameters(11), 128).image).save(image)
    manifest = make_manifest(folder / "data", count=20)
    method = untrained_checkpoint(folder / "mtl", "mtl").folder
    return {"image": str(image), "data": f"manifest={manifest}", "method": str(method),
            "manifest": str(manifest)}  # fmt: skip


VERBS = {
    "predict": ("{image}", "--method", "{method}"),
    "explain": ("{image}", "--method", "{method}", "--attribution", "gradcam"),
    "evaluate": ("{method}", "--data", "{data}"),
    "audit": ("{manifest}", "--layout", "manifest"),
    "phantom": ("--size", "64"),
    "train": ("mtl", "--data", "{data}", "--epochs", "1", "--size", "64"),
    "trials": ("mtl", "--data", "{data}", "--stages", "1@64"),
    "crossvalidate": ("mtl", "--data", "{data}", "--epochs", "1", "--size", "64"),
}
FILES = ("evaluate", "audit")  # whose --out is a file
PRINTING = ("predict", "explain", "evaluate", "audit")  # whose results go to stdout, too
REFUSED = {"full": errno.ENOSPC, "read-only": errno.EROFS, "not allowed": errno.EACCES}
PLACES = ("taken", "in a file", "long name", "long path")


def run(capsys, made, verb: str, out: Path | str, *more: str) -> tuple[int, str, str]:
    words = [word.format(**made) for word in VERBS[verb]]
    code = main([verb, *words, "--out", str(out), *more])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def refuse(monkeypatch, number: int, *names: str) -> None:
    """Let the system refuse a new file."""

    def refused(*_, **__):
        raise OSError(number, os.strerror(number))

    for name in names:
        monkeypatch.setattr(tempfile, name, refused)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", [*PLACES, *REFUSED])
def test_a_fault_of_out_is_one_line_before_the_work(
    capsys, made, tmp_path, monkeypatch, verb, kind
):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    out = {
        "taken": tmp_path / ("folder" if verb in FILES else "file"),
        "in a file": tmp_path / "file" / "deeper",
        "long name": tmp_path / ("n" * 300),
        "long path": tmp_path / "/".join(["deep"] * 1500),
    }.get(kind, tmp_path / "out")
    if kind in REFUSED:
        refuse(monkeypatch, REFUSED[kind], "mkstemp", "TemporaryFile")
    code, printed, told = run(capsys, made, verb, out)
    assert code == 1 and printed == ""
    assert told.startswith("mtlbus: ") and told.count("\n") == 1 and len(told) < 600
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("verb", PRINTING)
def test_a_disk_that_is_full_at_the_end_loses_no_result(capsys, made, tmp_path, monkeypatch, verb):
    refuse(monkeypatch, errno.ENOSPC, "mkstemp")
    code, printed, told = run(capsys, made, verb, tmp_path / "out", "--json")
    assert code == 1 and "No space left" in told.splitlines()[-1] and "Traceback" not in told
    document = json.loads(printed)
    assert document == [] if verb == "predict" else document


def test_what_was_predicted_before_a_fault_is_kept(capsys, made, tmp_path, monkeypatch):
    """Of three images the third cannot be written: two records are printed, and on disk."""
    write, calls = batch.write_atomically, []

    def full_at_the_fifth(path, content):
        calls.append(path)
        if len(calls) == 5:  # two files an image
            raise OutputError("No space left.")
        write(path, content)

    monkeypatch.setattr(batch, "write_atomically", full_at_the_fifth)
    words = ["predict", *[made["image"]] * 3, "--method", made["method"], "--json"]
    code = main([*words, "--out", str(tmp_path)])
    printed = capsys.readouterr()
    records = json.loads((tmp_path / batch.RECORDS).read_text())
    assert code == 1 and len(records) == 2 and json.loads(printed.out) == records
    assert printed.err.splitlines()[-1] == "mtlbus: No space left."


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_batch_keeps_its_records(capsys, made, tmp_path, monkeypatch, stop):
    read, calls = batch.read_image, []

    def interrupted(path):
        calls.append(path)
        if len(calls) == 3:
            raise stop
        return read(path)

    monkeypatch.setattr(batch, "read_image", interrupted)
    words = ["predict", *[made["image"]] * 4, "--method", made["method"]]
    code = main([*words, "--out", str(tmp_path)])
    told = capsys.readouterr().err.splitlines()
    assert code == (130 if stop is KeyboardInterrupt else 1)
    assert told[-1].startswith("mtlbus: ") and "Traceback" not in "".join(told)
    assert len(json.loads((tmp_path / batch.RECORDS).read_text())) == 2


NAMES = {
    "75 Chinese signs": f"{CHINESE}.png".encode(),
    "no UTF-8": b"caf\xe9.png",
    "255 bytes": b"a" * 251 + b".png",
    "formula": b"=cmd()&<b>x<b>.png",
    "escapes": b"\x1b[31mred\x1b]0;t\x07.png",
    "turned": "cod\u202egnp.png".encode(),
    "lines": b"two\nlines.png",
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_loses_no_result(capsys, made, tmp_path, kind):
    path = tmp_path / os.fsdecode(NAMES[kind])
    path.write_bytes(Path(made["image"]).read_bytes())
    out = tmp_path / "out"
    words = ["predict", made["image"], str(path), made["image"], "--method", made["method"]]
    code = main([*words, "--out", str(out), "--json"])
    printed = capsys.readouterr()
    records = json.loads(printed.out)
    assert code == 0 and [entry["image"] for entry in records] == words[1:4]
    assert json.loads((out / batch.RECORDS).read_bytes().decode()) == records
    for entry in records:
        assert len(entry["files"]) == 2 and all(Path(name).is_file() for name in entry["files"])
    assert not set("\x1b\x07\u202e\udce9") & set(printed.err) and printed.err.count("\n") == 3
    assert main(["explain", str(path), "--method", made["method"], "--attribution", "gradcam",
                 "--out", str(out)]) == 0  # fmt: skip
    shown = capsys.readouterr()
    assert not set("\x1b\x07\u202e\udce9") & set(shown.out + shown.err)
    assert len([*out.glob("*.npz")]) == 1


@pytest.mark.parametrize("words", [("predict", "none\x1b[31m.png", "--method", "mtl"),
                                   ("data", "none\x1b[31m"), ("methods", "\x1b[31m")])  # fmt: skip
def test_an_escape_in_a_message_is_text(capsys, words):
    assert main([*words]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_an_escape_in_a_complaint_about_the_words_is_text(capsys):
    with pytest.raises(SystemExit):
        main(["methods", "mtl", "--nothing\x1b[31m"])
    told = capsys.readouterr().err
    assert "\x1b" not in told and told.count("\n") == 1 and "--help" in told


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize(
    "words", [("methods", "mtl"), ("methods", "mtl", "--json"), ("bench", "--markdown")]
)
def test_a_terminal_that_lacks_signs_gets_the_rest(monkeypatch, encoding, words):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
    assert main([*words]) == 0
    sys.stdout.flush()
    text = written.getvalue().decode(encoding)
    assert "MTL" in text
    if "--json" in words:
        assert "×" in json.dumps(json.loads(text), ensure_ascii=False)


LONG_RESULT = """
import sys
from mtlbus.cli import running
from mtlbus.cli.printing import print_result

class Parser:
    def parse_args(self, words):
        return self

    def run(self, parsed):
        print_result("x" * 1_000_000, True, list)
        return 0

running.build_parser = Parser
sys.exit(running.main([]))
"""


def piped(tail: str) -> subprocess.CompletedProcess:
    command = f"{sys.executable} -c '{LONG_RESULT}' {tail}"
    return subprocess.run(command, shell=True, capture_output=True, check=False)


def test_a_reader_that_has_enough_is_no_fault():
    done = piped("| head -c 10")
    assert done.stdout == b'"' + b"x" * 9 and done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_one_line():
    done = piped("> /dev/full")
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1 and b"mtlbus:" in done.stderr
