"""Captions in pictures: every letter of a name is there, or its code, never a box."""

from __future__ import annotations

import numpy as np
import pytest

from mtlbus.figures import overlay
from mtlbus.figures.lettering import drawable, font, lines_of


@pytest.mark.parametrize(
    "name", ["Müller", "naïve", "Café", "Ωß", "Жук", "左乳病灶", "乳房腫瘍", "유방", "× − → ≥ ½"]
)
def test_letters_of_many_scripts_are_drawn_and_each_as_itself(name):
    assert drawable(name) == name
    signs = sorted({sign for sign in name if sign != " "})
    drawn = {bytes(font(40).getmask(sign)) for sign in signs}
    assert len(drawn) == len(signs), "two signs that look alike would be boxes"


def test_a_sign_that_the_font_lacks_is_written_as_its_code():
    assert drawable("scan \u0627 1") == "scan \\u0627 1"
    assert drawable("\U0001f9ec") == "\\U0001f9ec"
    assert drawable("a\nb\u202ec") == "a b\\u202ec"


@pytest.mark.parametrize("text", ["one two three " * 20, "左乳病灶" * 30, "x" * 300 + " end"])
def test_a_long_text_takes_more_lines_and_loses_nothing(text):
    lines = lines_of(text, 200)
    assert all(font().getlength(line) <= 200 for line in lines) and len(lines) > 2
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_strip_is_as_wide_as_its_picture_and_grows_downwards():
    panel = np.zeros((40, 300, 3), np.uint8)
    short = overlay.add_strip(panel, [("#FF0000", "outline"), (None, "a.png")])
    long = overlay.add_strip(panel, [("#FF0000", "outline"), (None, "左乳病灶 " * 40)])
    assert short.shape[1] == long.shape[1] == 300 and len(long) > len(short) == 40 + 30
    rows = long[40:].reshape(-1, 24 * 300 * 3)[:-1] if (len(long) - 40) % 24 == 0 else None
    assert rows is None or all(row.std() > 5 for row in rows)
    assert (long[-24:].max(axis=2) > 200).any(), "the last line is written on"
