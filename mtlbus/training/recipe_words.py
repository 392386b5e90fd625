"""What a run minimised and where it began, in words, from the card that it left behind."""

from __future__ import annotations

from ..core.card import RecipeTold, Training


def loss_words(recipe: RecipeTold, segments: bool, classifies: bool) -> str:
    """The loss of a run: "0.8·CE of the mask + 0.2·CE of the class".

    Args:
        recipe: of a card, as `Recipe` has it; "" is said of one without weights.
        segments, classifies: which tasks the network answers.
    """
    if "class_weight" not in recipe:
        return ""
    weighting = recipe.get("weighting", "fixed")
    terms = []
    if segments:
        terms.append(_weighed(_mask_words(recipe), recipe.get("mask_weight", 1.0), weighting))
    if classifies:
        terms.append(_weighed(_class_words(recipe), recipe["class_weight"], weighting))
    said = " + ".join(terms)
    if weighting != "fixed" and len(terms) == 2:
        said += ", " + WEIGHTINGS[weighting]
    if recipe.get("side_weight") and segments:
        said += f"; coarser masks × {recipe['side_weight']:g}"
    return said


WEIGHTINGS = {
    "fixed": "fixed weights",
    "dwa": "weighed by dynamic weight average",
    "learned": "weighed by learned numbers",
    "gradnorm": "weighed by GradNorm",
    "pcgrad": "gradients combined by PCGrad",
    "cagrad": "gradients combined by CAGrad",
}


def _mask_words(recipe: RecipeTold) -> str:
    parts = {"CE": recipe.get("cross_entropy_weight", 1.0), "Dice": recipe.get("dice_weight", 1.0)}
    terms = [
        f"{weight:g}·{name}" if weight != 1 else name for name, weight in parts.items() if weight
    ]
    joined = " + ".join(terms)
    return f"({joined}) of the mask" if len(terms) > 1 else f"{joined} of the mask"


def _class_words(recipe: RecipeTold) -> str:
    if recipe.get("class_loss") == "focal":
        return "focal loss of the class"
    details = []
    if recipe.get("positive_weight", 1.0) != 1:
        details.append(f"malignant × {recipe['positive_weight']:g}")
    if recipe.get("label_smoothing"):
        details.append(f"labels smoothed by {recipe['label_smoothing']:g}")
    return "CE of the class" + (f" ({', '.join(details)})" if details else "")


def _weighed(term: str, weight: float, weighting: str) -> str:
    return f"{weight:g}·{term}" if weighting == "fixed" and weight != 1 else term


def start_words(training: Training, method: str = "") -> str:
    """Where the weights of a run began: "ImageNet (EfficientNet-Lite0)", "random", …

    Args:
        training: of a card.
        method: of the card, whose own weights are "the round before".
    """
    start = training.initial_weights
    if start.startswith("ImageNet: "):
        return f"ImageNet ({start.removeprefix('ImageNet: ').partition(' of the package')[0]})"
    if len(start) == 64:  # a digest
        before = training.initial_method or method
        return "the round before" if before == method else f"weights of {before}"
    return {"phantom": "phantoms", "": "not kept"}.get(start, start)
