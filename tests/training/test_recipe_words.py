"""What a run minimised and where it began, in words."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from mtlbus.core.card import Training
from mtlbus.methods import get_spec
from mtlbus.nn.lite_encoder import SOURCE
from mtlbus.training.recipe_words import loss_words, start_words
from mtlbus.training.recipes import make_recipe


@pytest.mark.parametrize(
    "method,loss,words",
    [
        ("mtl_cosa", "paper", "0.8·CE of the mask + 0.2·CE of the class"),
        ("mtl", "house", "(CE + Dice) of the mask + CE of the class (labels smoothed by 0.05)"),
        ("hybrid_mt_estan", "paper", "Dice of the mask + 3·focal loss of the class"),
        (
            "ctan",
            "paper",
            "(0.7·CE + 0.3·Dice) of the mask + CE of the class, weighed by dynamic weight average",
        ),
        ("acsnet", "paper", "Dice of the mask + CE of the class, weighed by learned numbers"),
        ("densenet121", "paper", "CE of the class (malignant × 4)"),
        ("uresnet", "paper", "CE of the mask"),
    ],
)
def test_losses_of_the_papers(method, loss, words):
    spec = get_spec(method)
    recipe = asdict(make_recipe(spec, loss=loss))
    assert loss_words(recipe, spec.segments, spec.classifies) == words


def test_coarser_masks_and_an_unknown_recipe():
    recipe = asdict(make_recipe(get_spec("mtl_cosa"), side_weight=0.5))
    assert loss_words(recipe, True, True).endswith("; coarser masks × 0.5")
    assert loss_words({}, True, True) == ""


def test_starts():
    digest = "a" * 64
    assert start_words(Training(initial_weights=SOURCE)) == "ImageNet (EfficientNet-Lite0)"
    assert start_words(Training(initial_weights="random")) == "random"
    another = Training(initial_weights=digest, initial_method="mtl")
    assert start_words(another) == "weights of mtl"
    assert start_words(Training(initial_weights=digest), "mtl") == "the round before"
    assert start_words(another, "mtl") == "the round before"
    assert start_words(Training()) == "not kept"
