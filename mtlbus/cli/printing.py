"""What the verbs print: results to stdout, as lines or as one JSON document; progress to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..core.text import printable

METRICS_SHOWN = ("auc", "accuracy", "sensitivity", "specificity", "f1", "dice", "jaccard", "hd95")
NOTHING = "–"


def report(line: str) -> None:
    """Print a line of progress, or of what went wrong, to stderr; names in it stay text."""
    print(printable(line), file=sys.stderr, flush=True)


def print_result(document: Any, as_json: bool, lines: Callable[[], Sequence[str]]) -> None:
    """Print a result to stdout.

    Args:
        document: the result, JSON-ready.
        as_json: whether `--json` was given.
        lines: makes the same result as lines for a person; asked only without `--json`.
    """
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
    """The figures of a judged method: a row for each dataset, and one for all pooled.

    Args:
        document: `datasets` and `pooled` as `evaluation.tables.summarise` gives them.
    """
    from ..evaluation.intervals import figure_words

    parts = {**document["datasets"], "pooled": document["pooled"]}
    shown = [name for name in METRICS_SHOWN if name in document["pooled"]]
    rows = [
        (name, part["n"], *(figure_words(part.get(metric)) for metric in shown))
        for name, part in parts.items()
    ]
    return table(("data", "n", *shown), rows)
