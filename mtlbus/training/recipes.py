"""Training settings as data: ours, the same for every compact method, and each paper's own."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.errors import InputError, choose
from ..core.spec import Fit, Spec
from ..data.transforms import NO_AUGMENTATION, Augmentation
from ..methods import get_spec, list_methods
from .weighting import WEIGHTINGS

# Fields that a paper's recipe and a recipe of ours have in common.
_SHARED = (
    "optimizer", "learning_rate", "betas", "weight_decay", "batch_size", "schedule", "select",
    "fit",
)  # fmt: skip
LOSS_FIELDS = (
    "mask_weight", "class_weight", "cross_entropy_weight", "dice_weight", "dice_over",
    "dice_smooth", "dice_form", "class_loss", "positive_weight", "label_smoothing", "weighting",
)  # fmt: skip

LOSSES = ("paper", "house", "official")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run but the data and the network.

    Attributes:
        optimizer: "adamw" or "adam".
        learning_rate: peak of the one-cycle schedule, or the first rate of the others.
        betas, weight_decay: of the optimiser.
        gradient_limit: the norm that a step's gradient is cut to; 0 is no limit.
        transformer_rate: what the learning rate of Swin parts is multiplied by.
        transformer_limit: the norm that their gradient is cut to before; 0 is no limit.
        gamma_rate: what the learning rate of γ, which attention is multiplied by before it is
            added, is multiplied by; it begins at 0 and does not decay.
        branch_dropout: share of the images from which a hybrid's convolutional encoder is left out
            where it meets the Swin, and of those without the Swin; 0 is none.
        schedule: "one_cycle", "constant", "cosine", "plateau" or "steps" (see `PaperRecipe`).
        batch_size: images a step.
        stages: (epochs, input size in pixels), in order: progressive resizing.
        fit: how images become square, "pad" or "resize"; it goes onto the card.
        mask_weight, class_weight: of the two tasks, for fixed weighting.
        cross_entropy_weight, dice_weight, dice_over, dice_smooth, dice_form: of the mask's loss.
        side_weight: of the mean loss of the decoder's coarser masks, added to the mask's
            (`side_masks`), and of the class that the Swin branch of a hybrid names by itself
            (`side_class`); 0 is none.
        class_loss, positive_weight, label_smoothing: of the class's loss.
        weighting: "fixed", "dwa", "learned", "gradnorm", "pcgrad" or "cagrad".
        average_decay: decay of the moving average of the weights that is validated and kept,
            in a short run a smaller one (`schedules.decay_for`); 0 keeps the weights themselves.
        select: "best" keeps the epoch with the best validation score, "last" the last one.
        augmentation: random changes of the training images.
        windows: share of the images that are seen through a window beside their lesion, and of
            those seen through one around it (`windows`); 0 is none.
    """

    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.05
    gradient_limit: float = 0.0
    transformer_rate: float = 0.3
    transformer_limit: float = 1.0
    gamma_rate: float = 1.0
    branch_dropout: float = 0.0
    schedule: str = "one_cycle"
    batch_size: int = 16
    stages: tuple[tuple[int, int], ...] = ((28, 128), (8, 192), (5, 256))
    fit: Fit = "pad"
    mask_weight: float = 1.0
    class_weight: float = 1.0
    cross_entropy_weight: float = 1.0
    dice_weight: float = 1.0
    dice_over: str = "image"
    dice_smooth: float = 1.0
    dice_form: str = "standard"
    side_weight: float = 0.0
    class_loss: str = "cross_entropy"
    positive_weight: float = 1.0
    label_smoothing: float = 0.05
    weighting: str = "fixed"
    average_decay: float = 0.998
    select: str = "best"
    augmentation: Augmentation = field(default_factory=Augmentation)
    windows: float = 0.0

    @property
    def epochs(self) -> int:
        """Number of epochs over all stages."""
        return sum(count for count, _ in self.stages)

    def size_at(self, epoch: int) -> int:
        """Input size of an epoch, counted from 0."""
        for count, size in self.stages:
            if epoch < count:
                return size
            epoch -= count
        raise IndexError("The recipe has fewer epochs.")


def paper_recipe(spec: Spec) -> Recipe:
    """The settings the method's paper states, as closely as they can be expressed here.

    Raises:
        InputError: the paper states none.
    """
    stated = spec.recipe
    if stated is None:
        raise InputError(f"The paper of {spec.name} states no recipe. Use --recipe house.")
    return Recipe(
        stages=((stated.epochs, stated.input_size),),
        average_decay=0.0,
        transformer_rate=1.0,
        transformer_limit=0.0,
        augmentation=replace(
            NO_AUGMENTATION,
            flip=stated.flip,
            vertical_flip=stated.vertical_flip,
            rotation=stated.rotation,
            shift=stated.shift,
            crop=stated.crop,
            jitter=stated.jitter,
        ),
        **{name: getattr(stated, name) for name in _SHARED},
        **paper_loss(spec),
    )


def paper_loss(spec: Spec) -> dict[str, Any]:
    """The fields of a recipe that say what the method's paper minimises; none if it states none.

    The house smooths the labels, no paper does. A network with one task takes it with weight 1.
    """
    if spec.recipe is None:
        return {}
    ours = {"label_smoothing": 0.0, "dice_form": "standard"}
    stated = {name: getattr(spec.recipe, name) for name in LOSS_FIELDS if name not in ours} | ours
    if spec.segments != spec.classifies:  # alone, a task is not scaled down beside another
        stated |= {"mask_weight": 1.0, "class_weight": 1.0, "weighting": "fixed"}
    return stated


