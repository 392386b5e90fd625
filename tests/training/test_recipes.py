"""Recipes as data."""

from __future__ import annotations

import math

import pytest

from mtlbus.core.errors import InputError, UnknownNameError
from mtlbus.methods import get_spec
from mtlbus.training.recipes import Recipe, make_recipe


def test_stages_say_the_size_of_each_epoch():
    recipe = Recipe(stages=((2, 128), (1, 256)))
    assert recipe.epochs == 3
    assert [recipe.size_at(epoch) for epoch in range(3)] == [128, 128, 256]
    with pytest.raises(IndexError):
        recipe.size_at(3)


@pytest.mark.parametrize("epochs", [1, 2, 5, 10, 100])
def test_another_number_of_epochs_keeps_the_last_size(epochs):
    recipe = make_recipe(get_spec("mtl"), epochs=epochs)
    assert recipe.epochs == epochs and recipe.stages[-1][1] == 256


def test_one_size_replaces_the_stages():
    assert make_recipe(get_spec("mtl"), epochs=4, size=128).stages == ((4, 128),)


def test_the_papers_recipe():
    recipe = make_recipe(get_spec("mtl_cosa"), "paper")
    assert (recipe.optimizer, recipe.learning_rate, recipe.betas) == ("adam", 1e-4, (0.9, 0.99))
    assert (recipe.weight_decay, recipe.batch_size, recipe.epochs) == (5e-4, 12, 100)
    assert (recipe.mask_weight, recipe.class_weight, recipe.dice_weight) == (0.8, 0.2, 0.0)
    assert recipe.select == "last" and recipe.stages == ((100, 256),)
    assert recipe.fit == "resize" and make_recipe(get_spec("mtl_cosa")).fit == "pad"


def test_recipes_of_the_other_papers_are_data():
    hybrid = make_recipe(get_spec("hybrid_mt_estan"), "paper")
    assert (hybrid.class_loss, hybrid.class_weight, hybrid.dice_over) == ("focal", 3.0, "batch")
    assert (hybrid.learning_rate, hybrid.batch_size, hybrid.augmentation.shift) == (1e-5, 4, 0.2)
    ctan = make_recipe(get_spec("ctan"), "paper")
    assert (ctan.dice_weight, ctan.cross_entropy_weight, ctan.weighting) == (0.3, 0.7, "dwa")
    acsnet = make_recipe(get_spec("acsnet"), "paper")
    assert (acsnet.weighting, acsnet.schedule, acsnet.epochs) == ("learned", "cosine", 90)
    assert acsnet.augmentation.vertical_flip == 0.6 and acsnet.augmentation.noise == 0
    assert (acsnet.learning_rate, acsnet.weight_decay, acsnet.batch_size) == (1e-4, 1e-4, 8)
    assert (acsnet.cross_entropy_weight, acsnet.dice_weight, acsnet.dice_smooth) == (0.0, 1.0, 1e-5)
    resformer = make_recipe(get_spec("resformer_mtl"), "paper")  # R5, ours
    assert (resformer.mask_weight, resformer.class_weight, resformer.dice_weight) == (0.5, 0.5, 1.0)
    assert (resformer.learning_rate, resformer.batch_size, resformer.epochs) == (1e-4, 8, 100)


def test_a_paper_without_settings_says_so():
    with pytest.raises(InputError, match="states no recipe"):
        make_recipe(get_spec("chowdary"), "paper")


def test_stages_as_text():
    recipe = make_recipe(get_spec("mtl"), stages="20@128,3@256", learning_rate=5e-4)
    assert recipe.stages == ((20, 128), (3, 256)) and recipe.learning_rate == 5e-4


@pytest.mark.parametrize(
    "arguments",
    [
        {"epochs": 0}, {"size": 100}, {"size": 32}, {"stages": "20x128"}, {"stages": "0@128"},
        {"stages": "3@128", "epochs": 2}, {"learning_rate": 0.0},
        {"gradient_limit": 0.0}, {"gradient_limit": math.inf},
        {"side_weight": 0.0}, {"side_weight": math.nan},
    ],
)  # fmt: skip
def test_bad_numbers_are_refused(arguments):
    with pytest.raises(InputError):
        make_recipe(get_spec("mtl"), **arguments)
    with pytest.raises(UnknownNameError):
        make_recipe(get_spec("mtl"), "papers")


def test_the_house_schedule_takes_the_loss_of_the_paper():
    """0.8·CE of the mask and 0.2·CE of the class (MTL-COSA, eq. 1); no smoothed labels."""
    house = make_recipe(get_spec("mtl"), loss="house")
    assert house == Recipe()
    recipe = make_recipe(get_spec("mtl"))
    assert (recipe.mask_weight, recipe.class_weight) == (0.8, 0.2)
    assert (recipe.cross_entropy_weight, recipe.dice_weight, recipe.label_smoothing) == (1, 0, 0)
    assert (recipe.optimizer, recipe.learning_rate) == (house.optimizer, house.learning_rate)
    assert recipe.augmentation == house.augmentation
    assert make_recipe(get_spec("ctan")).weighting == "dwa"
    assert make_recipe(get_spec("acsnet")).weighting == "learned"
    assert make_recipe(get_spec("ctan"), weighting="fixed").weighting == "fixed"
    assert make_recipe(get_spec("chowdary")) == Recipe()  # states no loss


def test_a_network_with_one_task_takes_it_whole():
    for name in ("resnet", "uresnet", "stl_segmentation", "swin"):
        recipe = make_recipe(get_spec(name))
        assert (recipe.mask_weight, recipe.class_weight, recipe.weighting) == (1, 1, "fixed")


def test_the_loss_of_acsnets_code_can_be_had():
    assert make_recipe(get_spec("acsnet")).dice_form == "standard"
    assert make_recipe(get_spec("acsnet"), loss="official").dice_form == "official"
    assert make_recipe(get_spec("acsnet"), "paper", loss="official").dice_form == "official"
    with pytest.raises(InputError, match="mtl"):
        make_recipe(get_spec("mtl"), loss="official")


def test_losses_and_weightings_that_do_not_exist():
    with pytest.raises(UnknownNameError, match="dice"):
        make_recipe(get_spec("mtl"), loss="dice")
    with pytest.raises(UnknownNameError, match="learned"):
        make_recipe(get_spec("mtl"), weighting="learning")
    with pytest.raises(InputError, match="--loss house"):
        make_recipe(get_spec("mtl"), "paper", loss="house")
