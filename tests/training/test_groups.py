"""Which parameters learn at which rate."""

from dataclasses import replace

import pytest

from mtlbus import create_model
from mtlbus.training.groups import parameter_groups
from mtlbus.training.recipes import Recipe

RECIPE = Recipe(learning_rate=1e-3, transformer_rate=0.3, gamma_rate=10)


@pytest.mark.parametrize(
    ("method", "rates"),
    [("mtl", []), ("swin", [3e-4]), ("mtl_sa", [1e-2]), ("mtl_cosa", [1e-2])],
)
def test_swin_parts_and_gamma_have_groups_of_their_own(method, rates):
    network = create_model(method)
    groups = parameter_groups([network], RECIPE)
    assert [group["lr"] for group in groups] == pytest.approx([1e-3, *rates])
    listed = [id(one) for group in groups for one in group["params"]]
    assert sorted(listed) == sorted(id(one) for one in network.parameters())


def test_gamma_does_not_decay():
    groups = parameter_groups([create_model("mtl_cosa")], RECIPE)
    assert groups[1]["weight_decay"] == 0 and all(one.ndim == 0 for one in groups[1]["params"])


def test_equal_rates_are_one_group():
    equal = replace(RECIPE, transformer_rate=1.0, gamma_rate=1.0)
    assert len(parameter_groups([create_model("swin")], equal)) == 1
