"""The losses of a recipe against torch's own, scikit-learn and hand-worked values."""

from __future__ import annotations

import pytest
import torch
from sklearn.metrics import f1_score
from torch.nn import functional as F

from mtlbus.core.outputs import Output
from mtlbus.training.losses import class_cross_entropy, mask_loss, recipe_losses
from mtlbus.training.recipes import Recipe

CROSS_ENTROPY = Recipe(dice_weight=0.0)
DICE = Recipe(cross_entropy_weight=0.0, dice_smooth=1e-6)


def test_two_channels_and_one_give_torchs_cross_entropy():
    logits, masks = torch.randn(3, 2, 8, 8), (torch.rand(3, 8, 8) > 0.6).float()
    expected = F.cross_entropy(logits, masks.long())
    torch.testing.assert_close(mask_loss(logits, masks, CROSS_ENTROPY), expected)
    one = (logits[:, 1] - logits[:, 0])[:, None]
    torch.testing.assert_close(mask_loss(one, masks, CROSS_ENTROPY), expected)


def test_label_smoothing_is_torchs():
    classes, labels = torch.randn(5, 2), torch.tensor([0.0, 1, 1, 0, 1])
    expected = F.cross_entropy(classes, labels.long(), label_smoothing=0.1)
    torch.testing.assert_close(class_cross_entropy(classes, labels, 0.1), expected)


def test_positive_weight_counts_malignant_images_more():
    classes, labels = torch.zeros(4, 1), torch.tensor([0.0, 1, 1, 1])
    one = float(class_cross_entropy(classes, labels))
    assert float(class_cross_entropy(classes, labels, positive_weight=4.0)) == pytest.approx(
        one * (1 + 3 * 4) / 4
    )


def test_dice_of_certain_masks_is_scikit_learns():
    masks = (torch.rand(4, 16, 16) > 0.5).float()
    predicted = (torch.rand(4, 16, 16) > 0.4).float()
    logits = (predicted[:, None] * 2 - 1) * 60
    expected = 1 - sum(
        f1_score(g.flatten(), p.flatten()) for g, p in zip(masks, predicted, strict=True)
    ) / len(masks)
    assert abs(float(mask_loss(logits, masks, DICE)) - expected) < 1e-5


def test_the_parts_are_weighted_and_summed():
    logits, masks = torch.randn(2, 1, 8, 8), (torch.rand(2, 8, 8) > 0.5).float()
    both = mask_loss(logits, masks, Recipe(cross_entropy_weight=0.7, dice_weight=0.3))
    parts = 0.7 * mask_loss(logits, masks, CROSS_ENTROPY) + 0.3 * mask_loss(
        logits, masks, Recipe(cross_entropy_weight=0.0)
    )
    torch.testing.assert_close(both, parts)


def test_a_network_is_only_asked_for_what_it_answers():
    masks, labels = torch.zeros(2, 8, 8), torch.tensor([0.0, 1.0])
    mask_only = Output(mask_logits=torch.zeros(2, 1, 8, 8))
    class_only = Output(class_logits={"malignancy": torch.zeros(2, 2)})
    assert set(recipe_losses(mask_only, masks, labels, Recipe())) == {"mask"}
    found = recipe_losses(class_only, masks, labels, Recipe(label_smoothing=0))
    assert set(found) == {"class"} and float(found["class"]) == pytest.approx(0.693147, abs=1e-5)
    focal = recipe_losses(class_only, masks, labels, Recipe(class_loss="focal"))
    assert float(focal["class"]) == pytest.approx(0.5 * 0.25 * 0.693147, abs=1e-5)  # (1 − ½)² · ½
