"""The Mask surgery page without a browser: whose steps they are, and what a browser may tell."""

from __future__ import annotations

import pytest

from mtlbus.data.outline_steps import OutlineStep
from mtlbus.ui.panels.outline_editor import step_told
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

TRIANGLE = [[1, 2], [30.4, 2], [3, 40]]


def test_a_polygon_that_a_browser_tells_is_taken_for_this_image_only():
    told = {"of": "x", "kind": "cut", "points": TRIANGLE, "number": 1}
    assert step_told({"told": told}, "x") == OutlineStep("cut", (1, 2, 30, 2, 3, 40))
    for wrong in (
        None, {}, {"told": 1}, {"told": told | {"of": "y"}}, {"told": told | {"kind": "truth"}},
        *({"told": told | {"points": p}} for p in (
            7, [[1, 2]], [[1, 2]] * 9, [[1], [2], [3]], [[1, 2], [3, 4], [5, float("nan")]],
            [[1, 2], [3, 4], [5, float("inf")]], [[1, 2], [3, 4], [-9, 6]], TRIANGLE * 200,
        )),
    ):  # fmt: skip
        assert step_told(wrong, "x") is None


@pytest.fixture
def root(tmp_path, monkeypatch):
    for seed, method in enumerate(("mtl_cosa", "mtl")):
        write_stand_in(tmp_path, method, seed)
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))


def test_steps_belong_to_an_image_and_only_some_networks_read_the_outline(root):
    app = visit("surgery", case="scar", method="mtl_cosa", outline="truth_grow:-3")
    assert any(one.value.startswith("Because of your outline") for one in app.markdown)
    assert any("is a reader's" in one.value for one in app.markdown)
    dice = next(one.value for one in app.markdown if "| Dice " in one.value)
    app.button(key="_pen_undo").click().run()
    assert app.query_params["outline"] == ["truth"] or app.query_params["outline"] == "truth"
    assert "| **1.00** |" in next(one.value for one in app.markdown if "| Dice " in one.value)
    assert "| **1.00** |" not in dice
    app.selectbox(key="_pick_method").select("mtl").run()
    assert any("is not read from its outline" in one.value for one in app.info)
    app.selectbox(key="_case_choice").select_index(0).run()
    assert not app.exception and "outline" not in app.query_params
