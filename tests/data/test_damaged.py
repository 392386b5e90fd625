"""Damaged data of every kind through the verbs: one clear line each, no traceback, no waiting.

Each case makes a small dataset that is broken in one way. A verb either does its work and says what
it left out, or fails with one line. Nothing that stands in a file is told.
"""

from __future__ import annotations

import os
import signal
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mtlbus.protocol
from mtlbus.checkpoint_writing import write_checkpoint
from mtlbus.cli import main
from mtlbus.core.declaration import BREAST
from mtlbus.core.errors import MtlbusError
from mtlbus.data.layouts import load_dataset
from mtlbus.training.batches import Images

from ..made import untrained_checkpoint

HEAD = b"image,mask,label,group,fold\n"
SECRET = "pass-word-7391"  # stands in files that no message may quote
SIZE = (40, 48)
NAMES = "abcdefghijkl"  # images of a class: as many as can be split


def png(path: Path, fill: int | None = None, size: tuple[int, int] = SIZE) -> Path:
    """Noise of its name, so that no two are copies, or one grey value, as a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(zlib.crc32(path.name.encode())).integers(0, 255, size, np.uint8)
    Image.fromarray(noise if fill is None else np.full(size, fill, np.uint8)).save(path)
    return path


def mask(path: Path, value: int = 255, size: tuple[int, int] = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    plane = np.zeros(size, np.uint8)
    plane[10:20, 10:30] = value
    Image.fromarray(plane).save(path)
    return path


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: -len(path.read_bytes()) // 3])
    return path


def text(path: Path, content: str | bytes = f"name,{SECRET}\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def pipe(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    return path


def link(path: Path, target: str | Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    return path


def bomb(path: Path) -> Path:
    """A PNG whose head promises 60,000 × 60,000 pixels."""
    head = b"IHDR" + (60_000).to_bytes(4) * 2 + b"\x08\x00\x00\x00\x00"
    chunk = (13).to_bytes(4) + head + zlib.crc32(head).to_bytes(4)
    return text(path, b"\x89PNG\r\n\x1a\n" + chunk + (0).to_bytes(4) + b"IEND\xaeB`\x82")


def rows(root: Path, end: str = "\n", **first: str) -> bytes:
    """The rows of good images, as many a class as names; of the first other cells if wanted."""
    lines = []
    for kind in ("benign", "malignant"):
        for name in NAMES:
            png(root / "i" / f"{kind}-{name}.png")
            mask(root / "m" / f"{kind}-{name}.png")
            cells = {
                "image": f"i/{kind}-{name}.png",
                "mask": f"m/{kind}-{name}.png",
                "label": kind,
                "group": f"{kind} {name}",
                "fold": str(NAMES.index(name) % 5 + 1),
            }
            lines.append(",".join((cells | (first if not lines else {})).values()))
    return (end.join(lines) + end).encode()


def manifest(content: bytes | Callable[[Path], bytes], head: bytes = HEAD):
    """A case: a manifest of these bytes."""

    def make(root: Path) -> str:
        body = content(root) if callable(content) else content
        return f"manifest={text(root / 'm.csv', head + body)}"

    return make


def first_row(**cells: str):
    """A case: a good manifest but for cells of its first row."""
    return manifest(lambda root: rows(root, **cells))


def first_image(spoil: Callable[[Path], Path], folder: str = "i"):
    """A case: a good manifest whose first image, or mask ("m"), is spoiled."""

    def make(root: Path) -> bytes:
        good = rows(root)
        path = root / folder / "benign-a.png"
        path.unlink()
        spoil(path)
        return good

    return manifest(make)


def at(layout: str, make: Callable[[Path], object]):
    """A case: what `make` leaves in the folder, or the path that it returns."""

    def case(root: Path) -> str:
        root.mkdir(exist_ok=True)
        made = make(root)
        return f"{layout}={made if isinstance(made, (str, Path)) else root}"

    return case


def folder(*spoil: Callable[[Path], object]):
    """A case: a good folder with classes, then spoiled."""

    def make(root: Path) -> None:
        for kind in ("benign", "malignant"):
            for name in NAMES:
                png(root / kind / f"{kind}-{name}.png")
                mask(root / kind / f"{kind}-{name}_mask.png")
        for change in spoil:
            change(root)

    return at("folder", make)


def busi(*spoil: Callable[[Path], object]):
    def make(root: Path) -> None:
        for kind in ("benign", "malignant", "normal"):
            for number in range(1, 16):
                png(root / kind / f"{kind} ({number}).png")
                mask(root / kind / f"{kind} ({number})_mask.png", 0 if kind == "normal" else 255)
        for change in spoil:
            change(root)

    return at("busi", make)


def busbra(data: bytes | None = None, folds: bytes | None = None, *spoil):
    """A case: BUS-BRA, one or both of its tables replaced."""

    def make(root: Path) -> None:
        lines, parts = ["ID,Case,Pathology,BIRADS,Histology,Device"], ["ID,kFold"]
        for number in range(24):
            png(root / "Images" / f"bus_{number:04d}-l.png")
            mask(root / "Masks" / f"mask_{number:04d}-l.png")
            kind = ("benign", "malignant")[number % 2]
            lines.append(f"bus_{number:04d}-l,{number},{kind},4,x,y")
            parts.append(f"bus_{number:04d}-l,{number // 2 % 5 + 1}")
        text(root / "bus_data.csv", data if data is not None else "\n".join(lines))
        text(root / "5-fold-cv.csv", folds if folds is not None else "\n".join(parts))
        for change in spoil:
            change(root)

    return at("busbra", make)


def breast(*spoil: Callable[[Path], object]):
    def make(root: Path) -> None:
        for number in range(1, 7):
            png(root / f"case{number:03d}.png")
            mask(root / f"case{number:03d}_tumor.png")
        for change in spoil:
            change(root)

    return at("breast", make)


def replaced(name: str, make: Callable[[Path], object]):
    """Takes a file away and puts something else in its place."""

    def change(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        make(root / name)

    return change


CASES: dict[str, Callable[[Path], str]] = {
    # The table itself
    "manifest: empty": manifest(b"", b""),
    "manifest: a byte order mark only": manifest(b"", b"\xef\xbb\xbf"),
    "manifest: its columns only": manifest(b""),
    "manifest: blank lines only": manifest(b"\n\n ,,\n\n"),
    "manifest: NUL characters": manifest(b"i/a.png\0,,0,p,\n"),
    "manifest: random bytes": manifest(np.random.default_rng(0).bytes(3000), b""),
    "manifest: a picture": at("manifest", lambda root: png(root / "a.png")),
    "manifest: UTF-16 with its mark": at(
        "manifest", lambda root: text(root / "m.csv", (HEAD + rows(root)).decode().encode("utf-16"))
    ),
    "manifest: UTF-16 without": at(
        "manifest", lambda root: text(root / "m.csv", HEAD.decode().encode("utf-16-le"))
    ),
    "manifest: Latin-1": manifest(lambda root: rows(root) + b"gr\xf6\xdfe.png,,0,\xe4,\n"),
    "manifest: with a byte order mark": manifest(rows, b"\xef\xbb\xbf" + HEAD),
    "manifest: CR as line end": manifest(lambda root: rows(root, "\r"), HEAD.replace(b"\n", b"\r")),
    "manifest: CR and LF": manifest(lambda root: rows(root, "\r\n")),
    "manifest: a column too few": manifest(b"a.png,0,p\n", b"image,label,group\n"),
    "manifest: a column twice": manifest(b"a.png,,0,p,\n", b"image,mask,label,group,label\n"),
    "manifest: an unclosed quote": manifest(lambda root: rows(root) + b'"i/benign-a.png,,0,p,\n'),
    "manifest: a letter after a quote": manifest(lambda root: rows(root) + b'"i"x,,0,p,\n'),
    "manifest: a cell too many": manifest(lambda root: rows(root) + b"a.png,,0,p,1,2,3\n"),
    "manifest: a cell of a megabyte": manifest(lambda r: rows(r) + b"a" * 10**6 + b",,0,p,\n"),
    "manifest: a group of 90,000 letters": first_row(group="g" * 90_000),
    "manifest: a path of 9,000 letters": first_row(image="i/" * 4500),
    "manifest: a mask's path of 9,000 letters": first_row(mask="i/" * 4500),
    "manifest: an unknown label": first_row(label=SECRET),
    "manifest: label 2": first_row(label="2"),
    "manifest: fold 0": first_row(fold="0"),
    "manifest: fold x": first_row(fold=SECRET),
    "manifest: fold -1": first_row(fold="-1"),
    "manifest: fold 1.5": first_row(fold="1.5"),
    "manifest: fold ²": first_row(fold="²"),
    "manifest: fold of 400 digits": first_row(fold="9" * 400),
    "manifest: escapes in a group": first_row(group="\x1b[31mred\x1b[0m\x07"),
    "manifest: an environment file": manifest(f"KEY={SECRET}\n".encode(), b""),
    "manifest: a table of users": manifest(f"root:x:0:{SECRET}:/root\n".encode(), b""),
    "manifest: JSON": manifest(f'{{"image": "{SECRET}"}}\n'.encode(), b""),
    "manifest: an archive": manifest(b"PK\x03\x04" + b"x" * 90, b""),
    "manifest: a folder": at("manifest", lambda root: root),
    "manifest: a device": at("manifest", lambda root: "/dev/zero"),
    "manifest: a pipe": at("manifest", lambda root: pipe(root / "m.csv")),
    "manifest: a circle of links": at("manifest", lambda root: link(root / "m.csv", "m.csv")),
    "manifest: absent": at("manifest", lambda root: root / "gone.csv"),
    "manifest: a path of 5,000 letters": at("manifest", lambda root: root / ("x" * 5000)),
    "manifest: a NUL in its path": at("manifest", lambda root: f"{root}/m\0.csv"),
    # What it names
    "image: absent, all of them": manifest(b"gone.png,,0,p,1\nlost.png,,1,q,2\n"),
    "image: a folder": first_row(image="i"),
    "image: a device": first_row(image="/dev/zero"),
    "image: a pipe": first_image(pipe),
    "image: a circle of links": first_image(lambda path: link(path, path.name)),
    "image: a text": first_image(text),
    "image: empty": first_image(lambda path: text(path, b"")),
    "image: cut off": first_image(lambda path: cut(png(path))),
    "image: of 60,000 × 60,000": first_image(bomb),
    "image: of 4 × 4": first_image(lambda path: png(path, size=(4, 4))),
    "image: all cut off": manifest(
        lambda root: (rows(root), [cut(path) for path in (root / "i").iterdir()])[0]
    ),
    "image: named twice": manifest(lambda root: rows(root) + b"./i/../i/benign-a.png,,1,p,2\n"),
    "image: names that repeat": manifest(
        lambda root: rows(root) + f"{png(root / 'j' / 'benign-a.png')},,0,p,2\n".encode()
    ),
    "mask: a text": first_image(text, "m"),
    "mask: empty file": first_image(lambda path: text(path, b""), "m"),
    "mask: cut off": first_image(lambda path: cut(mask(path)), "m"),
    "mask: another size": first_image(lambda path: mask(path, size=(48, 40)), "m"),
    "mask: of values 0 and 2": first_image(lambda path: mask(path, 2), "m"),
    "mask: nothing marked": first_image(lambda path: mask(path, 0), "m"),
    "mask: a pipe": first_image(pipe, "m"),
    "mask: a folder": first_row(mask="m"),
    "mask: a device": first_row(mask="/dev/zero"),
    "mask: an outline of a normal image": first_row(label="normal"),
    "nothing known of any image": manifest(lambda root: f"{png(root / 'a.png')},,,,\n".encode()),
    "one group in two folds": manifest(
        lambda root: rows(root).replace(b"benign a", b"g").replace(b"benign b", b"g")
    ),
    "one class": manifest(lambda root: rows(root).replace(b",malignant,", b",benign,")),
    "normal images only": manifest(
        lambda root: b"".join(
            f"{png(root / f'{n}.png')},,normal,{n},{n}\n".encode() for n in range(1, 6)
        )
    ),
    "all in one fold": manifest(
        lambda root: b"\n".join(row[:-1] + b"1" for row in rows(root).split(b"\n") if row)
    ),
    # Folders
    "folder: empty": at("folder", lambda root: None),
    "folder: absent": at("folder", lambda root: root / "gone"),
    "folder: a file": at("folder", lambda root: text(root / "f")),
    "folder: a device": at("folder", lambda root: "/dev/zero"),
    "folder: a circle of links": at("folder", lambda root: link(root / "d", "d")),
    "folder: a path of 5,000 letters": at("folder", lambda root: root / ("x/" * 2500)),
    "folder: only texts": at("folder", lambda root: [text(root / f"{n}.png") for n in NAMES][:0]),
    "folder: only masks": at("folder", lambda root: [mask(root / "a_mask.png")][:0]),
    "folder: only what a Mac leaves": at("folder", lambda r: [text(r / "._a.png", b"\0\5")][:0]),
    "folder: a name that is no UTF-8": folder(
        lambda root: png(root / "x.png").rename(root / "benign" / os.fsdecode(b"\xe9.png"))
    ),
    "folder: a pipe": folder(lambda root: pipe(root / "benign" / "p.png")),
    "folder: a folder as picture": folder(lambda root: (root / "benign" / "d.png").mkdir()),
    "folder: links to nothing": folder(lambda root: link(root / "benign" / "l.png", "gone.png")),
    "folder: a link to a device": folder(lambda root: link(root / "benign" / "z.png", "/dev/zero")),
    "folder: a class in itself": folder(lambda root: link(root / "normal", ".")),
    "folder: a class is a circle": folder(lambda root: link(root / "normal", "normal")),
    "folder: a class is a file": folder(lambda root: text(root / "normal")),
    "folder: a cut mask": folder(lambda root: cut(root / "benign" / "benign-a_mask.png")),
    "folder: two masks of two sizes": folder(
        lambda root: mask(root / "benign" / "benign-a_mask_1.png", size=(48, 40))
    ),
    "folder: equal names of two kinds": folder(
        lambda root: Image.new("L", SIZE[::-1]).save(root / "benign" / "benign-a.jpg")
    ),
    "busi: no benign": at("busi", lambda root: [png(root / "malignant" / "m (1).png")][:0]),
    "busi: empty folders": at(
        "busi", lambda root: [(root / n).mkdir() for n in ("benign", "malignant", "normal")][:0]
    ),
    "busi: a pipe": busi(lambda root: pipe(root / "benign" / "benign (99).png")),
    "busi: a cut mask": busi(lambda root: cut(root / "benign" / "benign (1)_mask.png")),
    "busi: an outline of a normal image": busi(
        lambda root: mask(root / "normal" / "normal (2)_mask.png")
    ),
    # Tables of official layouts
    "busbra: an empty table": busbra(b""),
    "busbra: no pathology": busbra(b"ID,Case\nbus_0000-l,1\n"),
    "busbra: fold x": busbra(None, f"ID,kFold\nbus_0000-l,{SECRET}\n".encode()),
    "busbra: folds without ID": busbra(None, b"name,kFold\nbus_0000-l,1\n"),
    "busbra: no folds": busbra(None, None, lambda root: (root / "5-fold-cv.csv").unlink()),
    "busbra: an ID that climbs": busbra(b"ID,Case,Pathology\n../../../x,1,benign\n"),
    "busbra: an ID of 5,000 letters": busbra(b"ID,Case,Pathology\n" + b"x" * 5000 + b",1,benign\n"),
    "busbra: random bytes": busbra(np.random.default_rng(1).bytes(999)),
    "busbra: an unclosed quote": busbra(b'ID,Case,Pathology\n"bus_0000-l,1,benign\n'),
    "busbra: the table is a folder": busbra(
        None, None, replaced("bus_data.csv", lambda path: path.mkdir())
    ),
    "busbra: the table is a pipe": busbra(None, None, replaced("bus_data.csv", pipe)),
    "busbra: the folds are a device": busbra(
        None, None, replaced("5-fold-cv.csv", lambda path: link(path, "/dev/zero"))
    ),
    "breast: a broken workbook": breast(
        lambda root: text(root / "s.xlsx", b"PK\x03\x04" + b"?" * 99)
    ),
    "breast: a workbook that is a text": breast(lambda root: text(root / "s.xlsx")),
    "breast: a table without the columns": breast(lambda root: text(root / "s.csv")),
    "breast: no sheet": breast(),
    "busuclm: no table": at("busuclm", lambda root: [png(root / "images" / "A_0.png")][:0]),
    "busuclm: random bytes": at(
        "busuclm",
        lambda root: [png(root / "images" / "A_0.png"), text(root / "INFO.csv", b"\0\1\2")][:0],
    ),
    "udiat: pictures missing": at("udiat", lambda root: (root / "original").mkdir()),
    "udiat: an empty workbook": at(
        "udiat",
        lambda root: [png(root / "original" / "000001.png"), text(root / "DatasetB.xlsx", b"")][:0],
    ),
    "phantom: no number": lambda root: "phantom=x",
    "phantom: none": lambda root: "phantom=0",
    "phantom: endless": lambda root: f"phantom={10**30}",
    "phantom: a power": lambda root: "phantom=²",
    "phantom: a seed that is none": lambda root: "phantom=3@-1",
}


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> str:
    made = untrained_checkpoint(tmp_path_factory.mktemp("weights") / "w", "mtl")
    model = made.load()
    model.spec = replace(model.spec, input_size=32)  # sixty times as fast
    kept = ("training", "operating_points", "default_operating_point")
    card = {name: made.card.to_json()[name] for name in kept}
    return str(write_checkpoint(made.folder, model, card, []).folder)


@pytest.fixture
def soon():
    """Fails a test that waits."""

    def late(*_):
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def reads_all(plan, split, *_, **__):
    """Stands in for a training: reads what it would learn from, and stops."""
    Images(split.train, 32, BREAST.tasks)
    Images(split.validation, 32, BREAST.tasks)
    raise MtlbusError("read")


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("name", CASES)
def test_a_damaged_dataset_is_one_clear_line(name, network, tmp_path, capsys, monkeypatch, soon):
    argument = CASES[name](tmp_path / "set")
    layout, _, path = argument.partition("=")
    monkeypatch.setattr(mtlbus.protocol, "produce", reads_all)
    for words in (
        ("data", path, "--layout", layout, "--json"),
        ("audit", path, "--layout", layout),
        ("evaluate", network, "--data", argument),
        ("train", "mtl", "--data", argument, "--epochs", "1", "--size", "64", "--out", "x"),
    ):
        code = main(list(words))
        out, err = capsys.readouterr()
        assert code in (0, 1), words[0]
        assert "Traceback" not in err and SECRET not in out + err, words[0]
        assert all(line.isprintable() and len(line) < 500 for line in err.splitlines()), words[0]
        if code:
            assert out == "" and err.splitlines()[-1].startswith("mtlbus: "), words[0]
            assert sum(line.startswith("mtlbus: ") for line in err.splitlines()) == 1, words[0]


def test_there_are_many_kinds():
    assert len(CASES) >= 70


# What some of them must be, beside one line


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("manifest: UTF-16 with its mark", 24),
        ("manifest: with a byte order mark", 24),
        ("manifest: CR as line end", 24),
        ("manifest: CR and LF", 24),
        ("manifest: a path of 9,000 letters", 23),
        ("image: a device", 23),
        ("image: a pipe", 23),
        ("image: a circle of links", 23),
        ("image: a text", 23),
        ("image: of 60,000 × 60,000", 23),
        ("image: of 4 × 4", 23),
        ("image: named twice", 24),
        ("image: names that repeat", 25),
        ("mask: a text", 24),
        ("mask: another size", 24),
        ("folder: a name that is no UTF-8", 25),
        ("folder: a pipe", 24),
        ("folder: links to nothing", 24),
        ("busbra: no folds", None),
        ("manifest: a device", None),
        ("manifest: a pipe", None),
        ("manifest: an unclosed quote", None),
        ("manifest: fold x", None),
        ("phantom: endless", None),
    ],
)
def test_the_rest_is_read_or_all_is_refused(name, count, tmp_path, soon):
    layout, _, path = CASES[name](tmp_path / "set").partition("=")
    if count is None:
        with pytest.raises(MtlbusError):
            load_dataset(layout, path)
        return
    dataset = load_dataset(layout, path)
    ids = [sample.id for sample in dataset.samples]
    assert len(ids) == len(set(ids)) == count
    assert all(name.isprintable() for name in ids)
