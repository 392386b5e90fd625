"""Letters stand out from their ground by 4.5 : 1 at least (WCAG 2.2, 1.4.3), light and dark.

What a browser shows was measured over all its computed styles; this holds the colours that it
came from. Streamlit gives captions 60 % of the text's colour, and a badge the colour of its name
at 10 % (light) or 20 % (dark) as ground.
"""

from __future__ import annotations

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest

from mtlbus.figures import agreement, cells, confusion, probability
from mtlbus.figures.colours import rgb
from mtlbus.figures.static import INK
from mtlbus.figures.style import LETTERS

ROOT = Path(__file__).resolve().parents[2]
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
STYLE = (ROOT / "mtlbus" / "export" / "templates" / "style.css").read_text()
CAPTION = 0.6


def mixed(over: str, ground: str, opacity: float) -> str:
    """A colour over another one, "#RRGGBB"."""
    pairs = zip(rgb(over), rgb(ground), strict=True)
    return "#" + "".join(f"{round(a * opacity + b * (1 - opacity)):02X}" for a, b in pairs)


def luminance(colour: str) -> float:
    parts = [part / 255 for part in rgb(colour)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_rule_itself():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)  # the known near miss


@pytest.mark.parametrize("name", ["light", "dark"])
def test_letters_of_the_theme(name):
    theme = THEME[name]
    grounds = [theme["backgroundColor"], theme["sidebar"]["backgroundColor"]]
    for ground in grounds:
        assert contrast(mixed(theme["textColor"], ground, CAPTION), ground) >= 4.5
        assert contrast(theme["linkColor"], ground) >= 4.5
    chosen = mixed(theme["primaryColor"], theme["backgroundColor"], 0.1)
    assert contrast(theme["primaryColor"], chosen) >= 4.5
    assert contrast(LETTERS[name == "dark"], theme["backgroundColor"]) >= 4.5
    letters = mixed(theme["textColor"], theme["backgroundColor"], probability.LETTERS)
    assert contrast(letters, theme["backgroundColor"]) >= 4.5
    for colour in ("green", "orange", "red", "blue", "gray"):
        letters = theme[f"{colour}TextColor"]
        assert contrast(letters, theme["backgroundColor"]) >= 4.5
        if f"{colour}Color" in theme:
            tint = {"light": 0.1, "dark": 0.2}[name]
            badge = mixed(theme[f"{colour}Color"], theme["backgroundColor"], tint)
            assert contrast(letters, badge) >= 4.5


def test_letters_in_charts_that_bring_their_own_ground():
    for dark, ground in ((False, "#FBFCFC"), (True, "#0F1719")):
        for colour, share in product(confusion.COLOURS.values(), (0.06, 0.46)):
            assert contrast(confusion._INKS[dark], mixed(colour, ground, share)) >= 4.5
    for ground in (cells.LESS, agreement._NOTHING, cells.MORE):
        assert contrast(agreement._TEXT, ground) >= 4.5
    assert contrast(INK, "#FFFFFF") >= 4.5
    assert contrast(*probability.SAID) >= 4.5


def test_letters_of_a_report():
    for name in ("ink", "soft"):
        assert contrast(re.search(rf"--{name}: (#\w+)", STYLE)[1], "#ffffff") >= 4.5
