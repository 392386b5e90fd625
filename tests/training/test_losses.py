"""The losses of a recipe against torch's own, scikit-learn and hand-worked values."""

from __future__ import annotations

import pytest
import torch
from sklearn.metrics import f1_score
from torch.nn import functional as F

from mtlbus.core.outputs import Output
from mtlbus.core.tasks import MALIGNANCY, SEGMENTATION, Task
from mtlbus.training.losses import mask_loss, task_losses
from mtlbus.training.recipes import Recipe
from mtlbus.training.task_losses import class_cross_entropy

TASKS = (SEGMENTATION, MALIGNANCY)


def losses(output, masks, labels, recipe, sides=(), outlined=None, tasks=TASKS, named=None):
    """Of breast ultrasound; a label that is NaN is not known."""
    truth = {"segmentation": masks, "malignancy": labels}
    outlined = torch.ones(len(masks), dtype=torch.bool) if outlined is None else outlined
    known = {"segmentation": outlined, "malignancy": labels.isfinite()}
    return task_losses(tasks, output, truth, known, recipe, sides, named)


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
    drawn = losses(mask_only, masks, labels, Recipe(), tasks=(SEGMENTATION,))
    assert set(drawn) == {"segmentation"}
    plain = Recipe(label_smoothing=0)
    found = losses(class_only, masks, labels, plain, tasks=(MALIGNANCY,))
    assert {name: float(loss) for name, loss in found.items()} == pytest.approx(
        {"malignancy": 0.693147}, abs=1e-5
    )
    focal = losses(class_only, masks, labels, Recipe(class_loss="focal"), tasks=(MALIGNANCY,))
    assert float(focal["malignancy"]) == pytest.approx(
        0.5 * 0.25 * 0.693147, abs=1e-5
    )  # (1 − ½)² · ½


@pytest.mark.parametrize("over", ["image", "batch"])
@pytest.mark.parametrize("cross_entropy", [0.0, 1.0])
@pytest.mark.parametrize("smooth", [1e-5, 1.0])
def test_an_empty_mask_is_learned_from_whatever_the_loss(over, cross_entropy, smooth):
    """A normal image beside a lesion: the loss is finite and pushes its outline away."""
    recipe = Recipe(
        cross_entropy_weight=cross_entropy, dice_weight=1.0, dice_over=over, dice_smooth=smooth
    )
    masks = torch.zeros(2, 16, 16)
    masks[1, 4:9, 4:9] = 1
    logits = torch.zeros(2, 1, 16, 16)
    logits[0, 0, 2:6, 2:6] = 3.0  # what is outlined wrongly
    logits.requires_grad_()
    optimizer = torch.optim.Adam([logits], 0.1)
    for _ in range(80):
        loss = mask_loss(logits, masks, recipe)
        assert torch.isfinite(loss)
        optimizer.zero_grad()
        loss.backward()
        assert torch.isfinite(logits.grad).all()
        optimizer.step()
    assert not (logits[0] > 0).any() and bool((logits[1, 0] > 0).eq(masks[1] > 0).all())


def test_a_sure_answer_on_a_normal_image_costs_by_hand():
    """Σp = 64 · ½ = 32 without a lesion: Dice 1 − 1/33, cross-entropy log 2."""
    logits, masks = torch.zeros(1, 1, 8, 8), torch.zeros(1, 8, 8)
    found = float(mask_loss(logits, masks, Recipe()))
    assert found == pytest.approx(1 - 1 / 33 + 0.693147, abs=1e-5)


def test_what_is_not_known_of_an_image_is_in_no_loss():
    masks = (torch.rand(4, 8, 8) > 0.5).float()
    labels = torch.tensor([0.0, float("nan"), 1.0, float("nan")])
    outlined = torch.tensor([True, True, False, True])
    output = Output(torch.randn(4, 2, 8, 8), {"malignancy": torch.randn(4, 2)})
    sides = [torch.randn(4, 1, 8, 8)]
    recipe = Recipe(side_weight=0.5)
    found = losses(output, masks, labels, recipe, sides, outlined)
    kept = [0, 1, 3]
    alone = mask_loss(output.mask_logits[kept], masks[kept], recipe)
    coarse = mask_loss(sides[0][kept], masks[kept], recipe)
    torch.testing.assert_close(found["segmentation"], alone + 0.5 * coarse)
    logits = output.class_logits["malignancy"][[0, 2]]
    expected = F.cross_entropy(logits, torch.tensor([0, 1]), label_smoothing=0.05)
    torch.testing.assert_close(found["malignancy"], expected)


def test_a_batch_of_which_nothing_is_known_gives_no_loss_and_no_gradient():
    masks, labels = torch.zeros(2, 8, 8), torch.full((2,), float("nan"))
    drawn = torch.randn(2, 1, 8, 8, requires_grad=True)
    classes = torch.randn(2, 2, requires_grad=True)
    nothing = torch.zeros(2, dtype=torch.bool)
    found = losses(Output(drawn, {"malignancy": classes}), masks, labels, Recipe(), (), nothing)
    assert found["segmentation"].item() == 0 and found["malignancy"].item() == 0
    (found["segmentation"] + found["malignancy"]).backward()
    assert not drawn.grad.any() and not classes.grad.any()


def test_a_task_may_name_its_own_loss():
    logits, masks = torch.randn(2, 3, 8, 8), torch.randint(0, 3, (2, 8, 8)).float()
    organs = Task("organs", "pixel_class", ("none", "cord", "target"), loss="combo")
    every = {"organs": torch.ones(2, dtype=torch.bool)}
    found = task_losses((organs,), Output(logits), {"organs": masks}, every, Recipe())["organs"]
    combo = Recipe(cross_entropy_weight=0.7, dice_weight=0.3, dice_smooth=1e-5)
    torch.testing.assert_close(found, mask_loss(logits, masks, combo))  # CTAN, Table 1


def test_a_dose_counts_in_its_region_and_in_units_of_its_span():
    truth = torch.full((2, 4, 4), float("nan"))
    truth[0, 0, 0], truth[0, 0, 1] = 60.0, 10.0
    output = Output(pixel_values={"dose": torch.full((2, 1, 4, 4), 30.0)})
    every = {"dose": torch.ones(2, dtype=torch.bool)}
    for loss, expected in (("", (30 + 20) / 2 / 70), ("squared_error", (900 + 400) / 2 / 4900)):
        dose = Task("dose", "pixel_regression", unit="Gy", span=70, loss=loss)
        found = task_losses((dose,), output, {"dose": truth}, every, Recipe())
        assert float(found["dose"]) == pytest.approx(expected)
