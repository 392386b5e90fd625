"""One probability among its neighbours, in words."""

from __future__ import annotations

from dataclasses import replace

from mtlbus.findings.opinion import Opinion, Said, after_changes
from mtlbus.inference.steadiness import Again
from tests.findings.made import KNOWS_NORMALS, found


def test_how_steady_a_call_is_in_words():
    answer = found(card=KNOWS_NORMALS)  # 15 %, benign
    again = [Again(f"change {n}", p, 0.99, 0.9) for n, p in enumerate((0.1, 0.12, 0.2, 0.71))]
    again += [Again("nothing there", 0.3, 0.1, 0.9)] * 4  # below the limit of presence
    said = Opinion(answer, after_changes(answer, again)).steadiness
    assert said.startswith("**10 to 71 %** with the image mirrored")
    assert "the call “benign” stays in 3 of 8 trials." in said and "left out" not in said
    steady = Opinion(answer, after_changes(answer, again[:3])).steadiness
    assert "stays in all 3 trials. Crops that would cut the outline were left out: 5." in steady


def test_what_other_networks_say_in_words():
    answer = found(card=KNOWS_NORMALS)
    others = (Said("A", 0.71, "malignant"), Said("B", 0.2, "benign"), Said("C", 0.4, None))
    assert Opinion(answer, networks=others).others == (
        "3 other networks say **20 to 71 %**; 1 of 2 call it malignant, 1 outlines no lesion."
    )
    assert Opinion(answer, networks=(replace(others[0], probability=None),)).lines == []
