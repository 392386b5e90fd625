"""Guided Grad-CAM: Guided Backprop inside Grad-CAM (Selvaraju et al., ICCV 2017, section 3.3)."""

from __future__ import annotations

from torch import Tensor

from .gradcam import grad_cam
from .hooked import guided_backprop
from .options import Options
from .subject import Subject
from .technique import gradient_passes, technique


@technique(
    "Guided Grad-CAM",
    "slope",
    what="Guided Backprop inside the warm cells of Grad-CAM.",
    isnt="Not more faithful than Guided Backprop: its fine lines are mostly edges of the image.",
    cost=gradient_passes(lambda options: 2),
    uses=("layer",),
)
def guided_gradcam(subject: Subject, options: Options) -> Tensor:
    """The product of both, the cells of Grad-CAM brought to the square bilinearly."""
    guided = guided_backprop(subject, options)
    return guided * grad_cam(subject, options.layer, smooth=True)
