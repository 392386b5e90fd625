"""predictions.csv comes back as it went, refuses what is wrong, and is summed up honestly."""

import csv
import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import brier_score_loss, roc_auc_score

from mtlbus.core.errors import DataError, InputError, OutputError
from mtlbus.evaluation.metrics import CLASSIFICATION, SEGMENTATION
from mtlbus.evaluation.tables import (
    COLUMNS,
    prediction_frame,
    read_predictions,
    summarise,
    write_predictions,
)


def rows(n: int = 60, dataset: str = "busbra", seed: int = 0, part: str = "test") -> list[dict]:
    """Rows of a method with class and mask, two images a patient."""
    generator = np.random.default_rng(seed)
    made = []
    for index in range(n):
        label = int(generator.random() < 0.4)
        logit = generator.normal(2 * label - 1)
        overlap = generator.uniform(0.5, 1)
        made.append({
            "image_id": f"bus_{index:04d}", "dataset": dataset, "group": f"{index // 2}",
            "fold": 1, "part": part, "label": label, "logit": logit,
            "probability": 1 / (1 + math.exp(-logit)), "dice": overlap,
            "jaccard": overlap / (2 - overlap), "pixel_tpr": overlap, "pixel_fpr": 1 - overlap,
            "aer": 2 - 2 * overlap, "miou": 0.9, "hd95": 10 * overlap, "assd": 3.0,
            "lesion_area": 4000, "predicted_area": 4100, "birads": "4", "device": "NA",
            "histology": 'Carcinoma, "ductal"',
        })  # fmt: skip
    return made


def without(made: list[dict], columns: tuple[str, ...]) -> list[dict]:
    return [{name: row[name] for name in row if name not in columns} for row in made]


def summary_of(tmp_path, made: list[dict], **options) -> dict:
    write_predictions(tmp_path / "predictions.csv", made)
    return summarise(read_predictions(tmp_path / "predictions.csv"), **options)


def test_what_is_written_is_read(tmp_path):
    made = rows(4)
    made[1] |= {"hd95": math.nan, "assd": None, "histology": None, "group": ""}
    write_predictions(tmp_path / "predictions.csv", made)
    frame = read_predictions(tmp_path / "predictions.csv")
    assert tuple(frame.columns) == COLUMNS
    assert (tmp_path / "predictions.csv").read_text().splitlines()[0] == ",".join(COLUMNS)
    for name in ("image_id", "dataset", "label", "fold", "logit", "probability", "birads"):
        assert frame[name].tolist() == [row[name] for row in made]  # bit by bit
    assert frame["dice"].tolist() == pytest.approx([row["dice"] for row in made], rel=1e-5)
    assert frame["histology"].tolist()[:2] == ['Carcinoma, "ductal"', ""]
    assert frame["device"][0] == "NA", "a text is a text, not a missing number"
    assert frame["hd95"].isna().tolist() == [False, True, False, False]
    assert frame["label"].dtype == frame["fold"].dtype == "int64"
    pd.testing.assert_frame_equal(prediction_frame(made), frame)
    write_predictions(tmp_path / "again.csv", frame)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "predictions.csv").read_bytes()


def test_texts_that_a_spreadsheet_would_run_are_guarded_and_come_back(tmp_path):
    made = rows(3)
    made[0] |= {"image_id": "=cmd()&<b>", "device": "@x", "logit": -1.25}
    made[1] |= {"image_id": "-3", "histology": "a;=1+1\n+2"}
    made[2] |= {"image_id": "'=x", "group": "\t-y"}
    path = tmp_path / "predictions.csv"
    write_predictions(path, made)
    with path.open(newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not [cell for cell in cells if cell[:1] in "=+@\t" and cell]
    frame = read_predictions(path)
    for name in ("image_id", "device", "histology", "group", "logit"):
        assert frame[name].tolist() == [row[name] for row in made]


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "predictions.csv"
    write_predictions(path, rows(3))
    before = path.read_bytes()

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OutputError, match="disk full"):
        write_predictions(path, rows(5))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["predictions.csv"]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"dise": 0.5}, InputError, "dise"),
        ({"image_id": None}, InputError, "image_id"),
        ({"dice": "good"}, InputError, "good"),
        ({"part": "training"}, DataError, "test or validation"),
        ({"label": 2}, DataError, "row 2: label"),
        ({"probability": 1.2}, DataError, "0..1"),
        ({"logit": math.inf}, DataError, "logit"),
        ({"image_id": "bus_0001"}, DataError, "each image once"),
    ],
)
def test_rows_that_are_wrong_are_not_written(tmp_path, change, error, words):
    made = rows(2)
    made[0] |= change
    with pytest.raises(error, match=words):
        write_predictions(tmp_path / "predictions.csv", made)
    assert not list(tmp_path.iterdir())


