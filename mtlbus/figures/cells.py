"""Maps over the image in cells of their true resolution, with a scale that says what 0 and 1 are.

The cells are a heat map of rows×columns numbers laid over the grey image; the axes end where the
image ends, so the padding of the square is cut off. Finer grids travel as a picture.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from plotly.colors import sample_colorscale, sequential

from ..core.encoding import data_uri, encoded, scaled_down
from ..data.transforms import Frame
from ..explain.attention import cell_boxes, cells_on_image
from .colours import BENIGN, MALIGNANT
from .style import CLEAR, UNSEEN, add_rectangle, finish, hover, see_through

LONGEST_SIDE = 360
FINEST_GRID = 32
FINEST_PICTURE = 640  # pixels of a side
BAR_SPACE = 62  # pixels above the image for its scale bar, and below it, together
CHOSEN = "#FFFFFF"
STRENGTH = "strength"
EVEN_SHARES = 4  # of attention, that its scale shows at least
LESS, MORE = "#56B4E9", "#F0E442"  # Okabe and Ito (2008); not the colours of the classes


class Scale(NamedTuple):
    """What the colours of the cells mean.

    Attributes:
        low, high: values at the two ends.
        colours: Plotly colour scale, by name or as (position, colour) pairs.
        title: quantity and unit.
        ticks: marked values.
        labels: their texts.
    """

    low: float
    high: float
    colours: str | list[tuple[float, str]]
    title: str
    ticks: tuple[float, ...]
    labels: tuple[str, ...]


def gate_scale(
    title: str = "gate", labels: tuple[str, str, str] = ("0 closed", "0.5", "1 open")
) -> Scale:
    """0..1, fixed, with texts at 0, 0.5 and 1."""
    return Scale(0, 1, "Viridis", title, (0, 0.5, 1), labels)


def stretched(scale: Scale, plane: np.ndarray) -> Scale:
    """A fixed scale let run from the lowest to the highest cell of a plane, and saying so.

    A scale with 0 in its middle keeps it there.
    """
    low, high = float(np.nanmin(plane)), float(np.nanmax(plane))
    if scale.low < 0:
        high = max(abs(low), abs(high))
        low = -high
    high = max(high, low + 1e-6)
    first, last = (f"{end:.3f}".replace("-", "−") for end in (low, high))
    return scale._replace(
        low=low, high=high, ticks=(low, (low + high) / 2, high), labels=(first, "stretched", last)
    )


def region_scale(colour: str) -> Scale:
    """Share of a region in a cell, 0..1, from clear to the region's colour."""
    colours = [(0.0, see_through(colour, 0)), (1.0, see_through(colour, 1))]
    return Scale(0, 1, colours, "share", (0, 0.5, 1), ("0 none", "0.5", "1 all"))


def difference_scale() -> Scale:
    """The first gate less the second, −1..1, fixed; clear at 0."""
    colours = [
        (0.0, see_through(LESS, 1)),
        (0.5, see_through("#FFFFFF", 0)),
        (1.0, see_through(MORE, 1)),
    ]
    return Scale(-1, 1, colours, "difference", (-1, 0, 1), ("−1", "0 alike", "+1"))


def strength_scale(high: float) -> Scale:
    """How strongly features answer, from 0 to a maximum that is written on it."""
    high = high or 1e-6
    # Streamlit puts its own colours in the place of #000001, #000002 …, and Magma begins there.
    palette = ("#03000A", *sequential.Magma[1:])
    colours = [(k / (len(palette) - 1), see_through(one, 1)) for k, one in enumerate(palette)]
    return Scale(0, high, colours, STRENGTH, (0, high), ("0", f"{high:.3g}"))


def attention_scale(plane: np.ndarray, least: float = 0.0) -> Scale:
    """From 0 to the largest cell of this plane, with the even share of the cells marked.

    It reaches to four times the even share at least, so that attention which is spread evenly
    looks even: stretched to its own largest cell it would show a pattern that is hardly there.

    Args:
        plane: weights; cells that are NaN cannot be looked at and have no share.
        least: the scale ends here if the largest cell is smaller, so that planes can share one.
    """
    largest, even = float(np.nanmax(plane)), 1 / np.isfinite(plane).sum()
    high = max(largest, least, min(EVEN_SHARES * even, 1.0))
    ticks, labels = [0.0, high], ["0", _percent(high) + (" most" if high == largest else "")]
    if 0.2 * high < even < 0.8 * high:  # elsewhere its text would lie on another one
        ticks.insert(1, even)
        labels.insert(1, f"{_percent(even)} even")
    return Scale(0, high, "Viridis", "attention", tuple(ticks), tuple(labels))


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else f"{100 * share:.2g}%"


