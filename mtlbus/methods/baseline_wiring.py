"""Equations and diagrams of the multi-task rivals that were rebuilt from their abstracts."""

from __future__ import annotations

from dataclasses import replace

from ..core.spec import Diagram, Edge, Equation
from .classifier_wiring import LAB_HEAD, weighted_entropy
from .hybrid_wiring import DICE
from .wiring import across, box, chain, climbing, going_down, image, malignancy

_LEVELS = tuple(f"encoder:{n}" for n in range(5))
_SKIPS = across([(f"c{n}", f"u{n}") for n in range(1, 5)])
SHA_EQUATIONS = (
    Equation(
        "Soft attention on a skip",
        "Oktay et al. 2018; that it is this gate is ours",
        r"\alpha = \sigma\big(\psi\,\rho(\theta x + \phi g)\big),\qquad \tilde x = \alpha \odot x",
        "$x$: the skip; $g$: the decoder one level below; $\\theta$ halves the grid of $x$; "
        "$\\alpha$: one number a cell, between 0 and 1, enlarged to the grid of $x$.",
        ("B2",),
    ),
    Equation(
        "Hard attention",
        "abstract; form is ours",
        r"h = \mathrm{AvgPool}\,\mathbb{1}[\,p > 0.5\,]",
        "$p$: the predicted mask, without gradient; $h$: the share of tumour in each cell of the "
        "bottleneck.",
        ("B2",),
    ),
    Equation(
        "The class",
        "ours",
        r"z = w^{\top}[\,\mathrm{GAP}(x_5),\; \mathrm{GAP}(h \odot x_5)\,] + b",
        "$x_5$: the bottleneck; GAP: mean over the cells.",
        ("B2",),
    ),
)
EMT_EQUATIONS = (
    LAB_HEAD,
    weighted_entropy(3),
    replace(DICE, source="the lab's public template"),
    Equation(
        "The loss",
        "the lab's public template",
        r"\mathcal{L} = 3\,\mathcal{L}_{cls} + \mathcal{L}_{Dice}",
        "The weight of the malignant images steers between sensitivity and specificity.",
        ("B3",),
    ),
)
CHOWDARY_EQUATIONS = (
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
)
_ENCODER, _DOWN = going_down("C", _LEVELS)
SHA = Diagram(
    nodes=(
        image(),
        *_ENCODER,
        *(
            box(f"g{5 - n}", f"gate {n}", "idea", 1.1, 5 - n, f"gates.{n - 1}:0")
            for n in range(1, 5)
        ),
        *climbing("U", [f"fusers.{n}" for n in range(4)], column=2.2)[0],
        box("hard", "hard mask", "idea", 3.3, 4, ":maps:hard_attention"),
        box("vector", "means of all and\nunder the mask", "decoder", 3.3, 5, "<classifier"),
        malignancy(4.35, 5),
    ),
    edges=(
        *_DOWN,
        *chain("u4", "u3", "u2", "u1", "mask"),
        *(Edge(f"c{n}", f"g{n}") for n in range(1, 5)),
        *(Edge(f"g{n}", f"u{n}") for n in range(1, 5)),
        Edge("c5", "u4", route="hv"),
        Edge("mask", "hard", route="hv"),
        *chain("hard", "vector", "class"),
        Edge("c5", "vector"),
    ),
    reading="Gates decide which part of each skip enters the decoder (soft attention). The "
    "predicted mask then cuts the lesion out of the deepest features C₅ (hard attention), and the "
    "class is read from the whole and from the lesion.",
)
EMT_NET = Diagram(
    nodes=(
        image(),
        *_ENCODER,
        *climbing("U", [f"decoder.blocks.{n}" for n in range(4)], column=1.1, last_row=3)[0][:4],
        box("mask", "mask", "answer", 2.15, 0, ":mask_logits"),
        box("vector", "mean over\nthe cells", "decoder", 1.1, 5, "<head.layers"),
        malignancy(2.15, 5),
    ),
    edges=(
        *_DOWN,
        Edge("c4", "u4", route="hv"),
        *chain("u4", "u3", "u2", "u1", "mask"),
        Edge("image", "u1"),
        *(Edge(f"c{n}", f"u{n + 1}") for n in range(1, 4)),
        *chain("c5", "vector", "class"),
    ),
    reading="A light encoder goes down; the decoder climbs from its fourth level and takes the "
    "finer ones and the image along. The deepest level serves the class only.",
)
_CHOWDARY = tuple(
    box(f"c{n}", "bridge" if n == 5 else f"level {n}", "convolution", 0, n, f"encoder.{n - 1}")
    for n in range(1, 6)
)
CHOWDARY = Diagram(
    nodes=(
        image(),
        *_CHOWDARY,
        *climbing("U", [f"decoder.{n}" for n in range(4)])[0],
        box("vector", "means of all\nfive levels", "decoder", 1, 6.1, "<class_head"),
        malignancy(2, 6.1),
    ),
    edges=(
        *_DOWN,
        *chain("u4", "u3", "u2", "u1", "mask"),
        *_SKIPS,
        Edge("c5", "u4", route="hv"),
        Edge("c5", "vector", "all five", route="vh"),
        *chain("vector", "class"),
    ),
    reading="The encoder goes down to a bridge, the decoder climbs back and takes each level "
    "along. The class is read from the means of all four levels and the bridge.",
)
