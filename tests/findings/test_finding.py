"""What is said about a case: the call, what speaks against it, and when there is none."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from mtlbus.findings.anyway import shown_anyway
from mtlbus.findings.finding import flat
from mtlbus.inference.input_checks import Check
from tests.findings.made import CARD, KNOWS_NORMALS, LESION, case, found

EMPTY = np.zeros_like(LESION)
KNOWN = {"origin": "dataset", "dataset": "busi"}
PHANTOM = {"origin": "phantom", "label": 1, "truth": LESION}


def names(finding) -> list[str]:
    return [check.name for check in finding.cautions]


# The call.


def test_to_have_seen_normals_is_not_to_know_them():
    """MTL outlined 16 of 27 normal test images: its call holds only if there is a lesion."""
    card = CARD | {"trained_with_normals": True}  # outlines 25 of 26
    said = found(card=card)
    assert said.conditional and said.verdict.startswith("If this is a lesion")
    (reason,) = (one.reason for one in said.cautions)
    assert "saw normal breasts" in reason and "still outlined 25 and called 12" in reason
    uncounted = {name: value for name, value in card.items() if name != "presence"}
    assert found(card=uncounted).conditional


def test_a_network_that_knows_normals_calls_a_lesion():
    said = found(card=KNOWS_NORMALS)
    assert said.pill == "15 % → benign" and said.verdict == "15 % → benign"
    assert said.sentence == "MTL-COSA: 15 % → benign." and not said.cautious
    assert found(card=KNOWS_NORMALS, probability=0.4).call == "malignant"


@pytest.mark.parametrize("facts", [{"sure": 0.74}, {"mask": EMPTY}])
def test_no_lesion_outlined_is_an_answer(facts):
    said = found(card=KNOWS_NORMALS, probability=0.9, **facts)
    assert said.call is None and said.pill == "" and said.lesion is None
    assert said.outlined is False and not said.mask.any() and not said.cautious
    assert said.sentence == "MTL-COSA: No lesion outlined."
    assert said.nothing.startswith("No lesion outlined. ")
    counted = "outlined something on 2 of 26 normal images and missed 5 of 501 lesions"
    assert counted in said.nothing
    assert said.promises == [] and said.numbers()["probability"] == pytest.approx(0.9)


def test_at_the_limit_there_is_a_lesion():
    assert found(sure=0.75).outlined and not found(sure=0.7499).outlined
    assert found(sure=0.6, card={}).outlined  # a card without such a limit


def test_an_outline_that_the_mask_threshold_empties_says_so():
    said = found(card=KNOWS_NORMALS, mask_threshold=1.0)
    assert said.call is None and "above the mask threshold of 1.00" in said.nothing


def test_a_network_without_an_outline_says_if():
    said = found(card=KNOWS_NORMALS, mask=None)
    assert said.outlined is None and said.call == "benign"
    assert said.verdict.startswith("If this is a lesion: 15 % → benign")
    assert names(said) == ["normals"]


def test_a_network_without_a_class_says_nothing_of_it():
    said = found(probability=None)
    assert said.call is None and said.pill == "" and said.verdict == "Outlines only"


# Normals.


def test_a_network_that_never_saw_normals_says_if_and_doubts_itself_where_nobody_knows():
    said = found()
    assert said.verdict == "If this is a lesion: 15 % → benign, with caution"
    assert said.sentence == "MTL-COSA, if this is a lesion: 15 % → benign, with caution."
    assert names(said) == ["normals"]
    assert "of the 26 of the test part it outlined 25 and called 12 malignant" in (
        said.cautions[0].reason
    )
    normal = case(**KNOWN, truth=EMPTY)
    assert names(found(normal)) == ["normals"] and found(normal).known == "normal"


def test_where_a_lesion_is_known_it_still_says_if_and_what_was_counted():
    said = found(case(**PHANTOM))
    assert said.verdict == "If this is a lesion: 15 % → benign" and not said.cautious
    assert "it outlined 25 and called 12 malignant" in said.on_normals


def test_nothing_is_invented_about_normals():
    bare = {name: value for name, value in CARD.items() if name != "presence"}
    reason = found(card=bare).cautions[0].reason
    assert "never saw a normal breast" in reason and not any(map(str.isdigit, reason))
    assert "not counted" in found(card=bare, mask=EMPTY).nothing


# What speaks against it.


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"distance": 1.2}, "distance"),
        ({"seen": "train"}, "training"),
        ({"seen": "validation"}, "training"),
        ({"mask": np.ones_like(LESION)}, "outline"),
        ({"input_checks": (Check("caution", "inverted", "It is inverted."),)}, "inverted"),
    ],
)
def test_any_caution_takes_the_promises_back(facts, name):
    usual, said = found(case(**PHANTOM)), found(case(**PHANTOM), **facts)
    assert len(usual.promises) == 4 and said.promises == []
    assert said.cautious and names(said) == [name] and said.verdict.endswith(", with caution")
    assert said.call == "benign" and said.numbers()["cautious"] is True


def test_a_test_image_was_in_the_split_and_is_new():
    assert not found(case(**KNOWN, label=0), seen="test").cautious


def test_an_unfamiliar_image_is_an_input_with_a_caution():
    assert found(distance=1.2).numbers()["input"] == "caution"
    assert found(distance=1.0).numbers()["input"] == "ok"


def test_a_refusal_that_was_set_aside_is_the_first_caution():
    size = Check("caution", "size", "It is small.")
    blank = Check("refused", "empty", "It is blank.")
    first, second = shown_anyway((size, blank))
    assert (first.state, first.name, second) == ("caution", "overridden", size)
    assert "It is blank." in first.reason and "anyway" in first.reason
    assert shown_anyway((size,)) == (size,)
    assert found(input_checks=shown_anyway((blank,))).numbers()["input"] == "caution"


# What it is worth.


def test_a_promise_is_told_with_the_images_it_was_counted_on():
    said = " ".join(found(case(**KNOWN, label=0)).promises)
    assert "they were 90 and 80" in said and "501 test images of BUSI and BUS-BRA" in said
    assert "80 benign and raises 20 false alarms" in said


def test_an_image_from_elsewhere_is_told_the_scope():
    said = found(card=KNOWS_NORMALS)
    assert said.scope.startswith("Trained and counted on BUSI and BUS-BRA only.")
    assert "elsewhere" in said.scope and said.promises  # told, with their scope
    assert "phantom" in found(case(**PHANTOM)).scope.lower()
    for known in (case(**KNOWN), case(dataset="busi")):
        assert found(known).scope == ""
    assert found(seen="test").scope == ""  # a copy under another name
    assert found(card={"title": "x"}).scope == ""


def test_a_test_elsewhere_is_told_where_there_was_one():
    outside = {"name": "UDIAT", "n": 163, "date": "2026-12-01",
               "figures": {"AUC": {"value": 0.81, "low": 0.74, "high": 0.87}}}  # fmt: skip
    said = found(card=KNOWS_NORMALS | {"external": [outside]}).scope
    assert "UDIAT, 163 images, 2026-12-01: AUC 0.810 (0.740–0.870)." in said
    assert "None from elsewhere" not in said


# Right or wrong.


@pytest.mark.parametrize(
    ("facts", "probability", "mask", "right", "said"),
    [
        ({"label": 1}, 0.9, LESION, True, "right: it is malignant"),
        ({"label": 1}, 0.1, LESION, False, "wrong: it is malignant"),
        ({"label": 0}, 0.9, LESION, False, "wrong: it is benign"),
        ({"label": 1}, 0.9, EMPTY, False, "wrong: it is malignant"),
        ({"truth": EMPTY}, 0.1, LESION, False, "wrong: it is a normal breast"),
        ({"truth": EMPTY}, 0.9, EMPTY, True, "right: it is a normal breast"),
        ({"truth": EMPTY}, 0.9, None, False, "wrong: it is a normal breast"),
        ({"truth": EMPTY}, 0.1, None, None, ""),
        ({"truth": LESION}, 0.9, EMPTY, False, "wrong: there is a lesion"),
        ({"truth": LESION}, 0.9, LESION, None, ""),
        ({}, 0.9, LESION, None, ""),
    ],
)
def test_wrong_is_called_wrong(facts, probability, mask, right, said):
    finding = found(case(**facts), probability, mask)
    assert finding.right is right and finding.judgement == said


# The numbers.


def test_the_numbers_are_json_and_none_is_left_out():
    numbers = found(case(truth=LESION, label=1), 0.4).numbers()
    assert json.loads(json.dumps(numbers, allow_nan=False)).keys() == numbers.keys()
    documented = {"image", "method", "probability", "threshold", "lesion"}
    assert documented <= numbers.keys()
    assert numbers["lesion"]["area_px"] == numbers["mask_area_px"] == LESION.sum()
    assert numbers["against_truth"]["dice"] == 1 and numbers["threshold"] == 0.3
    assert numbers["presence"] == pytest.approx(0.9) and numbers["presence_threshold"] == 0.75
    assert "not a medical device" in numbers["terms"]
    far = found(case(truth=LESION), mask=EMPTY).numbers()["against_truth"]
    assert far["dice"] == 0 and far["hd95"] is None


def test_a_flat_row_has_names_of_its_own():
    row = flat(found(case(truth=LESION, label=1)).numbers())
    assert row["area_px"] == LESION.sum() and row["dice"] == 1
    assert row["cautions"] == "" and not any(isinstance(one, dict) for one in row.values())
    assert flat(found(distance=2).numbers())["cautions"] == "distance; normals"


def test_an_outline_below_presence_is_no_match_with_the_truth():
    one = case(truth=LESION, label=1)
    assert found(one).against_truth["dice"] == 1
    assert found(one, sure=0.6).against_truth["dice"] == 0
    assert replace(found(one), mask_threshold=1.0).against_truth["dice"] == 0
