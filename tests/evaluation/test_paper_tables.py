"""The COSA paper's figures by hand and by scikit-learn, its averaging, and paired differences."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from mtlbus.core.errors import DataError
from mtlbus.evaluation.paper_tables import (
    CLASS_FIGURES,
    MASK_FIGURES,
    beside_paper,
    cross_validated,
    difference,
    rows_of,
)
from mtlbus.evaluation.tables import prediction_frame
from mtlbus.methods import get_spec

from .slow_bootstrap import bootstrap_by_group


def frame(seed: int, shift: float = 0.0, masks: bool = True, n: int = 90) -> pd.DataFrame:
    """Test rows of three folds; the same images for every seed, groups of three within a fold."""
    labels = np.random.default_rng(0).permutation(np.arange(n) % 3 == 0).astype(int)
    generator = np.random.default_rng(seed)
    probabilities = 1 / (1 + np.exp(-generator.normal(1.5 * labels - 1 + shift)))
    dice = np.clip(generator.normal(0.7 + shift / 10, 0.1, n), 0, 1)
    return prediction_frame(
        {
            "image_id": f"i{i}",
            "dataset": "busi",
            "group": f"g{i // 3}",
            "fold": 1 + (i // 3) % 3,
            "part": "test",
            "label": int(labels[i]),
            "probability": float(probabilities[i]),
            **(
                {"dice": dice[i]} | dict.fromkeys(("pixel_tpr", "pixel_fpr", "miou", "aer"), 0.5)
                if masks
                else {}
            ),
        }
        for i in range(n)
    )


def test_figures_are_means_over_folds_with_benign_positive():
    rows = frame(1)
    found = cross_validated({"mtl": rows}, bootstrap=50)["mtl"]
    expected: dict[str, list[float]] = {name: [] for name in ("tpr", "fpr", "pre", "f1", "auc")}
    for _, fold in rows.groupby("fold"):
        benign, called = fold["label"] == 0, fold["probability"] < 0.5
        expected["tpr"].append(recall_score(benign, called))
        expected["fpr"].append(1 - recall_score(~benign, ~called))
        expected["pre"].append(precision_score(benign, called))
        expected["f1"].append(f1_score(benign, called))
        expected["auc"].append(roc_auc_score(fold["label"], fold["probability"]))
    for name, values in expected.items():
        assert found.folds[name] == pytest.approx(values)
        assert found.value[name] == pytest.approx(np.mean(values))
        assert found.spread[name] == pytest.approx(np.std(values, ddof=1))
    assert found.value["dice"] == pytest.approx(rows.groupby("fold")["dice"].mean().mean())


def test_a_difference_is_paired_by_groups():
    better, worse = frame(1), frame(1)
    # The same predictions with 0.03 taken from each Dice: the difference is certain.
    worse["dice"] -= 0.03
    found = cross_validated({"a": better, "b": worse}, bootstrap=100)
    gap = difference(found["a"], found["b"], "dice")
    assert gap == pytest.approx({"value": 0.03, "low": 0.03, "high": 0.03})
    alone = rows_of(found, {"a": "A", "b": "B"})
    assert next(r for r in alone if r["figure"] == "dice")["high"] > 0.72 - 0.03


def test_limits_are_those_of_the_slow_bootstrap_over_groups():
    a, b = frame(1), frame(2, shift=0.4)
    found = cross_validated({"a": a, "b": b}, bootstrap=80, seed=3)
    gap = difference(found["a"], found["b"], "acc")

    def accuracy(rows: pd.DataFrame) -> float:
        right = (rows["probability"] >= 0.5) == (rows["label"] == 1)
        return right.groupby(rows["fold"]).mean().mean()

    slow = bootstrap_by_group(
        a["group"], lambda rows: accuracy(a.iloc[rows]) - accuracy(b.iloc[rows]), n=80, seed=3
    )
    assert (gap["value"], gap["low"], gap["high"]) == pytest.approx(tuple(slow))


def test_a_method_has_the_figures_of_its_tasks_and_an_image_is_tested_once():
    found = cross_validated({"resnet": frame(1, masks=False)}, bootstrap=10)["resnet"]
    assert set(found.value) == set(CLASS_FIGURES) and not set(MASK_FIGURES) & set(found.value)
    twice = pd.concat([frame(1), frame(1)])
    with pytest.raises(DataError, match="twice"):
        cross_validated({"mtl": twice}, bootstrap=10)


def test_the_paper_stands_above_ours():
    found = cross_validated({"mtl": frame(1), "resnet": frame(2, masks=False)}, bootstrap=20)
    rows = rows_of(found, {"mtl": "MTL", "resnet": "ResNet"})
    reported = get_spec("mtl_cosa").as_dict()["reported"]
    lines = beside_paper(rows, reported, {"mtl": "MTL", "resnet": "ResNet-101"})
    assert "| MTL | paper | 77.52 | 39.11 | 81.48 | 76.38 | 61.59 |" in lines
    assert "| ResNet-101 | paper | 93.56 | 17.14 | 90.10 | 91.90 | 92.68 | 96 |" in lines
    value = next(r["value"] for r in rows if r["method"] == "mtl" and r["figure"] == "dice")
    (ours,) = (line for line in lines if line.startswith("| MTL | here | 50.00"))
    assert f"{100 * value:.2f} (" in ours
    assert len([line for line in lines if "ResNet-101 | here" in line]) == 1  # it draws no mask


def test_a_fold_in_which_nobody_is_called_benign_ends_in_a_dash():
    """Its precision is 0/0: no number in a table or in JSON, and no error after all training."""
    rows = pd.DataFrame({
        "dataset": "busi", "image_id": [str(n) for n in range(8)], "group": list("abcdefgh"),
        "fold": [1] * 4 + [2] * 4, "label": [0, 1] * 4, "dice": np.nan,
        "probability": [0.9] * 4 + [0.1, 0.9, 0.2, 0.8],
    })  # fmt: skip
    found = cross_validated({"resnet": rows}, bootstrap=50)
    table = {row["figure"]: row for row in rows_of(found, {"resnet": "ResNet"})}
    assert table["pre"]["value"] is None and table["pre"]["folds"] == [None, 1.0]
    assert table["acc"]["value"] == 0.75
    json.dumps(list(table.values()), allow_nan=False)
