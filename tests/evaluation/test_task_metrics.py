"""One number a task against scikit-learn, and the gain Δ worked out by hand."""

import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from mtlbus.core.outputs import Output
from mtlbus.core.tasks import MALIGNANCY, SEGMENTATION, Task
from mtlbus.evaluation.task_metrics import task_gains, task_metric

ORGANS = Task("organs", "pixel_class", ("background", "bladder", "rectum"))
DOSE = Task("dose", "pixel_regression")


def test_dice_is_the_mean_over_images_and_foreground():
    true, logits = torch.randint(0, 3, (4, 8, 8)), torch.randn(4, 3, 8, 8)
    expected = [
        f1_score(t.flatten(), p.flatten(), labels=[1, 2], average="macro")
        for t, p in zip(true, logits.argmax(dim=1), strict=True)
    ]
    found = task_metric(ORGANS, Output(mask_logits=logits), true)
    assert found == pytest.approx(100 * sum(expected) / 4)


def test_dice_of_one_channel_with_empty_masks():
    logits = torch.full((3, 1, 2, 2), -1.0)
    logits[2, 0, 0, 0] = 1.0
    masks = torch.zeros(3, 2, 2)
    masks[1, 0, 0] = 1
    # Both empty 1, missed 0, invented 0.
    assert task_metric(SEGMENTATION, Output(logits), masks) == pytest.approx(100 / 3)


def test_accuracy_and_auroc():
    logits, labels = torch.randn(20, 2), torch.randint(0, 2, (20,))
    output = Output(class_logits={MALIGNANCY.name: logits})
    expected = 100 * accuracy_score(labels, logits.argmax(dim=1))
    assert task_metric(MALIGNANCY, output, labels) == pytest.approx(expected)
    area = 100 * roc_auc_score(labels, logits.softmax(dim=1)[:, 1])
    assert task_metric(MALIGNANCY, output, labels, "auroc") == pytest.approx(area)


def test_absolute_error_of_a_dose():
    output = Output(pixel_values={DOSE.name: torch.full((2, 1, 2, 2), 1.5)})
    assert task_metric(DOSE, output, torch.ones(2, 2, 2)) == pytest.approx(0.5)


def test_gains_by_hand():
    # Dice 80 → 84 is +5 %; an error of 2 Gy → 1.5 Gy is +25 %.
    tasks = (SEGMENTATION, DOSE)
    found = task_gains(tasks, {"segmentation": 80, "dose": 2}, {"segmentation": 84, "dose": 1.5})
    assert found == pytest.approx({"segmentation": 5, "dose": 25, "mean": 15})
