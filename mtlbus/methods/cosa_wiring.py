"""Equations and parts of drawings that several networks of the MTL-COSA paper share."""

from __future__ import annotations

from ..core.spec import Edge, Equation
from .wiring import across, box, climbing, going_down, image, malignancy

LEVELS = tuple(f"encoder:{n}" for n in range(5))
_ENCODER, _DOWN = going_down("C", LEVELS)
_DECODER, _UP = climbing("U", [f"decoder.fusers.{n}" for n in range(4)])
U_SHAPE = (image(), *_ENCODER, *_DECODER)
U_EDGES = (*_DOWN, *_UP, *across([(f"c{n}", f"u{n}") for n in range(1, 5)]))
BOTTOM = Edge("c5", "u4", route="hv")  # where nothing stands between encoder and decoder
MEAN_AND_CLASS = (
    box("vector", "mean over\nthe cells", "decoder", 2, 5, "<head.classifier"),
    malignancy(3, 5),
)
READING = (
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
