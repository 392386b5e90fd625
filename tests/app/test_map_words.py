"""Which task's mask gates what, in words."""

from __future__ import annotations

import pytest

from mtlbus.ui.attention.map_words import (
    branch_heading,
    channel_heading,
    fixed_words,
    gate_words,
    mask_heading,
)


@pytest.mark.parametrize(
    ("name", "tasks", "words"),
    [
        ("ctae_mask.1.a", ("a", "b"), "Mask of a → gates the b stream"),
        ("ctae_mask.1.b", ("a", "b"), "Mask of b → gates the a stream"),
        ("mtan_mask.1.a", ("a", "b", "c"), "Mask of a → gates its own stream"),
        ("other_mask.1.a", ("a", "b"), "Mask of a"),
        ("aaa_gate.1", ("",), ""),
    ],
)
def test_a_heading_says_what_a_mask_gates(name, tasks, words):
    assert mask_heading(name, tasks) == words


def test_branches_are_called_what_they_are():
    assert branch_heading("dfe_branch.0.5") == "Dilation 5"
    assert branch_heading("estan_rowcol.1") == ""


def test_the_two_maps_of_a_gate_say_what_of_them_counts():
    assert channel_heading("gate_map.2", "a") == "a: its mean counts"
    assert channel_heading("gate_map.2", "b") == "b: its maximum counts"
    assert channel_heading("aaa_gate.2", "a") == "a"


def test_every_caution_says_what_the_map_is_not():
    for family in ("aaa_gate", "gate_map", "dcn_modulation", "hard_attention", "mask_probability"):
        caution = gate_words(f"{family}.1").caution
        assert " not " in caution or " no " in caution


def test_a_gate_that_does_not_look_is_called_that():
    gates = {"data": {"busi": 25, "busbra": 75}, "fixed_share": {"g.1": 0.9951, "g.2.a": 0.25}}
    words, idle = fixed_words(gates, {"": "g.1"})
    assert idle and "hardly looks at the image" in words
    assert "100 test images that is the same on every image: >99 %." in words
    words, idle = fixed_words(gates, {"a": "g.2.a", "b": "g.2.b"})
    assert not idle and "hardly" not in words and words.endswith(": a 25 %.")
    assert fixed_words(gates, {"": "g.3"}) == fixed_words({}, {"": "g.1"}) == ("", False)
