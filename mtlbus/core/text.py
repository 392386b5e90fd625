"""Text that others wrote: a name, a header, a table, an address. Shown as typed, never obeyed."""

from __future__ import annotations

import re
import unicodedata

_ODD = ("Cc", "Cf", "Cs")  # controls, invisible formats with those that turn the line, surrogates
_JOINERS = "\u200c\u200d\u00ad"  # shape the letters beside them, in names too, and hide nothing
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")

_SMALL = 990  # characters, fewer than Markdown takes
_SIGN = re.compile(
    r"""
    (?P<apart> :(?=\S|$) | @ | (?<=www)\. | [<>~-](?=[->=]) )  # see `literal`
    | (?P<escaped>
        [\\`*\[\]{}<>$|~] | &(?=[#\w])
        | (?<![^\W_])_+ | _+(?![^\W_])                    # inside of a word it marks nothing
        | ^[#+-](?=[#\s]|$) | ^=+$ | ^\(
    )
    | (?P<number> ^\d+ ) (?P<mark> [.)] ) (?=\s|$)
    | (?P<edge> ^[ ] | [ ]$ ) | (?P<space> (?<=[ ])[ ] )
    """,
    re.VERBOSE | re.IGNORECASE,
)


def printable(text: object) -> str:
    """Text for a terminal or a log: one line, with nothing in it that a terminal would obey.

    Args:
        text: anything; its `str`.

    Returns:
        The text with line breaks and tabs as a space, and with control characters, invisible
        ones, those that turn the direction of reading and bytes that are no UTF-8 (as
        `os.fsdecode` gives them) written as escapes such as ``\\x1b`` or ``\\u202e``.
    """
    return "".join(map(_visible, _BREAKS.sub(" ", str(text))))


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _ODD or character in _JOINERS:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a name that is no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def literal(text: object) -> str:
    """Text as Markdown of the explorer that shows it exactly as it was typed.

    Nothing in it becomes a link, a picture, a colour, an icon, a formula, a table, a heading or an
    element. Only for what is read as Markdown; elsewhere `printable` is enough.

    A backslash makes a sign of Markdown stand for itself. Addresses, icons and emoji between
    colons, and arrows of several signs are found in the finished text, where a backslash is gone:
    there a span without a style keeps a sign apart from its neighbours.

    Args:
        text: anything that a person, a file, a header, a table or an address says; its `str`.
    """
    return _SIGN.sub(_as_typed, printable(text))


def small(text: object) -> str:
    """Text as `literal` gives it, in small letters.

    Markdown takes at most 999 characters between the brackets that make them small, and shows the
    brackets of more. So a long text keeps the size of its neighbours.
    """
    shown = literal(text)
    return f":small[{shown}]" if len(shown) < _SMALL else shown


def _as_typed(found: re.Match[str]) -> str:
    if found["space"] or found["edge"]:  # a run of spaces would shrink to one, or make a block
        return "\u00a0" if found["space"] else ":color[\u00a0]"
    if found["number"]:
        return f"{found['number']}\\{found['mark']}"  # no list begins here
    signs = "".join(f"\\{sign}" if sign in "<>~" or found["escaped"] else sign for sign in found[0])
    return f":color[{signs}]" if found["apart"] else signs
