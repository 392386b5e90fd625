"""The traces of a chart, drawn by Matplotlib; see `static`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import unescape
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize

from .colours import rgb

POINT = 0.75  # of a pixel, at 96 pixels an inch
MARKS = {"circle": "o", "circle-open": "o", "square": "s", "diamond": "D"}
MARKS |= {"star": "*", "x": "x", "cross": "P"}
_SIDES = {"right": "left", "left": "right", "center": "center"}  # of the point: how the text hangs
DASHES = {"dot": (0, (1, 2)), "dash": (0, (4, 3))}
Share = tuple[int, int, float]
"""Of the room of a bar: its number, of how many, and how much of the room all of them take."""


class Places:
    """Where values stand on an axis: numbers as they are, names one after the other."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def of(self, values: Iterable[Any]) -> np.ndarray:
        """Places of values; NaN for what is missing."""
        return np.array([self._one(value) for value in values], dtype=float)

    def _one(self, value: Any) -> float:
        if isinstance(value, str):
            if value not in self.names:
                self.names.append(value)
            return self.names.index(value)
        return np.nan if value is None else value


def colour_of(value: str | None) -> tuple[float, ...] | str | None:
    """A colour of Plotly as Matplotlib takes it; None for none."""
    if not value:
        return None
    if value.startswith("#"):
        return tuple(part / 255 for part in rgb(value))
    if value.startswith("rgb"):
        red, green, blue, *alpha = map(float, re.findall(r"[\d.]+", value))
        return red / 255, green / 255, blue / 255, *(alpha or [1.0])
    return value


def plain(text: str | None) -> str:
    """The text of a chart without its markup: `<br>` ends a line."""
    return unescape(re.sub(r"<[^>]+>", "", re.sub(r"<br ?/?>", "\n", text or "")))


def draw_trace(
    axes: Axes, trace: Any, places: tuple[Places, Places], share: Share, on_picture: bool
) -> None:
    """Draw a trace of Plotly, of a kind in `KINDS`.

    Args:
        axes: where.
        trace: what.
        places: of values on the two axes.
        share: of a bar.
        on_picture: whether a picture lies under it.
    """
    KINDS[trace.type](axes, trace, places, share, on_picture)


def _scatter(axes: Axes, trace: Any, places: Any, share: Share, on_picture: bool) -> None:
    marker, mode = trace.marker, trace.mode or "lines"
    if marker.showscale:
        _scale_bar(axes, marker)
        return
    x, y = (place.of(values) for place, values in zip(places, (trace.x, trace.y), strict=True))
    alpha = 1.0 if trace.opacity is None else trace.opacity
    if trace.fill == "toself":
        axes.fill(x, y, facecolor=colour_of(trace.fillcolor), linewidth=0, zorder=1.5)
    elif "lines" in mode:
        axes.plot(
            x, y, color=colour_of(trace.line.color), linewidth=(trace.line.width or 2) * POINT,
            linestyle=DASHES.get(trace.line.dash, "-"), alpha=alpha, zorder=2,
            drawstyle={"vh": "steps-pre", "hv": "steps-post"}.get(trace.line.shape, "default"),
        )  # fmt: skip
    _errors(axes, trace, x, y)
    if "markers" in mode and marker.opacity != 0:
        _marks(axes, trace, x, y, alpha)
    if "text" in mode:
        _texts(axes, trace, x, y)


def _errors(axes: Axes, trace: Any, x: np.ndarray, y: np.ndarray) -> None:
    ends = {}
    for name, error in (("xerr", trace.error_x), ("yerr", trace.error_y)):
        if error.array is not None:
            ends[name] = np.clip([error.arrayminus, error.array], 0, None)  # rounding
    if ends:
        colour = colour_of(trace.marker.color or trace.line.color)
        axes.errorbar(x, y, **ends, fmt="none", ecolor=colour, elinewidth=1, capsize=2)


