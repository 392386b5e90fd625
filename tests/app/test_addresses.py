"""An address that changes within a session is followed, on every page and for every name."""

from __future__ import annotations

import json

import pytest

from mtlbus.checkpoints import CARD
from mtlbus.ui import address
from mtlbus.ui.frame import ENTRIES
from mtlbus.ui.quiz import rooms
from mtlbus.ui.quiz.rooms import Item, Rooms
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit
from tests.made import make_manifest

# Page, the address that is open, the one that comes after it; every value differs from the one
# before and from what a new visitor gets, so that each stands in the address afterwards.
CHANGES = [
    ("home", {}, {"case": "lipoma"}),
    ("home", {"case": "scar"}, {"case": "lipoma", "method": "mtl", "lecture": "1"}),
    (
        "cases",
        {},
        {"case": "lipoma", "source": "manifest", "method": "mtl", "find": "p", "only": "malignant"},
    ),
    ("cases", {"case": "scar"}, {"blind": "1"}),
    ("stories", {}, {"case": "lipoma", "story": "leakage", "step": "2"}),
    (
        "predict",
        {"method": "mtl"},
        {"case": "lipoma", "method": "mtl_cosa", "point": "youden", "mask_threshold": "0.3",
         "mask_fill": "20", "show_outline": "0", "show_truth": "1", "show_agreement": "1",
         "steady": "1", "others": "1"},
    ),
    (
        "compare",
        {"methods": "mtl"},
        {"case": "lipoma", "methods": "mtl_cosa,mtl", "compare": "two", "second": "simple-cyst",
         "mask_threshold": "0.3", "compare_fill": "20", "compare_truth": "1",
         "compare_agreement": "1"},
    ),
    (
        "attention",
        {"method": "mtl_cosa", "map": "cosa_attention.margin", "cell": "1,1"},
        {"case": "lipoma", "method": "resformer_mtl", "untrained": "1", "map": "swin_attention.3",
         "cell": "1,2", "head": "6"},
    ),
    (
        "attention",
        {"method": "acsnet", "untrained": "1", "map": "dcn_offset.2", "sample": "1"},
        {"case": "lipoma", "method": "acsnet", "untrained": "1", "map": "dcn_offset.1",
         "sample": "4"},
    ),
    (
        "attention",
        {"method": "ctan", "untrained": "1", "map": "ctae_mask.3"},
        {"case": "lipoma", "method": "ctan", "untrained": "1", "map": "ctae_mask.2.segmentation",
         "channel": "5", "stretch": "1", "beside": "method:mtl_cosa", "map2": "region_score"},
    ),
    (
        "what_if",
        {"methods": "mtl"},
        {"case": "lipoma", "methods": "mtl_cosa,mtl", "edits": "gain:-3_mirror"},
    ),
    (
        "surgery",
        {"method": "mtl"},
        {"case": "lipoma", "method": "mtl_cosa", "outline": "add:9.9.80.9.80.80_grow:-3"},
    ),
    (
        "attributions",
        {"method": "mtl", "attributions": "-"},
        {"case": "lipoma", "method": "mtl_cosa", "attributions": "saliency",
         "target": "mask:tumour:margin", "settings": "baseline=black", "placebo": "0"},
    ),
    (
        "performance",
        {"methods": "mtl"},
        {"case": "lipoma", "methods": "mtl_cosa,mtl", "images": "busi", "rule": "hand",
         "threshold": "0.250", "section": "outlines"},
    ),
    ("performance", {"methods": "mtl", "rule": "hand"},
     {"case": "lipoma", "methods": "mtl", "images": "busi", "section": "metrics",
      "rule": "sensitivity", "least": "80"}),
    ("performance", {"methods": "mtl", "rule": "sensitivity"},
     {"case": "lipoma", "methods": "mtl", "images": "busi", "section": "metrics", "rule": "cost",
      "cost": "20"}),
    ("quiz", {}, {"case": "lipoma", "room": "BCDF", "player": "BCDFGHJKLMNP"}),
    ("methods", {}, {"case": "lipoma", "paper": "ctan"}),
    ("methods", {"method": "ctan"}, {"case": "lipoma", "method": "mtl", "tab": "equations"}),
    (
        "phantom_lab",
        {"methods": "mtl"},
        {"case": "lipoma", "methods": "mtl_cosa,mtl", "knob": "gain_db", "knob2": "attenuation_db",
         "lab": "grid"},
    ),
]  # fmt: skip


SECRET = {"player"}  # followed, and taken out of the address: a projector shows it


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    for method in ("mtl_cosa", "mtl"):
        path = write_stand_in(root, method) / CARD
        card = json.loads(path.read_text())
        points = card["operating_points"]
        points["youden"] = points["balanced"] | {"threshold": 0.4}
        path.write_text(json.dumps(card))
    make_manifest(root / "data", count=4)
    return root


@pytest.mark.parametrize(
    ("page", "before", "after"), CHANGES, ids=[f"{page}-{'-'.join(b)}" for page, b, _ in CHANGES]
)
def test_an_address_that_changes_within_a_session_is_followed(
    root, monkeypatch, page, before, after
):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    if page == "cases":
        monkeypatch.setenv("MTLBUS_DATA", f"manifest={root / 'data' / 'manifest.csv'}")
    if page == "quiz":
        monkeypatch.setattr(rooms, "ROOMS", Rooms(draw=lambda count: "BCDFGHJKLMNP"[:count]))
        rooms.ROOMS.open([Item("phantoms:1000000", 1)], ["mtl"])
    app = visit(page, **before)
    said, note = {}, address._note
    monkeypatch.setattr(address, "_note", lambda name, v: said.update({name: v}) or note(name, v))
    app.query_params.clear()
    for name, value in after.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception and not app.error
    assert not [w.value for w in app.main.warning if "in the address" in w.value]
    kept = {name: value for name, value in after.items() if name not in SECRET}
    assert {name: "".join(value) for name, value in app.query_params.items()} == kept
    written = {name: value for name in after if (value := said.get(name)) is not None}
    assert written == kept, "not written by the page itself"
    assert all(app.session_state[name] == value for name, value in after.items() if name in SECRET)


def test_the_changes_name_every_page_and_every_name_of_an_address():
    assert {page for page, _, _ in CHANGES} == {entry.file.removesuffix(".py") for entry in ENTRIES}
    assert {name for _, _, after in CHANGES for name in after} == set(address.LINKED)
