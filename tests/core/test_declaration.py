"""Tasks as data: what a declaration may say, and one line on the first thing that is wrong."""

from __future__ import annotations

import json

import pytest

from mtlbus.core.declaration import BREAST, read_declaration
from mtlbus.core.errors import InputError
from mtlbus.core.tasks import Task

ORGANS = {
    "name": "organs",
    "kind": "pixel_class",
    "classes": ["background", "cord", "target"],
    "overlapping": False,
    "colours": ["#112233", "#445566"],
}
DOSE = {"name": "dose", "kind": "pixel_regression", "unit": "Gy", "span": 70, "scale": 0.01}
STAGE = {"name": "stage", "kind": "image_class", "classes": ["I", "II", "III"]}


def declared(*tasks: dict, **fields: object) -> str:
    return json.dumps({"name": "mine", "tasks": tasks, **fields})


def test_a_task_says_how_it_is_answered_and_judged():
    found = read_declaration(declared(ORGANS, DOSE, STAGE, mirror=False), "mine.json")
    organs, dose, stage = found.tasks
    assert (organs.channels, organs.foreground) == (3, ("cord", "target"))
    assert (dose.channels, dose.measure, dose.less_is_better) == (1, "mae", True)
    assert (stage.channels, stage.measure, found.mirror) == (3, "accuracy", False)
    both = Task("both", "pixel_class", ("cord", "target"), overlapping=True)
    assert (both.channels, both.foreground) == (2, ("cord", "target"))
    assert read_declaration(json.dumps(found.as_dict()), "again") == found
    assert all(Task.from_dict(task.as_dict()) == task for task in found.tasks)


def test_breast_ultrasound_is_a_declaration_like_others():
    assert read_declaration(json.dumps(BREAST.as_dict()), "breast") == BREAST
    assert [task.channels for task in BREAST.tasks] == [1, 2]
    assert [task.measure for task in BREAST.tasks] == ["dice", "auc"]


@pytest.mark.parametrize(
    "text, line",
    [
        ("{", "the whole: Invalid JSON"),
        (declared(), "declares no task"),
        (declared(STAGE, STAGE), "called stage twice"),
        (declared({**STAGE, "name": "fold"}), "a column of every manifest"),
        (declared({**STAGE, "name": "Stage 1"}), "'Stage 1' is no name"),
        (declared({**STAGE, "kind": "image"}), "tasks.0.kind: Input should be 'pixel_class'"),
        (declared({**STAGE, "colors": []}), "colors is no field. Allowed: name, kind, classes"),
        (declared({**STAGE, "classes": ["I"]}), "at least 2 classes"),
        (declared({**STAGE, "classes": ["I", "i"]}), "two classes are called I"),
        (declared({**STAGE, "metric": "auc"}), "an auc needs two classes"),
        (declared({**STAGE, "metric": "dice"}), "'dice' is no metric of it. Allowed: auc"),
        (declared({**STAGE, "loss": "dice"}), "'dice' is no loss of it"),
        (declared({**DOSE, "better": "more"}), "of mae less is better"),
        (declared({**DOSE, "span": 0}), "span and scale must be above 0"),
        (declared({**DOSE, "classes": ["a"]}), "values have no classes"),
        (declared({**DOSE, "colours": ["#112233"]}), "values have at least two colours"),
        (declared({**DOSE, "unit": "G\ny"}), "a unit is at most 20 signs"),
        (declared(DOSE, title="x" * 61), "a title is one line of at most 60 signs"),
        (declared({**ORGANS, "colours": ["red", "blue"]}), "a colour is written as"),
        (declared({**ORGANS, "colours": ["#112233"]}), "1 colours for 2 classes"),
        (declared(ORGANS, {**ORGANS, "name": "more"}), "Join their classes into one task"),
        (declared(STAGE, image={"colour": "rgb", "bits": 16}), "rgb images are read with 8 bits"),
        (declared(STAGE, image={"bits": 12}), "image.bits: Input should be 8 or 16"),
        (declared(DOSE | {"span": 1e999}), "finite number"),
    ],
)
def test_what_cannot_be_is_one_line(text, line):
    with pytest.raises(InputError) as caught:
        read_declaration(text, "mine.json")
    assert line in str(caught.value) and str(caught.value).startswith("mine.json: ")
    assert "\n" not in str(caught.value)
