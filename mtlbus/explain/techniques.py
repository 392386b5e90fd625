"""The table of attribution methods: what each shows, what it costs, and how it is run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from ..core.errors import UnknownNameError
from ..data.transforms import Frame
from . import gradients, perturbations
from .gradcam import grad_cam
from .hooked import deep_lift, guided_backprop
from .options import Options
from .subject import Cost, Subject
from .superpixels import grid_of
from .targets import visible_part

Unit = Literal["share", "slope", "effect", "heat"]
"""What the numbers of a map are: shares that should add up to the change of the answer, slopes
(change of the answer per step of grey), effects (change when a part is taken away), or heat
without unit."""


@dataclass(frozen=True)
class Technique:
    """An attribution method.

    Attributes:
        name, title: for the command line, and as people call it.
        unit: what its numbers are.
        signed: whether negative numbers mean something.
        adds_up: whether its numbers should sum to the change of the answer.
        uses: the options that it reads.
        what, isnt: what the map is and what it is not, one plain sentence each.
        cost: by options, frame of the image and size of the square.
        run: the map as 1×1×size×size.
    """

    name: str
    title: str
    unit: Unit
    signed: bool
    adds_up: bool
    uses: tuple[str, ...]
    what: str
    isnt: str
    cost: Callable[[Options, Frame, int], Cost] = field(repr=False)
    run: Callable[[Subject, Options], Tensor] = field(repr=False)

    @property
    def needs_baseline(self) -> bool:
        """Whether it compares the image with a baseline."""
        return "baseline" in self.uses

    def price(self, options: Options, frame: Frame, size: int) -> Cost:
        """All that `attribute` runs, with both ends of the way for a sum that is held to them.

        Ends that the subject knows already are not run again.
        """
        ends = Cost(forwards=2) if self.adds_up else Cost()
        return self.cost(options, frame, size).plus(ends)

    def reads(self, options: Options) -> tuple:
        """The values of the options that it reads: its part of a key."""
        return tuple((name, getattr(options, name)) for name in self.uses)


def technique_of(name: str) -> Technique:
    """The attribution method of a name; `UnknownNameError` offers the closest one."""
    if name not in TECHNIQUES:
        raise UnknownNameError("attribution method", name, TECHNIQUES)
    return TECHNIQUES[name]


def _windows(options: Options, frame: Frame, size: int) -> Cost:
    visible = visible_part(frame, size)
    height, width = int(visible.any(axis=1).sum()), int(visible.any(axis=0).sum())
    window = min(options.window, height, width)
    count = math.prod(1 + math.ceil((side - window) / options.stride) for side in (height, width))
    return Cost(forwards=count + 1)


def _ablations(options: Options, frame: Frame, size: int) -> Cost:
    return Cost(forwards=math.prod(grid_of(visible_part(frame, size), options.superpixels)) + 1)


def _by_gradients(count: Callable[[Options], int]) -> Callable[[Options, Frame, int], Cost]:
    return lambda options, frame, size: Cost(gradients=count(options))


_FEW = (
    Technique(
        "integrated_gradients", "Integrated Gradients", "share", True, True,
        ("baseline", "steps"),
        "Each pixel's share of the way from the answer on the baseline to the answer on the image.",
        "Not what would happen without the pixel; and pixels like the baseline get no share.",
        _by_gradients(lambda options: options.steps), gradients.integrated_gradients,
    ),
    Technique(
        "gradient_shap", "Gradient SHAP", "share", True, True,
        ("baseline", "samples", "noise", "seed"),
        "Integrated Gradients at random points of the way, with noise on the image.",
        "Not exact: with few samples its shares add up only roughly.",
        _by_gradients(lambda options: options.samples), gradients.gradient_shap,
    ),
    Technique(
        "saliency", "Saliency", "slope", True, False, (),
        "How the answer would change if a pixel became a little brighter.",
        "Not how much the pixel counts now: a strong slope can stand on a pixel without effect.",
        _by_gradients(lambda options: 1), gradients.saliency,
    ),
    Technique(
        "input_x_gradient", "Input × Gradient", "share", True, False, (),
        "The slope times the pixel's grey; exact for a linear network only.",
        "Not fair to dark pixels: a black pixel gets nothing, whatever it means.",
        _by_gradients(lambda options: 1), gradients.input_x_gradient,
    ),
    Technique(
        "smoothgrad", "SmoothGrad", "slope", True, False, ("samples", "noise", "seed"),
        "The mean slope over noisy copies of the image, which calms a ragged saliency map.",
        "Not the slope at the image itself; the noise is part of the question.",
        _by_gradients(lambda options: options.samples), gradients.smoothgrad,
    ),
    Technique(
        "deeplift", "DeepLIFT", "share", True, True, ("baseline",),
        "Each pixel's share of the change against the baseline, by rules for each layer.",
        "Not defined for every network: where its shares do not add up, no map is shown.",
        lambda options, frame, size: Cost(gradients=2),
        lambda subject, options: deep_lift(subject, subject.baseline(options.baseline)),
    ),
    Technique(
        "guided_backprop", "Guided Backprop", "slope", True, False, (),
        "The gradient, where each rectifier lets only positive parts pass on the way back.",
        "Not faithful to the weights: it mostly redraws edges, and its placebo often looks alike.",
        _by_gradients(lambda options: 1), lambda subject, options: guided_backprop(subject),
    ),
    Technique(
        "occlusion", "Occlusion", "effect", True, False, ("baseline", "window", "stride"),
        "How far the answer falls when a square is covered, averaged over the squares on a pixel.",
        "Not finer than its square; and a covered lesion is an image that no scanner makes.",
        _windows, perturbations.occlusion,
    ),
    Technique(
        "feature_ablation", "Feature Ablation", "effect", True, False,
        ("baseline", "superpixels"),
        "How far the answer falls when one superpixel is taken away.",
        "Not what two parts do together; and the cut decides what can be seen.",
        _ablations, perturbations.feature_ablation,
    ),
    Technique(
        "kernel_shap", "KernelSHAP", "effect", True, True,
        ("baseline", "superpixels", "coalitions", "seed"),
        "Each superpixel's fair share over many sets of superpixels (Shapley value, estimated).",
        "Not exact: with few coalitions the estimate is rough.",
        lambda options, frame, size: Cost(forwards=options.coalitions), perturbations.kernel_shap,
    ),
    Technique(
        "gradcam", "Grad-CAM", "heat", False, False, ("layer",),
        "Cells of a deep feature map whose features speak for the answer.",
        "Not finer than its cells, and it shows only what speaks for the answer, not against it.",
        _by_gradients(lambda options: 1),
        lambda subject, options: grad_cam(subject, options.layer),
    ),
    Technique(
        "guided_gradcam", "Guided Grad-CAM", "slope", True, False, ("layer",),
        "Guided Backprop inside the warm cells of Grad-CAM.",
        "Not more faithful than Guided Backprop: its fine lines are mostly edges of the image.",
        _by_gradients(lambda options: 2),
        lambda subject, options: guided_backprop(subject)
        * grad_cam(subject, options.layer, smooth=True),
    ),
)  # fmt: skip

TECHNIQUES: dict[str, Technique] = {technique.name: technique for technique in _FEW}
"""Every attribution method by name."""
