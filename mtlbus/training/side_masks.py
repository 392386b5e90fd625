"""Deep supervision (Lee et al. 2015): the coarser levels of a decoder draw a mask too.

Their heads exist in training alone; the network that is kept knows nothing of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ..core.errors import InputError
from ..nn.decoders import upsample_to


class SideMasks(nn.Module):
    """A 1×1 convolution on each coarse level of a network's decoder, to the logits of its mask.

    Args:
        network: whose specification names coarse levels; it is listened to until `stop`.

    Raises:
        InputError: the network has no decoder, or one without convolutions.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        if not network.spec.coarse_masks:
            raise InputError(
                f"{network.spec.name} draws no mask to supervise. Leave out --sides and the trial "
                "deep_supervision."
            )
        self._coarse = [network.get_submodule(path) for path in network.spec.coarse_masks]
        (task,) = (task for task in network.spec.tasks if task.kind == "pixel_class")
        self.heads = nn.ModuleList(
            nn.Conv2d(_channels(level), task.channels, 1) for level in self._coarse
        )
        self._heard: dict[nn.Module, Tensor] = {}
        self._hooks = [level.register_forward_hook(self._hear) for level in self._coarse]

    def _hear(self, level: nn.Module, inputs: Sequence[Tensor], output: Tensor) -> None:
        self._heard[level] = output

    def forward(self, size: Sequence[int]) -> list[Tensor]:
        """Mask logits B×K×size of each coarse level, of the pass that just went through."""
        heard, self._heard = self._heard, {}
        return [
            upsample_to(head(heard[level]), size)
            for head, level in zip(self.heads, self._coarse, strict=True)
        ]

    def stop(self) -> None:
        """Let go of the network."""
        for hook in self._hooks:
            hook.remove()


def _channels(level: nn.Module) -> int:
    """What the last convolution of a level puts out.

    Raises:
        InputError: it has none: the decoder only concatenates (decision M1, decoder=literal).
    """
    found = [part for part in level.modules() if isinstance(part, nn.Conv2d)]
    if not found:
        raise InputError(
            "Deep supervision needs a decoder with convolutions. Use --option decoder=conv, or "
            "leave out --sides."
        )
    return found[-1].out_channels
