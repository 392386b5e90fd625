"""A Swin branch that names the class by itself, in training alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from mtlbus.core.outputs import Output
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.methods import create_model, get_spec, list_methods
from mtlbus.training.focal import focal_loss
from mtlbus.training.recipes import make_recipe
from mtlbus.training.side_class import SideClass
from tests.training.test_losses import losses

BRANCHES = [name for name in list_methods() if get_spec(name).side_class]


@pytest.mark.parametrize("method", BRANCHES)
def test_its_gradient_reaches_the_branch_alone(method):
    torch.manual_seed(0)
    network = create_model(method)
    side = SideClass(network)
    network(torch.randn(2, 3, 64, 64))
    logits = side()
    assert logits.shape == (2, 1)
    logits.sum().backward()
    reached = {name for name, one in network.named_parameters() if one.grad is not None}
    assert reached and all(name.startswith("swin.") for name in reached)
    side.stop()
    assert not any(module._forward_hooks for module in network.modules())


def test_its_loss_is_added_to_that_of_the_class_with_the_weight_of_coarser_masks():
    recipe = make_recipe(get_spec("hybrid_mt_estan"), side_weight=0.5)
    labels = torch.tensor([1.0, 0.0, float("nan")])
    whole, alone = torch.randn(3, 1), torch.randn(3, 1)
    output = Output(mask_logits=torch.randn(3, 1, 8, 8), class_logits={MALIGNANCY.name: whole})
    masks = torch.zeros(3, 8, 8)
    plain = losses(output, masks, labels, recipe)
    found = losses(output, masks, labels, recipe, named=alone)
    more = 0.5 * focal_loss(alone[:2], labels[:2])  # the normal image has no class
    assert found["malignancy"] == pytest.approx(float(plain["malignancy"] + more))
    assert found["segmentation"] == plain["segmentation"]
    double = losses(output, masks, labels, replace(recipe, side_weight=1.0), named=alone)
    assert double["malignancy"] - plain["malignancy"] == pytest.approx(float(2 * more), rel=1e-5)
