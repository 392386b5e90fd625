"""One encoder of a hybrid is left out where the two meet, in training alone."""

import pytest
import torch

from mtlbus import create_model
from mtlbus.core.errors import InputError
from mtlbus.methods import get_spec
from mtlbus.training.branch_dropout import BranchDropout
from mtlbus.training.recipes import make_recipe


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return create_model("hybrid_mt_estan").train()


@pytest.fixture
def heard(network):
    """The input of T2 and the output of the bottleneck of the last pass."""
    found = {}
    hooks = (
        network.bottleneck.up.register_forward_hook(
            lambda module, inputs, output: found.update(joined=inputs[0])
        ),
    )
    yield found
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_no_image_loses_both_and_each_encoder_is_lost_so_often(network, heard, share):
    torch.manual_seed(1)
    dropout = BranchDropout(network, share)
    collected = []
    hook = network.bottleneck.register_forward_hook(
        lambda module, inputs, output: collected.append(output)
    )
    own = network.bottleneck.own_channels
    lost = torch.zeros(2)
    for _ in range(4):
        with torch.no_grad():
            network(torch.rand(8, 3, 64, 64))
        first = heard["joined"][:, :own].flatten(1).abs().sum(1) == 0
        other = heard["joined"][:, own:].flatten(1).abs().sum(1) == 0
        assert not (first & other).any()
        met = network.bottleneck.up.out_channels
        beside = collected[-1][:, met:].flatten(1).abs().sum(1) == 0
        assert torch.equal(beside, first), "n5 and c4 are of the encoder that is left out"
        lost += torch.stack([first.sum(), other.sum()])
    hook.remove()
    dropout.stop()
    assert (lost / 32 - share).abs().max() < 0.2


def test_an_answer_outside_training_and_after_the_end_is_whole(network, heard):
    own = network.bottleneck.own_channels
    images = torch.rand(8, 3, 64, 64)
    dropout = BranchDropout(network, 0.5)
    with torch.no_grad():
        network.eval()(images)
        assert (heard["joined"][:, :own].flatten(1).abs().sum(1) > 0).all()
        dropout.stop()
        network.train()(images)
    assert (heard["joined"][:, :own].flatten(1).abs().sum(1) > 0).all()


@pytest.mark.parametrize("share", [-0.1, 0.6])
def test_a_share_is_at_most_a_half(share):
    with pytest.raises(InputError, match=r"from 0 to 0\.5"):
        make_recipe(get_spec("hybrid_mt_estan"), branch_dropout=share)


def test_a_method_with_one_encoder_has_none_to_leave_out():
    with pytest.raises(InputError, match="no second encoder"):
        make_recipe(get_spec("mtl"), branch_dropout=0.2)
