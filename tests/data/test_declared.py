"""Tasks of somebody's own: a declaration and a table with a column a task."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtlbus.checkpoints import CHECKPOINTS
from mtlbus.cli import main
from mtlbus.core.errors import DataError
from mtlbus.data.layouts import load_dataset
from mtlbus.data.splits import split_fold
from tests.made import make_pair

SIZE = 32
ORGANS = {"name": "organs", "kind": "pixel_class", "classes": ["background", "cord", "target"]}
DOSE = {"name": "dose", "kind": "pixel_regression", "unit": "Gy", "scale": 0.01}
STAGE = {"name": "stage", "kind": "image_class", "classes": ["I", "II", "III"]}


def write(folder: Path, rows: list[dict], *tasks: dict, **fields: object) -> Path:
    """A declaration, and a table of these rows; `a.png` is the image of the first, and so on."""
    columns = ["image", *(task["name"] for task in tasks), "dose region", "group", "part"]
    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        for name, row in zip("abcdefgh", rows, strict=False):
            picture = np.full((SIZE, SIZE), 100, np.uint8)
            Image.fromarray(picture).save(folder / f"{name}.png")
            writer.writerow({"image": f"{name}.png", "group": name, **row})
    document = {"name": "mine", "manifest": "t.csv", "tasks": tasks, **fields}
    (folder / "t.json").write_text(json.dumps(document), encoding="utf-8")
    return folder / "t.json"


def picture(path: Path, array: np.ndarray) -> str:
    Image.fromarray(array).save(path)
    return path.name


def half(rows: slice, value: int = 255) -> np.ndarray:
    found = np.zeros((SIZE, SIZE), np.uint8)
    found[rows] = value
    return found


def test_each_kind_of_truth_comes_as_its_array(tmp_path):
    numbers = picture(tmp_path / "n.png", half(slice(0, 8), 2))
    cord = picture(tmp_path / "cord.png", half(slice(0, 4)))
    steps = picture(tmp_path / "d.png", np.full((SIZE, SIZE), 5000, np.uint16))
    region = picture(tmp_path / "r.png", half(slice(8, 16)))
    np.save(tmp_path / "d.npy", np.full((SIZE, SIZE), 12.5))
    path = write(
        tmp_path,
        [
            {"organs": numbers, "dose": steps, "dose region": region, "stage": "ii"},
            {"organs": f"cord={cord}; target={region}", "dose": "d.npy"},
        ],
        ORGANS,
        DOSE,
        STAGE,
    )
    dataset = load_dataset("tasks", path)
    organs, dose, stage = dataset.declaration.tasks
    first, second = dataset.samples
    shape = first.pixels().shape
    assert (first.truth(organs, shape)[0] == half(slice(0, 8), 2)).all()
    values, _ = first.truth(dose, shape)
    assert np.isnan(values[:8]).all() and (values[8:16] == 50).all()
    assert first.truth(stage, shape)[0] == 1
    joined, _ = second.truth(organs, shape)
    assert [int(joined[row, 0]) for row in (0, 8, 20)] == [1, 2, 0]
    assert (second.truth(dose, shape)[0] == 12.5).all()
    assert second.truth(stage, shape) == (None, "") and not second.knows(stage)


def test_overlapping_classes_are_a_plane_each(tmp_path):
    both = {"name": "both", "kind": "pixel_class", "classes": ["cord", "target"],
            "overlapping": True}  # fmt: skip
    masks = [picture(tmp_path / f"m{n}.png", half(slice(0, 8 * n))) for n in (1, 2)]
    path = write(tmp_path, [{"both": f"cord={masks[0]};target={masks[1]}"}], both)
    dataset = load_dataset("tasks", path)
    found, _ = dataset.samples[0].truth(dataset.declaration.tasks[0], (SIZE, SIZE))
    assert found.shape == (2, SIZE, SIZE) and found.sum((1, 2)).tolist() == [8 * SIZE, 16 * SIZE]


@pytest.mark.parametrize(
    "form, image, expected",
    [
        ({"colour": "rgb"}, np.full((SIZE, SIZE, 3), (10, 20, 30), np.uint8), [10, 20, 30]),
        ({"bits": 16, "black": 1000, "white": 3000}, np.full((SIZE, SIZE), 2000, np.uint16), 127.5),
    ],
)
def test_an_image_is_read_as_it_is_declared(form, image, expected, tmp_path):
    path = write(tmp_path, [{"stage": "I"}], STAGE, image=form)
    picture(tmp_path / "a.png", image)
    assert load_dataset("tasks", path).samples[0].pixels()[3, 3] == pytest.approx(expected)


@pytest.mark.parametrize(
    "row, line",
    [
        ({"stage": "IV"}, "t.csv', line 2: a class of stage is not declared. Declared: I, II, III"),
        ({"organs": "heart=a.png"}, "line 2: a class of organs is not declared"),
        ({"organs": "cord=a.png;target"}, "not written as class=file"),
        ({"part": "exam"}, "its part is not allowed. Allowed: train, validation, test"),
    ],
)
def test_a_table_that_says_what_is_not_declared_is_one_line(row, line, tmp_path):
    with pytest.raises(DataError) as caught:
        load_dataset("tasks", write(tmp_path, [row], ORGANS, DOSE, STAGE))
    assert line in str(caught.value)


def test_what_cannot_be_used_is_told_and_its_image_kept(tmp_path):
    """A missing file, another size, classes that overlap, a class too many, a dose that is NaN."""
    small = np.zeros((SIZE, 20), np.float32)
    np.save(tmp_path / "small.npy", small)
    np.save(tmp_path / "nan.npy", np.full((SIZE, SIZE), np.nan))
    masks = [picture(tmp_path / f"m{n}.png", half(slice(0, 8 * n))) for n in (1, 2)]
    nine = picture(tmp_path / "nine.png", half(slice(0, 8), 9))
    rows = [
        {"dose": "gone.npy"},
        {"dose": "small.npy"},
        {"dose": "nan.npy"},
        {"organs": f"cord={masks[0]}; target={masks[1]}"},
        {"organs": nine},
    ]
    dataset = load_dataset("tasks", write(tmp_path, rows, ORGANS, DOSE))
    assert len(dataset.samples) == len(rows)
    assert any("line 2: its dose is no file; kept without it" in line for line in dataset.defects)
    assert dataset.misfits == (f"small.npy is 20×{SIZE} px, its image {SIZE}×{SIZE} px.",)
    organs, dose = dataset.declaration.tasks
    shape = (SIZE, SIZE)
    assert "values of dose that are no number" in dataset.samples[2].truth(dose, shape)[1]
    assert (
        "cord and target of organs overlap in 256 pixels"
        in (dataset.samples[3].truth(organs, shape)[1])
    )
    assert "holds the class 9; organs declares 0 to 2" in dataset.samples[4].truth(organs, shape)[1]


def test_a_dataset_may_be_divided_for_good(tmp_path):
    parts = ["train", "train", "validation", "test"]
    rows = [{"stage": "I", "part": part} for part in parts]
    samples = load_dataset("tasks", write(tmp_path, rows, STAGE)).samples
    assert [len(part) for part in split_fold(samples, 1)] == [2, 1, 1]
    with pytest.raises(DataError, match="fold 1 only"):
        split_fold(samples, 2)


def test_the_example_of_the_readme_is_read(tmp_path):
    text = (CHECKPOINTS / "README.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(json|csv)\n(.*?)```", text, re.DOTALL))
    (tmp_path / "pair.json").write_text(blocks["json"], encoding="utf-8")
    (tmp_path / "pair.csv").write_text(blocks["csv"], encoding="utf-8")
    for name in re.findall(r"\w+/\d\.\w+", blocks["csv"]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        if name.endswith("npy"):
            np.save(tmp_path / name, np.full((SIZE, SIZE), 12.5))
        else:
            picture(tmp_path / name, half(slice(0, 8)))
    dataset = load_dataset("tasks", tmp_path / "pair.json")
    outline, depth = dataset.declaration.tasks
    assert dataset.defects == () and depth.unit == "mm"
    first, second = dataset.samples
    assert first.truth(outline, (SIZE, SIZE))[0].sum() == 8 * SIZE and not second.knows(outline)
    count = [np.isfinite(one.truth(depth, (SIZE, SIZE))[0]).sum() for one in (first, second)]
    assert count == [8 * SIZE, SIZE * SIZE]


def test_the_command_line_counts_what_is_known_of_each_task(tmp_path, capsys):
    path = make_pair(tmp_path, 3)
    (tmp_path / "0_mask.png").unlink()
    assert main(["data", str(path), "--layout", "tasks", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tasks"] == {"outline": {"known": 2}, "depth": {"known": 2}}
    assert main(["data", str(path), "--layout", "tasks"]) == 0
    assert "outline: known 2; depth: known 2" in capsys.readouterr().out
    (tmp_path / "pair.csv").unlink()
    assert main(["data", str(path), "--layout", "tasks"]) == 1
    assert "its manifest is no file" in capsys.readouterr().err
    path.write_text('["tasks"]', encoding="utf-8")
    assert main(["data", str(path), "--layout", "tasks"]) == 1
    assert "is no JSON object" in capsys.readouterr().err
