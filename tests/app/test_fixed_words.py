"""How much of a gate is the same on every image, in words."""

from __future__ import annotations

from mtlbus.ui.attention.hearing import fixed_words


def test_a_gate_that_does_not_look_is_called_that():
    gates = {"data": {"busi": 25, "busbra": 75}, "fixed_share": {"g.1": 0.9951, "g.2.a": 0.25}}
    words, idle = fixed_words(gates, {"": "g.1"})
    assert idle and "hardly looks at the image" in words
    assert "100 test images that is the same on every image: >99 %." in words
    words, idle = fixed_words(gates, {"a": "g.2.a", "b": "g.2.b"})
    assert not idle and "hardly" not in words and words.endswith(": a 25 %.")
    assert fixed_words(gates, {"": "g.3"}) == fixed_words({}, {"": "g.1"}) == ("", False)
