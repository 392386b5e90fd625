"""Losses against sums written out and against scikit-learn."""

import math

import pytest
import torch
from sklearn.metrics import f1_score, log_loss
from torch.nn import functional as F

from mtlbus.training.focal import focal_loss
from mtlbus.training.task_losses import (
    class_cross_entropy,
    dice_loss,
    pixel_cross_entropy,
    value_error,
)


def sure(masks: torch.Tensor, classes: int) -> torch.Tensor:
    """Logits that say exactly these masks: one channel for two classes."""
    if classes == 2:
        return (200 * masks.float() - 100).unsqueeze(1)
    return 200 * torch.nn.functional.one_hot(masks, classes).movedim(-1, 1).float()


@pytest.mark.parametrize("shape", [(6, 1), (6, 2)])
def test_focal_without_focus_is_half_the_cross_entropy(shape):
    logits, labels = torch.randn(shape), torch.tensor([0.0, 1, 1, 0, 1, 0])
    found = focal_loss(logits, labels, alpha=0.5, gamma=0.0)
    if shape[1] == 1:
        expected = F.binary_cross_entropy_with_logits(logits[:, 0], labels)
    else:
        expected = F.cross_entropy(logits, labels.long())
    torch.testing.assert_close(found, expected / 2)


def test_focal_by_its_formula():
    logits, labels = torch.randn(5, 1), torch.tensor([0.0, 1, 1, 0, 1])
    expected = 0.0
    for z, t in zip(logits[:, 0].tolist(), labels.tolist(), strict=True):
        p = 1 / (1 + math.exp(-z))
        positive, negative = 0.3 * (1 - p) ** 2 * math.log(p), 0.7 * p**2 * math.log(1 - p)
        expected -= (positive if t == 1 else negative) / 5
    assert float(focal_loss(logits, labels, alpha=0.3)) == pytest.approx(expected, rel=1e-5)


def test_focal_is_finite_for_sure_answers_and_silent_for_right_ones():
    logits = torch.tensor([[300.0], [-300.0]], requires_grad=True)
    right, wrong = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert float(focal_loss(logits, right).detach()) == 0
    loss = focal_loss(logits, wrong)  # ½·300 in each image
    loss.backward()
    assert float(loss.detach()) == pytest.approx(150)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("classes", [2, 4])
def test_dice_of_sure_masks_is_that_of_scikit_learn(classes):
    generator = torch.Generator().manual_seed(3)
    called, true = torch.randint(0, classes, (2, 3, 16, 16), generator=generator)
    foreground = list(range(1, classes))
    per_image = [
        f1_score(t.flatten(), c.flatten(), labels=foreground, average="macro")
        for c, t in zip(called, true, strict=True)
    ]
    logits = sure(called, classes)
    assert float(dice_loss(logits, true)) == pytest.approx(1 - sum(per_image) / 3, abs=1e-5)
    together = f1_score(true.flatten(), called.flatten(), labels=foreground, average="macro")
    assert float(dice_loss(logits, true, over="batch")) == pytest.approx(1 - together, abs=1e-5)


def test_dice_by_hand():
    # p = ½ in four pixels, one of them true: 1 − (2·½ + 1)/(2 + 1 + 1) with smooth 1.
    logits, masks = torch.zeros(1, 1, 2, 2), torch.tensor([[[1.0, 0], [0, 0]]])
    assert float(dice_loss(logits, masks, smooth=1.0)) == pytest.approx(0.5)


def test_dice_of_an_empty_mask_that_is_left_empty():
    masks = torch.zeros(1, 8, 8, dtype=torch.long)
    logits = sure(masks, 2)
    assert float(dice_loss(logits, masks)) == pytest.approx(0, abs=1e-6)
    assert float(dice_loss(logits, masks, form="official")) == pytest.approx(-1, abs=1e-6)  # A2


@pytest.mark.parametrize("classes", [2, 3])
def test_cross_entropies_are_those_of_scikit_learn(classes):
    labels = torch.tensor([0, 1, classes - 1, 0])
    channels = 1 if classes == 2 else classes
    logits = torch.randn(4, channels, 1, 1).double()
    probabilities = logits.sigmoid() if channels == 1 else logits.softmax(dim=1)
    expected = log_loss(labels, probabilities.flatten(1).squeeze(1), labels=range(classes))
    found = class_cross_entropy(logits.flatten(1), labels.float())
    assert float(found) == pytest.approx(expected, rel=1e-5)
    found = pixel_cross_entropy(logits, labels.view(4, 1, 1))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_classes_that_overlap_are_a_sigmoid_each():
    logits, masks = torch.randn(2, 3, 8, 8), torch.randint(0, 2, (2, 3, 8, 8)).float()
    expected = F.binary_cross_entropy_with_logits(logits, masks)
    torch.testing.assert_close(pixel_cross_entropy(logits, masks), expected)
    alone = [dice_loss(logits[:, [k]], masks[:, k]) for k in range(3)]
    torch.testing.assert_close(dice_loss(logits, masks), torch.stack(alone).mean())


def test_errors_of_values_compare_like_with_like_and_only_where_they_count():
    """B×1×H×W against B×H×W must not broadcast to B×B×H×W."""
    values = torch.stack([torch.zeros(1, 2, 2), torch.ones(1, 2, 2)])
    assert float(value_error(values, values[:, 0])) == 0
    truth = torch.full((2, 2, 2), math.nan)
    values.requires_grad_()
    nothing = value_error(values, truth)
    nothing.backward()
    assert float(nothing.detach()) == 0 and not values.grad.any()
    truth[0, 0, 0] = 6.0
    assert float(value_error(values.detach(), truth, span=3)) == 2
