"""Training settings as data: ours, the same for every compact method, and each paper's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..core.errors import InputError, choose
from ..core.spec import Spec
from ..data.transforms import FLIP_ONLY, Augmentation


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run but the data and the network.

    Attributes:
        optimizer: "adamw" or "adam".
        learning_rate: peak of the one-cycle schedule, or the constant rate.
        betas, weight_decay: of the optimiser.
        schedule: "one_cycle" or "constant".
        batch_size: images a step.
        stages: (epochs, input size in pixels), in order: progressive resizing.
        cross_entropy_weight, dice_weight: of the mask's losses.
        class_weight: of the class's cross-entropy.
        label_smoothing: of the class.
        average_decay: decay of the moving average of the weights that is validated and kept;
            0 keeps the weights themselves.
        select: "best" keeps the epoch with the best validation score, "last" the last one.
    """

    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.05
    schedule: str = "one_cycle"
    batch_size: int = 16
    stages: tuple[tuple[int, int], ...] = ((28, 128), (8, 192), (5, 256))
    cross_entropy_weight: float = 1.0
    dice_weight: float = 1.0
    class_weight: float = 1.0
    label_smoothing: float = 0.05
    average_decay: float = 0.998
    select: str = "best"
    augmentation: Augmentation = Augmentation()

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
        optimizer=stated.optimizer,
        learning_rate=stated.learning_rate,
        betas=stated.betas,
        weight_decay=stated.weight_decay,
        schedule="constant",
        batch_size=stated.batch_size,
        stages=((stated.epochs, stated.input_size),),
        cross_entropy_weight=stated.mask_weight,
        dice_weight=0.0,
        class_weight=stated.class_weight,
        label_smoothing=0.0,
        average_decay=0.0,
        select="last",
        augmentation=FLIP_ONLY,
    )


def make_recipe(
    spec: Spec, name: str = "house", epochs: int | None = None, size: int | None = None
) -> Recipe:
    """A recipe by name, with another number of epochs or one fixed input size.

    Args:
        spec: the method.
        name: "house" or "paper".
        epochs: total number of epochs; the stages keep their proportions.
        size: one input size for all epochs, a multiple of 32, at least 64.
    """
    choose("recipe", name, ("house", "paper"))
    recipe = Recipe() if name == "house" else paper_recipe(spec)
    if epochs is not None and epochs < 1:
        raise InputError(f"Got {epochs} epochs; at least 1 is needed.")
    if size is not None:
        if size < 64 or size % 32:
            raise InputError(f"Input size {size} is not allowed: a multiple of 32, at least 64.")
        recipe = replace(recipe, stages=((epochs or recipe.epochs, size),))
    elif epochs is not None:
        recipe = replace(recipe, stages=_scale_stages(recipe.stages, epochs))
    return recipe


def _scale_stages(
    stages: tuple[tuple[int, int], ...], epochs: int
) -> tuple[tuple[int, int], ...]:
    """Share `epochs` out in the stages' proportions; the last stage keeps at least one epoch."""
    total = sum(count for count, _ in stages)
    ends, passed = [], 0
    for count, _ in stages:
        passed += count
        ends.append(round(epochs * passed / total))
    starts = [0, *ends[:-1]]
    scaled = [
        (end - start, size)
        for start, end, (_, size) in zip(starts, ends, stages, strict=True)
        if end > start
    ]
    return tuple(scaled)
