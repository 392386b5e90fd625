"""What a page says about a part of its address that it cannot follow, and when it says nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mtlbus.explain.views import with_views
from mtlbus.ui import cases, services
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two networks with inner maps, one without, and one without a class; all random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for method in ("mtl_cosa", "mtl_sa", "mtl", "uresnet"):
        write_stand_in(root, method)
    return root


@pytest.fixture(autouse=True)
def here(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    monkeypatch.delenv("MTLBUS_DATA", raising=False)


WRONG = [
    ("home", "method", "magic", "Allowed: mtl_cosa, "),
    ("predict", "mask_threshold", "7", "Allowed: a number from 0.05 to 0.95."),
    ("predict", "mask_threshold", "nan", "Allowed: a number from 0.05 to 0.95."),
    ("predict", "show_outline", "maybe", "Allowed: 1 or 0."),
    ("compare", "compare", "x", "Allowed: networks, mirror, two."),
    ("attention", "map", "x", "Allowed: regions, region_score, cosa_attention.background,"),
    ("attention", "map", "cosa_attention.nowhere", "Allowed: regions, "),
    ("attention", "beside", "x", "Allowed: method:NAME or case:NAME."),
    ("attention", "beside", "method:mtl", "Allowed: mtl_sa."),
    ("attributions", "attributions", "saliency,x", "Allowed: integrated_gradients, "),
    ("attributions", "target", "x", "Unknown head of a target 'x'. Allowed: class, mask."),
    ("attributions", "settings", "steps=999", "steps = 999 is out of range; 2 to 256 is allowed."),
    ("attributions", "settings", "layer=x", "Allowed as layer: pooled_features."),
    ("attributions", "placebo", "x", "Allowed: 1 or 0."),
    ("performance", "rule", "x", "Allowed: shipped, "),
    ("methods", "tab", "x", "Allowed: idea, equations, "),
]


@pytest.mark.parametrize(("page", "name", "value", "why"), WRONG)
def test_what_cannot_be_followed_is_said_once_in_one_line(page, name, value, why):
    query = {"method": "mtl_cosa", "methods": "mtl_cosa", name: value}
    app = visit(page, **query)
    told = [w.value.replace(":color[:]", ":").replace("\\", "") for w in app.main.warning]
    (line,) = (line for line in told if "in the address" in line)
    assert line.startswith(f"“{name}={value}” in the address cannot be followed. {why}")
    app.run()
    assert not any("in the address" in warning.value for warning in app.main.warning)


def test_a_cell_and_a_second_map_that_are_not_there_are_said():
    app = visit("attention", method="mtl_sa", cell="9,9", beside="method:mtl_cosa", map2="x")
    told = "\n".join(warning.value for warning in app.main.warning)
    assert "“cell=9,9” in the address cannot be followed" in told and "0,0 to 7,7" in told
    assert "“map2=x” in the address cannot be followed" in told


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"method": "uresnet", "target": "class:malignant"}, "This network has mask only."),
        ({"method": "mtl", "target": "mask:tumour:truth"}, "The true lesion of this image is"),
    ],
)
def test_a_target_that_this_network_or_case_does_not_have_is_said(query, why, monkeypatch):
    monkeypatch.setattr(
        cases, "phantom_case", lambda key, found=cases.phantom_case: replace(found(key), truth=None)
    )
    app = visit("attributions", case="simple-cyst", **query)
    assert why in app.main.warning[0].value
    assert app.query_params["target"].startswith("mask:")


@pytest.mark.parametrize(
    "name", ["regions", "region_score", "cosa_attention", "cosa_attention.margin"]
)
def test_a_link_that_can_be_followed_is_not_talked_about(name):
    app = visit("attention", method="mtl_cosa", map=name, beside="method:mtl_sa")
    assert not app.main.warning


def test_what_was_chosen_for_one_network_and_the_next_does_not_have_is_no_mistake():
    app = visit("attention", method="mtl_cosa", map="region_score")
    assert with_views(services.available()) == ["mtl_cosa", "mtl_sa"]
    app.selectbox(key="_pick_method").select("mtl_sa").run()
    assert not app.main.warning and app.query_params["map"] != "region_score"
