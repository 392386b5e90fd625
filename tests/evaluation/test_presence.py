"""The presence threshold and its rates, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mtlbus.evaluation.presence import choose_presence_threshold, presence_rates
from mtlbus.evaluation.tables import (
    lesion_rows,
    normal_rows,
    prediction_frame,
    read_predictions,
    summarise,
    write_predictions,
)


def rows(scores, kind: str, dataset: str = "made", part: str = "validation") -> list[dict]:
    """Lesions of both classes, or normal images, with these presence scores."""
    made = []
    for index, score in enumerate(scores):
        row = {
            "image_id": f"{kind}{index}", "dataset": dataset, "group": f"{kind}{index}",
            "part": part, "presence": score, "probability": 0.2 + 0.5 * (index % 2),
            "logit": -1.0 + 2 * (index % 2), "lesion_area": 0, "predicted_area": 30,
        }  # fmt: skip
        if kind == "lesion":
            row |= {"label": index % 2, "lesion_area": 40, "dice": 0.8, "jaccard": 2 / 3}
        made.append(row)
    return made


def test_one_of_a_hundred_lesions_may_lie_below():
    scores = np.linspace(0.6, 0.995, 200)  # two may: the second and third are beside the threshold
    frame = prediction_frame([*rows(scores, "lesion"), *rows([0.99] * 20, "normal")])
    threshold = choose_presence_threshold(frame)
    assert threshold == pytest.approx((scores[1] + scores[2]) / 2)
    assert (scores < threshold).sum() == 2


def test_of_few_lesions_none_may_lie_below():
    frame = prediction_frame(rows([0.9, 0.7, 0.8], "lesion"))
    assert choose_presence_threshold(frame) == pytest.approx(0.7)


def test_there_is_no_outline_below_one_half():
    assert choose_presence_threshold(prediction_frame(rows([0.2, 0.3], "lesion"))) == 0.5
    assert choose_presence_threshold(prediction_frame(rows([0.2, 0.3], "lesion")), True) == 0.2


def test_a_method_without_a_mask_has_none():
    frame = prediction_frame([row | {"presence": None} for row in rows([0.9] * 9, "lesion")])
    assert choose_presence_threshold(frame) is None


def test_without_a_mask_only_the_calls_on_normal_images_are_counted():
    frame = prediction_frame([row | {"presence": None} for row in rows([0.9] * 8, "normal")])
    found = presence_rates(frame, None, 0.5)
    assert found["normal"]["outlined"] is None and found["normal"]["malignant"]["value"] == 0.5


def test_phantoms_do_not_choose_it():
    real, made = rows([0.9] * 10, "lesion"), rows([0.6] * 90, "lesion", dataset="phantom")
    assert choose_presence_threshold(prediction_frame([*real, *made])) == pytest.approx(0.9)


def test_false_alarms_and_misses_are_shares_with_limits():
    normal = rows([0.95, 0.9, 0.2, 0.1], "normal")
    frame = prediction_frame([*rows([0.99] * 9 + [0.3], "lesion"), *normal])
    found = presence_rates(frame, 0.9, 0.5)
    assert found["normal"]["malignant"]["value"] == 0.5, "every second one, at 0.7"
    assert found["normal"]["n"] == 4 and found["lesion"]["n"] == 10
    alarms, misses = found["normal"]["outlined"], found["lesion"]["missed"]
    assert alarms["value"] == 0.5 and misses["value"] == pytest.approx(0.1)
    assert 0 <= alarms["low"] < 0.5 < alarms["high"] <= 1 and misses["low"] < 0.1 < misses["high"]


def test_none_of_a_few_is_no_certainty():
    found = presence_rates(prediction_frame(rows([0.1] * 9, "normal")), 0.5)
    outlined = found["normal"]["outlined"]
    # Wilson by hand for 0 of 9: z² / (n + z²) with z = 1.959964
    assert outlined["value"] == 0 and outlined["high"] == pytest.approx(3.841459 / 12.841459)
    assert found["lesion"] == {"n": 0, "missed": None}


def test_normal_images_change_no_figure_of_a_lesion(tmp_path):
    lesions = [row | {"part": "test"} for row in rows(np.linspace(0.5, 1, 30), "lesion")]
    normals = [row | {"part": "test"} for row in rows([0.9] * 7, "normal")]
    alone, both = prediction_frame(lesions), prediction_frame([*normals, *lesions])
    assert summarise(both, 0.5, bootstrap=50) == summarise(alone, 0.5, bootstrap=50)
    assert len(normal_rows(both)) == 7 and lesion_rows(both).equals(alone)
    write_predictions(tmp_path / "predictions.csv", both)
    assert read_predictions(tmp_path / "predictions.csv").equals(alone)
    assert read_predictions(tmp_path / "predictions.csv", everything=True).equals(both)


def test_a_table_from_before_presence_is_read(tmp_path):
    frame = prediction_frame(rows([0.9] * 4, "lesion"))
    frame.drop(columns="presence").to_csv(tmp_path / "predictions.csv", index=False)
    found = read_predictions(tmp_path / "predictions.csv")
    assert found["presence"].isna().all() and len(found) == 4
