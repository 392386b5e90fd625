"""Equations and diagram of ResFormer-MTL: all of it ours, re-imagined from the abstract."""

from __future__ import annotations

from ...core.spec import Diagram, Edge, Equation
from ..wiring import box, chain, image, lines, malignancy, mask

EQUATIONS = (
    Equation(
        "A ResFormer block",
        "ours, from the abstract",
        lines(
            r"R_i = \mathrm{ResNet}_i(F_{i-1}),\qquad T_i = \mathrm{Swin}_i(R_i)",
            r"F_i = \rho\,\mathrm{BN}\big(W\,[\,R_i,\, T_i\,]\big) + R_i",
        ),
        "$R_i$: the convolutional stage, local detail; $T_i$: a pair of Swin blocks on its cells, "
        "context; $W$: 1×1 convolution; $\\rho$: ReLU. The abstract only says that the two are "
        "integrated.",
        ("R1",),
    ),
    Equation(
        "Dilated feature enhancement (DFE)",
        "ours, from the abstract",
        lines(
            r"E_i = F_i + W\,[\,f_1(F_i),\, f_3(F_i),\, f_5(F_i)\,]",
            r"f_d(x) = \rho\,\mathrm{BN}\big(K_3 *_d x\big)",
        ),
        "$*_d$: convolution whose nine places are $d$ cells apart, so that the branches see 3, 7 "
        "and 11 cells. Three branches with different rates are stated, the rates are not.",
        ("R2",),
    ),
    Equation(
        "The decoder",
        "ours",
        r"H_i = \big(\rho\,\mathrm{BN}\,K_3 *\big)^2\, [\,\mathrm{up}(H_{i+1}),\, E_i\,],"
        r"\qquad H_4 = F_4",
        "up: bilinear ×2; two 3×3 convolutions a step; the mask is a 1×1 convolution of "
        "$\\mathrm{up}(H_0)$.",
        ("R3",),
    ),
    Equation(
        "The class",
        "ours, from the abstract",
        lines(
            r"z = W_2\, D_{0.3}\,\rho\, W_1\,[\,g_1,\, g_2,\, g_3,\, g_4\,]",
            r"g_i = \mathrm{GAP}(F_i)",
        ),
        "GAP: mean over the cells; $D$: dropout. That several encoder levels are combined is "
        "stated.",
        ("R4",),
    ),
    Equation(
        "The loss",
        "ours",
        r"\mathcal{L} = 0.5\,\big(\mathcal{L}_{Dice} + \mathcal{L}_{BCE}\big) + "
        r"0.5\,\mathcal{L}_{CE}",
        "Dice and cross-entropy of the pixels, cross-entropy of the class.",
        ("R5",),
    ),
)

DIAGRAM = Diagram(
    nodes=(
        image(),
        box("f0", "stem F₀", "convolution", 1.1, 1, "stem"),
        *(
            box(f"r{i}", f"ResNet stage {i}", "convolution", 0, i + 1, f"blocks.{i - 1}.stage")
            for i in range(1, 5)
        ),
        *(
            box(
                f"f{i}", f"with Swin: F{'₀₁₂₃₄'[i]}", "transformer", 1.1, i + 1, f"blocks.{i - 1}:0"
            )
            for i in range(1, 5)
        ),
        *(box(f"e{i}", f"DFE {i}", "idea", 2.2, i + 1, f"enhance.{i}:0") for i in range(4)),
        *(
            box(f"h{i}", f"decoder {4 - i}", "decoder", 3.3, i + 1, f"decoder.{3 - i}")
            for i in range(4)
        ),
        mask(3.3, 0),
        box("vector", "means of\nF₁, F₂, F₃, F₄", "decoder", 2.2, 6.15, "<class_head"),
        malignancy(3.3, 6.15),
    ),
    edges=(
        Edge("image", "f0", route="hv"),
        Edge("f0", "r1", route="vhv"),
        *(Edge(f"r{i}", f"f{i}") for i in range(1, 5)),
        *(Edge(f"f{i}", f"r{i + 1}", route="vhv") for i in range(1, 4)),
        *(Edge(f"f{i}", f"e{i}") for i in range(4)),
        *(Edge(f"e{i}", f"h{i}") for i in range(4)),
        Edge("f4", "h3", route="hv"),
        *chain("h3", "h2", "h1", "h0", "mask"),
        Edge("f4", "vector", "all four", route="vh"),
        *chain("vector", "class"),
    ),
    reading="Re-imagined from the abstract. Each level joins a ResNet stage with Swin blocks; a "
    "dilated feature enhancement (DFE) refines what the decoder receives; the class is read from "
    "the means of all four levels.",
)