def _marks(axes: Axes, trace: Any, x: np.ndarray, y: np.ndarray, alpha: float) -> None:
    marker = trace.marker
    colours = marker.color or trace.line.color
    if isinstance(colours, str) and not _many(marker.symbol) and not _many(marker.size):
        _alike_marks(axes, trace, x, y, alpha)
        return
    each = lambda value: value if _many(value) else [value] * len(x)  # noqa: E731
    symbols, tints = np.array(each(marker.symbol or "circle")), each(colours)
    sizes = np.array(each(6 if marker.size is None else marker.size), dtype=float)
    for symbol in dict.fromkeys(symbols):
        here = np.flatnonzero(symbols == symbol)
        tint = [colour_of(tints[k]) or "none" for k in here]
        hollow = str(symbol).endswith("open")
        rim = tint if hollow or marker.line.color is None else colour_of(marker.line.color)
        axes.scatter(
            x[here], y[here], s=(sizes[here] * POINT) ** 2, marker=MARKS[str(symbol)], alpha=alpha,
            facecolors="none" if hollow else tint, edgecolors=rim,
            linewidths=(marker.line.width or 0) * POINT, zorder=3, clip_on=False,
        )  # fmt: skip


def _alike_marks(axes: Axes, trace: Any, x: np.ndarray, y: np.ndarray, alpha: float) -> None:
    """Marks of one look, of which a file holds a tenth of the text."""
    marker = trace.marker
    symbol, tint = marker.symbol or "circle", colour_of(marker.color or trace.line.color)
    axes.plot(
        x, y, MARKS[symbol], markersize=(6 if marker.size is None else marker.size) * POINT,
        markerfacecolor="none" if symbol.endswith("open") else tint, alpha=alpha, zorder=3,
        markeredgecolor=colour_of(marker.line.color) or tint, clip_on=False,
        markeredgewidth=(marker.line.width or 0) * POINT,
    )  # fmt: skip


def _texts(axes: Axes, trace: Any, x: np.ndarray, y: np.ndarray) -> None:
    font, (up, _, side) = trace.textfont, (trace.textposition or "middle center").partition(" ")
    for left, top, text in zip(x, y, trace.text, strict=True):
        axes.text(
            left, top, plain(text), ha=_SIDES[side], zorder=4,
            va={"top": "bottom", "bottom": "top"}.get(up, "center"),
            color=colour_of(font.color) or "#17262B", fontsize=(font.size or 12) * POINT,
        )  # fmt: skip


def _bar(axes: Axes, trace: Any, places: Any, share: Share, on_picture: bool) -> None:
    lying = trace.orientation == "h"
    x, y = (place.of(values) for place, values in zip(places, (trace.x, trace.y), strict=True))
    at, long = (y, x) if lying else (x, y)
    step = np.diff(np.unique(at)).min() if len(np.unique(at)) > 1 else 1.0
    at, width = _beside(at, step, share)
    draw = axes.barh if lying else axes.bar
    bars = draw(at, long, width, color=colour_of(trace.marker.color), zorder=2)
    if trace.text is not None:
        axes.bar_label(bars, trace.text, padding=3)


def _beside(at: np.ndarray, step: float, share: Share) -> tuple[np.ndarray, float]:
    """Places of bars or boxes that share a room of `step`, and the width of each."""
    number, count, filled = share
    width = step * filled / count
    return at + (number - (count - 1) / 2) * width, width


def _standing_boxes(axes: Axes, trace: Any, places: Any, share: Share) -> None:
    """A box for each name in `x`."""
    names, colour = np.asarray(trace.x), colour_of(trace.marker.color)
    shown = list(dict.fromkeys(names))
    at, width = _beside(places[0].of(shown), 1.0, share)
    values = [np.asarray(trace.y, dtype=float)[names == name] for name in shown]
    axes.boxplot(values, positions=at, widths=0.8 * width, **_box_look(colour))


def _box_look(colour: Any) -> dict[str, Any]:
    line = {"color": colour, "linewidth": 1.2}
    return {
        **dict.fromkeys(("boxprops", "whiskerprops", "capprops"), line),
        "medianprops": {**line, "linewidth": 1.8},
        "meanprops": {**line, "linestyle": "--"},
        "flierprops": {"marker": ".", "markersize": 3, "markeredgecolor": colour, "alpha": 0.6},
        "manage_ticks": False,
        "zorder": 2,
    }


def _box(axes: Axes, trace: Any, places: Any, share: Share, on_picture: bool) -> None:
    """Lying, with the mean as a dashed line; `boxpoints` says which images are points."""
    if trace.y is not None:
        _standing_boxes(axes, trace, places, share)
        return
    values, colour = np.asarray(trace.x, dtype=float), colour_of(trace.marker.color)
    values = values[~np.isnan(values)]
    (row,) = places[1].of([trace.name])
    everything, width = trace.boxpoints == "all", trace.width or 0.7
    shown = {"showmeans": True, "meanline": True, "showfliers": not everything}
    look = _box_look(colour) | shown | {"orientation": "horizontal"}
    axes.boxplot([values], positions=[row], widths=width, **look)
    if everything:
        shift = np.random.default_rng(0).uniform(-0.25, 0.25, len(values))
        axes.scatter(values, row + shift, s=5, color=colour, alpha=0.35, linewidths=0, zorder=1.8)


