"""Files whose parts were changed by somebody who knows the format, through the door of uploads.

    python -m tests.mutations [--count 10000] [--first 0]

PNG, JPEG, BMP, TIFF and DICOM are taken apart, and a few of their parts doubled, dropped, moved,
given another length, huge dimensions, frames that are not there, sequences within sequences,
directories that lead back to themselves. Each case follows from its number. It is read in the
child with limits that the app, the command line and data sets read in; either it is an image or it
is refused in one line, within `SECONDS` of computing and the memory of the child. A line is printed
for each case that ends otherwise.
"""

from __future__ import annotations

import argparse
import random
import struct
import sys
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import psutil
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from mtlbus.core.errors import InputError
from mtlbus.data.decoding import read_image

from .data.test_dicom import dataset, packed
from .data.test_intake import chunk, encode, noise, tiff

SECONDS = 5.0
HUGE = (0, 1, 15, 255, 8192, 8193, 65_535, 2**31 - 1, 2**31, 2**32 - 1)
Chance = random.Random


def parts_changed(parts: list[bytes], chance: Chance) -> list[bytes]:
    """One part doubled, dropped, moved, cut, repeated, or a byte of it changed."""
    at = chance.randrange(len(parts))
    way = chance.randrange(6)
    one = parts[at]
    if way == 0:
        return [*parts[:at], one, *parts[at:]]
    if way == 1:
        return [*parts[:at], *parts[at + 1 :]]
    if way == 2:
        rest = [*parts[:at], *parts[at + 1 :]]
        rest.insert(chance.randrange(len(rest) + 1), one)
        return rest
    if way == 3:
        return [*parts[:at], one[: chance.randrange(len(one) + 1)], *parts[at + 1 :]]
    if way == 4:
        times = chance.choice((2, 20, 20, 300, 300, 300, 100_000))
        times = min(times, 1_000_000 // max(len(one), 1) + 1)
        return [*parts[:at], *[one] * times, *parts[at + 1 :]]
    spot = chance.randrange(len(one)) if one else 0
    return [
        *parts[:at],
        one[:spot] + bytes([chance.randrange(256)]) + one[spot + 1 :],
        *parts[at + 1 :],
    ]


def png(chance: Chance) -> bytes:
    """Chunks with their lengths and sums; those of what is changed are made right half the time."""
    colour, depth = chance.choice(((0, 8), (0, 16), (2, 8), (6, 8), (3, 8), (0, 1)))
    width, height = (chance.choice((64, *HUGE)) if chance.random() < 0.2 else 64 for _ in "ab")
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, chance.choice((0, 0, 1, 7)))
    channels = {0: 1, 2: 3, 3: 1, 6: 4}[colour]
    body = noise((64, 1 + 64 * channels * depth // 8)).tobytes()
    if chance.random() < 0.2:
        body = bytes(chance.choice((10**4, 10**7)))
    found = [(b"IHDR", head), (b"IDAT", zlib.compress(body)), (b"IEND", b"")]
    found.insert(1, chance.choice((
        (b"PLTE", bytes(768)), (b"tRNS", bytes(6)), (b"eXIf", bytes(40)), (b"acTL", bytes(8)),
        (b"iCCP", b"a\0\0" + zlib.compress(bytes(10**6))), (b"gAMA", struct.pack(">I", 0)),
        (b"tEXt", b"a\0" + bytes(1000)), (b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6))),
    )))  # fmt: skip
    chunks = [chunk(name, content) for name, content in found]
    if chance.random() < 0.2:
        at = chance.randrange(len(chunks))
        chunks[at] = struct.pack(">I", chance.choice(HUGE)) + chunks[at][4:]
    return b"".join([b"\x89PNG\r\n\x1a\n", *parts_changed(chunks, chance)])


def jpeg(chance: Chance) -> bytes:
    """Segments by their markers; a scan belongs to its segment."""
    data = encode(
        noise() if chance.random() < 0.5 else np.stack([noise()] * 3, -1),
        "JPEG",
        progressive=chance.random() < 0.5,
    )
    segments = segments_of(data)
    if chance.random() < 0.4:
        at = chance.randrange(len(segments))
        place = 5 if segments[at][1:2] in (b"\xc0", b"\xc2") else 2
        value = struct.pack(">H", chance.choice(HUGE) & 0xFFFF)
        segments[at] = segments[at][:place] + value + segments[at][place + 2 :]
    return b"".join(parts_changed(segments, chance))


