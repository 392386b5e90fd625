"""Which task's mask gates what, in words."""

from __future__ import annotations

import pytest

from mtlbus.ui.attention.map_words import branch_heading, channel_heading, gate_words, mask_heading


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
