"""The training curve: which lines, and where the input size changes."""

from __future__ import annotations

import pytest

from mtlbus.figures.training_curve import training_figure

HISTORY = [
    {
        "epoch": epoch, "size": 128 if epoch < 4 else 256, "mask_loss": 1 / epoch,
        "class_loss": 2 / epoch, "validation_dice": 0.5 + epoch / 20, "validation_auc": 0.8,
    }
    for epoch in range(1, 7)
]  # fmt: skip


def test_lines_sizes_and_the_kept_epoch():
    figure = training_figure(HISTORY, kept=5)
    lines = {trace.name: trace for trace in figure.data if "lines" in trace.mode}
    assert set(lines) == {
        "loss of the mask",
        "loss of the class",
        "Dice of the mask",
        "AUC of the class",
    }
    assert list(lines["loss of the class"].y) == [2 / epoch for epoch in range(1, 7)]
    assert [shape.x0 for shape in figure.layout.shapes] == [3.5] * len(figure.layout.shapes) != []
    written = [(note.text, note.x) for note in figure.layout.annotations]
    assert written == [("128×128 px", 1), ("256×256 px", 4)]
    points = [trace for trace in figure.data if trace.mode == "markers"]
    assert [list(trace.x) + list(trace.y) for trace in points] == [[5, 0.75], [5, 0.8]]


def test_a_method_without_a_class_has_no_line_for_it_and_weights_have_a_panel():
    keys = ("epoch", "size", "mask_loss", "validation_dice")
    figure = training_figure([{key: entry[key] for key in keys} for entry in HISTORY])
    assert [trace.name for trace in figure.data] == ["loss of the mask", "Dice of the mask"]
    weighed = [{**entry, "mask_weight": 1.2, "class_weight": 0.8} for entry in HISTORY]
    assert training_figure(weighed).layout.yaxis3.title.text == "weight of the task"


def test_other_tasks_have_their_own_words():
    keys = ("organs_loss", "dose_loss", "validation_dice", "validation_mae", "organs_weight")
    found = training_figure([{"epoch": 1, "size": 64, **dict.fromkeys(keys, 0.5)}])
    assert [trace.name for trace in found.data] == [
        "loss of the organs",
        "loss of the dose",
        "Dice of the mask",
        "Mean absolute error",
        "weight of organs",
    ]
    two = {"epoch": 1, "size": 64, "validation_auc.malignancy": 0.8, "validation_auc.birads": 0.7}
    names = [trace.name for trace in training_figure([two]).data]
    assert names == ["AUC of the class", "AUC of the birads"]


def test_the_angle_between_the_tasks_has_a_panel():
    known = [{**entry, "gradient_cosine": -0.1 * entry["epoch"]} for entry in HISTORY]
    figure = training_figure(known)
    (line,) = [trace for trace in figure.data if trace.name == "cosine of their gradients"]
    assert list(line.y) == pytest.approx([-0.1 * epoch for epoch in range(1, 7)])
    assert figure.layout.yaxis3.title.text == "gradients: mask against class"


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="empty"):
        training_figure([])
