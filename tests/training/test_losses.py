"""Losses against torch's own, scikit-learn and hand-worked values."""

from __future__ import annotations

import torch
from sklearn.metrics import f1_score
from torch.nn import functional as F

from mtlbus.training.losses import class_cross_entropy, mask_cross_entropy, soft_dice_loss


def test_two_channels_give_torchs_cross_entropy():
    logits, masks = torch.randn(3, 2, 8, 8), (torch.rand(3, 8, 8) > 0.6).float()
    expected = F.cross_entropy(logits, masks.long())
    torch.testing.assert_close(mask_cross_entropy(logits, masks), expected)
    classes, labels = torch.randn(5, 2), torch.tensor([0.0, 1, 1, 0, 1])
    torch.testing.assert_close(
        class_cross_entropy(classes, labels), F.cross_entropy(classes, labels.long())
    )


def test_label_smoothing_is_torchs():
    classes, labels = torch.randn(5, 2), torch.tensor([0.0, 1, 1, 0, 1])
    expected = F.cross_entropy(classes, labels.long(), label_smoothing=0.1)
    torch.testing.assert_close(class_cross_entropy(classes, labels, 0.1), expected)


def test_dice_of_certain_masks_is_scikit_learns():
    masks = (torch.rand(4, 16, 16) > 0.5).float()
    predicted = (torch.rand(4, 16, 16) > 0.4).float()
    logits = (predicted[:, None] * 2 - 1) * 60
    expected = 1 - sum(
        f1_score(g.flatten(), p.flatten()) for g, p in zip(masks, predicted, strict=True)
    ) / len(masks)
    assert abs(float(soft_dice_loss(logits, masks, smooth=1e-6)) - expected) < 1e-5


def test_dice_by_hand_and_on_empty_masks():
    logits = torch.zeros(1, 1, 2, 2)  # p = 0.5 everywhere
    masks = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    assert abs(float(soft_dice_loss(logits, masks)) - (1 - (2 * 0.5 + 1) / (2 + 1 + 1))) < 1e-6
    nothing = torch.full((1, 1, 2, 2), -60.0)
    assert float(soft_dice_loss(nothing, torch.zeros(1, 2, 2))) < 1e-6
