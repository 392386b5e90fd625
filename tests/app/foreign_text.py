"""Finding text that somebody else wrote where a page would read it as markup."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

# Shown as plain text by the browser, or not shown: names of widgets and pages, alternative text,
# options of a select box, lines of st.text, cells of a table.
PLAIN = {
    "id", "element_id", "form_id", "key", "user_key", "alt", "url", "page_script_hash",
    "query_string", "data", "spec", "raw_value", "bidicomponent.json", "selectbox.options",
    "text.body", "file_name",
}  # fmt: skip


def markdown_of(app: AppTest) -> Iterator[tuple[str, str]]:
    """Every text of a page that is read as Markdown or HTML, with the place it stands in."""
    for node in _nodes(app._tree.children.values()):
        if (proto := getattr(node, "proto", None)) is not None:
            yield from _texts(proto, type(proto).DESCRIPTOR.name.lower())


def charts_of(app: AppTest) -> Iterator[str]:
    """The specification of every Plotly chart, as JSON."""
    for node in _nodes(app._tree.children.values()):
        if getattr(node, "type", "") == "plotly_chart":
            yield node.proto.spec


def _nodes(nodes) -> Iterator:
    for node in nodes:
        yield node
        yield from _nodes(getattr(node, "children", {}).values())


def _texts(message: Message, place: str) -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        here = f"{place.rpartition('.')[2]}.{field.name}"
        if field.name in PLAIN or here in PLAIN:
            continue
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from _texts(one, here)
            elif isinstance(one, str):
                yield here, one