def segments_of(data: bytes) -> list[bytes]:
    """The segments of a good JPEG from its start to its end."""
    found, at = [data[:2]], 2
    while data[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xDA:  # what is packed ends with a marker that is no filling
            while data[end] != 0xFF or data[end + 1] in (0, *range(0xD0, 0xD8)):
                end += 1
        found.append(data[at:end])
        at = end
    return [*found, data[at:]]


def bmp(chance: Chance) -> bytes:
    """Numbers of the header, and the parts header, table and pixels."""
    data = bytearray(encode(noise(), "BMP"))
    for _ in range(chance.randrange(1, 4)):
        place, form = chance.choice((
            (2, "<I"), (10, "<I"), (14, "<I"), (18, "<I"), (22, "<I"), (26, "<H"), (28, "<H"),
            (30, "<I"), (34, "<I"), (46, "<I"),
        ))  # fmt: skip
        value = chance.choice((*HUGE, 2, 4, 8, 16, 24, 32, 40, 124))
        struct.pack_into(form, data, place, value & (0xFFFF if form == "<H" else 0xFFFFFFFF))
    whole = bytes(data)
    parts = [whole[:14], whole[14:54], whole[54:1078], whole[1078:]]
    return b"".join(parts_changed(parts, chance) if chance.random() < 0.5 else parts)


def tiff_file(chance: Chance) -> bytes:
    """Entries of the directory, their counts and values, and where directories lead."""
    data = tiff(noise())
    (start,) = struct.unpack("<I", data[4:8])
    (number,) = struct.unpack("<H", data[start : start + 2])
    entries = [data[start + 2 + 12 * n : start + 14 + 12 * n] for n in range(number)]
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(entries))
        tag, kind, count, value = struct.unpack("<HHII", entries[at])
        way = chance.randrange(4)
        if way == 0:
            value = chance.choice((*HUGE, start, 2, 5, 7, 32_773, 50_000))
        elif way == 1:
            count = chance.choice((*HUGE, 300_000))
        elif way == 2:
            kind = chance.randrange(20)
        else:  # tiles, predictor, subfiles, sample formats, palettes, ICC
            tag = chance.choice((317, 320, 322, 323, 324, 325, 330, 338, 339, 34_675, 40_000))
        entries[at] = struct.pack("<HHII", tag, kind, count, value)
    if chance.random() < 0.5:
        entries = parts_changed(entries, chance)[:60_000]
    after = chance.choice((0, 0, start, 8, 2**32 - 1))  # the next directory
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + struct.pack("<I", after)
    return data[:start] + directory


def dicom(chance: Chance) -> bytes:
    """Elements that lie about pixels, with very many values, and sequences within sequences."""
    header = dataset(noise((32, 32)) if chance.random() < 0.7 else noise((32, 32, 3)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(chance.randrange(1, 3)):
            name, value = chance.choice((
                ("Rows", chance.choice(HUGE) & 0xFFFF), ("Columns", chance.choice(HUGE) & 0xFFFF),
                ("NumberOfFrames", chance.choice((0, -1, 7, 10**9))),
                ("BitsAllocated", chance.choice((1, 8, 12, 16, 32, 64))),
                ("SamplesPerPixel", chance.choice((0, 2, 3, 4))),
                ("PixelSpacing", ["0.1"] * chance.choice((1, 2, 3, 3000))),
                ("PhotometricInterpretation", chance.choice(("PALETTE COLOR", "YBR_FULL", "X"))),
                ("WindowWidth", chance.choice(("0", "1e300", "-5"))),
                ("RescaleSlope", chance.choice(("0", "1e300"))),
            ))  # fmt: skip
            setattr(header, name, value)
        inner, depth = Dataset(), chance.choice((0, 0, 0, 3, 60))
        for _ in range(depth):
            outer = Dataset()
            outer.SequenceOfUltrasoundRegions = Items([inner])
            inner = outer
        if len(inner):
            header.ReferencedSeriesSequence = Items([inner] * (100 if depth == 3 else 1))
        data = packed(header)
    if chance.random() < 0.6:
        at = chance.randrange(132, len(data) - 4)
        data = data[:at] + struct.pack("<I", chance.choice(HUGE)) + data[at + 4 :]
    return data[: chance.randrange(len(data))] if chance.random() < 0.2 else data


KINDS: dict[str, Callable[[Chance], bytes]] = {
    "PNG": png, "JPEG": jpeg, "BMP": bmp, "TIFF": tiff_file, "DICOM": dicom,
}  # fmt: skip


def made(number: int) -> tuple[str, bytes]:
    """Kind and bytes of a case."""
    kind = list(KINDS)[number % len(KINDS)]
    return kind, KINDS[kind](random.Random(number))


def outcome(number: int) -> str:
    """What becomes of a case: "read", "refused", or a line about what is wrong."""
    kind, data = made(number)
    began = computing()
    try:
        image = read_image(data, "case")
        found = "read" if image.pixels.dtype == np.uint8 and image.pixels.ndim == 2 else "no image"
    except InputError as error:
        found = "refused" if "\n" not in str(error) and len(str(error)) < 500 else f"said {error!r}"
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    if (took := computing() - began) > SECONDS:
        found = f"took {took:.1f} s and was {found}"
    return found if found in ("read", "refused") else f"case {number} ({kind}) {found}"


def computing() -> float:
    """Seconds of computing of the children that live; on a busy machine a clock says more."""
    times = [child.cpu_times() for child in psutil.Process().children()]
    return sum(one.user + one.system for one in times)


def outcomes(first: int, count: int) -> Counter[str]:
    """How often each outcome is, over so many cases."""
    return Counter(outcome(number) for number in range(first, first + count))


def main(words: Sequence[str] | None = None) -> int:
    """Run the cases and print what became of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    asked = parser.parse_args(words)
    found = outcomes(asked.first, asked.count)
    fine = found.pop("read", 0), found.pop("refused", 0)
    print(f"{asked.count} cases: {fine[0]} read, {fine[1]} refused, {found.total()} wrong")
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
