"""The verbs on stored predictions say what the Performance page says, from the same functions."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mtlbus.checkpoints import Checkpoint
from mtlbus.cli import main
from mtlbus.evaluation.comparisons import delong_test
from mtlbus.evaluation.intervals import group_draws
from mtlbus.evaluation.operating_points import wilson_interval
from mtlbus.evaluation.tables import group_keys, read_predictions, real_rows, write_predictions

from ..app.stand_ins import write_stand_in


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("networks")
    write_stand_in(root, "mtl", seed=1, bootstrap=20)
    write_stand_in(root, "mtl_sa", seed=2, strength=0.6, bootstrap=20)
    write_stand_in(root, "uresnet", seed=3, bootstrap=20)
    elsewhere = write_stand_in(root / "elsewhere", "uresnet", seed=3, bootstrap=20)
    rows = read_predictions(elsewhere / "predictions.csv", everything=True)
    write_predictions(
        elsewhere / "predictions.csv", rows.assign(image_id="other " + rows["image_id"])
    )
    return root


def answer(capsys, *words: str) -> dict:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_two_methods_are_compared_on_the_real_images_of_both(capsys, root):
    found = answer(capsys, "compare", str(root / "mtl"), str(root / "mtl_sa"))
    a, b = (read_predictions(root / name / "predictions.csv") for name in ("mtl", "mtl_sa"))
    a, b = (real_rows(rows[rows["part"] == "test"]) for rows in (a, b))
    groups = a["dataset"] + " " + a["group"]
    expected = delong_test(a["label"], a["probability"], b["probability"], groups=groups)
    assert (found["images"], found["n"]) == ("real", 150)
    assert found["auc"]["difference"] == pytest.approx(expected.difference) and expected.low > 0
    assert found["auc"]["p_value"] == pytest.approx(expected.p_value)
    assert main(["compare", str(root / "mtl"), str(root / "mtl_sa"), "--images", "busi"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("60 test images, busi") and "(DeLong)" in told and "(McNemar)" in told


@pytest.mark.parametrize("second", ["mtl_sa", "uresnet"])
def test_outlines_are_compared_by_patients_whether_or_not_there_is_a_class(capsys, root, second):
    found = answer(capsys, "compare", str(root / "mtl"), str(root / second))
    assert ("auc" in found) == (second == "mtl_sa")
    a, b = (read_predictions(root / name / "predictions.csv") for name in ("mtl", second))
    a, b = (
        real_rows(rows[rows["part"] == "test"]).set_index("image_id", drop=False) for rows in (a, b)
    )
    gaps = (a["dice"] - b["dice"]).dropna()
    rows = a.loc[gaps.index]

    draws = group_draws(group_keys(rows), strata=rows["dataset"])
    limits = np.percentile([np.average(gaps, weights=draw) for draw in draws], [2.5, 97.5])
    assert (found["dice"]["n"], found["dice"]["difference"]) == (
        len(gaps),
        pytest.approx(gaps.mean()),
    )
    assert [found["dice"][end] for end in ("low", "high")] == pytest.approx(limits)
    main(["compare", str(root / "mtl"), str(root / second)])
    assert f"Dice of {len(gaps)}: " in capsys.readouterr().out


def test_a_slice_is_a_count_of_its_images(capsys, root):
    found = answer(capsys, "slices", str(root / "mtl"), "--by", "birads", "--images", "busbra")
    threshold = Checkpoint(root / "mtl").threshold
    rows = read_predictions(root / "mtl" / "predictions.csv")
    rows = rows[(rows["part"] == "test") & (rows["dataset"] == "busbra") & (rows["label"] == 1)]
    assert [part["name"] for part in found["parts"]] == [f"BI-RADS {n}" for n in (2, 3, 4, 5)]
    for part in found["parts"]:
        some = rows[rows["birads"] == part["name"].removeprefix("BI-RADS ")]
        right = int((some["probability"] >= threshold).sum())
        assert (part["n"], part["value"]) == (len(some), right / len(some))
        assert (part["low"], part["high"]) == pytest.approx(wilson_interval(right, len(some)))


def test_a_panel_is_asked_like_any_other(capsys, root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    found = answer(capsys, "compare", "panel:mtl+mtl_sa", "mtl_sa")
    assert found["first"] == "panel:mtl+mtl_sa" and found["n"] == 150
    rows = [read_predictions(root / name / "predictions.csv") for name in ("mtl", "mtl_sa")]
    rows = [real_rows(one[one["part"] == "test"]) for one in rows]
    area = roc_auc_score(rows[0]["label"], rows[0]["logit"] + rows[1]["logit"])
    assert found["auc"]["auc_a"] == pytest.approx(area)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare", "uresnet", "elsewhere/uresnet"), "no images in common of both classes"),
        (("compare", "mtl", "mtl_sa", "--images", "busy"), "Did you mean 'busi'"),
        (("slices", "mtl", "--by", "devise"), "Did you mean 'device'"),
        (("slices", "mtl", "--figure", "f1"), "auc, dice, sensitivity, specificity"),
    ],
)
def test_what_cannot_be_asked_is_one_line(capsys, root, words, said):
    verb, *rest = words
    count = 2 if verb == "compare" else 1
    asked = [verb, *(str(root / name) for name in rest[:count]), *rest[count:]]
    assert main(asked) == 1
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1


def test_panels_are_ranked_by_the_validation_part_alone(capsys, tmp_path):
    """Two networks that are wrong about different images are right together; test rows lie."""
    members = []
    for name, seed, logits, sure, dice in (
        ("mtl", 1, [-1, 3, -2, 1], [0.9, 0.9, 0.4, 0.9, 0.6], 0.8),
        ("hps", 2, [-1, -3, 4, 3], [0.9, 0.9, 0.9, 0.9, 0.2], 0.6),
        ("ctan", 3, [1, 1, -1, -1], [0.2, 0.2, 0.2, 0.2, 0.9], 0.9),
    ):
        write_stand_in(tmp_path, name, seed=seed, bootstrap=20)
        lesions = [
            {"dataset": "busi", "image_id": f"{part} {i}", "group": f"{part} {i}", "fold": 1,
             "part": part, "label": int(i > 1), "logit": logit * sign,
             "probability": 1 / (1 + math.exp(-logit * sign)), "dice": dice,
             "lesion_area": 9, "presence": sure[i]}
            for part, sign in (("validation", 1), ("test", -1))
            for i, logit in enumerate(logits)
        ]  # fmt: skip
        normal = {"dataset": "busi", "image_id": "n", "fold": 1, "part": "validation"}
        normal |= {"lesion_area": 0, "presence": sure[4]}
        write_predictions(tmp_path / name / "predictions.csv", [*lesions, normal])
        members.append(str(tmp_path / name))
    found = answer(capsys, "panels", *members)
    assert len(found) == 4 and found[0]["panel"] == "panel:mtl+hps"
    assert (found[0]["dice"], found[0]["auc"]) == pytest.approx((0.7, 1.0))
    assert found[0]["presence"] == 1.0 and found[0]["score"] == pytest.approx(0.9)
    assert main(["panels", members[0]]) == 1
    assert "at least two networks" in capsys.readouterr().err
