"""Maps over the image in cells of their true resolution, with a scale that says what 0 and 1 are.

The cells are a heat map of rows×columns numbers laid over the grey image; the axes end where the
image ends, so the padding of the square is cut off. Finer grids travel as a picture.
"""

from __future__ import annotations

import base64
import io
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from plotly.colors import sample_colorscale

from ..data.transforms import Frame
from ..explain.attention import cell_boxes, cells_on_image
from .colours import BENIGN, MALIGNANT
from .style import CLEAR, finish, see_through

LONGEST_SIDE = 360
FINEST_GRID = 32
CHOSEN = "#FFFFFF"


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


def gate_scale(title: str = "gate") -> Scale:
    """0..1, fixed."""
    return Scale(0, 1, "Viridis", title, (0, 0.5, 1), ("0 closed", "0.5", "1 open"))


def region_scale(colour: str) -> Scale:
    """Share of a region in a cell, 0..1, from clear to the region's colour."""
    colours = [(0.0, see_through(colour, 0)), (1.0, see_through(colour, 1))]
    return Scale(0, 1, colours, "share", (0, 0.5, 1), ("0 none", "0.5", "1 all"))


def attention_scale(plane: np.ndarray) -> Scale:
    """From 0 to the largest cell of this plane, with the even share marked."""
    high, even = float(plane.max()), 1 / plane.size
    ticks, labels = [0.0, high], ["0", f"{high:.1%} most"]
    if even < 0.85 * high:
        ticks.insert(1, even)
        labels.insert(1, f"{even:.1%} even")
    return Scale(0, high, "Viridis", "attention", tuple(ticks), tuple(labels))


def signed_scale(limit: float) -> Scale:
    """Shares of the logit from −limit (benign) to +limit (malignant), clear at 0."""
    limit = limit or 1e-6
    colours = [
        (0.0, see_through(BENIGN, 1)), (0.5, see_through("#FFFFFF", 0)),
        (1.0, see_through(MALIGNANT, 1)),
    ]  # fmt: skip
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
) -> go.Figure:
    """The image with a map's cells over it.

    Args:
        grey: H×W uint8.
        plane: rows×columns values over the padded square.
        frame: of the image.
        scale: colours and limits.
        opacity: of the cells, 0..1.
        chosen: row and column of a cell to outline.
        clickable: lay a point on each visible cell; its customdata is (row, column). Streamlit
            reports clicks on points, not on heat maps.
        height: pixels.
        bar: show the scale bar.
    """
    figure = image_figure(grey, height)
    rows, columns = plane.shape
    if max(rows, columns) <= FINEST_GRID:
        figure.add_heatmap(
            z=plane,
            x=np.linspace(0, frame.side, columns + 1) - frame.left,
            y=np.linspace(0, frame.side, rows + 1) - frame.top,
            zmin=scale.low,
            zmax=scale.high,
            colorscale=scale.colours,
            opacity=opacity,
            xgap=1,
            ygap=1,
            showscale=False,
            customdata=np.stack(np.indices(plane.shape), axis=-1),
            hovertemplate="row %{customdata[0]}, column %{customdata[1]}: %{z:.4g}<extra></extra>",
        )
    else:
        span = scale.high - scale.low
        levels = np.clip((cells_on_image(plane, frame) - scale.low) / span, 0, 1)
        add_picture(figure, png_uri(_coloured(levels, scale, opacity)), frame)
    if bar:
        _add_scale_bar(figure, scale)
    if clickable:
        _add_points(figure, plane, frame)
    if chosen is not None:
        _outline(figure, chosen, plane.shape, frame)
    return figure


def image_figure(grey: np.ndarray, height: int = 330) -> go.Figure:
    """The grey image alone, on axes in its own pixels, aspect kept. `grey` is H×W uint8."""
    rows, columns = grey.shape
    figure = finish(go.Figure(), height, legend=False)
    add_picture(figure, jpeg_uri(grey), Frame(rows, columns), below=True)
    bare = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[0, columns], constrain="domain", **bare)
    figure.update_yaxes(
        range=[rows, 0], constrain="domain", constraintoward="top", scaleanchor="x", **bare
    )
    return figure.update_layout(
        margin={"l": 0, "r": 0, "t": 4, "b": 46}, dragmode=False, clickmode="event+select"
    )


def add_picture(figure: go.Figure, uri: str, frame: Frame, below: bool = False) -> None:
    """Lay a picture over the whole image's area."""
    figure.add_layout_image(
        source=uri, xref="x", yref="y", x=0, y=0, sizex=frame.width, sizey=frame.height,
        sizing="stretch", layer="below" if below else "above",
    )  # fmt: skip


def jpeg_uri(grey: np.ndarray, longest: int = LONGEST_SIDE) -> str:
    """H×W uint8 as a JPEG data address, scaled down to a longest side in pixels."""
    picture = Image.fromarray(grey)
    picture.thumbnail((longest, longest), Image.Resampling.BILINEAR)
    return _uri(picture, "jpeg", quality=82)


def png_uri(rgba: np.ndarray) -> str:
    """H×W×4 uint8 as a PNG data address."""
    return _uri(Image.fromarray(rgba, "RGBA"), "png", optimize=True)


def _uri(picture: Image.Image, kind: str, **options) -> str:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"


def _coloured(levels: np.ndarray, scale: Scale, opacity: float) -> np.ndarray:
    """Levels 0..1, H×W, to H×W×4 uint8 in 64 colours."""
    steps = sample_colorscale(scale.colours, np.linspace(0, 1, 64), colortype="tuple")
    table = np.array([[*step[:3], (step[3] if len(step) == 4 else 1) * opacity] for step in steps])
    return np.round(table[np.round(levels * 63).astype(int)] * 255).astype(np.uint8)


def _add_scale_bar(figure: go.Figure, scale: Scale) -> None:
    """A bar below the image. It hangs on an unseen point, so that opacity leaves it alone."""
    figure.add_scatter(
        x=[None], y=[None], mode="markers", hoverinfo="skip", showlegend=False,
        marker={
            "color": [scale.low], "cmin": scale.low, "cmax": scale.high,
            "colorscale": scale.colours, "showscale": True,
            "colorbar": {
                "orientation": "h", "thickness": 9, "len": 0.86, "x": 0.5, "xanchor": "center",
                "y": 0, "yanchor": "top", "ypad": 6, "outlinewidth": 1,
                "tickvals": list(scale.ticks), "ticktext": list(scale.labels),
            },
        },
    )  # fmt: skip


def _add_points(figure: go.Figure, plane: np.ndarray, frame: Frame) -> None:
    boxes = cell_boxes(plane.shape, frame)
    cells = boxes.seen()
    x, y = zip(*(boxes.centre(cell) for cell in cells), strict=True)
    still = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=x, y=y, mode="markers", customdata=cells, selected=still, unselected=still,
        marker={"size": 26, "symbol": "square", "color": CLEAR, "opacity": 0}, showlegend=False,
        text=[f"{plane[cell]:.4g}" for cell in cells],
        hovertemplate="row %{customdata[0]}, column %{customdata[1]}: %{text}<extra></extra>",
    )  # fmt: skip


def _outline(
    figure: go.Figure, cell: tuple[int, int], grid: tuple[int, int], frame: Frame
) -> None:
    boxes, (row, column) = cell_boxes(grid, frame), cell
    for colour, width in (("#000000", 5), (CHOSEN, 2.5)):
        figure.add_shape(
            type="rect", x0=boxes.left[column], x1=boxes.right[column], y0=boxes.top[row],
            y1=boxes.bottom[row], line={"color": colour, "width": width},
        )  # fmt: skip
