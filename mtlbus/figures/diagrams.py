"""The wiring of a method as an SVG: boxes, arrows and frames, laid out by the diagram's own data.

The picture brings its own ground, so that it can be read on a light and on a dark page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from ..core.spec import Diagram, Edge, Node
from .routes import Box, Path, route

COLUMN, ROW = 178, 84  # from centre to centre, in pixels of the drawing
WIDTH, HEIGHT = 142, 54
MARGIN, LEGEND, FRAME = 20, 40, 12
LINE, SMALL = 16, 12.5
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Paint:
    """Colours of one theme: of the ground, of writing, of lines, and (fill, border) by kind."""

    ground: str
    ink: str
    quiet: str
    line: str
    kinds: Mapping[str, tuple[str, str]]


LIGHT = Paint(
    "#F4F7F8",
    "#17262B",
    "#45555B",
    "#66777D",
    {
        "image": ("#E3E9EB", "#8A9AA0"),
        "convolution": ("#D9E9F7", "#2F86C9"),
        "transformer": ("#E6E0F9", "#8A6FDF"),
        "idea": ("#FCE9C0", "#B97F00"),
        "decoder": ("#D8F0F2", "#2A96A2"),
        "answer": ("#FFFFFF", "#17262B"),
    },
)
DARK = Paint(
    "#131D20",
    "#E8EFF1",
    "#B4C2C7",
    "#8FA1A7",
    {
        "image": ("#2A383D", "#7E9097"),
        "convolution": ("#15344C", "#4C9AD6"),
        "transformer": ("#2E2656", "#9D86E8"),
        "idea": ("#4B380C", "#E0A526"),
        "decoder": ("#123C42", "#3FB8C4"),
        "answer": ("#0A1113", "#E8EFF1"),
    },
)
KINDS = {
    "convolution": "convolution",
    "transformer": "transformer",
    "idea": "what the method adds",
    "decoder": "towards the answer",
}


class Layout(NamedTuple):
    """Where everything stands, pixels from the upper left.

    Attributes:
        boxes: of the nodes, by name.
        frames: of the groups, by name.
        paths: of the edges, in their order.
        width, height: of the drawing, the legend included.
    """

    boxes: dict[str, Box]
    frames: dict[str, Box]
    paths: tuple[Path, ...]
    width: float
    height: float


def lay_out(diagram: Diagram) -> Layout:
    """Places of boxes, frames and arrows.

    Raises:
        ValueError: an edge or a group names a node that does not exist.
    """
    left = min(node.column for node in diagram.nodes)
    top = min(node.row for node in diagram.nodes)

    def place(column: float, row: float) -> tuple[float, float]:
        return (
            MARGIN + WIDTH / 2 + (column - left) * COLUMN,
            MARGIN + HEIGHT / 2 + (row - top) * ROW,
        )

    boxes = {node.name: Box(*place(node.column, node.row), WIDTH, HEIGHT) for node in diagram.nodes}
    frames = {group.name: _frame(boxes, group.name, group.members) for group in diagram.groups}
    ends = {**boxes, **frames}

    def path(edge: Edge) -> Path:
        missing = [name for name in (edge.start, edge.end) if name not in ends]
        if missing:
            raise ValueError(f"An edge names {missing[0]!r}, which the diagram does not have.")
        lane = None
        if edge.lane is not None:
            across, down = place(edge.lane, edge.lane)
            lane = across if edge.route == "hvh" else down
        return route(ends[edge.start], ends[edge.end], edge.route, lane)

    everything = [*boxes.values(), *frames.values()]
    return Layout(
        boxes,
        frames,
        tuple(path(edge) for edge in diagram.edges),
        max(box.right for box in everything) + MARGIN,
        max(box.bottom for box in everything) + MARGIN + LEGEND,
    )


def _frame(boxes: Mapping[str, Box], name: str, members: tuple[str, ...]) -> Box:
    unknown = [member for member in members if member not in boxes]
    if unknown:
        raise ValueError(f"The group {name!r} names {unknown[0]!r}, which is no node.")
    inside = [boxes[member] for member in members]
    left, right = min(b.left for b in inside) - FRAME, max(b.right for b in inside) + FRAME
    top, bottom = min(b.top for b in inside) - FRAME, max(b.bottom for b in inside) + FRAME
    # The label stands above the boxes, so that their middle is not the frame's.
    return Box((left + right) / 2, (top + bottom) / 2, right - left, bottom - top + LINE, LINE)


def shape_words(shape: Shape) -> str:
    """A shape as people write it: "64@128" is 64 channels of 128×128 cells, "512" a vector."""
    if len(shape) < 2:
        return "".join(str(n) for n in shape)
    *channels, height, width = shape
    cells = f"{height}" if height == width else f"{height}×{width}"
    return f"{'×'.join(str(n) for n in channels) or 1}@{cells}"


def shapes_of(node: Node, shapes: Mapping[str, Shape]) -> list[str]:
    """The lines of shapes in a box, one a tap; none where nothing was measured."""
    return [
        f"{symbol} {shape_words(shapes[tap])}".strip() for symbol, tap in node.taps if tap in shapes
    ]


def diagram_svg(diagram: Diagram, shapes: Mapping[str, Shape], dark: bool = False) -> str:
    """Draw a diagram.

    Args:
        diagram: what to draw.
        shapes: of the features, by tap, without the axis of the batch.
        dark: for a dark page.

    Returns:
        An SVG document.
    """
    paint, layout = DARK if dark else LIGHT, lay_out(diagram)
    width, height = layout.width, layout.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" font-family="{escape(FONT)}">',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0,0 L10,5 L0,10 z" fill="{paint.line}"/>'
        "</marker></defs>",
        f'<rect width="{width:g}" height="{height:g}" rx="10" fill="{paint.ground}"/>',
    ]
    for group in diagram.groups:
        parts += _draw_frame(layout.frames[group.name], group.label, paint)
    for path in layout.paths:
        parts.append(
            f'<path d="{path.as_svg()}" fill="none" stroke="{paint.line}" stroke-width="1.7" '
            'marker-end="url(#tip)"/>'
        )
    for node in diagram.nodes:
        parts += _draw_box(node, layout.boxes[node.name], shapes_of(node, shapes), paint)
    for edge, path in zip(diagram.edges, layout.paths, strict=True):
        if edge.label:
            parts += _draw_label(edge.label, path, paint)
    parts += _draw_legend(diagram, layout, paint)
    return "\n".join([*parts, "</svg>"])


def _draw_frame(frame: Box, label: str, paint: Paint) -> list[str]:
    colour = paint.kinds["idea"][1]
    return [
        f'<rect x="{frame.left:g}" y="{frame.top:g}" width="{frame.width:g}" '
        f'height="{frame.height:g}" rx="9" fill="none" stroke="{colour}" stroke-width="1.4" '
        'stroke-dasharray="5 4"/>',
        f'<text x="{frame.left + 9:g}" y="{frame.top + LINE:g}" font-size="{SMALL}" '
        f'fill="{paint.quiet}">{escape(label)}</text>',
    ]


def _draw_box(node: Node, box: Box, shapes: list[str], paint: Paint) -> list[str]:
    fill, border = paint.kinds[node.kind]
    label = node.label.split("\n")
    crowded = len(label) + len(shapes) > 2
    lines = [(text, 13.0 if crowded else 14.0, paint.ink, 600) for text in label]
    lines += [(text, 12.0 if crowded else SMALL, paint.quiet, 400) for text in shapes]
    step = 14.5 if crowded else LINE
    first = box.y - (len(lines) - 1) * step / 2 + 4.5
    drawn = [
        f'<rect x="{box.left:g}" y="{box.top:g}" width="{box.width:g}" height="{box.height:g}" '
        f'rx="8" fill="{fill}" stroke="{border}" stroke-width="1.6"/>'
    ]
    for number, (text, size, colour, weight) in enumerate(lines):
        drawn.append(
            f'<text x="{box.x:g}" y="{first + number * step:g}" font-size="{size:g}" '
            f'font-weight="{weight}" text-anchor="middle" fill="{colour}">{escape(text)}</text>'
        )
    return drawn


def _draw_label(label: str, path: Path, paint: Paint) -> list[str]:
    (x, y), width = path.middle, 6.8 * len(label) + 6
    return [
        f'<rect x="{x - width / 2:g}" y="{y - 9:g}" width="{width:g}" height="18" '
        f'fill="{paint.ground}"/>',
        f'<text x="{x:g}" y="{y + 4:g}" font-size="{SMALL}" text-anchor="middle" '
        f'fill="{paint.quiet}">{escape(label)}</text>',
    ]


def _draw_legend(diagram: Diagram, layout: Layout, paint: Paint) -> list[str]:
    present = {node.kind for node in diagram.nodes}
    x, y, drawn = float(MARGIN), layout.height - MARGIN - 4, []
    for kind, words in KINDS.items():
        if kind not in present:
            continue
        fill, border = paint.kinds[kind]
        drawn += [
            f'<rect x="{x:g}" y="{y - 11:g}" width="14" height="14" rx="3" fill="{fill}" '
            f'stroke="{border}" stroke-width="1.6"/>',
            f'<text x="{x + 21:g}" y="{y + 1:g}" font-size="{SMALL}" fill="{paint.quiet}">'
            f"{words}</text>",
        ]
        x += 44 + 6.8 * len(words)
    return drawn
