"""The network of ResFormer-MTL (re-imagined from the abstract), its inner maps, and the parts that
can be silenced."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from timm.models.swin_transformer_v2 import SwinTransformerV2Stage
from torch import Tensor, nn

from ...core.errors import InputError
from ...core.outputs import Map, MapWords, Output
from ...core.spec import MapSpec
from ...core.tasks import MALIGNANCY
from ...nn.backbones import timm_model
from ...nn.decoders import conv_bn_relu, upsample_to
from ...nn.dilated import DilatedFeatureEnhancement
from ...nn.encoders import LITE
from ...nn.lite_encoder import lite_body, lite_scale, lite_stages
from ...nn.swin import WindowedAttention, run_blocks, start_xavier
from ..parts import MEAN, Part, added_to, mean_input, passed_by
from ..pretraining import weights_by_backbone
from ..wiring import SWIN_WORDS

# Multiples of 16: in bfloat16 on a CPU the gradient of a dilated convolution with 24 or 40
# channels is NaN (oneDNN in torch 2.14.1, channels last).
COMPACT_CHANNELS = (32, 48, 80, 160)
HEADS = (2, 4, 8, 16)
WINDOW = 8
DILATIONS = (1, 3, 5)
DECODER_WIDTHS = {"paper": (256, 128, 64, 64), "compact": (96, 64, 32, 24)}
HEAD_WIDTHS = {"paper": 256, "compact": 128}

ATTENTION = {
    level: MapSpec(
        f"swin_attention.{level}",
        "attention",
        f"Where each cell of level {level} looks within its window, head by head.",
        SWIN_WORDS,
    )
    for level in range(1, 5)
}
POOLED = MapSpec(
    "pooled_features",
    "feature",
    "F_4, the deepest of the four levels that the class head averages.",
)


def branch(level: int, dilation: int) -> MapSpec:
    """A branch of the DFE on the skip of a level."""
    return MapSpec(
        f"dfe_branch.{level}.{dilation}",
        "feature",
        f"What the branch with dilation {dilation} answers on the skip of level {level}.",
        MapWords("DFE branch", heading=f"Dilation {dilation}"),
    )


def declared_maps(dilations: Sequence[int]) -> tuple[MapSpec, ...]:
    """The inner maps of a network with these dilations in its DFE."""
    branches = (branch(level, dilation) for level in range(4) for dilation in dilations)
    return (*ATTENTION.values(), *branches, POOLED)


def require_rates(dilations: Sequence[int]) -> None:
    """Refuse what is not three different dilation rates (decision R2).

    Raises:
        InputError: another number of rates, two equal ones, or none at all.
    """
    whole = all(isinstance(rate, int) and rate > 0 for rate in dilations)
    if len(dilations) != 3 or len(set(dilations)) != 3 or not whole:
        raise InputError(
            f"dilations (R2) are three different whole numbers above 0, such as {DILATIONS}; got "
            f"{dilations}."
        )


class ResFormerBlock(nn.Module):
    """A ResNet stage joined with a pair of Swin blocks (decision R1).

    Args:
        stage: the ResNet stage.
        inputs, outputs: its channels.
        stride: its stride.
        heads: of the Swin blocks.
        cells: side of the stage's output at 256×256.
        fusion, source: "concat" or "sum", "series" or "parallel".
    """

    def __init__(
        self,
        stage: nn.Module,
        inputs: int,
        outputs: int,
        stride: int,
        heads: int,
        cells: int,
        fusion: str,
        source: str,
    ) -> None:
        super().__init__()
        self.stage = stage
        self.swin = SwinTransformerV2Stage(
            outputs,
            outputs,
            (cells, cells),
            depth=2,
            num_heads=heads,
            window_size=WINDOW,
            pretrained_window_size=WINDOW,
            dynamic_mask=True,
        ).blocks
        start_xavier(self.swin)
        self.adapt = nn.Conv2d(inputs, outputs, 1, stride) if source == "parallel" else None
        self.fuse = conv_bn_relu(2 * outputs, outputs, 1) if fusion == "concat" else None

    def forward(self, x: Tensor) -> tuple[Tensor, WindowedAttention]:
        """B×inputs×H×W to F, B×outputs×H/stride×W/stride, and the attention."""
        local = self.stage(x)  # R
        read = local if self.adapt is None else self.adapt(x)
        cells, attention = run_blocks(self.swin, read.permute(0, 2, 3, 1), WINDOW)
        context = cells.permute(0, 3, 1, 2)  # T
        if self.fuse is None:
            return local + context, attention
        return self.fuse(torch.cat([local, context], dim=1)) + local, attention


class ResFormerMTL(nn.Module):
    """See the module's docstring; the arguments are the decisions of `SPEC`."""

    def __init__(
        self,
        variant: str,
        pretrained,
        block_fusion: str,
        block_input: str,
        dilations: Sequence[int],
        compact_encoder: str,
    ) -> None:
        super().__init__()
        require_rates(dilations)
        weights = weights_by_backbone(variant, pretrained, ("resnet",), compact_encoder)["resnet"]
        if variant == "compact" and compact_encoder == LITE:
            body = lite_body(weights, features_only=True)
            channels = body.feature_info.channels()  # 16, 24, 40, 112, 320
            self.mean, self.std = lite_scale()
            self.stem, stages = lite_stages(body)
            self.pool: nn.Module = nn.Identity()  # the first stage has the stride itself
        else:
            if variant == "paper":
                body = timm_model("resnet34", weights, num_classes=0)
            else:
                body = timm_model("resnet18", num_classes=0, channels=COMPACT_CHANNELS)
            channels = [level["num_chs"] for level in body.feature_info]  # 64, 64, 128, 256, 512
            self.stem = nn.Sequential(body.conv1, body.bn1, body.act1)
            self.pool = body.maxpool
            stages = (body.layer1, body.layer2, body.layer3, body.layer4)
        self.blocks = nn.ModuleList(
            ResFormerBlock(
                stage,
                channels[index],
                channels[index + 1],
                1 if index == 0 and not isinstance(self.pool, nn.Identity) else 2,
                HEADS[index],
                64 >> index,
                block_fusion,
                block_input,
            )
            for index, stage in enumerate(stages)
        )
        skips = [16 * -(-width // 16) for width in channels[:4]]  # E4: next multiple of 16
        self.fit = nn.ModuleList(
            nn.Identity() if width == skip else conv_bn_relu(width, skip, 1)
            for width, skip in zip(channels[:4], skips, strict=True)
        )
        self.enhance = nn.ModuleList(DilatedFeatureEnhancement(width, dilations) for width in skips)
        below, decoder = channels[4], []
        for skip, width in zip(reversed(skips), DECODER_WIDTHS[variant], strict=True):
            decoder.append(
                nn.Sequential(conv_bn_relu(below + skip, width), conv_bn_relu(width, width))
            )
            below = width
        self.decoder = nn.ModuleList(decoder)
        self.mask_head = nn.Conv2d(below, 1, 1)
        hidden = HEAD_WIDTHS[variant]
        self.class_head = nn.Sequential(
            nn.Linear(sum(channels[1:]), hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(0.3),
            nn.Linear(hidden, len(MALIGNANCY.classes)),
        )

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to mask logits B×1×H×W and class logits B×2."""
        levels, attentions = [self.stem(images)], []  # F_0
        x = self.pool(levels[0])
        for block in self.blocks:  # F_1 … F_4
            x, attention = block(x)
            levels.append(x)
            attentions.append(attention)
        enhanced = [
            dfe(fit(x)) for dfe, fit, x in zip(self.enhance, self.fit, levels[:4], strict=True)
        ]  # R2
        for fuse, (skip, _) in zip(self.decoder, reversed(enhanced), strict=True):  # R3
            x = fuse(torch.cat([upsample_to(x, skip.shape[-2:]), skip], dim=1))
        mask_logits = self.mask_head(upsample_to(x, images.shape[-2:]))
        vector = torch.cat([level.mean(dim=(2, 3)) for level in levels[1:]], dim=1)  # R4
        found = {}
        if maps:
            branches = [answers for _, answers in enhanced]
            found = self._maps(attentions, branches, levels[4])
        return Output(
            mask_logits=mask_logits,
            class_logits={MALIGNANCY.name: self.class_head(vector)},
            maps=found,
        )

    def _maps(
        self,
        attentions: list[WindowedAttention],
        branches: list[list[Tensor]],
        deepest: Tensor,
    ) -> dict[str, Map]:
        maps: dict[str, Map] = {}
        for level, attention in enumerate(attentions, start=1):
            stage = f"ResFormer block {level}"
            maps |= attention.as_map(ATTENTION[level], stage, 2 ** (level + 1))
        for level, (dfe, answers) in enumerate(zip(self.enhance, branches, strict=True)):
            for dilation, answer in zip(dfe.dilations, answers, strict=True):
                stage = f"skip of level {level}"
                maps |= branch(level, dilation).of(answer, stage, 2 ** (level + 1))
        return maps | POOLED.of(deepest, "F_4", 32)


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """What the Swin blocks hand to the fusion, all and by level, and the enhanced skips."""
    found = []
    if network.blocks[0].fuse is not None:
        blocks = {f"swin_attention.{n}": block for n, block in enumerate(network.blocks, start=1)}
        for number, (name, block) in enumerate(blocks.items()):
            mean = mean_input(block.fuse[0].in_channels // 2)
            says = f"the features of the Swin blocks {MEAN}"
            found.append(Part(name, says, mean, (f"blocks.{number}.fuse",), (name,)))
    for number, dfe in enumerate(network.enhance):
        name, says = f"dfe_branch.{number}", "the branches add nothing to the skip"
        maps = tuple(f"{name}.{dilation}" for dilation in dfe.dilations)
        found.append(Part(name, says, passed_by(), (f"enhance.{number}",), maps, added_to()))
    return tuple(found)
