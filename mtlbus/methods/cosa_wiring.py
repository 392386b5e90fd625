"""Equations and diagrams of MTL-COSA and the four networks its paper compares with it."""

from __future__ import annotations

from dataclasses import replace

from ..core.spec import Diagram, Edge, Equation, Group
from .wiring import (
    CROSS_ENTROPY,
    across,
    box,
    chain,
    classifier,
    climbing,
    going_down,
    image,
    lines,
    malignancy,
)

LEVELS = tuple(f"encoder:{n}" for n in range(5))
ENCODER, DOWN = going_down("C", LEVELS)
DECODER, UP = climbing("U", [f"decoder.fusers.{n}" for n in range(4)])
SKIPS = across([(f"c{n}", f"u{n}") for n in range(1, 5)])
U_SHAPE = (image(), *ENCODER, *DECODER)
_READING = (
    "The encoder goes down on the left, the decoder climbs back on the right and takes each level "
    "of the encoder along. "
)

UPWARD = Equation(
    "The decoder",
    "section 2.1",
    r"U_{i-1} = \rho\big(\mathrm{BN}(K_{3\times3} * [\,\mathrm{up}(U_i),\, C_{i-1}\,])\big),"
    r"\qquad U_5 = C_5",
    "$C_i$: the five levels of the encoder; up: bilinear ×2; $[\\cdot,\\cdot]$: concatenation; "
    "$\\rho$: ReLU; BN: batch normalisation. The text only concatenates.",
    ("M1",),
    printed=r"U_{i-1} = [\,\mathrm{up}(U_i),\, C_{i-1}\,]",
)
MASK_LOGITS = Equation(
    "The mask",
    "section 2.1",
    r"p = \mathrm{softmax}\big(\mathrm{up}(K_{3\times3} * U_1)\big)",
    "$p$: probability of background and tumour in every pixel.",
)
POOLED_CLASS = Equation(
    "The class",
    "section 3, Results",
    r"z = W\,\mathrm{GAP}(C_5) + b",
    "GAP: global average pooling over the cells of $C_5$; $z$: the logits of benign and malignant.",
    ("B1",),
)
TOTAL_LOSS = Equation(
    "The loss",
    "eq. 1",
    r"\mathcal{L} = \alpha\,\mathcal{L}_{seg} + \beta\,\mathcal{L}_{cls},"
    r"\qquad \alpha = 0.8,\; \beta = 0.2",
    "Both are cross-entropies, of pixels and of images.",
)
MASK_LOSS = Equation(
    "The loss",
    "section 2.1",
    r"\mathcal{L}_{seg} = -\frac{1}{HW}\sum_{u} \log p_{y(u)}(u)",
    "$p$: probability of the classes in pixel $u$; $y(u)$: its true class.",
)

