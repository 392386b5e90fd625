"""Text that others wrote. What Markdown makes of it stands in `tests/browser`, in its own renderer;
here the rules that follow from how CommonMark and Streamlit read a text."""

from __future__ import annotations

import os

import pytest

from mtlbus.core.text import literal, printable


@pytest.mark.parametrize(
    "text",
    [
        "plain name.png", "bus_0001-l", "12:30 pm", "Dice 0.9, that is all.", "größer 文件",
        "5 – 6", "Unknown method 'x'. Did you mean 'mtl'? Allowed: hps, mtl_cosa.",
        "100 % (of 5)", "1.png",
    ],
)  # fmt: skip
def test_text_without_a_mark_stays_as_it_is_for_both(text):
    assert printable(text) == text
    assert literal(text) == (text.replace(":30", ":color[:]30"))


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("![](http://h/x.png)", r"!\[\](http:color[:]//h/x.png)"),
        ("[log in](http&#58;//h)", r"\[log in\](http\&#58;//h)"),
        ("<b>x", r"\<b\>x"),
        (":red[x]", r":color[:]red\[x\]"),
        (":material/check:", ":color[:]material/check:color[:]"),
        (":material_check:", ":color[:]material_check:color[:]"),
        ("$x$", r"\$x\$"),
        ("a | b", r"a \| b"),
        ("me@h.org", "me:color[@]h.org"),
        ("WWW.h.org", "WWW:color[.]h.org"),
        ("_x_ a_b", r"\_x\_ a_b"),
        ("a -> b", r"a :color[-]\> b"),
        ("# x", r"\# x"),
        ("1. x", r"1\. x"),
        ("23) x", r"23\) x"),
        ("- x", r"\- x"),
        ("(b)", r"\(b)"),
        ("a  b", "a \u00a0b"),
        ("{.x}", r"\{.x\}"),
    ],
)
def test_every_mark_is_taken_from_a_literal(text, markdown):
    assert literal(text) == markdown


def test_a_literal_is_one_line_so_that_it_ends_no_table_and_begins_no_block():
    assert literal("a\n\n# b\r\n| c") == r"a # b \| c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
        ("a\rb\nc\td", "a b c d"),
        ("a\x00b\x7f\x9b", r"a\x00b\x7f\x9b"),
        ("cod\u202egnp.exe", r"cod\u202egnp.exe"),
        ("\u200b\ufeff\u2066", r"\u200b\ufeff\u2066"),
        (os.fsdecode(b"caf\xe9.png"), r"caf\xe9.png"),
        ("\ud800", r"\ud800"),
    ],
)
def test_printable_shows_what_a_terminal_would_obey(text, shown):
    assert printable(text) == shown
    printable(text).encode()


def test_words_that_join_letters_stay():
    for text in ("نمی\u200cخواهم", "👩\u200d⚕️", "Ultra\u00adschall"):
        assert printable(text) == text


def test_anything_has_a_text():
    assert literal(ValueError("<b>")) == r"\<b\>"
    assert printable(None) == "None"
