"""What an attribution explains: one number of the network's answer, head × answer × region.

As text, for the command line and for links:

    class:difference            log-odds of malignant (malignant minus benign)
    class:malignant             the logit of malignant; likewise class:benign
    mask:difference:lesion      log-odds of tumour, summed over the predicted lesion
    mask:tumour:margin          the logit of tumour, summed over six pixels along the outline
    mask:tumour:box             … over the upright box around the predicted lesion
    mask:tumour:box=12,30,80,60 … over a box: left, top, width, height in pixels of the image
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..core.errors import InputError, choose
from ..core.outputs import Output
from ..core.tasks import MALIGNANCY
from ..data.edits import Box
from ..data.transforms import Frame, square_mask
from ..nn.context_regions import split_regions

ANSWERS = {
    "class": ("difference", "malignant", "benign"),
    "mask": ("difference", "tumour", "background"),
}
"""The answers of each head; the difference is the second class less the first."""

REGIONS = {
    "lesion": "the predicted lesion",
    "margin": "the margin of the predicted lesion",
    "background": "everything outside the predicted lesion",
    "truth": "the true lesion",
    "box": "a box",
    "image": "the whole image",
}
_OF_PREDICTION = ("lesion", "margin", "background")
_MARGIN = 2  # of split_regions: background, tumour, margin


@dataclass(frozen=True)
class Target:
    """One number of the answer.

    Attributes:
        head: "class" or "mask".
        answer: one of `ANSWERS[head]`. A head with one logit z has the log-odds z, which stand
            for the second class and for the difference, and −z for the first.
        region: one of `REGIONS`, for the mask only: its logits are summed there.
        box: left, top, width, height in pixels of the image, for the region "box"; None for the
            box around the predicted lesion.
    """

    head: str = "class"
    answer: str = "difference"
    region: str | None = None
    box: Box | None = None

    def __post_init__(self) -> None:
        choose("head of a target", self.head, ANSWERS)
        choose(f"answer of the {self.head} head", self.answer, ANSWERS[self.head])
        if self.head == "mask":
            choose("region of a target", self.region or "", REGIONS)
        elif self.region is not None:
            raise InputError(
                f"The class is one answer for the whole image; it has no region {self.region!r}. "
                f"Give 'class:{self.answer}', or ask the mask."
            )
        if self.box is not None and (self.region != "box" or min(self.box[2:]) < 1):
            raise InputError(
                f"A box of {self.box} with the region {self.region!r}: give the region 'box' and "
                "left, top, width, height with a width and height of at least 1 pixel."
            )

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read a target from text, see the module's docstring.

        Raises:
            InputError, UnknownNameError: it does not exist; the message says what does.
        """
        head, _, rest = text.strip().partition(":")
        answer, _, region = rest.partition(":")
        region, _, numbers = region.partition("=")
        box = _read_box(numbers) if numbers else None
        return cls(head, answer or "difference", region or _default_region(head), box)

    def __str__(self) -> str:
        box = "" if self.box is None else "=" + ",".join(map(str, self.box))
        return ":".join(part for part in (self.head, self.answer, self.region) if part) + box

    @property
    def poles(self) -> tuple[str, str]:
        """What a negative and what a positive share argue for."""
        first, second = (
            ("benign", "malignant") if self.head == "class" else ("background", "tumour")
        )
        return (second, first) if self.answer == first else (first, second)

    @property
    def unit(self) -> str:
        """The unit of the target."""
        return "log-odds" if self.answer == "difference" else "logit"

    @property
    def words(self) -> str:
        """The target in plain words."""
        second, quantity = self.poles[1], self.unit
        if self.head == "class":
            return f"{quantity} of {second}"
        where = REGIONS[self.region]
        if self.region == "box":
            box = self.box
            where = (
                "the box of the predicted lesion"
                if box is None
                else (f"the box of {box[2]}×{box[3]} px at column {box[0]}, row {box[1]}")
            )
        return f"{quantity} of {second}, summed over {where}"

    def value(self, output: Output, region: Tensor | None) -> Tensor:
        """The number itself for each image of a batch, in the graph; shape B.

        Args:
            output: of the network.
            region: size×size, 1 inside; from `region_plane`. None for the class.

        Raises:
            InputError: the network does not give this answer.
        """
        if self.head == "class":
            if MALIGNANCY.name not in output.class_logits:
                raise InputError(
                    "This network does not say benign or malignant. Ask its mask, for example "
                    "'mask:difference:lesion'."
                )
            return self._logit(output.class_logits[MALIGNANCY.name].float())
        if output.mask_logits is None:
            raise InputError("This network draws no mask. Ask its class: 'class:difference'.")
        plane = self._logit(output.mask_logits.float())
        return (plane * region.to(plane)).sum(dim=(1, 2))

    def _logit(self, logits: Tensor) -> Tensor:
        """B×1×… or B×2×… to B×…."""
        if logits.shape[1] > 2:
            raise InputError(f"A target needs two classes; this head has {logits.shape[1]}.")
        first = self.answer == ANSWERS[self.head][2]
        if logits.shape[1] == 1:
            return -logits[:, 0] if first else logits[:, 0]
        if self.answer == "difference":
            return logits[:, 1] - logits[:, 0]
        return logits[:, 0] if first else logits[:, 1]


