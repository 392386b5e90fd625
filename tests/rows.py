"""Opening a manifest of more and more rows: its time, and the memory that what was opened takes.

    python -m tests.rows [--rows 1000,10000,100000]

The rows name files of their own, which are links to few phantoms. Each table is opened in a process
of its own; seconds are of the processor.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil

from mtlbus.data.layouts import load_dataset
from mtlbus.data.splits import split_fold

from .made import make_manifest

PHANTOMS = 8
HEADER = ("rows", "to open, s", "to split, s", "memory, MB", "ms a row")


def many_rows(folder: Path, rows: int) -> Path:
    """A manifest of so many images with masks, two of each patient."""
    make_manifest(folder, PHANTOMS)
    (folder / "linked").mkdir()
    path = folder / "many.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("image", "mask", "label", "group"))
        for row in range(rows):
            names = [f"linked/{row}{end}.png" for end in ("", "_mask")]
            for name, end in zip(names, ("", "_mask"), strict=True):
                os.link(folder / f"{row % PHANTOMS}{end}.png", folder / name)
            table.writerow((*names, row % PHANTOMS % 2, row // 2))
    return path


def opened(path: Path) -> tuple[str, ...]:
    """A row of the table."""
    process = psutil.Process()
    before, started = process.memory_info().rss, time.process_time()
    dataset = load_dataset("manifest", path)
    there = time.process_time()
    split_fold(dataset.samples, 1)
    done, taken = time.process_time(), process.memory_info().rss - before
    count, seconds = len(dataset.samples), there - started
    return (
        f"{count:,}",
        f"{seconds:.2f}",
        f"{done - there:.2f}",
        f"{taken / 1e6:.0f}",
        f"{1000 * seconds / count:.3f}",
    )


def main(words: Sequence[str] | None = None) -> int:
    """Print the table, row by row."""
    parser = argparse.ArgumentParser(prog="python -m tests.rows", description=__doc__)
    parser.add_argument("--rows", default="1000,10000,100000")
    counts = [int(count) for count in parser.parse_args(words).rows.split(",")]
    print("| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER), sep="\n", flush=True)
    spawn = multiprocessing.get_context("spawn")
    for count in counts:
        with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(1, spawn) as alone:
            path = many_rows(Path(folder), count)
            alone.submit(time.sleep, 0).result()
            print("| " + " | ".join(alone.submit(opened, path).result()) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
