"""Equations and diagram of ACSNet; sizes and forms are those of the authors' public code."""

from __future__ import annotations

from ...core.spec import Diagram, Edge, Equation
from ..wiring import CROSS_ENTROPY, box, chain, image, lines, malignancy, mask

EQUATIONS = (
    Equation(
        "The gate of a level",
        "public code",
        lines(
            r"[\,g_0,\, g_1\,] = \sigma\big(K_3 * \rho\,\mathrm{GN}(K_3 * x)\big)",
            r"a = \underset{u}{\mathrm{mean}}\; g_0(u),\qquad b = \max_u\, g_1(u)",
        ),
        "$x$: the features of an encoder level; $g_0, g_1$: two maps, between 0 and 1; $a$ and $b$ "
        "are two numbers of the image, not maps. GN: group normalisation, $\\rho$: ReLU.",
    ),
    Equation(
        "What the gate lets pass",
        "public code",
        r"y = \rho\,\mathrm{GN}\big(K_3 * (a + b)\,x\big)",
        "$a + b$ lies between 0 and 2: how much of the whole level passes, not where.",
    ),
    Equation(
        "Deformable convolution",
        "Zhu et al. 2019 (DCNv2), eq. 1",
        r"D(x)(u) = \sum_{k=1}^{9} W_k\; m_k(u)\; x\big(u + u_k + \Delta_k(u)\big)",
        "$u_k$: the nine places of a 3×3 kernel; $\\Delta_k$: how far each moves, $m_k$ between 0 "
        "and 1: how much it counts. Both are predicted from $x$ by convolutions that start at 0.",
        ("A1",),
    ),
    Equation(
        "Deformable spatial attention (DSA)",
        "public code",
        lines(
            r"c = \rho\,\mathrm{GN}\,D_1(x)",
            r"m_{avg} = \sigma\big(K_3 * \mathrm{mean}_c\, c\big)",
            r"m_{max} = \sigma\big(K_3 * \mathrm{max}_c\, c\big)",
            r"s = \rho\,\mathrm{GN}\,D_2\big([\,m_{avg} \odot c,\; m_{max} \odot c\,]\big)",
        ),
        "$x$: a step of the decoder; $m_{avg}$ and $m_{max}$, from the mean and the maximum over "
        "the channels, weigh places, between 0 and 1.",
    ),
    Equation(
        "Channel attention",
        "public code",
        lines(
            r"w = \sigma\big(W_2\,\rho\,W_1\,[\,\mathrm{GAP}(x),\, \mathrm{GMP}(x)\,]\big)",
            r"\tilde x = \rho(w \odot x)",
        ),
        "GAP, GMP: mean and maximum of each channel over the cells; $w$: a weight of each channel, "
        "between 0 and 1; through $C/16$ numbers.",
    ),
    Equation(
        "The class",
        "public code",
        r"z = W_b\,\rho\,W_a\,\mathrm{GAP}\big([\,\tilde x_{3},\, \mathrm{up}(\tilde x_{4}),\,"
        r"\tilde s_1\,]\big)",
        "The weighed layers 3 and 4 of the encoder and the first step of the decoder after its "
        "DSA, on one grid.",
    ),
    Equation(
        "The loss of the mask",
        "public code, corrected",
        r"\mathcal{L}_{seg} = 1 - \frac{2\sum pg + \varepsilon}{\sum p + \sum g + \varepsilon}",
        "$p$: probability of tumour, $g$: truth; sums over an image; $\\varepsilon = 10^{-5}$. The "
        "code has $\\varepsilon$ inside the factor 2, so an empty pair has the loss −1.",
        ("A2",),
        printed=r"\mathcal{L}_{seg} = 1 - \frac{2\,(\sum pg + \varepsilon)}"
        r"{\sum p + \sum g + \varepsilon}",
    ),
    Equation(CROSS_ENTROPY.name, "public code", CROSS_ENTROPY.latex, CROSS_ENTROPY.symbols),
    Equation(
        "Learned weights of the losses",
        "public code",
        r"\mathcal{L} = \sum_{i} \frac{0.5}{p_i^2}\,\mathcal{L}_i + \log\big(1 + p_i^2\big)",
        "$p_i$: one number a task, learned with the network, 1 at the start. The logarithm keeps "
        "it from switching a task off.",
    ),
)

_ROWS = {"layer0": 1, "layer1": 2, "layer2": 3, "layer3": 4, "layer4": 5}

DIAGRAM = Diagram(
    nodes=(
        image(),
        *(
            box(name, name, "convolution", 0, row, f"encoder:{row - 1}")
            for name, row in _ROWS.items()
        ),
        *(
            box(f"g{6 - row}", f"gate {6 - row}", "idea", 1.1, row, f"gates.{5 - row}:0")
            for row in range(1, 6)
        ),
        box("f1", "decoder 1", "decoder", 2.2, 4, "conv2"),
        box("f2", "decoder 2", "decoder", 2.2, 3, "conv3"),
        box("f3", "decoder 3", "decoder", 2.2, 2, "conv4"),
        box("f4", "decoder 4", "decoder", 2.2, 1, "conv5"),
        box("d1", "DSA 1", "idea", 3.25, 4, "dsa1:features"),
        box("d2", "DSA 2", "idea", 3.25, 3, "dsa2:features"),
        mask(2.2, 0),
        box("w3", "weighed\nlayer3", "idea", -1.05, 6.2, "weigh.0:0"),
        box("w4", "weighed\nlayer4", "idea", 0, 6.2, "weigh.1:0"),
        box("w1", "weighed\nDSA 1", "idea", 3.25, 6.2, "weigh.2:0"),
        box("vector", "mean over\nthe cells", "decoder", 1.1, 7.3, "<class_head"),
        malignancy(2.2, 7.3),
    ),
    edges=(
        *chain("image", *_ROWS),
        *(Edge(f"layer{5 - n}", f"g{n}") for n in range(1, 6)),
        *(Edge(f"g{n + 1}", f"f{n}") for n in range(1, 5)),
        Edge("g1", "f1", route="hv"),
        *chain("f1", "d1"), Edge("d1", "f2", route="vhv"),
        *chain("f2", "d2"), Edge("d2", "f3", route="vhv"),
        *chain("f3", "f4", "mask"),
        Edge("layer3", "w3", route="hv"), Edge("layer4", "w4"), Edge("d1", "w1"),
        *(Edge(weighed, "vector", route="vhv", lane=6.75) for weighed in ("w3", "w4", "w1")),
        *chain("vector", "class"),
    ),
    reading="A gate decides how much of each encoder level the decoder receives. The first two "
    "steps of the decoder pass a deformable spatial attention (DSA). For the class the channels of "
    "three scales are weighed and averaged.",
)  # fmt: skip
