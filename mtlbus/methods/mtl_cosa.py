"""MTL-COSA: the predicted mask splits the bottleneck into background, tumour and margin.

Data flow: C1..C5 → mask logits → regions X, Y, Z (no gradient) → COSA on C5 → F_W → class logits.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..core.outputs import Map, MapWords, Output, positive_logit
from ..core.spec import Decision, Diagram, Edge, Equation, Group, MapSpec, Option, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.context_regions import REGIONS, ContextOrientedAttention, RegionFeatures
from ..nn.encoders import level_encoder
from . import cosa_paper, cosa_wiring
from .encoder_maps import ENCODER_MEANS, encoder_means
from .parts import Part, added_to, passed_by
from .pretraining import COMPACT_ENCODER
from .registry import register
from .wiring import box, chain, lines, malignancy

FULL = MapSpec("regions", "region", "The three regions of the predicted mask at full resolution.")
WEIGHTS = MapSpec(
    "region_weights",
    "region",
    "The share of each region in every cell of the bottleneck, as the classifier uses it.",
)
ATTENTION = tuple(
    MapSpec(
        f"cosa_attention.{region}",
        "attention",
        f"Where a cell of the {region} looks for context.",
        MapWords("COSA attention"),
    )
    for region in REGIONS
)
SCORE = MapSpec(
    "region_score",
    "score",
    "The exact share of the three regions in each class logit; with the constant they sum to the "
    "logit.",
)
SCORE_MAP = MapSpec("region_score_map", "score", "The same shares, cell by cell.")
CONSTANT = MapSpec(
    "region_constant", "scalar", "The part of each class logit that no region contributes."
)
MIX = MapSpec(
    "region_mix",
    "scalar",
    "What each region's mean is multiplied by before they are added; learned, and the same for "
    "every image.",
)
ADDED = MapSpec(
    "cosa_added",
    "scalar",
    "How large what attention adds in each region is beside the region's own features: the ratio "
    "of their norms. 0 is nothing.",
    MapWords("What attention adds"),
)
POOLED = MapSpec("pooled_features", "feature", "C5, which the three regions divide.")

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
        *(FULL, WEIGHTS, *ATTENTION, SCORE, SCORE_MAP, CONSTANT, MIX, ADDED),
        *ENCODER_MEANS,
        POOLED,
    ),
    stated="ResNet-101; Sobel contour dilated by 5×5; regions resized to 8×8 and multiplied with "
    "C5; self-attention of each with C5; pooling; 1×1 convolution over the regions; linear layer; "
    "0.8·CE mask + 0.2·CE class.",
    ours="Decisions M1 to M5 and M8.",
    decisions=(
        cosa_paper.DECODER_DECISION,
        Decision(
            "M2",
            "Where the regions come from while the mask is still being learned.",
            "The arg-max of the model's own logits, without gradient, in training and out of it.",
            "It is what the network has at test time; an empty mask makes all background.",
            options=(
                Option(
                    "truth_epochs",
                    0,
                    meaning="use the true mask during the first k epochs of training",
                ),
            ),
        ),
        Decision(
            "M3",
            "How a 256×256 region becomes 8×8.",
            "Area average: fractions that sum to 1 in every cell.",
            "Nearest keeps little of the six-pixel margin: on 150 masks of BUS-BRA 1.87 of 64 "
            "cells on average, and none in 15 %.",
            options=(Option("region_resize", "area", ("area", "max", "nearest")),),
        ),
        Decision(
            "M4",
            "Which of the two inputs of the attention is query, key and value.",
            "Query and key from the regional map, value from C5, residual the regional map; one "
            "module a region.",
            "With γ = 0 at the start the pooled vectors are then the region means of C5.",
            options=(
                Option(
                    "attention_source",
                    "regional_query_key",
                    ("regional_query_key", "regional_query"),
                ),
                Option("region_attention", "separate", ("separate", "shared")),
                Option("region_pooling", "mean", ("mean", "masked")),
            ),
        ),
        cosa_paper.PRETRAINED_DECISION,
        cosa_paper.GAMMA_DECISION,
        COMPACT_ENCODER,
    ),
    equations=(
        cosa_wiring.UPWARD,
        cosa_wiring.MASK_LOGITS,
        Equation(
            "The margin and the three regions",
            "section 2.2, Fig. 2",
            lines(
                r"Z = \mathbb{1}\big[\,|\nabla m| > 0\,\big] \oplus \square_{5\times5}",
                r"Y = m\,(1 - Z),\qquad X = (1 - m)(1 - Z)",
            ),
            "$m$: the predicted mask, 0 or 1, without gradient; $\\nabla$: Sobel; $\\oplus$: "
            "dilation. $X$ background, $Y$ tumour, $Z$ margin, six pixels wide; $X + Y + Z = 1$ "
            "everywhere.",
            ("M2",),
        ),
        Equation(
            "The regional features",
            "section 2.2",
            r"C_R = R_{8\times8} \odot C_5,\qquad R \in \{X, Y, Z\}",
            "$R_{8\\times8}$: the share of the region in each cell of the bottleneck.",
            ("M3",),
        ),
        Equation(
            "Attention within a region",
            "section 2.2; Zhang et al. 2019 (SAGAN)",
            lines(
                r"A_R = \mathrm{softmax}_{\text{keys}}\big((W_q C_R)^{\!\top} (W_k C_R)\big)",
                r"S_R = \gamma_R\,(W_v C_5)\,A_R^{\!\top} + C_R",
            ),
            "Each region has its own $W_q, W_k, W_v$ and $\\gamma_R$, which starts at 0. The paper "
            "only says that $C_R$ and $C_5$ go in together.",
            ("M4", "M8"),
        ),
        Equation(
            "Pooling, and one vector of three",
            "section 2.2",
            lines(
                r"P_R = \mathrm{GAP}(S_R)",
                r"F_W = w_X P_X + w_Y P_Y + w_Z P_Z + b",
            ),
            "The 1×1 convolution over the regions has only the four numbers $w_X, w_Y, w_Z, b$. "
            "With region_pooling = masked, $P_R$ is the mean over the region instead of the whole "
            "grid.",
            ("M4",),
        ),
        Equation(
            "The class, and its exact split",
            "ours, from the two lines above",
            r"z_c = \underbrace{\sum_{R} w_R \langle W_c, P_R\rangle}_{\text{shares of the "
            r"regions}} + \underbrace{b\,\textstyle\sum_k W_{ck} + b_c}_{\text{constant}}",
            "$W_c, b_c$: the linear layer of class $c$. All is linear after the attention, so the "
            "three shares and the constant sum to the logit without a rest.",
        ),
        cosa_wiring.TOTAL_LOSS,
    ),
    diagram=Diagram(
        nodes=(
            *cosa_wiring.U_SHAPE,
            box("regions", "regions X, Y, Z\nof the mask", "idea", 2, 0, "cosa:regions"),
            box("weights", "area average", "idea", 2, 1.3, "cosa:weights"),
            box("background", "background", "idea", 2, 3, "cosa.attention.0:0"),
            box("tumour", "tumour", "idea", 2, 4, "cosa.attention.1:0"),
            box("margin", "margin", "idea", 2, 5, "cosa.attention.2:0"),
            box("vector", "weighed sum\nof three means", "idea", 3.1, 4, "<classifier"),
            malignancy(4.1, 4),
        ),
        edges=(
            *cosa_wiring.U_EDGES,
            cosa_wiring.BOTTOM,
            *chain("mask", "regions", "weights", "cosa"),
            Edge("c5", "cosa", route="hvh", lane=1.47),
            *chain("cosa", "vector", "class"),
        ),
        groups=(Group("cosa", "attention in each region", ("background", "tumour", "margin")),),
        reading=cosa_wiring.READING
        + "The predicted mask then cuts the deepest features C₅ into background, "
        "tumour and margin; each attends alone, and the class is a weighed sum of the three.",
    ),
    coarse_masks=cosa_paper.COARSE_MASKS,
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
        gamma_start: float,
        compact_encoder: str,
    ) -> None:
        super().__init__()
        self.truth_epochs = truth_epochs
        self.encoder = level_encoder(variant, compact_encoder, pretrained)
        self.decoder = cosa_paper.concat_decoder(self.encoder, variant, decoder)
        channels = self.encoder.channels[-1]
        self.cosa = ContextOrientedAttention(
            channels,
            region_resize,
            region_attention,
            attention_source,
            region_pooling,
            gamma_start,
        )
        self.classifier = nn.Linear(channels, len(MALIGNANCY.classes))

    def forward(
        self, images: Tensor, maps: bool = False, given_mask: Tensor | None = None
    ) -> Output:
        """B×3×H×W to mask logits B×2×H×W and class logits B×2.

        Args:
            images: normalised images.
            maps: return the inner maps too.
            given_mask: B×H×W; the regions are cut from it instead of from the prediction: the true
                mask in the first `truth_epochs` epochs of training (decision M2), or a reader's
                outline.
        """
        features = self.encoder(images)
        mask_logits = self.decoder(features, images.shape[-2:])
        predicted = positive_logit(mask_logits).detach() > 0
        mask = predicted if given_mask is None else given_mask > 0.5
        cosa = self.cosa(features[-1], mask)
        class_logits = self.classifier(cosa.vector)
        return Output(
            mask_logits=mask_logits,
            class_logits={MALIGNANCY.name: class_logits},
            maps=self._maps(features, cosa) if maps else {},
        )

    def _maps(self, features: list[Tensor], cosa: RegionFeatures) -> dict[str, Map]:
        """The inner maps, with the exact split of each class logit over the regions.

        logit_c = Σ_R w_R ⟨fc_c, P_R⟩ + (b Σ fc_c + bias_c), in float32.
        """
        bottleneck, place = features[-1], ("bottleneck C5", 32)
        grid, batch = tuple(bottleneck.shape[-2:]), len(bottleneck)
        head = self.classifier.weight.float()  # classes×C
        mix = self.cosa.mix.weight.float().view(len(REGIONS))  # w_X, w_Y, w_Z
        score_map = torch.einsum("r,kc,brchw->bkrhw", mix, head, cosa.weighted.float())
        constant = self.cosa.mix.bias.float() * head.sum(dim=1) + self.classifier.bias.float()
        found = {
            **FULL.of(cosa.regions, "bottleneck C5", 1, labels=REGIONS),
            **WEIGHTS.of(cosa.weights, *place, labels=REGIONS),
        }
        for index, attention in enumerate(ATTENTION):
            found |= attention.of(cosa.attention[:, index : index + 1], *place, grid=grid)
        return {
            **found,
            **SCORE.of(score_map.sum(dim=(3, 4)), *place, labels=REGIONS),
            **SCORE_MAP.of(score_map, *place, labels=REGIONS),
            **CONSTANT.of(constant.expand(batch, -1), *place, labels=MALIGNANCY.classes),
            **MIX.of(mix.expand(batch, -1), *place, labels=REGIONS),
            **ADDED.of(cosa.added, *place, labels=REGIONS),
            **encoder_means(features[1:-1]),
            **POOLED.of(bottleneck, *place),
        }


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The attention of all regions, and of each where each has its own."""
    modules = tuple(f"cosa.attention.{index}" for index in range(len(network.cosa.attention)))
    silencing, adds = passed_by("residual"), added_to("residual")
    maps = {region: found.name for region, found in zip(REGIONS, ATTENTION, strict=True)}
    says, everything = "the attention adds nothing in", (*maps.values(), ADDED.name)
    found = [Part("cosa_attention", f"{says} any region", silencing, modules, everything, adds)]
    if len(modules) > 1:
        for (region, name), module in zip(maps.items(), modules, strict=True):
            found.append(Part(name, f"{says} the {region}", silencing, (module,), (name,), adds))
    return tuple(found)


register(SPEC, MTLCOSA, parts_of=parts_of)
