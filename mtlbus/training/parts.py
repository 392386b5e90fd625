"""What is known of the images of a part: whether it is enough to learn from, and how to tell it."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.errors import DataError
from ..core.tasks import SEGMENTATION, Task
from ..data.dataset import Sample
from .recipes import Recipe


def require_known(task: Task, samples: Sequence[Sample], part: str) -> None:
    """Refuse a part that could not teach a task, or not judge it.

    Args:
        task: one of the network's.
        samples: the part.
        part: its name.

    Raises:
        DataError: of a class per image, one of two classes is missing, or all but one of more; of
            pixels, no image is known, but for those that show nothing.
    """
    if task.of_pixels:
        if not any(sample.knows(task) and not sample.normal for sample in samples):
            raise DataError(f"The {part} part needs images with a known {task.name}.")
        return
    classes = {sample.class_of(task) for sample in samples} - {None}
    if len(task.classes) == 2 and len(classes) < 2:
        raise DataError(f"The {part} part needs {' and '.join(task.classes)} images.")
    if len(classes) < 2:
        raise DataError(f"The {part} part needs images of at least two classes of {task.name}.")


def learned_from(tasks: Sequence[Task], recipe: Recipe) -> tuple[Task, ...]:
    """What must be known of the training images: the tasks, and for windows the lesion."""
    drawn = any(task.kind == "pixel_class" for task in tasks)
    return (*tasks, *([SEGMENTATION] if recipe.windows > 0 and not drawn else []))


def told(samples: Sequence[Sample], tasks: Sequence[Task]) -> str:
    """What is known of the images of a part, in one line."""
    line = f"{len(samples)} images"
    normal = sum(sample.normal for sample in samples)
    if normal:
        line += f", {normal} of them normal (empty mask)"
    for task in tasks:
        without = sum(not sample.knows(task) for sample in samples)
        if without:
            line += f", {without} without {task.name} (no {task.name} loss)"
    return line
