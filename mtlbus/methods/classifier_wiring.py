"""Equations and diagrams of the plain classifiers, and of the lab's head and loss on them."""

from __future__ import annotations

from dataclasses import replace

from ..core.spec import Diagram, Edge, Equation
from .wiring import CROSS_ENTROPY, box, chain, classifier, image, lines, malignancy

_LEVELS = tuple(f"encoder:{n}" for n in range(5))
_CLASS_ENTROPY = replace(CROSS_ENTROPY, source="section 2.1 of MTL-COSA")
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


DENSENET_EQUATIONS = (
    Equation(
        "A dense layer",
        "Huang et al. 2017, eq. 2",
        r"x_\ell = H_\ell\big([\,x_0,\, x_1,\, \dots,\, x_{\ell-1}\,]\big)",
        "$x_0$: what enters the block; $H_\\ell$: normalisation, ReLU, 1×1 convolution, and again "
        "with 3×3; it adds a fixed number of channels to those that came before.",
    ),
    LAB_HEAD,
    weighted_entropy(4),
)
MOBILENET_EQUATIONS = (
    Equation(
        "A depthwise separable convolution",
        "Howard et al. 2017",
        r"y = \rho\,\mathrm{BN}\big(W\,\rho\,\mathrm{BN}(K_3 *_{\text{each channel}} x)\big)",
        "First every channel is filtered alone, then a 1×1 convolution $W$ mixes the channels: "
        "about a ninth of the products of a full 3×3 convolution.",
    ),
    LAB_HEAD,
    weighted_entropy(4),
)
VGG_EQUATIONS = (
    Equation(
        "A convolutional block",
        "Simonyan and Zisserman 2015",
        r"x_{k+1} = \text{MAX-P}\big((\rho\,K_3 *)^{n_k}\, x_k\big),\qquad n = 2, 2, 3, 3, 3",
        "$K_3$: 3×3 kernels; $\\rho$: ReLU; MAX-P: 2×2 maximum.",
    ),
    Equation(
        "The class",
        "Simonyan and Zisserman 2015",
        r"z = W_3\, D\,\rho\,W_2\, D\,\rho\,W_1\, \mathrm{vec}(x_6)",
        "$x_6$ as 7×7 cells; $D$: dropout; the last layer has two outputs.",
    ),
    _CLASS_ENTROPY,
)
LENET_EQUATIONS = (
    Equation(
        "The network",
        "LeCun et al. 1998",
        lines(
            r"f = \text{MAX-P}\,\rho\,K_5 * \text{MAX-P}\,\rho\,K_5 * x",
            r"z = W_3\,\rho\,W_2\,\rho\,W_1\,\mathrm{vec}(f)",
        ),
        "$x$: the image; $K_5$: 5×5 kernels, 6 and 16 of them; $W_1, W_2, W_3$: to 120, 84 and 2. "
        "Read from right to left.",
        ("B5",),
    ),
    _CLASS_ENTROPY,
)
VIT_EQUATIONS = (
    Equation(
        "Tokens",
        "Dosovitskiy et al. 2021, eq. 1",
        r"t_0 = [\,c;\; x_1 E;\; \dots;\; x_N E\,] + P",
        "$x_k$: the $N = 256$ patches of 16×16 pixels; $E$: linear; $c$: the class token; $P$: the "
        "positions, interpolated to the input's grid.",
        ("B10",),
    ),
    Equation(
        "A block",
        "Dosovitskiy et al. 2021, eqs 2 and 3",
        lines(
            r"\hat t = \mathrm{MSA}(\mathrm{LN}(t)) + t",
            r"t' = \mathrm{MLP}(\mathrm{LN}(\hat t)) + \hat t",
            r"\mathrm{MSA}:\ \mathrm{softmax}_{\text{keys}}"
            r"\Big(\tfrac{q k^{\top}}{\sqrt{d}}\Big)\, v",
        ),
        "Every token attends to every other, in several heads; LN: layer normalisation.",
    ),
    Equation(
        "The class",
        "ours",
        r"z = w^{\top}\, \mathrm{LN}(t_L)_c + b,\qquad p = \sigma(z)",
        "$(t_L)_c$: the class token after the last block; $p$: probability of malignancy.",
        ("B10",),
    ),
)
VGGA_VIT_EQUATIONS = (
    Equation(
        "The VGG path",
        "public code",
        lines(
            r"g = \sigma\big(W_b\,\rho\,W_a\,[\,\mathrm{GAP}(x),\, \mathrm{GMP}(x)\,]\big)",
            r"v = W\,\big(g \odot D\,\rho\,\mathrm{BN}(W_c\,\mathrm{GAP}(x))\big)",
        ),
        "$x$: the VGG-16 features; GAP, GMP: mean and maximum over the cells; $g$: 64 weights "
        "between 0 and 1; $v$: 32 numbers.",
        ("B8",),
    ),
    Equation(
        "The class",
        "public code",
        r"z = W_2 W_1\, D\,\mathrm{BN}\,\sigma\big([\,W_t\,t_c,\; v\,]\big)",
        "$t_c$: the class token of the vision transformer, brought to 32 numbers; $D$: dropout.",
    ),
)
_DOWN_TO_MEAN = (
    "The image becomes smaller and deeper from level to level; the class is read from the mean of "
    "the deepest one."
)
DENSENET = classifier(
    "C",
    _LEVELS,
    "mean over\nthe cells",
    "<head.layers",
    _DOWN_TO_MEAN + " Within a level every layer reads all layers before it.",
)
MOBILENET = classifier(
    "C",
    [f"encoder.blocks.{n}" for n in range(5)],
    "mean over\nthe cells",
    "<head.layers",
    _DOWN_TO_MEAN + " Each convolution filters the channels one by one and then mixes them.",
)
VGG = classifier(
    "C",
    [f"body.features.{n}" for n in (4, 9, 16, 23, 30)],
    "two dense\nlayers",
    "body.pre_logits",
    "Five blocks of convolutions, each halved at its end; then dense layers read all cells.",
)
LENET = classifier(
    "C",
    ("features.2", "features.5"),
    "two dense\nlayers",
    "<classifier.4",
    "Two convolutions with pooling, then dense layers that read all cells.",
)
VIT = Diagram(
    nodes=(
        image(),
        box("patches", "256 patches", "transformer", 0, 1, "encoder.body.patch_embed [hwc]"),
        box("entering", "all blocks\nbut one", "transformer", 0, 2, "encoder:entering"),
        box("token", "class token", "decoder", 1, 2, "encoder:class_token"),
        malignancy(2, 2),
    ),
    edges=chain("image", "patches", "entering", "token", "class"),
    reading="The image is cut into patches of 16×16 pixels; in every block each patch attends to "
    "every other. An extra token gathers the class.",
)
VGGA_VIT = Diagram(
    nodes=(
        image(),
        *(
            box(f"c{i}", f"VGG block {i}", "convolution", 0, i, f"vgg.{tap}")
            for i, tap in enumerate((4, 9, 16, 23, 30), start=1)
        ),
        box("gate", "channel gate", "idea", 1.05, 4, "vgg_out:1"),
        box("local", "summary,\ntimes the gate", "idea", 1.05, 5, "vgg_out:0"),
        box("token", "ViT,\nclass token", "transformer", 1.05, 0, "transformer:class_token"),
        box("whole", "summary", "decoder", 2.1, 0, "transformer_out"),
        box("joined", "joined", "decoder", 2.1, 5, "<joined"),
        malignancy(3.1, 5),
    ),
    edges=(
        *chain("image", "c1", "c2", "c3", "c4", "c5", "local", "joined", "class"),
        Edge("c5", "gate", route="hvh"),
        *chain("gate", "local"),
        *chain("image", "token", "whole", "joined"),
    ),
    reading="A VGG-16 goes down on the left, its summary weighed channel by channel; a vision "
    "transformer reads the same image. Thirty-two numbers of each are joined for the class.",
)