def make_recipe(
    spec: Spec,
    name: str = "house",
    epochs: int | None = None,
    size: int | None = None,
    stages: str | None = None,
    learning_rate: float | None = None,
    gradient_limit: float | None = None,
    side_weight: float | None = None,
    loss: str = "paper",
    weighting: str | None = None,
    devices: float | None = None,
    gamma_rate: float | None = None,
    branch_dropout: float | None = None,
    windows: float | None = None,
    batch_size: int | None = None,
) -> Recipe:
    """A recipe by name, with changes.

    Args:
        spec: the method.
        name: "house": the same schedule and augmentation for all methods; or "paper": those of
            the method's paper.
        epochs: total number of epochs; the stages keep their proportions.
        size: one input size for all epochs, pixels.
        stages: progressive resizing as text, "EPOCHS@SIZE,…", instead of epochs and size.
        learning_rate: peak or constant rate.
        gradient_limit: the norm that a step's gradient is cut to.
        side_weight: of the decoder's coarser masks.
        loss: of the house's schedule: the loss and weighting of the method's "paper", or the
            "house" loss, the same for all methods; "official" is that of ACSNet's public code
            where it differs from what its paper means (A2).
        weighting: of the tasks instead of the recipe's, a name of `WEIGHTINGS`.
        devices: probability of each change of the grey values as other scanners would make it.
        gamma_rate, branch_dropout, windows, batch_size: as in `Recipe`.

    Raises:
        InputError: numbers that cannot be trained with, or both stages and epochs or size.
    """
    choose("recipe", name, ("house", "paper"))
    choose("loss", loss, LOSSES)
    if name == "house":
        recipe = replace(Recipe(), **({} if loss == "house" else paper_loss(spec)))
    elif loss != "house":
        recipe = paper_recipe(spec)
    else:
        raise InputError("--loss house belongs to --recipe house; a paper's recipe has its own.")
    if loss == "official":
        if spec.recipe is None or not spec.recipe.code_dice:
            raise InputError(f"No code of {spec.name} has a loss of its own. Use --loss paper.")
        recipe = replace(recipe, dice_form="official")
    if weighting is not None:
        recipe = replace(recipe, weighting=choose("weighting", weighting, WEIGHTINGS))
    if epochs is not None and epochs < 1:
        raise InputError(f"Got {epochs} epochs; at least 1 is needed.")
    if stages is not None:
        if epochs is not None or size is not None:
            raise InputError("Give either stages, or epochs and size.")
        recipe = replace(recipe, stages=_parse_stages(stages))
    elif size is not None:
        recipe = replace(recipe, stages=((epochs or recipe.epochs, size),))
    elif epochs is not None:
        recipe = replace(recipe, stages=_scale_stages(recipe.stages, epochs))
    for count, side in recipe.stages:
        if side < 64 or side % 32:
            raise InputError(f"Input size {side} is not allowed: a multiple of 32, at least 64.")
        if count < 1:
            raise InputError(f"Got {count} epochs; at least 1 is needed.")
    for value, fits, said in (
        (learning_rate, lambda x: 0 < x < 1, "Learning rate {} is not allowed: above 0, below 1."),
        (gradient_limit, _positive, "Gradient limit {} is not allowed: a norm above 0."),
        (side_weight, _positive, "Weight {} of coarser masks is not allowed: above 0."),
        (gamma_rate, _positive, "Rate {} of γ is not allowed: a factor above 0."),
        (branch_dropout, _half, "Share {} of a branch is not allowed: from 0 to 0.5."),
        (windows, _half, "Share {} of windows is not allowed: from 0 to 0.5."),
        (devices, lambda x: 0 <= x <= 1, "Share {} of changes is not allowed: from 0 to 1."),
        (batch_size, lambda n: 2 <= n <= 65_536, "A batch of {} is not allowed: from 2 to 65536."),
    ):
        if value is not None and not fits(value):
            raise InputError(said.format(value))
    if branch_dropout is not None and not spec.side_class:
        have = [name for name in list_methods() if get_spec(name).side_class]
        raise InputError(
            f"{spec.name} has no second encoder to leave out; {' and '.join(have)} have one."
        )
    asked: dict[str, Any] = {
        "learning_rate": learning_rate, "gradient_limit": gradient_limit, "windows": windows,
        "side_weight": side_weight, "gamma_rate": gamma_rate, "branch_dropout": branch_dropout,
        "batch_size": batch_size,
    }  # fmt: skip
    if devices is not None:
        asked["augmentation"] = replace(recipe.augmentation, devices=devices)
    return replace(recipe, **{name: value for name, value in asked.items() if value is not None})


def _positive(number: float) -> bool:
    return 0 < number < math.inf


def _half(share: float) -> bool:
    return 0 <= share <= 0.5


def _parse_stages(text: str) -> tuple[tuple[int, int], ...]:
    """ "20@128,5@256" to ((20, 128), (5, 256))."""
    try:
        pairs = [part.split("@") for part in text.split(",")]
        return tuple((int(count), int(side)) for count, side in pairs)
    except ValueError:
        raise InputError(f"Expected stages as EPOCHS@SIZE,…, got {text!r}.") from None


def _scale_stages(stages: tuple[tuple[int, int], ...], epochs: int) -> tuple[tuple[int, int], ...]:
    """Share `epochs` out in the stages' proportions; the last stage keeps at least one epoch."""
    total = sum(count for count, _ in stages)
    ends, passed = [], 0
    for count, _ in stages:
        passed += count
        ends.append(min(round(epochs * passed / total), epochs - 1))
    ends[-1] = epochs
    starts = [0, *ends[:-1]]
    scaled = [
        (end - start, size)
        for start, end, (_, size) in zip(starts, ends, stages, strict=True)
        if end > start
    ]
    return tuple(scaled)
