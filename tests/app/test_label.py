"""ResFormer-MTL is known from its abstract alone; every page that names it says so there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtlbus.methods import get_spec
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

TITLE = "ResFormer-MTL (re-imagined from the abstract)"
BARE = re.compile(r"ResFormer-MTL(?! \(re-imagined from the abstract)")


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("checkpoints")
    write_stand_in(root, "resformer_mtl")
    write_stand_in(root, "mtl", seed=1)
    return root


def all_words(app: AppTest) -> str:
    """Everything the page sends to the browser.

    Cells hold short names, with the names in full below their table.
    """
    sent = [
        element.proto.alt if element.type == "dataframe" else element.proto
        for block in (app.main, app.sidebar)
        for element in block
    ]
    return "\n".join(map(str, sent))


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("home", {}),
        ("predict", {"method": "resformer_mtl"}),
        ("compare", {"methods": "resformer_mtl,mtl"}),
        ("compare", {"methods": "resformer_mtl,mtl", "compare": "mirror"}),
        ("attention", {"method": "resformer_mtl"}),
        ("attributions", {"method": "resformer_mtl"}),
        ("performance", {}),
        ("methods", {}),
        ("methods", {"paper": "resformer_mtl"}),
        ("methods", {"method": "resformer_mtl"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_wherever_the_name_stands_the_label_stands(root, monkeypatch, page, query):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    app = visit(page, **query)
    words = all_words(app)
    assert ("of its mirror" in words) == (query.get("compare") == "mirror")  # the link is obeyed
    assert get_spec("resformer_mtl").title == TITLE
    assert page == "home" or TITLE in words
    assert not BARE.findall(words)
    cells = sum(BARE.search(frame.value.to_csv()) is not None for frame in app.dataframe)
    assert words.count(f"In full: {TITLE}") == cells
