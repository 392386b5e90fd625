"""Deep supervision teaches through coarser masks and leaves no trace in what is kept."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from mtlbus.core.errors import InputError
from mtlbus.core.outputs import Output
from mtlbus.core.tasks import SEGMENTATION
from mtlbus.methods import create_model, get_spec, list_methods
from mtlbus.training.losses import mask_loss
from mtlbus.training.recipes import Recipe
from mtlbus.training.side_masks import SideMasks
from tests.training.test_losses import losses


def test_a_side_mask_is_a_1x1_convolution_of_its_level():
    network = create_model("mtl").eval()
    sides = SideMasks(network)
    levels = []
    for fuser in network.decoder.fusers:
        fuser.register_forward_hook(lambda module, inputs, output: levels.append(output))
    with torch.no_grad():
        network(torch.randn(2, 3, 64, 64))
        drawn = sides((64, 64))
    assert [level.shape[-1] for level in levels] == [4, 8, 16, 32], "coarse to fine"
    assert len(drawn) == 3, "the finest level has the mask of the network itself"
    for head, level, logits in zip(sides.heads, levels, drawn, strict=False):
        flat = torch.einsum("kc,bchw->bkhw", head.weight[:, :, 0, 0], level)
        flat = flat + head.bias[:, None, None]
        expected = F.interpolate(flat, size=(64, 64), mode="bilinear", align_corners=False)
        torch.testing.assert_close(logits, expected)


def test_its_loss_is_the_weighted_mean_beside_that_of_the_mask():
    masks, labels = (torch.rand(2, 8, 8) > 0.5).float(), torch.tensor([0.0, 1.0])
    logits, *coarse = torch.randn(4, 2, 2, 8, 8)
    recipe = Recipe(side_weight=0.3)
    drawn = Output(mask_logits=logits)
    found = losses(drawn, masks, labels, recipe, coarse, tasks=(SEGMENTATION,))["segmentation"]
    alone = [float(mask_loss(one, masks, recipe)) for one in coarse]
    expected = float(mask_loss(logits, masks, recipe)) + 0.3 * sum(alone) / 3
    assert float(found) == pytest.approx(expected)


def test_it_lets_go_of_the_network():
    network = create_model("uresnet").eval()
    sides = SideMasks(network)
    before = set(network.state_dict())
    sides.stop()
    network(torch.zeros(1, 3, 64, 64))
    with pytest.raises(KeyError):  # nothing was heard
        sides((64, 64))
    assert set(network.state_dict()) == before


@pytest.mark.parametrize("method", [name for name in list_methods() if get_spec(name).segments])
def test_every_method_that_draws_is_heard_coarse_to_fine_below_its_own_mask(method):
    network, paths = create_model(method).eval(), get_spec(method).coarse_masks
    sides, sizes = SideMasks(network), []
    for path in paths:
        level = network.get_submodule(path)
        level.register_forward_hook(lambda module, inputs, output: sizes.append(output.shape[-1]))
    with torch.no_grad():
        network(torch.zeros(2, 3, 64, 64))
        drawn = sides((64, 64))
    assert [tuple(logits.shape) for logits in drawn] == [(2, 1, 64, 64)] * len(paths)
    assert sizes == sorted(set(sizes)) and sizes[-1] < 64


def test_what_draws_no_mask_or_has_no_convolution_is_refused():
    with pytest.raises(InputError, match="resnet draws no mask"):
        SideMasks(create_model("resnet"))
    with pytest.raises(InputError, match="decoder=conv"):
        SideMasks(create_model("mtl", decoder="literal"))
