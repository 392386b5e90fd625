"""The shipped methods side by side, from their cards: quality with intervals, size, speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..checkpoints import Checkpoint
from ..core.quantities import heads
from ..core.tables import markdown_table
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..data.dataset import TITLES
from ..evaluation.intervals import figure_words
from ..methods import get_spec
from ..training.recipe_words import loss_words, start_words
from .silencing import HEADER, silence_lines

FIGURES = heads("auc", "accuracy", "sensitivity", "specificity", "dice")
NOTHING = "–"


def entry(checkpoint: Checkpoint) -> dict[str, Any]:
    """What a card says for the comparison: method, title, figures by dataset, epochs, cost.

    Epochs and cost are None where the card keeps none.
    """
    card = checkpoint.card
    datasets = {
        name: {"n": found["n"], **{key: found.get(key) for key in FIGURES}}
        for name, found in (card.metrics.datasets if card.metrics else {}).items()
    }
    return {
        "method": checkpoint.method,
        "title": _title(checkpoint),
        "parameters": card.parameters,
        "epochs": checkpoint.epochs,
        "datasets": datasets,
        "cost": card.cost,
    }


def _title(checkpoint: Checkpoint) -> str:
    return get_spec(checkpoint.method).title


def speed_rows(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """method, parameters, operations, milliseconds with their spread, threads, machine."""
    rows = []
    for found in entries:
        cost = found["cost"]
        row = (found["method"], f"{found['parameters'] / 1e6:.2f} M")
        if cost is None:
            rows.append((*row, *(NOTHING,) * 4))
            continue
        rows.append(
            (
                *row,
                f"{cost['flops'] / 1e9:.2f} G",
                f"{cost['milliseconds']:.0f} ({cost['fastest']:.0f}–{cost['slowest']:.0f})",
                str(cost["threads"]),
                cost["machine"],
            )
        )
    return rows


SPEED_HEADER = ("method", "parameters", "FLOPs", "ms an image (10–90 %)", "threads", "machine")


def markdown(checkpoints: Sequence[Checkpoint]) -> list[str]:
    """The benchmark as Markdown: one table a dataset, best AUC first, and the papers' own apart."""
    entries = [entry(checkpoint) for checkpoint in checkpoints]
    lines: list[str] = []
    for name in [key for key in TITLES if any(key in found["datasets"] for found in entries)]:
        some = [found for found in entries if name in found["datasets"]]
        # Methods without a class stand below those with one, by Dice.
        some.sort(key=lambda found: _rank(found["datasets"][name]), reverse=True)
        counts = sorted({found["datasets"][name]["n"] for found in some})
        images = " or ".join(map(str, counts))
        lines += [f"**{TITLES[name]}, test fold, {images} images**", ""]
        lines += markdown_table(
            ("method", *FIGURES.values(), "epochs", "parameters", "FLOPs", "ms"),
            [_row(found, name) for found in some],
        )
        lines.append("")
    lines += _machines(entries)
    lines += ["", "**How the weights were made**", "", *training(checkpoints)]
    heard = hearing(checkpoints)
    if heard:
        lines += ["", "**Which inner parts the answers hear**", "", *heard]
    lines += ["", "**Printed in the papers, on their own data; not comparable with the above**", ""]
    return [*lines, *papers(checkpoints)]


def training(checkpoints: Sequence[Checkpoint]) -> list[str]:
    """A row a method: where its first round began, what its last one minimised, and how long."""
    rows = []
    for checkpoint in checkpoints:
        rounds, spec = checkpoint.rounds, checkpoint.card.spec
        asked = (spec.answers(name=task.name) for task in (SEGMENTATION, MALIGNANCY))
        loss = loss_words(rounds[-1].recipe or {}, *asked) if rounds else ""
        rows.append(
            (
                _title(checkpoint),
                start_words(rounds[0]) if rounds else NOTHING,
                loss or NOTHING,
                str(len(rounds)),
                NOTHING if checkpoint.epochs is None else str(checkpoint.epochs),
            )
        )
    return markdown_table(("method", "start", "loss of the last round", "rounds", "epochs"), rows)


def hearing(checkpoints: Sequence[Checkpoint]) -> list[str]:
    """A row a part that was silenced; nothing where no card tells."""
    rows = []
    for checkpoint in checkpoints:
        silence = checkpoint.card.silence or {"parts": {}}
        for name, *figures in silence_lines(silence["parts"]):
            rows.append((_title(checkpoint), name, *figures))
    return markdown_table(("method", *HEADER[:-1], "the answer"), rows) if rows else []


def papers(checkpoints: Sequence[Checkpoint]) -> list[str]:
    """The papers' tables, each once, with data and caveat."""
    lines: list[str] = []
    seen = set()
    for checkpoint in checkpoints:
        spec = get_spec(checkpoint.method)
        source = f"{spec.paper.authors.split(',')[0]} et al. {spec.paper.year}"
        for reported in spec.reported:
            key = (spec.paper.title, reported.caption, reported.data)
            if key in seen:
                continue
            seen.add(key)
            lines += [f"{source}, {reported.caption}; data: {reported.data}. {reported.caveat}", ""]
            lines += [*markdown_table(reported.columns, reported.rows), ""]
    return lines


def _rank(figures: Mapping[str, Any]) -> tuple[float, float]:
    return tuple((figures[key] or {}).get("value") or 0.0 for key in ("auc", "dice"))


def _row(found: Mapping[str, Any], dataset: str) -> tuple[str, ...]:
    figures, cost = found["datasets"][dataset], found["cost"]
    return (
        found["title"],
        *(figure_words(figures[key]) for key in FIGURES),
        NOTHING if found["epochs"] is None else str(found["epochs"]),
        f"{found['parameters'] / 1e6:.1f} M",
        f"{cost['flops'] / 1e9:.1f} G" if cost else NOTHING,
        f"{cost['milliseconds']:.0f}" if cost and cost["milliseconds"] is not None else NOTHING,
    )


def _machines(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """How the milliseconds were taken, one line for each machine and number of threads."""
    costs = [found["cost"] for found in entries if found["cost"]]
    kinds = {(cost["machine"], cost["threads"], cost["size"], cost["forwards"]) for cost in costs}
    return [
        f"ms: median of {forwards} forwards of one image at {size} px, {threads} "
        f"{'thread' if threads == 1 else 'threads'} of {machine}, float32. FLOPs: convolutions, "
        "matrix products and attention, a multiplication and an addition being two."
        for machine, threads, size, forwards in sorted(kinds)
    ]
