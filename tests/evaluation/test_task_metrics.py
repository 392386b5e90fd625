"""One number a task against scikit-learn."""

import math

import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, roc_auc_score

from mtlbus.core.outputs import Output
from mtlbus.core.tasks import MALIGNANCY, SEGMENTATION, Task
from mtlbus.evaluation.task_metrics import image_figures, task_metric

ORGANS = Task("organs", "pixel_class", ("background", "bladder", "rectum"))
DOSE = Task("dose", "pixel_regression")


def judged(task: Task, output: Output, truth: torch.Tensor) -> float:
    figures = image_figures(task, output, truth)
    return task_metric(task, figures, None if task.of_pixels else truth)


def test_dice_is_the_mean_over_images_and_foreground():
    true, logits = torch.randint(0, 3, (4, 8, 8)), torch.randn(4, 3, 8, 8)
    expected = [
        f1_score(t.flatten(), p.flatten(), labels=[1, 2], average="macro")
        for t, p in zip(true, logits.argmax(dim=1), strict=True)
    ]
    assert judged(ORGANS, Output(mask_logits=logits), true) == pytest.approx(sum(expected) / 4)


def test_a_class_that_is_not_there_and_not_drawn_says_nothing():
    logits = torch.full((3, 1, 2, 2), -1.0)
    logits[2, 0, 0, 0] = 1.0
    masks = torch.zeros(3, 2, 2)
    masks[1, 0, 0] = 1
    figures = image_figures(SEGMENTATION, Output(logits), masks)[:, 0].tolist()
    assert math.isnan(figures[0]) and figures[1:] == [0, 0]  # missed, invented
    assert math.isnan(judged(SEGMENTATION, Output(logits[:1]), masks[:1]))


def test_classes_that_overlap_are_judged_each_by_itself():
    both = Task("both", "pixel_class", ("cord", "target"), overlapping=True)
    logits, masks = torch.randn(3, 2, 8, 8), torch.randint(0, 2, (3, 2, 8, 8)).float()
    expected = f1_score(masks[0, 1].flatten(), (logits[0, 1] > 0).flatten())
    found = image_figures(both, Output(mask_logits=logits), masks)
    assert found.shape == (3, 2) and float(found[0, 1]) == pytest.approx(expected)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_class_of_an_image(classes):
    logits, labels = torch.randn(40, classes), torch.arange(40) % classes
    output = Output(class_logits={"stage": logits})
    names, called = tuple("abcd"[:classes]), logits.argmax(dim=1)
    for metric, of_sklearn in (
        ("accuracy", accuracy_score),
        ("balanced_accuracy", balanced_accuracy_score),
    ):
        task = Task("stage", "image_class", names, metric=metric)
        assert judged(task, output, labels.float()) == pytest.approx(of_sklearn(labels, called))
    if classes == 2:
        area = roc_auc_score(labels, logits.softmax(dim=1)[:, 1])
        found = judged(MALIGNANCY, Output(class_logits={MALIGNANCY.name: logits}), labels.float())
        assert found == pytest.approx(area)


def test_absolute_error_of_a_dose_where_it_counts():
    output = Output(pixel_values={DOSE.name: torch.full((2, 1, 2, 2), 1.5)})
    truth = torch.ones(2, 2, 2)
    truth[1], truth[1, 0, 0] = math.nan, 3.0
    assert image_figures(DOSE, output, truth)[:, 0].tolist() == [0.5, 1.5]
    assert judged(DOSE, output, truth) == pytest.approx(1.0), "a mean over images"
