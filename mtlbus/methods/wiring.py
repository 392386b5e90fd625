"""Parts that several diagrams share: boxes, chains, the encoder that goes down, the U-shape.

Every drawing has the same layout: an encoder goes down on the left, from the whole image to the
deepest features, a decoder climbs back on its right, and answers stand at the end of their arrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..core.outputs import MapWords
from ..core.spec import Diagram, Edge, Equation, Node, NodeKind

MASK, CLASS = ":mask_logits", ":class_logits:malignancy"
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

SWIN_WORDS = MapWords(
    "Swin attention",
    caution="This is one block of the stage, the last with unshifted windows; the features also "
    "pass beside it, so it is not all that the cell knows.",
)
CROSS_ENTROPY = Equation(
    "Loss of the class",
    "section 2.1",
    r"\mathcal{L}_{cls} = -\log \frac{e^{z_y}}{\sum_c e^{z_c}}",
    "$z$: the logits of benign and malignant; $y$: the true class.",
)


def lines(*latex: str) -> str:
    """Several short lines of an equation instead of one that a narrow page would cut."""
    return r"\begin{gathered} " + r" \\[4pt] ".join(latex) + r" \end{gathered}"


def box(
    name: str, label: str, kind: NodeKind, column: float, row: float, tap: str = "", **taps: str
) -> Node:
    """A node with one tap, or with several under their symbols."""
    named = ((("", tap),) if tap else ()) + tuple(taps.items())
    return Node(name, label, kind, column, row, named)


def chain(*names: str) -> tuple[Edge, ...]:
    """An arrow from each to the next."""
    return tuple(Edge(start, end) for start, end in pairwise(names))


def across(pairs: Sequence[tuple[str, str]], label: str = "") -> tuple[Edge, ...]:
    """Arrows between boxes of the same row: skip connections."""
    return tuple(Edge(start, end, label) for start, end in pairs)


def image(column: float = 0, row: float = 0) -> Node:
    """The input of every network."""
    return Node("image", "image", "image", column, row, (("", "<"),))


def mask(column: float, row: float) -> Node:
    """The logits of the mask."""
    return box("mask", "mask", "answer", column, row, MASK)


def malignancy(column: float, row: float) -> Node:
    """The logits of the class."""
    return box("class", "benign or\nmalignant", "answer", column, row, CLASS)


def going_down(
    symbol: str,
    taps: Sequence[str],
    column: float = 0,
    first_row: float = 1,
    kind: NodeKind = "convolution",
    start: int = 1,
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The levels of an encoder below the image, "C₁" to "C₅" named "c1" to "c5".

    Args:
        symbol: of the levels.
        taps: one a level.
        column, first_row: where the first stands.
        kind: of the boxes.
        start: number of the first level.
    """
    numbers = range(start, start + len(taps))
    nodes = tuple(
        box(f"{symbol.lower()}{n}", _numbered(symbol, n), kind, column, first_row + i, tap)
        for i, (n, tap) in enumerate(zip(numbers, taps, strict=True))
    )
    return nodes, chain("image", *(node.name for node in nodes))


def climbing(
    symbol: str, taps: Sequence[str], column: float = 1, last_row: float = 4
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The levels of a decoder from the deepest up, "U₄" to "U₁", and the mask above them.

    Args:
        symbol: of the levels.
        taps: one a level, the deepest first.
        column, last_row: where the deepest stands.
    """
    count = len(taps)
    nodes = tuple(
        box(
            f"{symbol.lower()}{count - i}",
            _numbered(symbol, count - i),
            "decoder",
            column,
            last_row - i,
            tap,
        )
        for i, tap in enumerate(taps)
    )
    edges = chain(*(node.name for node in nodes), "mask")
    return (*nodes, mask(column, last_row - count)), edges


def classifier(symbol: str, taps: Sequence[str], head: str, pooled: str, reading: str) -> Diagram:
    """A backbone that ends in one vector and the class: the drawing of the plain classifiers.

    Args:
        symbol: of the levels.
        taps: one a level.
        head: what stands between the deepest level and the class, in words.
        pooled: tap of the vector that the head reads.
        reading: see `Diagram`.
    """
    nodes, edges = going_down(symbol, taps)
    deepest = nodes[-1]
    return Diagram(
        nodes=(
            image(),
            *nodes,
            box("vector", head, "decoder", 1, deepest.row, pooled),
            malignancy(2, deepest.row),
        ),
        edges=(*edges, *chain(deepest.name, "vector", "class")),
        reading=reading,
    )


def _numbered(symbol: str, number: int) -> str:
    return f"{symbol}{str(number).translate(SUBSCRIPTS)}"
