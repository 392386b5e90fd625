"""The door for strangers: the same answers as in place, and a bound on memory and time."""

from __future__ import annotations

import dataclasses
import io
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtlbus.core.errors import InputError
from mtlbus.data import decoding, intake
from mtlbus.data.intake import MAX_BYTES

from .test_dicom import dataset, dicom, packed
from .test_intake import BAD, encode, noise, png, png_of, tiff

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def decoders_of_this_test():
    """No decoder of another test, and none for the next one."""
    decoding._close_all()
    yield
    decoding._close_all()


def files() -> dict[str, bytes]:
    cine = dataset(noise((40, 30)), NumberOfFrames=3,
                   PixelData=noise((3, 40, 30)).tobytes(), PixelSpacing=[0.1, 0.2])  # fmt: skip
    return {
        "grey.png": png_of(noise()),
        "colour.jpg": encode(noise((40, 30, 3)), "JPEG"),
        "alpha.png": png_of(noise((40, 30, 4)), colour=6),
        "deep.tif": tiff(noise().astype(np.uint16) * 200),
        "cine.dcm": packed(cine),
        "ct.dcm": dicom(noise(), Modality="CT"),
    }


def test_an_image_is_what_it_is_in_place(tmp_path):
    for name, data in files().items():
        path = tmp_path / name
        path.write_bytes(data)
        here = intake.read_image(data, name)
        for there in (decoding.read_image(data, name), decoding.read_image(path)):
            for field in dataclasses.fields(here):
                one, other = getattr(here, field.name), getattr(there, field.name)
                if isinstance(one, np.ndarray):
                    np.testing.assert_array_equal(one, other, name)
                    assert other.flags.owndata and other.flags.writeable and other.base is None
                else:
                    assert (one, type(one)) == (other, type(other)), (name, field.name)


def test_a_frame_and_a_mask():
    data = files()["cine.dcm"]
    found = decoding.read_image(data, frame=2)
    assert found.frame == 2
    np.testing.assert_array_equal(found.pixels, intake.read_image(data, frame=2).pixels)
    with pytest.raises(InputError, match="no frame 4"):
        decoding.read_image(data, frame=3)
    mask = decoding.read_mask(png_of((noise() > 99) * np.uint8(255)))
    assert mask.dtype == bool and mask.any()
    np.testing.assert_array_equal(mask, noise() > 99)


@pytest.mark.parametrize("read", ["read_image", "read_mask"])
def test_what_is_refused_in_place_is_refused_with_the_same_line(read):
    """By one decoder, which goes on after each; `test_intake` holds what the lines say."""
    for name, (data, _) in BAD.items():
        lines = []
        for door in (intake, decoding):
            with pytest.raises(InputError) as caught:
                getattr(door, read)(data, "sc\nan\udce9.png")
            lines.append(str(caught.value))
        assert lines[0] == lines[1] and lines[0].startswith("sc?an?.png "), name


def test_paths_are_checked_before_anything_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "_ask", lambda *_: pytest.fail("a decoder was asked"))
    big = tmp_path / "big.png"
    with big.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for source in (tmp_path, big, tmp_path / "gone.png", "a\0b.png", b""):
        with pytest.raises(InputError):
            decoding.read_image(source)


def test_threads_share_few_decoders():
    shifted = [png_of(np.roll(noise(), shift, axis=1)) for shift in range(12)]
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(decoding.read_image, shifted * 5))
    for number, image in enumerate(images):
        np.testing.assert_array_equal(image.pixels, np.roll(noise(), number % 12, axis=1))
    assert 1 <= len(decoding._idle) <= decoding.DECODERS


