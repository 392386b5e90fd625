"""The same image a little different: mirrored, cropped, brighter, darker. Does the answer stay?

None of these changes what the lesion is, and a training turns images in the same ways and further.
An answer that moves is unsteady on this image; one that stays may still be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from ..core.errors import CheckpointError
from ..core.outputs import positive_logit
from ..core.presence import presence_score
from ..core.tasks import MALIGNANCY
from ..data.limits import MIN_SIDE
from ..data.transforms import normalise, square_image
from .predictor import Predictor

CUT = 0.06  # of a side, cut away
GAIN, GAMMA = 1.2, 0.8
BATCH = 4  # larger ones are no faster on two cores


class Again(NamedTuple):
    """What a network says about a changed image.

    Attributes:
        change: what was done, in words: "mirrored".
        probability: of malignancy, 0..1; None for a network without a class.
        presence: how sure it is of a lesion, `presence_score`; None without a mask.
        peak: the highest tumour probability of a pixel; None without a mask.
    """

    change: str
    probability: float | None
    presence: float | None
    peak: float | None


def _cut(left: float = 0, right: float = 0, below: float = 0) -> Callable[[np.ndarray], np.ndarray]:
    """Cuts shares of the sides away; above lies the skin, which stays."""

    def part(plane: np.ndarray) -> np.ndarray:
        height, width = plane.shape
        rows = slice(0, height - round(below * height))
        return plane[rows, round(left * width) : width - round(right * width)]

    return part


def _grey(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Changes grey values of 0..1 and keeps them there."""

    def changed(pixels: np.ndarray) -> np.ndarray:
        values = change(pixels.astype(np.float32) / 255)
        return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)

    return changed


_CROPS = {
    "cropped on the left": _cut(left=CUT),
    "cropped on the right": _cut(right=CUT),
    "cropped below": _cut(below=CUT),
    "cropped on three sides": _cut(CUT, CUT, CUT),
}
_CHANGES = {
    "mirrored": lambda pixels: pixels[:, ::-1],
    **_CROPS,
    "brighter": _grey(lambda grey: grey * GAIN),
    "darker": _grey(lambda grey: grey / GAIN),
    "with lifted shadows": _grey(lambda grey: grey**GAMMA),
}
COUNT = len(_CHANGES)


def changed(pixels: np.ndarray, outline: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """The changed images by what was done to them, each h×w uint8.

    Args:
        pixels: H×W uint8.
        outline: H×W bool, what a crop must not cut; a crop that would is left out.
    """
    found = {}
    for name, change in _CHANGES.items():
        if name in _CROPS:
            cuts = outline is not None and change(outline).sum() < outline.sum()
            if cuts or min(change(pixels).shape) < MIN_SIDE:
                continue
        found[name] = np.ascontiguousarray(change(pixels))
    return found


@torch.inference_mode()
def ask_again(predictor: Predictor, images: dict[str, np.ndarray]) -> list[Again]:
    """What a network says about changed images, a few at a time.

    Args:
        predictor: the network.
        images: as of `changed`.

    Raises:
        CheckpointError: it answers with something that is no number.
    """
    squares = torch.stack(
        [square_image(pixels, predictor.size, predictor.fit) for pixels in images.values()]
    )
    answers: list[tuple[float | None, float | None, float | None]] = []
    for batch in squares.split(BATCH):
        answers += _answers(predictor, batch)
    return [Again(name, *answer) for name, answer in zip(images, answers, strict=True)]


def _answers(
    predictor: Predictor, grey: torch.Tensor
) -> Sequence[tuple[float | None, float | None, float | None]]:
    inputs = normalise(grey.to(predictor.device), predictor.mean, predictor.std)
    output = predictor.model(inputs.contiguous(memory_format=torch.channels_last))
    count = len(grey)
    probabilities: list[float | None] = [None] * count
    masks: list[tuple[float | None, float | None]] = [(None, None)] * count
    if MALIGNANCY.name in output.class_logits:
        logits = positive_logit(output.class_logits[MALIGNANCY.name].float())
        if not torch.isfinite(logits).all():
            raise CheckpointError(
                f"{predictor.checkpoint.method} answers with something that is no number. Choose "
                "another network, or restore the weights."
            )
        probabilities = torch.sigmoid(logits).tolist()
    if output.mask_logits is not None:
        squares = torch.sigmoid(positive_logit(output.mask_logits.float())).cpu().numpy()
        masks = [(presence_score(square), float(square.max())) for square in squares]
    return [(p, *mask) for p, mask in zip(probabilities, masks, strict=True)]
