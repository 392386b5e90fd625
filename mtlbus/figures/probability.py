"""The probability of malignancy on a line from 0 to 100 %, with its operating point.

On the page it is HTML of its own: as a chart it took a third of the time of a moved threshold, and
its letters stayed behind when the page turned from light to dark. To take away it is a chart.
"""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go

from ..core.wording import percent
from . import colours
from .style import FAINT, NEUTRAL, add_line, add_rectangle, finish, picked, see_through

# From the left and the right end to the middle of the grey zone, so that no two words touch where
# the bar is at its narrowest, about 300 pixels.
_ROOM = 0.28, 0.34
_TICKS = 0, 0.25, 0.5, 0.75, 1
LETTERS = 0.8  # of the page's own, in opacity
SAID = "#FFFFFF", "#2C3B40"  # letters and ground of the words under the pointer
_STYLE = f"""<style>
.probability {{ position: relative; height: 94px; margin: 0 22px 0 14px; white-space: nowrap }}
.probability * {{ position: absolute; line-height: 20px }}
.probability b {{ font-size: 13px; font-weight: 400; opacity: {LETTERS} }}
.probability .track {{ top: 27px; width: 100%; height: 30px; overflow: hidden; border-radius: 4px }}
.probability .track i {{ height: 100% }}
.probability .point {{
  top: 19px; width: 2px; height: 46px; margin-left: -1px; background: {NEUTRAL}
}}
.probability u {{ top: 67px; height: 6px; border-left: 1px solid {FAINT} }}
.probability u b {{ top: 6px; transform: translateX(-50%); font-size: 12px }}
.probability .marker {{ top: 42px }}
.probability .marker i {{
  width: 17px; height: 17px; margin: -8.5px; border: 2px solid #fff; transform: rotate(45deg)
}}
.probability .said {{
  top: -20px; display: none; padding: 0 8px; border-radius: 4px; font-size: 12px;
  color: {SAID[0]}; background: {SAID[1]}
}}
.probability .marker:hover .said {{ display: block }}
</style>"""


def probability_bar(
    probability: float,
    threshold: float,
    grey_zone: tuple[float, float] | None = None,
    doubted: bool = False,
) -> str:
    """A bar that is benign left of the threshold and malignant right of it, with a marker; HTML.

    Args:
        probability: of malignancy, 0..1.
        threshold: of the operating point; at or above it the call is malignant.
        grey_zone: probabilities between two strict operating points, where the call is unsure.
        doubted: something speaks against the answer, so that no colour stands for a class.
    """
    found, named = _parts(threshold, grey_zone, doubted)
    bands = [_band(*band) for band in found]
    words = [_word(*word) for word in named]
    ticks = [f'<u style="{_at(x)}"><b>{percent(x)}</b></u>' for x in _TICKS]
    colour = _colour(probability, threshold, doubted)
    side = "right" if probability > 0.5 else "left"  # where the words have room
    marker = (
        f'<span class="marker" style="{_at(probability)}"><i style="background:{colour}"></i>'
        f'<span class="said" style="{side}:16px">probability {escape(percent(probability))}<br/>'
        f"operating point {escape(percent(threshold))}</span></span>"
    )
    said = escape(bar_in_words(probability, threshold, grey_zone))
    return (
        f'{_STYLE}<div class="probability" role="img" aria-label="{said}">{"".join(words)}'
        f'<span class="track">{"".join(bands)}</span>'
        f'<span class="point" style="{_at(threshold)}"></span>{"".join(ticks)}{marker}</div>'
    )


def probability_figure(
    probability: float,
    threshold: float,
    grey_zone: tuple[float, float] | None = None,
    doubted: bool = False,
) -> go.Figure:
    """The same bar as a chart that says its numbers; arguments as of `probability_bar`."""
    figure = finish(go.Figure(), 130, legend=False)
    bands, words = _parts(threshold, grey_zone, doubted)
    for low, high, ground in bands:
        look = {"fillcolor": ground, "line_width": 0, "layer": "below"}
        add_rectangle(figure, (low, high), (0.2, 0.8), **look)
    add_line(figure, [threshold] * 2, (0.05, 0.95), below=False, color=NEUTRAL, width=2)
    for x, shift, text in words:
        side = {0: "left", -50: "center", -100: "right"}[shift]
        figure.add_annotation(x=x, y=1.15, xanchor=side, text=text, showarrow=False)
    said, right = percent(probability), probability > 0.5
    marker = picked(_colour(probability, threshold, doubted)) | {"symbol": "diamond", "size": 15}
    figure.add_scatter(
        x=[probability],
        y=[0.5],
        mode="markers+text",
        textfont_size=15,
        text=[f"{said}\u2003" if right else f"\u2003{said}"],  # beside the marker, not on it
        textposition="middle left" if right else "middle right",
        marker=marker,
    )
    title = f"probability of malignancy; the line is the operating point, {percent(threshold)}"
    ticks = {"tickvals": _TICKS, "ticktext": [*map(percent, _TICKS)]}
    figure.update_xaxes(range=[-0.01, 1.01], **ticks, showgrid=False, title=title)
    return figure.update_yaxes(visible=False, range=[0, 1.3])


def bar_in_words(
    probability: float, threshold: float, grey_zone: tuple[float, float] | None = None
) -> str:
    """What the bar shows, for a person who cannot see it; arguments as of `probability_bar`."""
    where = "at or above" if probability >= threshold else "below"
    zone = ""
    if grey_zone and grey_zone[0] < grey_zone[1]:
        inside = "in" if grey_zone[0] <= probability < grey_zone[1] else "outside"
        zone = f", {inside} the grey zone from {percent(grey_zone[0])} to {percent(grey_zone[1])}"
    return (
        f"Bar from 0 to 100 %, benign on the left, malignant on the right: the probability "
        f"{percent(probability)} is {where} the operating point of {percent(threshold)}{zone}."
    )


def _parts(
    threshold: float, grey_zone: tuple[float, float] | None, doubted: bool
) -> tuple[list[tuple[float, float, str]], list[tuple[float, int, str]]]:
    """Bands from where to where and in which colour, and words: where, moved by which share, %."""
    benign, malignant = (
        see_through(colours.UNSURE if doubted else colour, 0.40)
        for colour in (colours.BENIGN, colours.MALIGNANT)
    )
    bands = [(0.0, threshold, benign), (threshold, 1.0, malignant)]
    words = [(0.0, 0, "benign"), (1.0, -100, "malignant")]
    if not doubted and grey_zone and grey_zone[0] < grey_zone[1]:
        bands.append((*grey_zone, see_through(colours.UNSURE, 0.75)))
        if _ROOM[0] <= sum(grey_zone) / 2 <= 1 - _ROOM[1]:
            words.append((sum(grey_zone) / 2, -50, "grey zone"))
    return bands, words


def _colour(probability: float, threshold: float, doubted: bool) -> str:
    """Of the marker."""
    return colours.UNSURE if doubted else colours.of_class(probability >= threshold)


def _at(x: float) -> str:
    """Where a probability lies on the bar."""
    return f"left:{x:.2%}"


def _word(x: float, shift: int, text: str) -> str:
    """A word above the bar, moved by a share of its own width, %."""
    return f'<b style="{_at(x)};transform:translateX({shift}%)">{text}</b>'


def _band(low: float, high: float, ground: str) -> str:
    return f'<i style="{_at(low)};width:{high - low:.2%};background:{ground}"></i>'
