"""What an encoder hands on before its deepest level, for telling how familiar an image is.

Late features have dropped what sets an image apart from those of the training (Swin's last stage
showed it), and early ones still hold it. Only the channel means are kept, as nothing else is asked
of them: they are no map to look at.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ..core.outputs import Map
from ..core.spec import MapSpec

STRIDES = (4, 8, 16)
ENCODER_MEANS = tuple(
    MapSpec(
        f"encoder_means.{number}",
        "feature",
        f"The channel means of what the encoder hands on at stride {stride}.",
    )
    for number, stride in enumerate(STRIDES, start=1)
)

DEEPEST = MapSpec(
    "pooled_features", "feature", "The deepest map of the backbone, which the class head averages."
)


def encoder_means(levels: Sequence[Tensor]) -> dict[str, Map]:
    """The maps of `ENCODER_MEANS`, each B×C×1×1.

    Args:
        levels: B×C×H×W at strides 4, 8 and 16, or fewer of them in this order.
    """
    found = {}
    for declared, level, stride in zip(ENCODER_MEANS, levels, STRIDES, strict=False):
        means = level.mean(dim=(2, 3), keepdim=True)
        found |= declared.of(means, f"encoder, stride {stride}", stride)
    return found


def backbone_maps(levels: Sequence[Tensor], deepest: Tensor) -> dict[str, Map]:
    """The maps of a backbone whose last stage is pooled: `ENCODER_MEANS` and `DEEPEST`.

    Args:
        levels: as of `encoder_means`.
        deepest: B×C×H/32×W/32.
    """
    return encoder_means(levels) | DEEPEST.of(deepest, "last stage of the backbone", 32)