UPWARD_ONLY = (UPWARD, MASK_LOGITS, MASK_LOSS)
MTL_EQUATIONS = (UPWARD, MASK_LOGITS, POOLED_CLASS, TOTAL_LOSS)
RESNET_EQUATIONS = (POOLED_CLASS, CROSS_ENTROPY)
MTL_SA_EQUATIONS = (
    Equation(
        "Self-attention",
        "section 3; Zhang et al. 2019 (SAGAN)",
        lines(
            r"A = \mathrm{softmax}_{\text{keys}}\big((W_q C_5)^{\!\top} (W_k C_5)\big)",
            r"S = \gamma\,(W_v C_5)\,A^{\!\top} + C_5",
        ),
        "$W_q, W_k$: to an eighth of the channels, $W_v$: to all of them; row $i$ of $A$ says "
        "where cell $i$ looks and sums to 1; $\\gamma$ starts at 0, so at first $S = C_5$.",
    ),
    replace(UPWARD, latex=UPWARD.latex.replace("U_5 = C_5", "U_5 = S")),
    MASK_LOGITS,
    replace(POOLED_CLASS, latex=r"z = W\,\mathrm{GAP}(S) + b"),
    TOTAL_LOSS,
)
COSA_EQUATIONS = (
    UPWARD,
    MASK_LOGITS,
    Equation(
        "The margin and the three regions",
        "section 2.2, Fig. 2",
        lines(
            r"Z = \mathbb{1}\big[\,|\nabla m| > 0\,\big] \oplus \square_{5\times5}",
            r"Y = m\,(1 - Z),\qquad X = (1 - m)(1 - Z)",
        ),
        "$m$: the predicted mask, 0 or 1, without gradient; $\\nabla$: Sobel; $\\oplus$: dilation. "
        "$X$ background, $Y$ tumour, $Z$ margin, six pixels wide; $X + Y + Z = 1$ everywhere.",
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
        ("M4",),
    ),
    Equation(
        "Pooling, and one vector of three",
        "section 2.2",
        lines(
            r"P_R = \mathrm{GAP}(S_R)",
            r"F_W = w_X P_X + w_Y P_Y + w_Z P_Z + b",
        ),
        "The 1×1 convolution over the regions has only the four numbers $w_X, w_Y, w_Z, b$. With "
        "region_pooling = masked, $P_R$ is the mean over the region instead of the whole grid.",
        ("M4",),
    ),
    Equation(
        "The class, and its exact split",
        "ours, from the two lines above",
        r"z_c = \underbrace{\sum_{R} w_R \langle W_c, P_R\rangle}_{\text{shares of the regions}}"
        r" + \underbrace{b\,\textstyle\sum_k W_{ck} + b_c}_{\text{constant}}",
        "$W_c, b_c$: the linear layer of class $c$. All is linear after the attention, so the "
        "three shares and the constant sum to the logit without a rest.",
    ),
    TOTAL_LOSS,
)

RESNET = classifier(
    "C",
    LEVELS,
    "mean over\nthe cells",
    "<head.classifier",
    "The image becomes smaller and deeper from level to level; the mean of the deepest level is "
    "the vector that the class is read from.",
)
URESNET = Diagram(
    nodes=U_SHAPE,
    edges=(*DOWN, *UP, *SKIPS, Edge("c5", "u4", route="hv")),
    reading=_READING + "There is no class.",
)
MTL = Diagram(
    nodes=(
        *U_SHAPE,
        box("vector", "mean over\nthe cells", "decoder", 2, 5, "<head.classifier"),
        malignancy(3, 5),
    ),
    edges=(*URESNET.edges, *chain("c5", "vector", "class")),
    reading=_READING + "The class is read from the mean of the deepest level.",
)
MTL_SA = Diagram(
    nodes=(
        *U_SHAPE,
        box("attention", "self-attention S", "idea", 1, 5, "attention:0"),
        *MTL.nodes[-2:],
    ),
    edges=(
        *DOWN,
        *UP,
        *SKIPS,
        *chain("c5", "attention", "vector", "class"),
        Edge("attention", "u4"),
    ),
    reading=_READING + "Before either answer, every cell of the deepest level may gather from "
    "every other.",
)
COSA = Diagram(
    nodes=(
        *U_SHAPE,
        box("regions", "regions X, Y, Z\nof the mask", "idea", 2, 0, "cosa:regions"),
        box("weights", "area average", "idea", 2, 1.3, "cosa:weights"),
        box("background", "background", "idea", 2, 3, "cosa.attention.0:0"),
        box("tumour", "tumour", "idea", 2, 4, "cosa.attention.1:0"),
        box("margin", "margin", "idea", 2, 5, "cosa.attention.2:0"),
        box("vector", "weighed sum\nof three means", "idea", 3.1, 4, "<classifier"),
        malignancy(4.1, 4),
    ),
    edges=(
        *URESNET.edges,
        *chain("mask", "regions", "weights", "cosa"),
        Edge("c5", "cosa", route="hvh", lane=1.47),
        *chain("cosa", "vector", "class"),
    ),
    groups=(Group("cosa", "attention in each region", ("background", "tumour", "margin")),),
    reading=_READING + "The predicted mask then cuts the deepest features C₅ into background, "
    "tumour and margin; each attends alone, and the class is a weighed sum of the three.",
)