def signed_scale(limit: float) -> Scale:
    """Shares of the logit from −limit (benign) to +limit (malignant), clear at 0."""
    limit = limit or 1e-6
    colours = [
        (0.0, see_through(BENIGN, 1)),
        (0.5, see_through("#FFFFFF", 0)),
        (1.0, see_through(MALIGNANT, 1)),
    ]
    labels = (f"−{limit:.2g}", "0", f"+{limit:.2g}")
    return Scale(-limit, limit, colours, "log-odds", (-limit, 0, limit), labels)


def cell_figure(
    grey: np.ndarray,
    plane: np.ndarray,
    frame: Frame,
    scale: Scale,
    opacity: float = 0.6,
    chosen: tuple[int, int] | None = None,
    clickable: bool = False,
    height: int = 330,
    bar: bool = True,
    window: tuple[int, int, int, int] | None = None,
) -> go.Figure:
    """The image with a map's cells over it.

    Args:
        grey: H×W uint8.
        plane: rows×columns values over the padded square; a NaN leaves its cell clear.
        frame: of the image.
        scale: colours and limits.
        opacity: of the cells, 0..1.
        chosen: row and column of a cell to outline.
        clickable: lay a point on each visible cell; its customdata is (row, column). Streamlit
            reports clicks on points, not on heat maps.
        height: pixels.
        bar: show the scale bar.
        window: first and last row, first and last column of cells to frame.
    """
    figure = image_figure(grey, height)
    rows, columns = plane.shape
    if max(rows, columns) <= FINEST_GRID:
        gap = 1 if max(rows, columns) <= FINEST_GRID // 2 else 0  # many lines would hide the image
        figure.add_heatmap(
            z=plane,
            x=np.linspace(0, frame.across, columns + 1) - frame.left,
            y=np.linspace(0, frame.down, rows + 1) - frame.top,
            zmin=scale.low,
            zmax=scale.high,
            colorscale=scale.colours,
            opacity=opacity,
            xgap=gap,
            ygap=gap,
            showscale=False,
            customdata=np.stack(np.indices(plane.shape), axis=-1),
            hovertemplate="row %{customdata[0]}, column %{customdata[1]}: %{z:.4g}<extra></extra>",
        )
    else:
        drawn = cells_on_image(plane, frame)
        step = -(-max(drawn.shape) // FINEST_PICTURE)
        levels = (drawn[::step, ::step] - scale.low) / (scale.high - scale.low)
        add_picture(figure, _coloured_uri(levels, scale, opacity), frame)
    if bar:
        _add_scale_bar(figure, scale)
    if clickable:
        _add_points(figure, plane, frame)
        figure.update_layout(hoverdistance=-1)  # a click anywhere in a cell finds its point
    if window is not None:
        _outline(figure, window, plane.shape, frame)
    if chosen is not None:
        row, column = chosen
        _outline(figure, (row, row, column, column), plane.shape, frame)
    return figure


def image_figure(grey: np.ndarray, height: int = 330) -> go.Figure:
    """The grey image alone, on axes in its own pixels, aspect kept.

    Args:
        grey: H×W uint8.
        height: pixels for a square image and its scale bar; a wide image takes less.
            The scale bar or legend stands above the image, which keeps to the top: what a narrow
            column leaves free is below, and the two stay together.
    """
    rows, columns = grey.shape[:2]
    height = min(height, round(BAR_SPACE + (height - BAR_SPACE) * rows / columns))
    figure = finish(go.Figure(), height, legend=False)
    add_picture(figure, jpeg_uri(grey), Frame(rows, columns), below=True)
    bare = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[0, columns], constrain="domain", **bare)
    figure.update_yaxes(
        range=[rows, 0], constrain="domain", constraintoward="top", scaleanchor="x", **bare
    )
    return figure.update_layout(
        margin={"l": 0, "r": 0, "t": BAR_SPACE - 4, "b": 4},
        dragmode=False,
        clickmode="event+select",
    )


def add_picture(figure: go.Figure, uri: str, frame: Frame, below: bool = False) -> None:
    """Lay a picture over the whole image's area."""
    where = {"xref": "x", "yref": "y", "x": 0, "y": 0, "layer": "below" if below else "above"}
    size = {"sizex": frame.width, "sizey": frame.height, "sizing": "stretch"}
    figure.add_layout_image(source=uri, **where, **size)


