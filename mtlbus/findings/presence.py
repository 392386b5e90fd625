"""Is there a lesion at all? What a network can say about that, and what was counted on normals."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..core.card import Card

MOST_OUTLINED = 0.10  # of the normal test images, for a network whose "nothing here" is believed


class Counted(NamedTuple):
    """What a network did on images of one kind.

    Attributes:
        n: images.
        outlined: of them; None for a network without an outline.
        malignant: of them were called malignant; None where that was not counted.
    """

    n: int
    outlined: int | None
    malignant: int | None


def threshold(card: Card) -> float | None:
    """The presence score below which a network outlines no lesion; None where none was chosen."""
    return None if card.presence is None else card.presence.threshold


def knows_normals(card: Card) -> bool:
    """Whether a network leaves normal breasts alone: it saw some, and was counted to do so.

    To have seen some is not enough: Hybrid-MT-ESTAN, trained with 95, outlines 23 of 27 new ones.
    """
    found = counted(card, "normal")
    if not card.trained_with_normals or found is None or found.outlined is None:
        return False
    return found.outlined <= MOST_OUTLINED * found.n


def counted(card: Card, kind: str, part: str = "test") -> Counted | None:
    """What the card counts on the images of a kind; None where it does not.

    Args:
        card: of the network's weights.
        kind: "normal" or "lesion".
        part: "test" or "validation".
    """
    entry = (getattr(card.presence, part, None) or {}).get(kind) or {}
    count = entry.get("n")
    if not count:
        return None
    outlined = _times(entry.get("outlined"), count)
    if outlined is None and (missed := _times(entry.get("missed"), count)) is not None:
        outlined = count - missed
    return Counted(count, outlined, _times(entry.get("malignant"), count))


def nothing_outlined(card: Card) -> str:
    """How far "no lesion outlined" can be believed, from what was counted on the test part."""
    normal, lesion = counted(card, "normal"), counted(card, "lesion")
    parts = []
    if normal is not None and normal.outlined is not None:
        parts.append(
            f"This network outlined something on {normal.outlined} of {normal.n} normal images"
        )
    if lesion is not None and lesion.outlined is not None:
        missed = f"missed {lesion.n - lesion.outlined} of {lesion.n} lesions"
        parts.append(missed if parts else f"This network {missed}")
    if parts:
        return f"{' and '.join(parts)} of the test part."
    return "How often it overlooks a lesion was not counted."


def on_normals(card: Card) -> str:
    """What a network does that cannot say "nothing here", from what was counted on normals."""
    found = counted(card, "normal")
    seen = bool(card.trained_with_normals)
    start = f"In training it {'saw normal breasts' if seen else 'never saw a normal breast'}"
    if found is None:
        left = "; what it does on new ones was not counted"
        return start + (left if seen else ", and it answers as if there were a lesion") + "."
    did = []
    if found.outlined is not None:
        did.append(f"outlined {found.outlined}")
    if found.malignant is not None:
        did.append(f"called {found.malignant} malignant")
    still = "still " if seen else ""
    return (
        f"{start}; of the {found.n} of the test part it {still}"
        f"{' and '.join(did) or 'answered as if each had a lesion'}."
    )


def _times(share: Any, count: int) -> int | None:
    """How many of `count` a share of the card is; None where it is unknown."""
    value = share.get("value") if isinstance(share, dict) else share
    return round(value * count) if isinstance(value, int | float) and value == value else None
