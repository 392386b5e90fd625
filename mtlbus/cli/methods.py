"""The verb about methods: what there is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from .printing import NOTHING, print_result, table


def methods(arguments: argparse.Namespace) -> int:
    """Every method: title, paper, tasks, variants, parameters, maps, checkpoint."""
    from ..checkpoints import list_checkpoints
    from ..methods import get_spec, list_methods

    shipped = list_checkpoints()
    names = list_methods() if arguments.method is None else [get_spec(arguments.method).name]
    documents = [
        _document(name, shipped[name].folder.name if name in shipped else None) for name in names
    ]
    print_result(documents, arguments.json, lambda: _lines(documents))
    return 0


def _document(name: str, checkpoint: str | None) -> dict[str, Any]:
    """A method as JSON-ready data; its parameters are counted on networks without numbers."""
    from ..methods import get_spec
    from ..methods.registry import VARIANTS
    from ..methods.shapes import count_parameters

    spec = get_spec(name).as_dict()
    return {
        **spec,
        "tasks": [task["name"] for task in spec["tasks"]],
        "maps": [found["name"] for found in spec["maps"]],
        "map_meanings": {found["name"]: found["meaning"] for found in spec["maps"]},
        "variants": {
            variant: {"parameters": count_parameters(name, variant)} for variant in VARIANTS
        },
        "checkpoint": checkpoint,
    }


def _lines(documents: Sequence[dict[str, Any]]) -> list[str]:
    rows = [
        (
            found["name"],
            found["title"],
            " + ".join(found["tasks"]),
            *(f"{size['parameters'] / 1e6:.1f} M" for size in found["variants"].values()),
            "trained" if found["checkpoint"] else NOTHING,
            f"{found['paper']['authors'].split(',')[0]} {found['paper']['year']}",
        )
        for found in documents
    ]
    variants = documents[0]["variants"]
    return table(("method", "title", "answers", *variants, "weights", "paper"), rows)