def _heatmap(axes: Axes, trace: Any, places: Any, share: Share, on_picture: bool) -> None:
    plane = np.array(trace.z, dtype=float)
    x, y = (
        _edges(place.of(values), count)
        for place, values, count in zip(places, (trace.x, trace.y), plane.shape[::-1], strict=True)
    )
    gap = 0.0 if on_picture else (trace.xgap or 0) * POINT
    drawn = axes.pcolormesh(
        x, y, np.ma.masked_invalid(plane), cmap=_scale(trace.colorscale), vmin=trace.zmin,
        vmax=trace.zmax, alpha=trace.opacity, edgecolors="white" if gap else "none",
        linewidth=gap, zorder=1,
    )  # fmt: skip
    if trace.texttemplate:
        for (row, column), value in np.ndenumerate(plane):
            if not np.isnan(value):
                *tint, clear = drawn.cmap(drawn.norm(value))
                bright = clear * np.dot(tint, (0.299, 0.587, 0.114)) + 1 - clear
                axes.text(
                    (x[column] + x[column + 1]) / 2, (y[row] + y[row + 1]) / 2,
                    trace.text[row][column], ha="center", va="center",
                    color="white" if bright < 0.5 else "#17262B", zorder=4,
                )  # fmt: skip
    if trace.showscale is not False:
        said = trace.colorbar
        bar = axes.figure.colorbar(drawn, ax=axes, aspect=30, label=plain(said.title.text))
        bar.set_ticks(list(said.tickvals), labels=said.ticktext and list(said.ticktext))
        bar.outline.set_visible(False)


def _waterfall(axes: Axes, trace: Any, places: Any, share: Share, on_picture: bool) -> None:
    """Bars that begin where the last one ended; the last is the whole."""
    rows, start = places[1].of(trace.y), 0.0
    for row, step, kind, text in zip(rows, trace.x, trace.measure, trace.text, strict=True):
        whole = kind == "total"
        left, wide = (0.0, start) if whole else (start, step)
        looks = trace.totals if whole else trace.increasing if step >= 0 else trace.decreasing
        axes.barh(row, wide, left=left, height=0.8, color=colour_of(looks.marker.color), zorder=2)
        end, right = left + wide, wide >= 0
        axes.annotate(
            text, (end, row), (4 if right else -4, 0), textcoords="offset points", va="center",
            ha="left" if right else "right", zorder=4,
        )  # fmt: skip
        start = end
        if not whole:
            joint = trace.connector.line
            axes.plot(
                [end, end], [row, row + 1], color=joint.color, linewidth=POINT, ls=":", zorder=1
            )


def _edges(centres: np.ndarray, count: int) -> np.ndarray:
    """Edges of cells, from these or from their centres."""
    if len(centres) == count + 1:
        return centres
    middle = (centres[1:] + centres[:-1]) / 2 if count > 1 else np.array([])
    half = (centres[1] - centres[0]) / 2 if count > 1 else 0.5
    return np.r_[centres[0] - half, middle, centres[-1] + half]


def _scale(stops: Sequence[tuple[float, str]]) -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("scale", [(at, colour_of(c)) for at, c in stops])


def _scale_bar(axes: Axes, marker: Any) -> None:
    """The scale of what lies over a picture, above it."""
    shown = ScalarMappable(Normalize(marker.cmin, marker.cmax), _scale(marker.colorscale))
    bar = axes.figure.colorbar(shown, ax=axes, location="top", shrink=0.86, aspect=36, pad=0.02)
    bar.set_ticks(list(marker.colorbar.tickvals), labels=list(marker.colorbar.ticktext))
    bar.ax.tick_params(length=0)


def _many(value: Any) -> bool:
    return isinstance(value, (list, tuple, np.ndarray))


KINDS: dict[str, Callable[..., None]] = {
    "scatter": _scatter, "bar": _bar, "box": _box, "heatmap": _heatmap, "waterfall": _waterfall,
}  # fmt: skip
