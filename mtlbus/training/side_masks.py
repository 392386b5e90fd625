"""Deep supervision (Lee et al. 2015): the coarser levels of a decoder draw a mask too.

Their heads exist in training alone; the network that is kept knows nothing of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ..core.errors import InputError
from ..nn.decoders import ConcatDecoder, upsample_to


class SideMasks(nn.Module):
    """A 1×1 convolution on U_4, U_3 and U_2 of a network's decoder, each to mask logits.

    Args:
        network: of the MTL-COSA paper; its decoder is listened to until `stop`.

    Raises:
        InputError: its decoder is another.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        decoder = getattr(network, "decoder", None)
        if not isinstance(decoder, ConcatDecoder) or isinstance(decoder.fusers[0], nn.Identity):
            raise InputError(
                "Deep supervision needs the decoder of uresnet, mtl, mtl_sa or mtl_cosa, with "
                "decoder=conv. Set side_weight to 0."
            )
        coarse, classes = list(decoder.fusers)[:-1], decoder.classifier.out_channels
        self.heads = nn.ModuleList(
            nn.Conv2d(fuser[0].out_channels, classes, kernel_size=1) for fuser in coarse
        )
        self._levels: dict[nn.Module, Tensor] = {}
        self._hooks = [fuser.register_forward_hook(self._hear) for fuser in coarse]

    def _hear(self, fuser: nn.Module, inputs: Sequence[Tensor], output: Tensor) -> None:
        self._levels[fuser] = output

    def forward(self, size: Sequence[int]) -> list[Tensor]:
        """Mask logits B×classes×size of each coarse level, of the pass that just went through."""
        levels, self._levels = self._levels.values(), {}
        return [
            upsample_to(head(level), size) for head, level in zip(self.heads, levels, strict=True)
        ]

    def stop(self) -> None:
        """Let go of the network."""
        for hook in self._hooks:
            hook.remove()
