"""The What if page without a browser: changes, each undone alone, and answers that are marked."""

from __future__ import annotations

from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit


def test_changes_are_undone_one_by_one_and_the_answer_is_marked(tmp_path, monkeypatch, asked):
    write_stand_in(tmp_path, "mtl_cosa", seed=29)  # whose answers no other test keeps
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    app = visit("what_if", case="scar", methods="mtl_cosa", edits="gain:-3_mirror")
    assert asked == ["mtl_cosa"] * 2  # as it came, and changed
    said = "\n".join(one.value for one in app.markdown)
    assert "changed to see what happens (Gain −3 dB, Mirror)" in said
    assert list(app.table[0].value["Network"]) == ["MTL-COSA"]
    app.button(key="_edit_undo_0").click().run()
    assert app.query_params["edits"] in ("mirror", ["mirror"]) and asked == ["mtl_cosa"] * 3
    app.slider(key="_edit_gain").set_value(6.0).run()
    assert len(asked) == 3, "an answer about the same picture was not kept"
    app.button(key="_edit_do").click().run()
    assert app.query_params["edits"] in ("mirror_gain:6", ["mirror_gain:6"])
    app.button(key="_edit_undo").click().run()
    assert "edits" not in app.query_params and not app.exception
