"""The verbs that ask stored predictions: which method or panel is better, on which images."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..core.errors import DataError, InputError, choose
from ..core.wording import signed, with_interval
from .printing import print_result, table

if TYPE_CHECKING:
    from ..evaluation.judged_rows import Table


def compare(arguments: argparse.Namespace) -> int:
    """Two methods on the test images that both have judged: AUC, calls and Dice, paired."""
    from ..evaluation import judged_rows

    first, second = _table(arguments.first), _table(arguments.second)
    images = _images(first, arguments.images)
    pair = judged_rows.compare(first, second, images, (_threshold(first), _threshold(second)))
    outlines = judged_rows.compare_outlines(first, second, images)
    document: dict[str, Any] = {"first": first.method, "second": second.method, "images": images}
    if pair is not None:
        document |= {"n": pair.n, "auc": pair.auc._asdict(), "calls": pair.calls._asdict()}
    if outlines is not None:
        document |= {"n": document.get("n", outlines.n), "dice": outlines._asdict()}
    if "n" not in document:
        raise DataError(
            f"{first.title} and {second.title} have no images in common of both classes, nor "
            "any that both have outlined. Choose other --images, or evaluate both on the same fold."
        )
    print_result(document, arguments.json, lambda: _lines(document, first.title, second.title))
    return 0


def _lines(document: dict[str, Any], first: str, second: str) -> list[str]:
    lines = [f"{document['n']} test images, {document['images']}"]
    if "auc" in document:
        auc, calls = document["auc"], document["calls"]
        lines += [
            f"AUC: {first} {auc['auc_a']:.3f}, {second} {auc['auc_b']:.3f}; {_difference(auc)}, "
            f"p = {auc['p_value']:.3g} (DeLong)",
            f"Calls: only {first} is right on {calls['only_a_right']}, only {second} on "
            f"{calls['only_b_right']}, p = {calls['p_value']:.3g} (McNemar)",
        ]
    if "dice" in document:
        dice = document["dice"]
        lines.append(
            f"Dice of {dice['n']}: {first} {dice['dice_a']:.3f}, {second} {dice['dice_b']:.3f}; "
            f"{_difference(dice)} (bootstrap over patients)"
        )
    return lines


def _difference(gap: dict[str, Any]) -> str:
    """It and its 95 % limits, where it has some."""
    said = f"difference {signed(gap['difference'], 3)}"
    if gap["low"] is None:
        return said
    return f"{said} ({signed(gap['low'], 3)} to {signed(gap['high'], 3)})"


def panels(arguments: argparse.Namespace) -> int:
    """The best panels of some networks by the validation part, the ten first as a table."""
    from ..evaluation.panel_choice import ranked_panels
    from ..evaluation.panels import find_network

    ranked = ranked_panels([find_network(name) for name in arguments.networks])

    def lines() -> list[str]:
        rows = [(one.panel, *(f"{figure:.4f}" for figure in one[1:])) for one in ranked[:10]]
        return table(("panel", "score", "Dice", "AUC", "presence"), rows)

    print_result([one._asdict() for one in ranked], arguments.json, lines)
    return 0


def slices(arguments: argparse.Namespace) -> int:
    """One figure of a method on parts of its test images, with 95 % intervals."""
    from ..evaluation.judged_rows import select
    from ..evaluation.slices import FIGURES, SLICINGS
    from ..evaluation.slices import slices as parts_of

    judged = _table(arguments.method)
    by = choose("slicing", arguments.by, SLICINGS)
    figure = choose("figure", arguments.figure, FIGURES)
    images = _images(judged, arguments.images)
    parts = parts_of(select(judged, images), by, figure, _threshold(judged))
    asked = {"method": judged.method, "images": images, "by": by, "figure": figure}
    document = asked | {"parts": [part._asdict() for part in parts]}

    def lines() -> list[str]:
        rows = [(one.name, one.n, with_interval(one.value, one.low, one.high)) for one in parts]
        return table((SLICINGS[by], "n", FIGURES[figure]), rows)

    print_result(document, arguments.json, lines)
    return 0


def _table(name: str) -> Table:
    """The stored predictions of a shipped method, of a checkpoint's folder or of a panel."""
    from ..core.declaration import BREAST
    from ..evaluation.judged_rows import load_table
    from ..evaluation.panels import find_network

    checkpoint = find_network(name)
    if checkpoint.declaration != BREAST:
        raise InputError(
            f"{checkpoint.method} is about {checkpoint.declaration.about}; this verb is for breast "
            "ultrasound. tasktable sets networks for other tasks side by side."
        )
    return load_table(checkpoint)


def _images(judged: Table, wanted: str | None) -> str:
    """Which of its test images: "real" or a data set; the first choice without a wish."""
    from ..evaluation.judged_rows import choices

    return choices(judged)[0] if wanted is None else choose("images", wanted, choices(judged))


def _threshold(judged: Table) -> float:
    """Of the default operating point; a half for a method without a class, which needs none."""
    point = judged.card.default_point
    return 0.5 if point is None else point.threshold
