"""MTL-COSA: the predicted mask splits the bottleneck into background, tumour and margin.

Data flow: C1..C5 → mask logits → regions X, Y, Z (no gradient) → COSA on C5 → F_W → class logits.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..core.outputs import Map, Output, positive_logit
from ..core.spec import Decision, MapSpec, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.context_regions import REGIONS, ContextOrientedAttention, RegionFeatures
from ..nn.encoders import NARROW, level_encoder
from . import cosa_paper, cosa_wiring
from .mtl import pooled_features
from .parts import Part, added_to, passed_by
from .pretraining import COMPACT_ENCODER
from .registry import register
from .uresnet import concat_decoder

MEANINGS = {
    "regions": "The three regions of the predicted mask at full resolution.",
    "region_weights": "The share of each region in every cell of the bottleneck, as the "
    "classifier uses it.",
    "cosa_attention": "Where a cell of the {region} looks for context.",
    "region_score": "The exact share of the three regions in each class logit; with the constant "
    "they sum to the logit.",
    "region_score_map": "The same shares, cell by cell.",
    "region_constant": "The part of each class logit that no region contributes.",
    "region_mix": "What each region's mean is multiplied by before they are added; learned, and "
    "the same for every image.",
    "cosa_gamma": "What the attended context is multiplied by in each region before it is added; "
    "0 is none, a small number says little by itself.",
}

SPEC = Spec(
    name="mtl_cosa",
    title="MTL-COSA",
    role="proposed",
    paper=cosa_paper.PAPER,
    idea="The network's own mask cuts its deepest features into background, tumour and margin, "
    "because shadow, shape and margin are what a radiologist reads. Each region attends to its "
    "own context. The class is a weighted sum over the three, so its logit splits exactly.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(
        MapSpec("regions", "region", MEANINGS["regions"]),
        MapSpec("region_weights", "region", MEANINGS["region_weights"]),
        *(
            MapSpec(
                f"cosa_attention.{region}",
                "attention",
                MEANINGS["cosa_attention"].format(region=region),
            )
            for region in REGIONS
        ),
        MapSpec("region_score", "score", MEANINGS["region_score"]),
        MapSpec("region_score_map", "score", MEANINGS["region_score_map"]),
        MapSpec("region_constant", "scalar", MEANINGS["region_constant"]),
        MapSpec("region_mix", "scalar", MEANINGS["region_mix"]),
        MapSpec("cosa_gamma", "scalar", MEANINGS["cosa_gamma"]),
        MapSpec("pooled_features", "feature", "C5, which the three regions divide."),
    ),
    stated="ResNet-101; Sobel contour dilated by 5×5; regions resized to 8×8 and multiplied with "
    "C5; self-attention of each with C5; pooling; 1×1 convolution over the regions; linear layer; "
    "0.8·CE mask + 0.2·CE class.",
    ours="Decisions M1 to M5.",
    decisions=(
        cosa_paper.DECODER_DECISION,
        Decision(
            "M2",
            "Where the regions come from while the mask is still being learned.",
            "The arg-max of the model's own logits, without gradient, in training and out of it.",
            "truth_epochs = 0 (use the true mask during the first k epochs of training)",
            "It is what the network has at test time; an empty mask makes all background.",
        ),
        Decision(
            "M3",
            "How a 256×256 region becomes 8×8.",
            "Area average: fractions that sum to 1 in every cell.",
            "region_resize = area | max | nearest",
            "Nearest keeps little of the six-pixel margin: on 150 masks of BUS-BRA 1.87 of 64 "
            "cells on average, and none in 15 %.",
        ),
        Decision(
            "M4",
            "Which of the two inputs of the attention is query, key and value.",
            "Query and key from the regional map, value from C5, residual the regional map; one "
            "module a region.",
            "attention_source = regional_query_key | regional_query; "
            "region_attention = separate | shared; region_pooling = mean | masked",
            "With γ = 0 at the start the pooled vectors are then the region means of C5.",
        ),
        cosa_paper.PRETRAINED_DECISION,
        COMPACT_ENCODER,
    ),
    equations=cosa_wiring.COSA_EQUATIONS,
    diagram=cosa_wiring.COSA,
    paper_errors=cosa_paper.PAPER_ERRORS,
    reported=cosa_paper.REPORTED,
    recipe=cosa_paper.RECIPE,
)


class MTLCOSA(nn.Module):
    """See the module's docstring; the arguments are the decisions of `SPEC`."""

    def __init__(
        self,
        variant: str,
        pretrained,
        decoder: str,
        truth_epochs: int,
        region_resize: str,
        region_attention: str,
        attention_source: str,
        region_pooling: str,
        compact_encoder: str,
    ) -> None:
        super().__init__()
        self.truth_epochs = truth_epochs
        self.encoder = level_encoder(variant, compact_encoder, pretrained)
        self.decoder = concat_decoder(self.encoder, variant, decoder)
        channels = self.encoder.channels[-1]
        self.cosa = ContextOrientedAttention(
            channels, region_resize, region_attention, attention_source, region_pooling
        )
        self.classifier = nn.Linear(channels, len(MALIGNANCY.classes))

    def forward(
        self, images: Tensor, maps: bool = False, true_mask: Tensor | None = None
    ) -> Output:
        """B×3×H×W to mask logits B×2×H×W and class logits B×2.

        Args:
            images: normalised images.
            maps: return the inner maps too.
            true_mask: B×H×W; regions from here instead of the prediction (decision M2, only in
                the first `truth_epochs` epochs of training).
        """
        features = self.encoder(images)
        mask_logits = self.decoder(features, images.shape[-2:])
        mask = positive_logit(mask_logits).detach() > 0 if true_mask is None else true_mask > 0.5
        cosa = self.cosa(features[-1], mask)
        class_logits = self.classifier(cosa.vector)
        return Output(
            mask_logits=mask_logits,
            class_logits={MALIGNANCY.name: class_logits},
            maps=self._maps(features[-1], cosa) if maps else {},
        )

    def _maps(self, bottleneck: Tensor, cosa: RegionFeatures) -> dict[str, Map]:
        """The inner maps, with the exact split of each class logit over the regions.

        logit_c = Σ_R w_R ⟨fc_c, P_R⟩ + (b Σ fc_c + bias_c), in float32.
        """
        grid, stage = tuple(bottleneck.shape[-2:]), "bottleneck C5"
        head = self.classifier.weight.float()  # classes×C
        mix = self.cosa.mix.weight.float().view(len(REGIONS))  # w_X, w_Y, w_Z
        score_map = torch.einsum("r,kc,brchw->bkrhw", mix, head, cosa.weighted.float())
        constant = self.cosa.mix.bias.float() * head.sum(dim=1) + self.classifier.bias.float()
        batch = len(bottleneck)

        def regional(name: str, tensor: Tensor, kind, stride: int = 32) -> Map:
            return Map(tensor, kind, stage, stride, MEANINGS[name], labels=REGIONS)

        attention = {
            f"cosa_attention.{region}": Map(
                cosa.attention[:, index : index + 1],
                "attention",
                stage,
                32,
                MEANINGS["cosa_attention"].format(region=region),
                grid=grid,
            )
            for index, region in enumerate(REGIONS)
        }
        return {
            "regions": regional("regions", cosa.regions, "region", stride=1),
            "region_weights": regional("region_weights", cosa.weights, "region"),
            **attention,
            "region_score": regional("region_score", score_map.sum(dim=(3, 4)), "score"),
            "region_score_map": regional("region_score_map", score_map, "score"),
            "region_constant": Map(
                constant.expand(batch, -1),
                "scalar",
                stage,
                32,
                MEANINGS["region_constant"],
                labels=MALIGNANCY.classes,
            ),
            "region_mix": regional("region_mix", mix.expand(batch, -1), "scalar"),
            "cosa_gamma": regional("cosa_gamma", self.cosa.gammas.expand(batch, -1), "scalar"),
            "pooled_features": pooled_features(bottleneck),
        }


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The attention of all regions, and of each where each has its own."""
    modules = tuple(f"cosa.attention.{index}" for index in range(len(network.cosa.attention)))
    silencing, adds = passed_by("residual"), added_to("residual")
    maps = {region: f"cosa_attention.{region}" for region in REGIONS}
    everywhere = Part(
        "cosa_attention",
        "the attention adds nothing in any region",
        silencing,
        modules,
        (*maps.values(), "cosa_gamma"),
        adds,
    )
    if len(modules) == 1:
        return (everywhere,)
    return everywhere, *(
        Part(map_name, f"the attention adds nothing in the {region}", silencing, (module,),
             (map_name,), adds)
        for (region, map_name), module in zip(maps.items(), modules, strict=True)
    )  # fmt: skip


@register(SPEC, parts_of=parts_of)
def mtl_cosa(
    variant,
    pretrained,
    tasks,
    decoder: str = "conv",
    truth_epochs: int = 0,
    region_resize: str = "area",
    region_attention: str = "separate",
    attention_source: str = "regional_query_key",
    region_pooling: str = "mean",
    compact_encoder: str = NARROW,
) -> nn.Module:
    """Build MTL-COSA; the options are decisions M1 to M4."""
    return MTLCOSA(
        variant,
        pretrained,
        decoder,
        truth_epochs,
        region_resize,
        region_attention,
        attention_source,
        region_pooling,
        compact_encoder,
    )