def test_a_warm_decoder_is_used_again_and_costs_little():
    data = png_of(noise((500, 600)))
    decoding.read_image(data)
    process = decoding._idle[0].process.pid

    def milliseconds(read) -> float:
        taken = []
        for _ in range(15):
            started = time.perf_counter()
            read(data)
            taken.append(time.perf_counter() - started)
        return 1000 * sorted(taken)[3]  # what it takes, not what others on this machine take

    assert milliseconds(decoding.read_image) - milliseconds(intake.read_image) < 15
    assert [decoder.process.pid for decoder in decoding._idle] == [process]


def test_a_decoder_knows_no_networks():
    asked = "import sys, mtlbus.data.decoder; print('torch' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"


# Memory.


@linux
def test_a_picture_of_too_much_memory_is_one_line_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(decoding, "MEMORY", 60 * 1024**2)
    large = png([b"\0" * 24_000] * 6000, 6000, colour=6)  # 144 MB in RGBA, of 140 kB
    with pytest.raises(InputError, match=r"^a\.png (needs more memory|stopped its decoder)"):
        decoding.read_image(large, "a.png")
    assert decoding.read_image(png_of(noise())).pixels.shape == (64, 64)


def high_water(process: int) -> int:
    """The most memory that a process has had, bytes."""
    return stated(process, "VmHWM")


def resident(process: int) -> int:
    """The memory that a process has, bytes."""
    return stated(process, "VmRSS")


def stated(process: int, what: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(what))


@linux
def test_ten_hostile_files_at_once_stay_within_the_budget(monkeypatch):
    """16 million transparent pixels each, of 62 kB: in place they took 3 GB together."""
    large = png([b"\0" * 16_000] * 4000, 4000, colour=6)
    known: dict[int, int] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            for decoder in list(decoders):
                if decoder.alive:
                    known[decoder.process.pid] = high_water(decoder.process.pid)

    decoders: list[decoding._Decoder] = []
    start = decoding._Decoder.__init__

    def remember(self) -> None:
        start(self)
        decoders.append(self)

    monkeypatch.setattr(decoding._Decoder, "__init__", remember)
    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(10) as pool:
        shapes = list(pool.map(lambda data: decoding.read_image(data).pixels.shape, [large] * 10))
    done.set()
    watcher.join()
    assert shapes == [(4000, 4000)] * 10
    assert len(known) == decoding.DECODERS
    assert sum(known.values()) + 10 * 16_000_000 < 0.6e9  # with what the ten results hold
    end = time.monotonic() + 10  # an answer is sent before what it took is freed
    while any(resident(one.process.pid) >= 80e6 for one in decoders) and time.monotonic() < end:
        time.sleep(0.05)
    # Nothing is kept: empty it has 49 MB, 55 where it compiled its modules; an image 64 more.
    assert all(resident(one.process.pid) < 80e6 for one in decoders)


# Time.


def slow_jpeg() -> bytes:
    """Progressive, of 90 scans that change nothing: 36 megapixels are gone through 90 times."""
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((6000, 6000), np.uint8)).save(buffer, "JPEG", progressive=True)
    stream = buffer.getvalue()
    scan = stream[stream.rindex(b"\xff\xda") : -2]
    return stream[:-2] + scan * 90 + stream[-2:]


def test_a_slow_picture_is_stopped_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(decoding, "SECONDS", 0)  # of a second that has begun
    data = slow_jpeg()
    assert len(data) < 1_000_000
    spent = time.process_time()
    with pytest.raises(InputError, match=r"^a\.jpg takes longer than 0 seconds to decode\."):
        decoding.read_image(data, "a.jpg")
    assert time.process_time() - spent < 1  # not in this process
    assert decoding._idle == []
    assert decoding.read_image(png_of(noise())).pixels.shape == (64, 64)


def test_a_picture_that_hangs_is_stopped_by_the_clock(monkeypatch):
    monkeypatch.setattr(decoding, "_PATIENCE", 0.3)
    decoding.read_image(png_of(noise()))
    decoder = decoding._idle[0].process
    os.kill(decoder.pid, signal.SIGSTOP)  # as one that waits for something
    started = time.perf_counter()
    with pytest.raises(InputError, match="takes longer than 4 seconds"):
        decoding.read_image(png_of(noise()))
    assert time.perf_counter() - started < 5
    assert decoder.returncode is not None  # its end was taken note of: no zombie


