"""Diagrams of all methods: nothing overlaps, nothing is cut, and they can be read."""

from __future__ import annotations

import io
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageFont

from mtlbus.core.spec import Diagram, Edge, Group, Node
from mtlbus.figures import diagrams, routes
from mtlbus.figures.diagrams import LIGHT, diagram_svg, lay_out, shape_words
from mtlbus.figures.drawing_png import png_of_drawing
from mtlbus.methods import get_spec, list_methods

DIAGRAMS = {name: get_spec(name).diagram for name in list_methods()}
SVG = "{http://www.w3.org/2000/svg}"


def overlap(a: routes.Box, b: routes.Box, gap: float = 0.0) -> bool:
    across = min(a.right, b.right) - max(a.left, b.left) > -gap
    return across and min(a.bottom, b.bottom) - max(a.top, b.top) > -gap


def crosses(start, end, box: routes.Box) -> bool:
    """Whether the line goes through the inside of a box, looked at in a hundred places."""
    for step in range(101):
        x = start[0] + (end[0] - start[0]) * step / 100
        y = start[1] + (end[1] - start[1]) * step / 100
        if box.left + 1 < x < box.right - 1 and box.top + 1 < y < box.bottom - 1:
            return True
    return False


@pytest.mark.parametrize("name", DIAGRAMS)
def test_boxes_keep_their_distance(name):
    layout = lay_out(DIAGRAMS[name])
    for (first, a), (second, b) in combinations(layout.boxes.items(), 2):
        assert not overlap(a, b, gap=5), (first, second)
    for box in [*layout.boxes.values(), *layout.frames.values()]:
        assert box.left >= 0 and box.top >= 0
        assert box.right <= layout.width and box.bottom <= layout.height - diagrams.LEGEND


@pytest.mark.parametrize("name", DIAGRAMS)
def test_arrows_run_through_no_box_and_into_no_frame_but_their_own(name):
    diagram = DIAGRAMS[name]
    layout = lay_out(diagram)
    members = {group.name: set(group.members) for group in diagram.groups}
    for edge, path in zip(diagram.edges, layout.paths, strict=True):
        own = {edge.start, edge.end}
        for start, end in pairwise(path.points):
            for box_name, box in layout.boxes.items():
                assert not crosses(start, end, box), (edge, box_name)
            for frame_name, frame in layout.frames.items():
                if frame_name not in own and not own & members[frame_name]:
                    assert not crosses(start, end, frame), (edge, frame_name)


@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_box_can_be_reached_from_the_image(name):
    diagram = DIAGRAMS[name]
    inside = {group.name: group.members for group in diagram.groups}
    follows: dict[str, set[str]] = {}
    for edge in diagram.edges:
        follows.setdefault(edge.start, set()).add(edge.end)
    seen, ahead = set(), ["image"]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += [*follows.get(name, ()), *inside.get(name, ())]
    assert {node.name for node in diagram.nodes} <= seen


@pytest.mark.parametrize("name", DIAGRAMS)
def test_writing_fits_its_box(name):
    bold = ImageFont.load_default(size=14)
    for node in DIAGRAMS[name].nodes:
        lines = node.label.split("\n")
        assert len(lines) + len(node.taps) <= 3
        for line in lines:
            size = 13 if len(lines) + len(node.taps) > 2 else 14
            assert 1.15 * bold.getlength(line) * size / 14 < diagrams.WIDTH, line


def test_the_drawing_holds_labels_shapes_and_every_arrow():
    diagram = DIAGRAMS["mtl_cosa"]
    drawing = ElementTree.fromstring(diagram_svg(diagram, {"encoder:4": (320, 8, 8)}))
    texts = [text.text for text in drawing.iter(f"{SVG}text")]
    assert {"margin", "area average", "attention in each region", "320@8"} <= set(texts)
    arrows = [p for p in drawing.iter(f"{SVG}path") if p.get("marker-end")]
    assert len(arrows) == len(diagram.edges)
    assert texts.count("320@8") == 1, "a shape that was not measured is not shown"


@pytest.mark.parametrize("paint", [diagrams.LIGHT, diagrams.DARK])
def test_writing_has_contrast_on_every_ground(paint):
    """At least 4.5 to 1, as WCAG 2.2 asks for small text; lines 3 to 1."""
    grounds = [paint.ground, *(fill for fill, _ in paint.kinds.values())]
    for ground in grounds:
        assert contrast(paint.ink, ground) >= 7
        assert contrast(paint.quiet, ground) >= 4.5
    assert contrast(paint.line, paint.ground) >= 3


def contrast(first: str, second: str) -> float:
    """Ratio of relative luminances (WCAG 2.2, 1.4.3)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    "shape,words",
    [((64, 9, 9), "64@9"), ((3, 8, 16), "3@8×16"), ((512,), "512"), ((3, 20, 8, 8), "3×20@8")],
)
def test_shapes_in_words(shape, words):
    assert shape_words(shape) == words


def test_a_route_turns_where_it_should():
    start, end = routes.Box(0, 0, 20, 10), routes.Box(100, 50, 20, 10)
    gap = routes.GAP
    assert routes.route(start, end, "hv").points == ((10, 0), (100, 0), (100, 45 - gap))
    assert routes.route(start, end, "hvh", lane=30).points == (
        (10, 0),
        (30, 0),
        (30, 50),
        (90 - gap, 50),
    )
    assert routes.route(start, end, "vhv").points == ((0, 5), (0, 25), (100, 25), (100, 45 - gap))
    assert routes.route(end, start, "vh").points == ((100, 45), (100, 0), (10 + gap, 0))


def test_a_diagram_that_names_what_it_does_not_have_is_refused():
    node = Node("a", "a", "image", 0, 0)
    with pytest.raises(ValueError, match="names 'b'"):
        lay_out(Diagram((node,), (Edge("a", "b"),), ""))
    with pytest.raises(ValueError, match="is no node"):
        lay_out(Diagram((node,), (), "", (Group("g", "g", ("c",)),)))


def test_the_png_of_a_drawing_is_the_drawing():
    nodes = Node("a", "first", "convolution", 0, 0), Node("b", "last", "answer", 2, 1)
    diagram = Diagram(nodes, (Edge("a", "b", route="hvh"),), "")
    svg, layout = diagram_svg(diagram, {}), lay_out(diagram)
    with Image.open(io.BytesIO(png_of_drawing(svg))) as picture:
        assert picture.size == (2 * round(layout.width), 2 * round(layout.height))
        drawn = np.asarray(picture.convert("RGB")).astype(int)
    box = layout.boxes["a"]
    for (x, y), colour in {
        (box.left + 8, box.y): LIGHT.kinds["convolution"][0],
        layout.paths[0].middle: LIGHT.line,
        (layout.boxes["b"].left - 6, layout.boxes["b"].y): LIGHT.line,  # its head
    }.items():
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert np.abs(drawn[round(2 * y), round(2 * x)] - wanted).max() < 12
    with pytest.raises(ValueError, match="'circle'"):
        png_of_drawing(svg.replace("</svg>", "<circle/></svg>"))
