"""A chart as a file, SVG or PNG, from the same figure that the page shows; no browser takes part.

Matplotlib draws the traces, shapes, pictures and texts that the charts of this package are made
of. A kind of trace that it does not know is an error, so no file lacks a part in silence.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import matplotlib as mpl
import numpy as np
import plotly.graph_objects as go
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FormatStrFormatter, MaxNLocator, MultipleLocator, PercentFormatter
from matplotlib.transforms import Transform, blended_transform_factory
from noto_cjk_sans_jp_regular import FONT_PATH
from PIL import Image

from .static_traces import DASHES, KINDS, MARKS, POINT, Places, colour_of, draw_trace, plain
from .style import FAINT

WIDTH = 720  # pixels
INK = "#17262B"
DPI = 96  # so that a point of 1/72 inch is POINT pixels

font_manager.fontManager.addfont(str(FONT_PATH))
mpl.rcParams.update(
    {
        "font.family": ["DejaVu Sans", "Noto Sans CJK JP"],
        "font.size": 12 * POINT,
        "text.color": INK,
        "text.parse_math": False,  # a name may hold a dollar
        "axes.labelcolor": INK,
        "axes.unicode_minus": True,
        "svg.fonttype": "none",  # letters stay letters
        "svg.hashsalt": "mtlbus",  # the same chart gives the same file
    }
)


def svg_of_chart(figure: go.Figure, width: int = WIDTH) -> str:
    """A chart as SVG, dark letters on a light ground, in its own height.

    Args:
        figure: of this package.
        width: pixels.

    Raises:
        TypeError: the figure has a kind of trace that no chart here has.
    """
    stream = io.StringIO()
    _drawn(figure, width).savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def png_of_chart(figure: go.Figure, width: int = WIDTH, scale: int = 2) -> bytes:
    """A chart as PNG; arguments and errors as of `svg_of_chart`.

    Args:
        figure: of this package.
        width: pixels before scaling.
        scale: pixels of the file for one of the chart.
    """
    stream = io.BytesIO()
    _drawn(figure, width).savefig(stream, format="png", dpi=scale * DPI)
    return stream.getvalue()


def _drawn(figure: go.Figure, width: int) -> Figure:
    unknown = {trace.type for trace in figure.data} - KINDS.keys()
    if unknown:
        raise TypeError(f"A trace of the kind {min(unknown)!r} cannot be drawn as a file.")
    height = figure.layout.height or 400
    page = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout="constrained")
    page.set_facecolor("white")
    chart = _Chart(figure, page)
    chart.draw(width, height)
    return page


class _Chart:
    """A Plotly figure on its way to a page of Matplotlib."""

    def __init__(self, figure: go.Figure, page: Figure) -> None:
        self.source, self.layout, self.page = figure, figure.layout, page
        pairs = [(t.xaxis or "x", t.yaxis or "y") for t in figure.data]
        pairs += [(i.xref, i.yref) for i in self.layout.images if i.xref != "paper"]
        self.pairs = list(dict.fromkeys(pairs)) or [("x", "y")]
        self.axes = self._laid_out()
        self.places = {pair: (Places(), Places()) for pair in self.pairs}

    def _axis(self, ref: str) -> Any:
        """The layout of an axis: "y2" is `yaxis2`."""
        return self.layout[f"{ref[0]}axis{ref[1:]}"]

    def _domain(self, ref: str) -> tuple[float, float]:
        return self._axis(ref).domain or (0, 1)

    def _laid_out(self) -> dict[tuple[str, str], Axes]:
        """An empty plot for each pair of axes, where the figure has it."""
        across = sorted({self._domain(x) for x, _ in self.pairs})
        down = sorted({self._domain(y) for _, y in self.pairs}, reverse=True)
        grid = self.page.add_gridspec(
            len(down),
            len(across),
            height_ratios=[high - low for low, high in down],
            width_ratios=[high - low for low, high in across],
        )
        return {
            (x, y): self.page.add_subplot(
                grid[down.index(self._domain(y)), across.index(self._domain(x))]
            )
            for x, y in self.pairs
        }

    def draw(self, width: int, height: int) -> None:
        """Everything, from the back to the front."""
        for picture in self.layout.images:
            self._picture(picture, width, height)
        handles: dict[str, Artist] = {}
        bars = dict.fromkeys(self.pairs, 0)
        for trace in self.source.data:
            pair = trace.xaxis or "x", trace.yaxis or "y"
            alike = [
                t for t in self.source.data if t.type == trace.type and (t.xaxis or "x") == pair[0]
            ]
            share = (bars[pair], len(alike), 1 - (self.layout.bargap or 0.2))
            bars[pair] += trace.type in ("bar", "box")
            draw_trace(self.axes[pair], trace, self.places[pair], share, bool(self.layout.images))
            if trace.name and trace.showlegend is not False:
                handles.setdefault(plain(trace.name), _handle(trace))
        for shape in self.layout.shapes:
            self._shape(shape)
        for note in self.layout.annotations:
            self._annotation(note)
        for pair in self.pairs:
            self._ticks(pair)
        self._matched()
        if self.layout.showlegend and handles:
            longest = max(map(len, handles)) * 6.5 + 50
            self.page.legend(
                handles.values(), handles, loc="outside lower left", frameon=False,
                ncols=max(1, min(len(handles), int(width // longest))),
            )  # fmt: skip

    def _picture(self, picture: Any, width: int, height: int) -> None:
        content = base64.b64decode(picture.source.partition(",")[2])
        pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
        across, down = picture.sizex, picture.sizey
        pair = picture.xref, picture.yref
        if picture.sizing == "contain":
            cells = [abs(np.diff(self._axis(ref).range)[0]) for ref in pair]
            room = across * 0.88 * width / cells[0], down * 0.88 * height / cells[1]
            scale = min(room[0] / pixels.shape[1], room[1] / pixels.shape[0])
            across *= pixels.shape[1] * scale / room[0]
            down *= pixels.shape[0] * scale / room[1]
        left, top = picture.x, picture.y
        self.axes[pair].imshow(
            pixels, extent=(left, left + across, top + down, top), aspect="auto",
            interpolation="bilinear", zorder=0 if picture.layer == "below" else 1.2,
        )  # fmt: skip

    def _where(self, item: Any) -> tuple[Axes, Transform, bool, bool]:
        """Plot and transform of a shape or a note, and whether x and y are shares of the paper."""
        xref, yref = item.xref or "x", item.yref or "y"
        shares = [ref == "paper" or ref.endswith("domain") for ref in (xref, yref)]
        x, y = (ref.removesuffix(" domain") for ref in (xref, yref))
        found = [p for p in self.pairs if x in ("paper", p[0]) and y in ("paper", p[1])]
        at = item.x if hasattr(item, "x") else item.x0
        near = [p for p in found if x != "paper" or self._holds(p[0], at)]
        axes = self.axes[(near or found or self.pairs)[0]]
        transform = blended_transform_factory(
            *(axes.transAxes if share else axes.transData for share in shares)
        )
        return axes, transform, x == "paper", y == "paper"

    def _holds(self, ref: str, share: float) -> bool:
        low, high = self._domain(ref)
        return low <= share <= high

    def _shape(self, shape: Any) -> None:
        axes, transform, *_ = self._where(shape)
        line, below = shape.line, shape.layer == "below"
        if shape.type == "line":
            axes.add_artist(
                Line2D(
                    [shape.x0, shape.x1], [shape.y0, shape.y1], transform=transform,
                    color=colour_of(line.color), linewidth=(line.width or 1) * POINT,
                    linestyle=DASHES.get(line.dash, "-"), zorder=0.6 if below else 2.5,
                )
            )  # fmt: skip
            return
        border = 0 if line.width is None and line.color is None else line.width
        axes.add_artist(
            Rectangle(
                (shape.x0, shape.y0), shape.x1 - shape.x0, shape.y1 - shape.y0,
                transform=transform, facecolor=colour_of(shape.fillcolor) or "none",
                edgecolor=colour_of(line.color) or "none",
                linewidth=(2 if border is None else border) * POINT, zorder=0.5 if below else 2.6,
            )
        )  # fmt: skip

    def _annotation(self, note: Any) -> None:
        axes, transform, of_paper, _ = self._where(note)
        x = note.x
        if of_paper:
            low, high = self._domain(next(p[0] for p, a in self.axes.items() if a is axes))
            x = (x - low) / (high - low)
        axes.text(
            x, note.y, plain(note.text), transform=transform, zorder=4,
            ha={"left": "left", "right": "right"}.get(note.xanchor, "center"),
            va={"top": "top", "bottom": "bottom"}.get(note.yanchor, "center"),
            color=colour_of(note.font.color) or INK, fontsize=(note.font.size or 12) * POINT,
        )  # fmt: skip

    def _ticks(self, pair: tuple[str, str]) -> None:
        axes = self.axes[pair]
        for spine in axes.spines.values():
            spine.set_visible(False)
        for ref, places in zip(pair, self.places[pair], strict=True):
            _set_axis(axes, ref[0], self._axis(ref), places)
        if self._axis(pair[1]).scaleanchor:
            axes.set_aspect("equal", anchor="N")

    def _matched(self) -> None:
        """Rows that share an axis have the range of the one that shows its numbers."""
        by_x = {x: axes for (x, _), axes in self.axes.items()}
        for (x, _), axes in self.axes.items():
            other = self._axis(x).matches
            if other in by_x and self._axis(x).range is None:
                axes.set_xlim(by_x[other].get_xlim())


def _set_axis(axes: Axes, side: str, said: Any, places: Places) -> None:
    """Range, marks, grid and title of an axis."""
    axis = axes.xaxis if side == "x" else axes.yaxis
    limits = axes.set_xlim if side == "x" else axes.set_ylim
    if said.range is not None:
        limits(*said.range)
    elif places.names:
        span = (-0.5, len(places.names) - 0.5)
        limits(*(span[::-1] if said.autorange == "reversed" else span))
    if said.visible is False:
        axis.set_visible(False)
        return
    values, texts = said.tickvals, said.ticktext
    if values is None and places.names:
        values, texts = range(len(places.names)), places.names
    if values is not None:
        labels = [plain(str(t)) for t in texts] if texts is not None else None
        axis.set_ticks(places.of(values), labels=labels)
    elif said.dtick:
        axis.set_major_locator(MultipleLocator(said.dtick))
    elif said.nticks:
        axis.set_major_locator(MaxNLocator(said.nticks))
    if texts is None and said.tickformat:
        axis.set_major_formatter(_formatter(said.tickformat))
    if said.showgrid is not False and not places.names:
        axis.grid(True, color=colour_of(said.gridcolor or FAINT), linewidth=POINT)
        axes.set_axisbelow(True)
    if said.zeroline:
        line = axes.axvline if side == "x" else axes.axhline
        width = (said.zerolinewidth or 1) * POINT
        line(0, color=colour_of(said.zerolinecolor or FAINT), linewidth=width, zorder=0.7)
    top = side == "x" and said.side == "top"
    if top:
        axis.tick_top()
        axis.set_label_position("top")
    axis.set_tick_params(length=0, labelcolor=INK, pad=4)
    if said.showticklabels is False:
        axis.set_tick_params(labelbottom=False, labelleft=False)
    if said.tickangle:
        for label in axis.get_ticklabels():
            label.set(
                rotation=-said.tickangle, ha="left" if top else "right", rotation_mode="anchor"
            )
    if said.title.text:
        axis.set_label_text(plain(said.title.text))


def _formatter(form: str) -> Any:
    """A number format of d3: ".0%", ".2f", "d"."""
    digits = int("".join(sign for sign in form if sign.isdigit()) or 0)
    if form.endswith("%"):
        return PercentFormatter(1.0, digits)
    return FormatStrFormatter(f"%.{digits}f")


def _handle(trace: Any) -> Artist:
    """What stands in the legend before the name of a trace."""
    line, marker = getattr(trace, "line", None), getattr(trace, "marker", None)
    of_marker = marker.color if marker is not None and isinstance(marker.color, str) else None
    colour = colour_of((line.color if line is not None else None) or of_marker) or INK
    if trace.type != "scatter":
        return Patch(color=colour_of(of_marker) or colour)
    mode = trace.mode or "lines"
    lined, marked = "lines" in mode, "markers" in mode
    mark = MARKS[marker.symbol] if isinstance(marker.symbol, str) else "o"
    return Line2D(
        [], [], color=colour, linewidth=2 if lined else 0, marker=mark * marked,
        linestyle=DASHES.get(line.dash, "-") if lined else "none", markersize=6,
    )  # fmt: skip
