"""Chowdary et al., rebuilt from the abstract: a residual U-Net whose levels all tell the class."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.outputs import Output
from ..core.spec import Decision, Diagram, Edge, Equation, MapSpec, Paper, Spec
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..nn.backbones import refuse_weights
from . import baseline_papers
from .encoder_maps import ENCODER_MEANS, encoder_means
from .registry import register
from .wiring import across, box, chain, climbing, image, malignancy

WIDTHS = {"paper": (32, 64, 128, 256, 512), "compact": (16, 32, 64, 128, 256)}
HIDDEN = 256
POOLED = MapSpec(
    "pooled_features",
    "feature",
    "The bridge, the deepest of the five maps that the class head averages.",
)

LEVELS = tuple(
    box(f"c{n}", "bridge" if n == 5 else f"level {n}", "convolution", 0, n, f"encoder.{n - 1}")
    for n in range(1, 6)
)

SPEC = Spec(
    name="chowdary",
    title="Chowdary (rebuilt from the abstract)",
    role="baseline",
    paper=Paper(
        title="A multi-task learning framework for automated segmentation and classification of "
        "breast tumors from ultrasound images",
        authors="J. Chowdary, P. Yogarajah, P. Chaurasia, V. Guruviah",
        year=2022,
        reference="Ultrasonic Imaging 44(1), 3–12, doi:10.1177/01617346221075769",
    ),
    idea="A U-shaped network draws the tumour: encoder, bridge, decoder. A dense branch reads the "
    "class from features of several levels at once, fine texture as well as overall shape. Both "
    "are learned together.",
    tasks=(SEGMENTATION, MALIGNANCY),
    maps=(*ENCODER_MEANS[:2], POOLED),
    stated="Encoder, bridge and decoder for the mask; dense branch on multi-scale features for the "
    "class. Only abstract and introduction were reachable.",
    ours="The architecture is rebuilt from the abstract: blocks, widths and branch are decision "
    "B4.",
    decisions=(
        Decision(
            "B4",
            "Blocks, widths, and which levels the class reads.",
            "Residual U-Net of 32, 64, 128 and 256 channels with a bridge of 512; max-pooling "
            "down, transposed 2×2 up; class from the means of the four encoder levels and the "
            "bridge, 256 units, 1.",
            "The plainest network that fits the abstract's words. The public AdityanNetwork is "
            "another model.",
        ),
    ),
    equations=(
        Equation(
            "A residual block",
            "ours",
            r"y = \rho\big(\mathrm{BN}\,K_3 * \rho\,\mathrm{BN}\,K_3 * x + W x\big)",
            "$K_3$: 3×3 kernels; $W$: 1×1 convolution; $\\rho$: ReLU.",
            ("B4",),
        ),
        Equation(
            "The class",
            "abstract; form is ours",
            r"z = W_2\,\rho\,W_1\,[\,\mathrm{GAP}(x_1),\, \dots,\, \mathrm{GAP}(x_4),\,"
            r" \mathrm{GAP}(x_5)\,]",
            "$x_1$ to $x_4$: the encoder's levels; $x_5$: the bridge; GAP: mean over the cells.",
            ("B4",),
        ),
    ),
    diagram=Diagram(
        nodes=(
            image(),
            *LEVELS,
            *climbing("U", [f"decoder.{n}" for n in range(4)])[0],
            box("vector", "means of all\nfive levels", "decoder", 1, 6.1, "<class_head"),
            malignancy(2, 6.1),
        ),
        edges=(
            *chain("image", "c1", "c2", "c3", "c4", "c5"),
            *chain("u4", "u3", "u2", "u1", "mask"),
            *across([(f"c{n}", f"u{n}") for n in range(1, 5)]),
            Edge("c5", "u4", route="hv"),
            Edge("c5", "vector", "all five", route="vh"),
            *chain("vector", "class"),
        ),
        reading="The encoder goes down to a bridge, the decoder climbs back and takes each level "
        "along. The class is read from the means of all four levels and the bridge.",
    ),
    coarse_masks=("decoder.0", "decoder.1", "decoder.2"),
    paper_errors=(
        "The Hybrid-MT-ESTAN paper spells it 'Chowdery' and lists it among the transformers; it "
        "is a convolutional network.",
        baseline_papers.AUC_ERROR,
    ),
    reported=(baseline_papers.hybrid_table("Chowdary"),),
)


class ResidualBlock(nn.Module):
    """ReLU(conv-BN-ReLU-conv-BN(x) + 1×1 conv(x)); convolutions are 3×3."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """B×inputs×H×W to B×outputs×H×W."""
        return F.relu(self.body(x) + self.shortcut(x))


class Chowdary(nn.Module):
    """Four encoder levels, bridge, four decoder levels; the class from all but the decoder."""

    def __init__(self, variant: str, pretrained) -> None:
        super().__init__()
        refuse_weights(pretrained, "this network, which has no published backbone")
        widths = WIDTHS[variant]
        self.encoder = nn.ModuleList(map(ResidualBlock, (3, *widths[:-1]), widths))  # and bridge
        self.upsamplers = nn.ModuleList(
            nn.ConvTranspose2d(below, width, 2, stride=2)
            for below, width in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.decoder = nn.ModuleList(ResidualBlock(2 * width, width) for width in widths[-2::-1])
        self.mask_head = nn.Conv2d(widths[0], 1, 1)
        self.class_head = nn.Sequential(
            nn.Linear(sum(widths), HIDDEN), nn.ReLU(inplace=True), nn.Linear(HIDDEN, 1)
        )

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W, sides multiples of 16, to mask logits B×1×H×W and a class logit B×1."""
        levels = [self.encoder[0](images)]
        for block in self.encoder[1:]:
            levels.append(block(F.max_pool2d(levels[-1], 2)))
        x = bridge = levels[-1]
        for skip, upsample, block in zip(
            reversed(levels[:-1]), self.upsamplers, self.decoder, strict=True
        ):
            x = block(torch.cat([upsample(x), skip], dim=1))
        found = encoder_means(levels[2:4]) | POOLED.of(bridge, "bridge", 16) if maps else {}
        pooled = torch.cat([level.mean(dim=(2, 3)) for level in levels], dim=1)  # B×992
        return Output(
            mask_logits=self.mask_head(x),
            class_logits={MALIGNANCY.name: self.class_head(pooled)},
            maps=found,
        )


register(SPEC, Chowdary)