def _default_region(head: str) -> str | None:
    return "lesion" if head == "mask" else None


def _read_box(text: str) -> Box:
    parts = text.split(",")
    try:
        left, top, width, height = (int(part) for part in parts)
    except ValueError:
        raise InputError(
            f"A box of {text!r}: give four whole numbers, left,top,width,height, in pixels."
        ) from None
    return left, top, width, height


def visible_part(frame: Frame, size: int) -> np.ndarray:
    """The image's part of the network's square, size×size bool; the rest is padding."""
    return square_mask(np.ones((frame.height, frame.width), bool), size, frame.fit).numpy()


def box_around(mask: np.ndarray) -> Box | None:
    """Left, top, width, height of the upright box around a mask; None for an empty one."""
    if not mask.any():
        return None
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return (
        int(columns[0]),
        int(rows[0]),
        int(columns[-1] - columns[0] + 1),
        int(rows[-1] - rows[0] + 1),
    )


def region_plane(
    target: Target,
    frame: Frame,
    size: int,
    lesion: np.ndarray | None = None,
    truth: np.ndarray | None = None,
) -> Tensor | None:
    """The pixels over which a target sums, size×size float of 0 and 1; None for the class.

    Args:
        target: says which.
        frame: of the image in the network's square.
        size: side of the square, pixels.
        lesion: size×size bool, the mask that the network predicts.
        truth: H×W bool on the image's grid, the true lesion.

    Raises:
        InputError: the region is empty or unknown here.
    """
    if target.head == "class":
        return None
    visible = visible_part(frame, size)
    plane = visible & _inside(target, frame, size, lesion, truth)
    if not plane.any():
        raise InputError(
            f"There is no pixel in {REGIONS[target.region]} here. Choose another region: "
            f"{', '.join(REGIONS)}."
        )
    return torch.from_numpy(plane).float()


def _inside(target: Target, frame: Frame, size: int, lesion, truth) -> np.ndarray:
    region, box = target.region, target.box
    if region == "image":
        return np.ones((size, size), bool)
    if region == "truth":
        if truth is None:
            raise InputError(
                "The true lesion of this image is unknown. Choose the predicted one: 'lesion'."
            )
        return square_mask(truth, size, frame.fit).numpy()
    if region in _OF_PREDICTION or box is None:
        if lesion is None:
            raise InputError("This network draws no mask. Ask its class: 'class:difference'.")
        if region == "box":
            around = box_around(lesion)
            plane = np.zeros((size, size), bool)
            if around is not None:
                left, top, width, height = around
                plane[top : top + height, left : left + width] = True
            return plane
        if region == "margin":
            return split_regions(torch.from_numpy(lesion)[None])[0, _MARGIN].numpy() > 0
        return lesion if region == "lesion" else ~lesion
    left, top, width, height = box
    plane = np.zeros((frame.height, frame.width), bool)
    plane[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)] = True
    return square_mask(plane, size, frame.fit).numpy()
