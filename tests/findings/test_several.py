"""What several networks say about one case: never a count without what speaks against it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mtlbus.findings.several import cautions_of_all, judged, tally
from mtlbus.inference.input_checks import Check
from tests.findings.made import CARD, KNOWS_NORMALS, LESION, case, found


def reasons(*findings) -> str:
    return " | ".join(check.reason for check in cautions_of_all(findings))


def test_the_unfamiliar_are_counted_first():
    said = reasons(found(distance=1.4), found(distance=0.4), found(distance=None))
    assert said.startswith("1 of 3 networks find this image unfamiliar")
    assert "unfamiliar" not in reasons(found(distance=0.4))


def test_what_the_pixels_say_is_told_once():
    check = Check("caution", "inverted", "It is inverted.")
    assert reasons(*[found(input_checks=(check,))] * 3).count("inverted") == 1


def test_outlines_of_most_of_the_image_are_counted():
    wide = found(mask=np.ones_like(LESION))
    assert "1 of 2 outlines cover most of the image" in reasons(wide, found())


def test_networks_that_never_saw_normals_are_told_once_with_the_range():
    fewer = {**CARD["presence"]["test"], "normal": {"n": 26, "malignant": {"value": 3 / 26}}}
    other = CARD | {"presence": {"test": fewer}}
    said = reasons(found(), found(card=other))
    assert "Of 26 normal breasts they called 3 to 12 malignant." in said
    assert "1 of these networks cannot say" in reasons(found(), found(card=KNOWS_NORMALS))
    assert reasons(found(card=KNOWS_NORMALS)) == ""


def test_whose_training_it_was():
    mine = found(case(label=1), seen="train")
    mine = replace(mine, prediction=replace(mine.prediction, method="mtan"))
    assert "training or validation of MTAN;" in reasons(mine, found(case(label=1)))


def test_the_tally_counts_calls_and_images_without_a_lesion():
    known = [found(card=KNOWS_NORMALS, probability=p) for p in (0.1, 0.5, 0.9)]
    assert tally(known) == "2 of 3 call it malignant (10 % to 90 %)"
    nothing = found(card=KNOWS_NORMALS, mask=np.zeros_like(LESION))
    assert tally([*known, nothing]).endswith(", 1 of 4 outline no lesion")
    assert tally([found()]).startswith("If this is a lesion: 0 of 1 call it malignant (15 %)")
    assert tally([found(probability=None)]) == ""


def test_the_right_ones_are_counted():
    one = case(label=1)
    assert judged([found(one, 0.9), found(one, 0.1)]) == "1 of 2 are right: it is malignant"
    assert judged([found()]) == ""


def test_a_panel_repeats_its_networks_and_has_no_vote():
    alone = [found(card=KNOWS_NORMALS, probability=p) for p in (0.1, 0.9)]
    panel = found(card=KNOWS_NORMALS, probability=0.5)
    panel = replace(panel, prediction=replace(panel.prediction, members={"A": -2.0, "B": 2.0}))
    assert tally([*alone, panel]) == tally(alone)
    assert tally([panel]).startswith("1 of 1")
