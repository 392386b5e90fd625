"""What the verbs print: results to stdout, as lines or as one JSON document; progress to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..core.quantities import heads
from ..core.text import printable

METRICS_SHOWN = ("auc", "accuracy", "sensitivity", "specificity", "f1", "dice", "jaccard", "hd95")
NOTHING = "–"


def report(line: str) -> None:
    """Print a line of progress, or of what went wrong, to stderr; names in it stay text.

    Of several processes of one run the first speaks.
    """
    if rank() == 0:
        print(printable(line), file=sys.stderr, flush=True)


def report_own(line: str) -> None:
    """The same of what only this process knows, whichever it is."""
    mark = f"process {rank()}: " if rank() else ""
    print(printable(mark + line), file=sys.stderr, flush=True)


def rank() -> int:
    """Which process of a run this is (`core.processes`, which the help would have to wait for)."""
    return int(os.environ.get("RANK", 0)) if "TORCHELASTIC_RUN_ID" in os.environ else 0


def print_result(document: Any, as_json: bool, lines: Callable[[], Sequence[str]]) -> None:
    """Print a result to stdout; of several processes of one run the first does.

    Args:
        document: the result, JSON-ready.
        as_json: whether `--json` was given.
        lines: makes the same result as lines for a person; asked only without `--json`.
    """
    if rank():
        return
    if as_json:
        print(_json(document))
    else:
        for line in lines():
            print(printable(line))


def _json(document: Any) -> str:
    """The document in the signs of the field, in escapes where stdout has no way to write one."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, indent=1, allow_nan=False)
    return text


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Lines of columns that are padded to their widest cell."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    return [
        "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    ]


def metric_lines(document: Mapping[str, Any]) -> list[str]:
    """The figures of a judged method: a row for each dataset, one for all pooled, and presence.

    Args:
        document: `datasets` and `pooled` as `evaluation.tables.summarise` gives them, and
            `presence` with the rates of `evaluation.presence.presence_rates`, or None.
    """
    from ..evaluation.intervals import figure_words

    parts = {**document["datasets"], "pooled": document["pooled"]}
    shown = [name for name in METRICS_SHOWN if name in document["pooled"]]
    rows = [
        (name, part["n"], *(figure_words(part.get(metric)) for metric in shown))
        for name, part in parts.items()
    ]
    lines = (
        table(("data", "n", *heads(*shown).values()), rows)
        if document["datasets"]
        else ["no lesion was judged"]
    )
    return [*lines, *presence_lines(document.get("presence"))]


def task_lines(document: Mapping[str, Any]) -> list[str]:
    """The figures of judged tasks (`protocol.task_judging.task_figures`), a row each."""
    from ..evaluation.intervals import figure_words

    parts = {**document["datasets"], "pooled": document["pooled"]}
    if len(parts) == 2:  # of one dataset, pooled is the same
        del parts["pooled"]
    names = [name for name in document["pooled"] if name not in ("n", "groups")]
    rows = [(name, *(figure_words(part.get(name)) for part in parts.values())) for name in names]
    header = ("figure", *(f"{name}, n = {part['n']}" for name, part in parts.items()))
    return table(header, rows)


def presence_lines(presence: Mapping[str, Any] | None) -> list[str]:
    """How many normal images are outlined, and how many lesions are not."""
    from ..evaluation.intervals import figure_words

    if presence is None:
        return []
    lines = []
    for kind, name, words in (
        ("normal", "outlined", "normal images are outlined all the same"),
        ("normal", "malignant", "normal images are called malignant"),
        ("lesion", "missed", "lesions are not outlined"),
    ):
        entry, n = presence[kind][name], presence[kind]["n"]
        if entry is not None:
            lines.append(f"{round(entry['value'] * n)} of {n} {words}: {figure_words(entry)}")
    return lines
