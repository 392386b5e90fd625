"""The probability of malignancy on a line from 0 to 100 %, with its operating point.

It is HTML of its own: as a chart it took a third of the time of a moved threshold, and its letters
stayed behind when the page turned from light to dark.
"""

from __future__ import annotations

from html import escape

from ..core.wording import percent
from . import colours
from .style import FAINT, NEUTRAL, see_through

# From the left and the right end to the middle of the grey zone, so that no two words touch where
# the bar is at its narrowest, about 300 pixels.
_ROOM = 0.28, 0.34
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
    sides = ((0, threshold, colours.BENIGN), (threshold, 1, colours.MALIGNANT))
    bands = [_band(a, b, colours.UNSURE if doubted else colour, 0.40) for a, b, colour in sides]
    words = [_word(0, 0, "benign"), _word(1, -100, "malignant")]
    if not doubted and grey_zone and grey_zone[0] < grey_zone[1]:
        bands.append(_band(*grey_zone, colours.UNSURE, 0.75))
        if _ROOM[0] <= sum(grey_zone) / 2 <= 1 - _ROOM[1]:
            words.append(_word(sum(grey_zone) / 2, -50, "grey zone"))
    ticks = [f'<u style="{_at(x)}"><b>{percent(x)}</b></u>' for x in (0, 0.25, 0.5, 0.75, 1)]
    colour = colours.UNSURE if doubted else colours.of_class(probability >= threshold)
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


def _at(x: float) -> str:
    """Where a probability lies on the bar."""
    return f"left:{x:.2%}"


def _word(x: float, shift: int, text: str) -> str:
    """A word above the bar, moved by a share of its own width, %."""
    return f'<b style="{_at(x)};transform:translateX({shift}%)">{text}</b>'


def _band(low: float, high: float, colour: str, opacity: float) -> str:
    ground = see_through(colour, opacity)
    return f'<i style="{_at(low)};width:{high - low:.2%};background:{ground}"></i>'