def test_files_that_are_wrong_are_not_read(tmp_path):
    path = tmp_path / "predictions.csv"
    with pytest.raises(DataError, match="No predictions"):
        read_predictions(path)
    path.write_text("")
    with pytest.raises(DataError, match="cannot be read"):
        read_predictions(path)
    write_predictions(path, rows(2))
    good = path.read_text()
    path.write_text(good.replace("probability", "chance"))
    with pytest.raises(DataError, match="lacks the columns probability"):
        read_predictions(path)
    path.write_text(good.replace("4000", "4000 px", 1))
    with pytest.raises(DataError, match="row 2: lesion_area is '4000 px'"):
        read_predictions(path)


def test_a_table_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "predictions.csv", tmp_path):
        with pytest.raises(OutputError) as caught:
            write_predictions(path, rows(2))
        assert "\n" not in str(caught.value)


def test_summary_of_one_dataset(tmp_path):
    made = rows()
    made[0] |= {"hd95": None, "assd": None, "dice": 0.0}
    found = summary_of(tmp_path, made, threshold=0.4, bootstrap=200)
    entry = found["datasets"]["busbra"]
    labels = np.array([row["label"] for row in made])
    probabilities = np.array([row["probability"] for row in made])
    assert (entry["n"], entry["groups"], entry["empty_masks"]) == (60, 30, 1)
    assert entry["auc"]["value"] == pytest.approx(roc_auc_score(labels, probabilities))
    assert entry["brier"]["value"] == pytest.approx(brier_score_loss(labels, probabilities))
    called = probabilities[labels == 1] >= 0.4
    assert entry["sensitivity"]["value"] == pytest.approx(called.mean())
    assert entry["dice"]["value"] == pytest.approx(np.mean([row["dice"] for row in made]), rel=1e-5)
    assert entry["hd95"]["value"] == pytest.approx(
        np.mean([row["hd95"] for row in made[1:]]), rel=1e-5
    )
    assert set(entry) == {"n", "groups", "empty_masks", *CLASSIFICATION, *SEGMENTATION}
    for name in {*CLASSIFICATION, *SEGMENTATION} - {"ece"}:
        assert entry[name]["low"] <= entry[name]["value"] + 1e-12, name
        assert entry[name]["value"] <= entry[name]["high"] + 1e-12, name
    assert entry["auc"]["low"] < entry["auc"]["high"]
    assert found["pooled"] == entry, "one dataset pooled is that dataset"


def test_datasets_are_summed_up_apart_and_together(tmp_path):
    made = rows(40) + rows(20, "busi", seed=1) + rows(30, "busi", seed=2, part="validation")
    found = summary_of(tmp_path, made, bootstrap=50)
    assert {name: entry["n"] for name, entry in found["datasets"].items()} == {
        "busbra": 40,
        "busi": 20,
    }
    pooled = found["pooled"]
    assert pooled["n"] == 60
    assert pooled["groups"] == 30, "patient 3 of one dataset is not patient 3 of the other"
    dice = [row["dice"] for row in made[:60]]
    assert pooled["dice"]["value"] == pytest.approx(np.mean(dice), rel=1e-5)
    assert summary_of(tmp_path, made, bootstrap=5, part="validation")["pooled"]["n"] == 30


