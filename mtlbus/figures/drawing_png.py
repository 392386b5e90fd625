"""The drawing of a diagram as PNG, from its SVG; no browser takes part."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.text import Text

from .static import DPI
from .static_traces import POINT

_CODES = {"M": [Path.MOVETO], "L": [Path.LINETO], "Q": [Path.CURVE3, Path.CURVE3]}
_TIP = 7.0  # length of an arrow's head, in widths of its line
_ANCHORS = {"start": "left", "middle": "center"}


def png_of_drawing(svg: str, scale: int = 2) -> bytes:
    """An SVG of `diagrams` as PNG.

    Args:
        svg: of rectangles, paths of M, L and Q, and texts.
        scale: pixels of the file for one of the drawing.

    Raises:
        ValueError: it has any other element, which would be left out.
    """
    root = ElementTree.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    page = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    axes = page.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    for node in root:
        kind = node.tag.rpartition("}")[2]
        if kind == "defs":  # the head of an arrow
            continue
        if kind not in _KINDS:
            raise ValueError(f"An element {kind!r} cannot be drawn as PNG.")
        for artist in _KINDS[kind](node.attrib, node.text or ""):
            axes.add_artist(artist)
    stream = io.BytesIO()
    page.savefig(stream, format="png", dpi=scale * DPI, transparent=True)
    return stream.getvalue()


def _rectangle(said: Mapping[str, str], _text: str) -> list[Artist]:
    at = tuple(float(said.get(name, 0)) for name in ("x", "y"))
    size = (float(said[name]) for name in ("width", "height"))
    round_by = f"round,pad=0,rounding_size={said.get('rx', 0)}"
    return [
        FancyBboxPatch(
            at, *size, boxstyle=round_by, facecolor=said.get("fill", "none"),
            edgecolor=said.get("stroke", "none"), linewidth=_line(said),
            linestyle=(0, (3, 2.4)) if "stroke-dasharray" in said else "-",
        )
    ]  # fmt: skip


def _arrow(said: Mapping[str, str], _text: str) -> list[Artist]:
    points, codes = [], []
    for command, numbers in re.findall(r"([MLQ])([^MLQ]+)", said["d"]):
        points += np.array(re.findall(r"-?[\d.]+", numbers), float).reshape(-1, 2).tolist()
        codes += _CODES[command]
    drawn: list[Artist] = [
        PathPatch(
            Path(points, codes), fill=False, edgecolor=said["stroke"], linewidth=_line(said),
            capstyle="butt",
        )
    ]  # fmt: skip
    if "marker-end" in said:
        tip, before = np.array(points[-1]), np.array(points[-2])
        along = (tip - before) / np.linalg.norm(tip - before) * _TIP * float(said["stroke-width"])
        across = np.array([-along[1], along[0]]) / 2
        tip = tip + along / 10
        corners = [tip, tip - along + across, tip - along - across]
        drawn.append(Polygon(corners, facecolor=said["stroke"]))
    return drawn


def _words(said: Mapping[str, str], text: str) -> list[Artist]:
    return [
        Text(
            float(said["x"]), float(said["y"]), text, color=said["fill"],
            ha=_ANCHORS[said.get("text-anchor", "start")], va="baseline",
            fontsize=float(said["font-size"]) * POINT,
            fontweight="bold" if int(said.get("font-weight", 400)) >= 600 else "normal",
            fontfamily="DejaVu Sans",  # the other one, for foreign names, is not bold
        )
    ]  # fmt: skip


def _line(said: Mapping[str, str]) -> float:
    return float(said.get("stroke-width", 0)) * POINT


_KINDS = {"rect": _rectangle, "path": _arrow, "text": _words}