# Ends.


def test_a_decoder_that_ends_while_idle_is_replaced():
    decoding.read_image(png_of(noise()))
    decoding._idle[0].process.kill()
    decoding._idle[0].process.wait()
    assert decoding.read_image(png_of(noise())).pixels.shape == (64, 64)


def test_a_decoder_that_breaks_over_a_picture_is_one_line(monkeypatch):
    decoding.read_image(png_of(noise()))
    data, decoder = slow_jpeg(), decoding._idle[0].process
    threading.Timer(0.3, decoder.kill).start()
    with pytest.raises(InputError, match=r"^a\.jpg stopped its decoder"):
        decoding.read_image(data, "a.jpg")
    assert decoding.read_image(png_of(noise())).pixels.shape == (64, 64)


def test_a_fault_of_ours_is_no_fault_of_the_file(monkeypatch):
    start = "import sys; sys.path.insert(0, sys.argv[1]); import mtlbus.data.decoder as decoder; "
    start += "decoder.read_image = lambda *_, **__: 1 / 0; decoder.main(10**9, 9)"
    monkeypatch.setattr(decoding, "_START", start)
    with pytest.raises(RuntimeError, match="division by zero"):
        decoding.read_image(png_of(noise()))


def test_a_decoder_that_does_not_start_says_so(monkeypatch, capfd):
    monkeypatch.setattr(decoding, "_START", "import sys; sys.exit('no such library')")
    with pytest.raises(RuntimeError, match="does not start"):
        decoding.read_image(png_of(noise()))
    assert "no such library" in capfd.readouterr().err


PARENT = """
import sys, time
from mtlbus.data import decoding
decoding.read_image(sys.stdin.buffer.read())
print(decoding._idle[0].process.pid, flush=True)
{ending}
"""


@linux
@pytest.mark.parametrize("ending", ["pass", "import os; os._exit(1)", "time.sleep(60)"])
def test_a_decoder_ends_with_its_parent(ending):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(ending=ending)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    parent.stdin.write(png_of(noise()))
    parent.stdin.close()
    decoder = int(parent.stdout.readline())
    if "sleep" in ending:
        parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{decoder}/cmdline").exists() and time.monotonic() < deadline:
        if not Path(f"/proc/{decoder}/cmdline").read_bytes():
            break  # ended, and nobody is left to take note of it
        time.sleep(0.05)
    assert time.monotonic() < deadline


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
def test_the_copy_of_a_process_has_decoders_of_its_own():
    decoding.read_image(png_of(noise()))
    mine = decoding._idle[0].process.pid
    reading, writing = os.pipe()
    copy = os.fork()
    if copy == 0:
        try:
            decoding.read_image(png_of(noise()))
            os.write(writing, str(decoding._idle[0].process.pid).encode())
            decoding._close_all()
        finally:
            os._exit(0)
    os.close(writing)
    other = os.read(reading, 99)
    os.close(reading)
    os.waitpid(copy, 0)
    assert other and int(other) != mine
    assert decoding.read_image(png_of(noise())).pixels.shape == (64, 64)
    assert decoding._idle[0].process.pid == mine


def test_nothing_is_printed(capfd):
    entries = [(40_000 + n, 2, 9_999_999, 0xFFFFFF) for n in range(800)]
    data = tiff(noise())
    at = struct.unpack("<I", data[4:8])[0]
    (count,) = struct.unpack("<H", data[at : at + 2])
    more = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    body = data[at + 2 : at + 2 + 12 * count]
    data = data[:at] + struct.pack("<H", count + 800) + body + more + bytes(4)
    assert decoding.read_image(data).pixels.shape == (64, 64)
    assert capfd.readouterr() == ("", "")
