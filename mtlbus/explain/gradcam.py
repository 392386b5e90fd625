"""Grad-CAM from the feature maps that a network returns: no hooks, one forward, a short way back.

Source: Selvaraju et al., Grad-CAM, ICCV 2017; with the logits of a region summed, Vinogradova et
al., Seg-Grad-CAM, AAAI 2020.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from ..core.errors import InputError, choose
from ..core.outputs import Map
from .options import Options
from .subject import Subject
from .technique import gradient_passes, technique

POOLED = "pooled_features"
MEANS = "encoder_means"  # of channels over the image, for familiarity: no cells to draw


class NotServed(InputError):
    """A method cannot explain this network or this answer; the message says why in one line."""


def layers_of(names: Iterable[str]) -> list[str]:
    """Those feature maps that Grad-CAM can use; the one that the class head reads comes first."""
    served = (name for name in names if not name.startswith(MEANS))
    return sorted(served, key=lambda name: not name.startswith(POOLED))


def feature_names(maps: Mapping[str, Map]) -> list[str]:
    """The returned maps that Grad-CAM can use, as `layers_of`."""
    return layers_of(
        name for name, found in maps.items() if found.kind == "feature" and found.tensor.ndim >= 3
    )


def grad_cam(subject: Subject, layer: str = "", smooth: bool = False) -> Tensor:
    """ReLU(Σ_k α_k A_k), α_k the mean gradient of the target over channel k of the features A.

    Args:
        subject: the question.
        layer: name of a returned feature map; "" for the one that the class head reads or, where
            the answer does not depend on that, the first one that it depends on.
        smooth: bring the cells to the square bilinearly, as the paper draws them; otherwise each
            pixel takes its cell's value, so that no detail is seen that is not there.

    Returns:
        1×1×size×size, at least 0; its scale has no unit.

    Raises:
        NotServed: no feature map is returned, or the answer does not depend on it.
    """
    output = subject.output(subject.leaf(), maps=True)
    names = feature_names(output.maps)
    if not names:
        raise NotServed("Grad-CAM needs a feature map, and this network returns none.")
    if layer:
        names = [choose("feature map of this network", layer, names)]
    value = subject.target.value(output, subject.region)
    subject.known["image"] = float(value.detach()[0])
    for name in names:
        features = output.maps[name].tensor
        # The backward pass ends at the features; nothing below them is computed.
        (gradient,) = torch.autograd.grad(
            value.sum(), features, allow_unused=True, retain_graph=True
        )
        if gradient is not None:
            break
    else:
        raise NotServed(
            f"Grad-CAM on {' or '.join(names)}: this answer does not depend on that feature map. "
            "Choose another target, or another feature map where the network has more."
        )
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    cells = F.relu((weights * features).sum(dim=1, keepdim=True)).detach()
    size = (subject.size, subject.size)
    if smooth:
        return F.interpolate(cells, size=size, mode="bilinear", align_corners=False)
    return F.interpolate(cells, size=size, mode="nearest-exact")


@technique(
    "Grad-CAM",
    "heat",
    what="Cells of a deep feature map whose features speak for the answer.",
    isnt="Not finer than its cells, and it shows only what speaks for the answer, not against it.",
    cost=gradient_passes(lambda options: 1),
    uses=("layer",),
    signed=False,
)
def gradcam(subject: Subject, options: Options) -> Tensor:
    """Grad-CAM in its own cells."""
    return grad_cam(subject, options.layer)