def jpeg_uri(grey: np.ndarray, longest: int = LONGEST_SIDE) -> str:
    """H×W uint8 as a JPEG data address, scaled down to a longest side in pixels."""
    return data_uri(encoded(scaled_down(grey, longest), "jpeg", quality=82), "jpeg")


def png_uri(rgba: np.ndarray) -> str:
    """H×W×4 uint8 as a PNG data address."""
    return data_uri(encoded(rgba, "png", optimize=True), "png")


def _coloured_uri(levels: np.ndarray, scale: Scale, opacity: float) -> str:
    """Levels 0..1, H×W, as a PNG with a table of 65 colours (the middle one is exact).

    NaN is clear. With a table a noisy map takes a quarter of the bytes.
    """
    table = _sampled(scale.colours, 65) * (1, 1, 1, opacity)
    table = np.round(np.vstack([table, np.zeros(4)]) * 255).astype(np.uint8)
    steps = np.round(np.clip(np.nan_to_num(levels), 0, 1) * 64).astype(np.uint8)
    picture = Image.fromarray(np.where(np.isnan(levels), 65, steps).astype(np.uint8))
    picture.putpalette(table[:, :3].tobytes())
    return data_uri(encoded(picture, "png", transparency=table[:, 3].tobytes()), "png")


def _sampled(colours: str | list[tuple[float, str]], count: int) -> np.ndarray:
    """A colour scale at evenly spaced places, count×4 in 0..1; a scale of our own may be clear."""
    places = np.linspace(0, 1, count)
    if isinstance(colours, str):
        rgb = np.array(sample_colorscale(colours, places, colortype="tuple"))
        return np.column_stack([rgb, np.ones(count)])
    stops = np.array([re.findall(r"[\d.]+", colour) for _, colour in colours], dtype=float)
    stops[:, :3] /= 255
    ends = [place for place, _ in colours]
    return np.column_stack([np.interp(places, ends, channel) for channel in stops.T])


def _add_scale_bar(figure: go.Figure, scale: Scale) -> None:
    """A bar above the image. It hangs on an unseen point, so that opacity leaves it alone."""
    figure.add_scatter(
        x=[None], y=[None], mode="markers", hoverinfo="skip", showlegend=False,
        marker={
            "color": [scale.low], "cmin": scale.low, "cmax": scale.high,
            "colorscale": scale.colours, "showscale": True,
            "colorbar": {
                "orientation": "h", "thickness": 9, "len": 0.86, "x": 0.5, "xanchor": "center",
                "y": 1, "yanchor": "bottom", "ypad": 6, "outlinewidth": 1,
                "tickvals": list(scale.ticks), "ticktext": list(scale.labels),
            },
        },
    )  # fmt: skip


def _add_points(figure: go.Figure, plane: np.ndarray, frame: Frame) -> None:
    boxes = cell_boxes(plane.shape, frame)
    cells = boxes.seen()
    centres = [boxes.centre(cell) for cell in cells]
    x, y = ([round(place, 1) for place in places] for places in zip(*centres, strict=True))
    coarse = max(plane.shape) <= FINEST_GRID  # a text for each of thousands of cells is too much
    where = "row %{customdata[0]}, column %{customdata[1]}"
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        customdata=cells,
        # Small, because of two points under the pointer the later one is taken, not the nearer.
        marker={"size": 2, "color": CLEAR, "opacity": 0},
        showlegend=False,
        text=[_value(plane[cell]) for cell in cells] if coarse else None,
        hovertemplate=hover(f"{where}: %{{text}}" if coarse else where),
        **UNSEEN,
    )


def _value(value: float) -> str:
    return "cannot look there" if np.isnan(value) else f"{value:.4g}"


def _outline(
    figure: go.Figure, cells: tuple[int, int, int, int], grid: tuple[int, int], frame: Frame
) -> None:
    """Frame the cells from the first to the last row and column."""
    boxes, (top, bottom, left, right) = cell_boxes(grid, frame), cells
    thick = 1.0 if max(grid) <= FINEST_GRID else 0.5
    for colour, width in (("#000000", 5), (CHOSEN, 2.5)):
        across = boxes.left[left], boxes.right[right]
        down = boxes.top[top], boxes.bottom[bottom]
        add_rectangle(figure, across, down, line={"color": colour, "width": width * thick})
