"""Equations and words that the plain classifiers share, and the lab's head and loss on them."""

from __future__ import annotations

from dataclasses import replace

from ..core.spec import Equation
from .wiring import CROSS_ENTROPY

DOWN_TO_MEAN = (
    "The image becomes smaller and deeper from level to level; the class is read from the mean of "
    "the deepest one."
)
CLASS_ENTROPY = replace(CROSS_ENTROPY, source="section 2.1 of MTL-COSA")
WEIGHTED_ENTROPY = Equation(
    "The loss of the class",
    "the lab's public scripts",
    r"\mathcal{L}_{cls} = -\frac{1}{N}\sum_{i} \Big[ w\, t_i \log p_i + (1 - t_i)"
    r" \log(1 - p_i) \Big]",
    "$t_i$: 1 for malignant; $p_i = \\sigma(z_i)$; $w$: weight of the malignant images, {weight}.",
)
LAB_HEAD = Equation(
    "The class",
    "the lab's public scripts",
    r"z = W_3\,\rho\,W_2\,D_{0.3}\,\rho\,W_1\,\mathrm{GAP}(f),\qquad p = \sigma(z)",
    "$f$: the deepest features; GAP: mean over the cells; $W_1, W_2, W_3$: to 512, 64 and 1; $D$: "
    "dropout; $\\rho$: ReLU; $p$: probability of malignancy.",
)


def weighted_entropy(weight: int) -> Equation:
    """Cross-entropy with this weight on the malignant images."""
    symbols = WEIGHTED_ENTROPY.symbols.format(weight=weight)
    return replace(WEIGHTED_ENTROPY, symbols=symbols)