def test_pooled_replicates_keep_the_share_of_each_dataset(tmp_path):
    # Dice is 1 in one dataset and 0 in the other: the pooled mean is known without any doubt.
    made = rows(40) + rows(40, "busi")
    for row in made:
        row["dice"] = float(row["dataset"] == "busi")
        row["group"] = f"{row['dataset']} {row['group']}"
    found = summary_of(tmp_path, made, bootstrap=100)["pooled"]["dice"]
    assert (found["low"], found["value"], found["high"]) == pytest.approx((0.5, 0.5, 0.5))


def test_more_images_of_the_same_patients_do_not_narrow_the_interval(tmp_path):
    made = without(rows(50), ("group",))
    for index, row in enumerate(made):
        row["group"] = str(index)
    copies = [row | {"image_id": f"{row['image_id']}-{view}"} for row in made for view in "lr"]
    once, twice = (summary_of(tmp_path, some)["pooled"]["auc"] for some in (made, copies))
    assert twice == pytest.approx(once, abs=0.03)
    alone = [row | {"group": ""} for row in copies]  # no group: each image on its own
    pooled = summary_of(tmp_path, alone)["pooled"]
    assert pooled["groups"] == 100
    width = pooled["auc"]["high"] - pooled["auc"]["low"]
    assert 0 < width < 0.85 * (twice["high"] - twice["low"])


def test_methods_of_one_task_have_no_numbers_of_the_other(tmp_path):
    made = rows(20)
    segmenter = summary_of(tmp_path, without(made, ("logit", "probability")), bootstrap=20)
    assert set(segmenter["pooled"]) == {"n", "groups", "empty_masks", *SEGMENTATION}
    classifier = summary_of(tmp_path, without(made, SEGMENTATION), bootstrap=20)
    assert set(classifier["pooled"]) == {"n", "groups", *CLASSIFICATION}


def test_undefined_is_null_in_valid_json(tmp_path):
    made = [row | {"label": 0, "hd95": None} for row in rows(10)]
    found = summary_of(tmp_path, made, bootstrap=20)
    text = json.dumps(found, allow_nan=False)
    assert json.loads(text)["pooled"]["auc"] == {"value": None, "low": None, "high": None}
    assert found["pooled"]["hd95"]["value"] is None and found["pooled"]["empty_masks"] == 10
    assert found["pooled"]["specificity"]["value"] is not None


def test_the_seed_decides(tmp_path):
    made = rows(30)
    first, same, other = (summary_of(tmp_path, made, bootstrap=50, seed=s) for s in (1, 1, 2))
    assert first == same != other


def test_a_part_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="Parts there: validation"):
        summary_of(tmp_path, rows(4, part="validation"))
    write_predictions(tmp_path / "predictions.csv", [])
    with pytest.raises(DataError, match="none"):
        summarise(read_predictions(tmp_path / "predictions.csv"))


def test_one_image_is_no_certainty():
    found = summarise(prediction_frame([rows(1)[0] | {"label": 1, "probability": 0.9}]))["pooled"]
    low, high = binomtest(1, 1).proportion_ci(method="wilson")
    for name in ("accuracy", "sensitivity"):
        limits = found[name]
        assert limits["value"] == 1 and limits["high"] == 1
        assert limits["low"] == pytest.approx(low) and low == pytest.approx(0.207, abs=1e-3)
        assert limits["high"] == high
    for name in ("dice", "hd95", "f1", "brier"):  # no spread is known from one image
        assert found[name]["value"] is not None
        assert (found[name]["low"], found[name]["high"]) == (None, None)


def test_a_share_that_is_none_or_all_gets_limits_over_groups():
    made = [
        row | {"label": int(i < 6), "probability": 0.9, "group": f"{i // 2}"}
        for i, row in enumerate(rows(16))
    ]  # all are called malignant: 3 patients of malignant images, 5 of benign ones
    found = summarise(prediction_frame(made), bootstrap=100)["pooled"]
    for name, right, patients in (("sensitivity", 3, 3), ("specificity", 0, 5)):
        limits = binomtest(right, patients).proportion_ci(method="wilson")
        assert found[name]["low"] == pytest.approx(limits.low, abs=1e-12)
        assert found[name]["high"] == pytest.approx(limits.high, abs=1e-12)
    assert 0 < found["accuracy"]["low"] < found["accuracy"]["high"] < 1  # a true bootstrap
