"""Equations and parts of drawings that Hybrid-MT-ESTAN shares with its ablations and the Swin."""

from __future__ import annotations

from ..core.spec import Diagram, Edge, Equation, Node
from .wiring import box, chain, image, lines, malignancy, mask

SWIN_BLOCKS = Equation(
    "A pair of Swin blocks",
    "eqs 1 to 4",
    lines(
        r"\hat f^{\,l} = \mathrm{LN}\big(\text{W-MSA}(f^{\,l-1})\big) + f^{\,l-1}",
        r"f^{\,l} = \mathrm{LN}\big(\mathrm{MLP}(\hat f^{\,l})\big) + \hat f^{\,l}",
        r"\hat f^{\,l+1} = \mathrm{LN}\big(\text{SW-MSA}(f^{\,l})\big) + f^{\,l}",
        r"f^{\,l+1} = \mathrm{LN}\big(\mathrm{MLP}(\hat f^{\,l+1})\big) + \hat f^{\,l+1}",
    ),
    "$f^{\\,l}$: the tokens after block $l$; W-MSA attends within windows, SW-MSA within shifted "
    "ones; LN: layer normalisation. The paper prints Swin V1, which normalises before each part; "
    "the backbone it names, and this network, is V2, which normalises after it.",
    printed=lines(
        r"\hat f^{\,l} = \text{W-MSA}\big(\mathrm{LN}(f^{\,l-1})\big) + f^{\,l-1}",
        r"f^{\,l} = \mathrm{MLP}\big(\mathrm{LN}(\hat f^{\,l})\big) + \hat f^{\,l}",
        r"\hat f^{\,l+1} = \text{SW-MSA}\big(\mathrm{LN}(f^{\,l})\big) + f^{\,l}",
        r"f^{\,l+1} = \mathrm{MLP}\big(\mathrm{LN}(\hat f^{\,l+1})\big) + \hat f^{\,l+1}",
    ),
)
COSINE_ATTENTION = Equation(
    "Attention within a window",
    "Liu et al. 2022 (Swin V2), eq. 2",
    r"A = \mathrm{softmax}_{\text{keys}}\Big(\tfrac{1}{\tau}\cos(q_i, k_j) + B_{ij}\Big)",
    "$q, k$: queries and keys of the cells of a window; the answer is $A\\,v$, $v$ their values; "
    "$\\tau$: learned; $B$: a bias by the distance of the cells, from a small network, so that any "
    "window size fits.",
)
ESTAN = Equation(
    "A stage of ESTAN",
    "Fig. 2; sizes from the lab's network",
    lines(
        r"s_i = \rho K * \mathrm{BN}\,\rho K * x_i",
        r"r_i = \rho K_3 * \mathrm{BN}\,\rho K_{l\times1} * \rho K_{1\times l} * x_i",
        r"n_i = \rho K * [\,s_i,\, r_i\,],\qquad x_{i+1} = \text{MAX-P}(n_i)",
    ),
    "$x_1$: the image; $l = 15, 13, 11, 9$ in stages 1 to 4, a 3×7 and a 7×3 kernel without BN in "
    "stage 5; $K$: square kernels of 1, 3 or 5; $\\rho$: ReLU. Read from right to left.",
)
FUSION = Equation(
    "Where the encoders meet",
    "ours; the figure is not available as text",
    r"u_6 = \big[\,T_2\big([\,c_5,\, a_5,\, O^{4}\,]\big),\; n_5,\; c_4\,\big]",
    "$c_i$: stages of the ResNet, $a_i$: its taps, $n_i$: stages of ESTAN; $T_2$: transposed 2×2 "
    "convolution. Mask and class both start here.",
    ("H6",),
)
UP_BLOCK = Equation(
    "An Up Block",
    "section 2.3; order from the lab's network",
    lines(
        r"h_k = \rho K_3 * \rho K * \big[\,T_2\big([\,\rho K_3 * x_k,\; a\,]\big),\; n\,\big]",
        r"x_1 = u_6,\qquad x_k = [\,h_{k-1},\, c\,]",
    ),
    "$a, c, n$: the features of MT-ESTAN of the fitting size. Three convolutions and one "
    "transposed one; the last block also takes $T_2(a_1)$.",
)
HEAD = Equation(
    "The class",
    "section 2.3",
    r"z = w^{\top} D_{0.5}\big(\rho W_3\,\rho W_2\,\rho W_1\,\mathrm{GAP}(u_6)\big),"
    r"\qquad p = \sigma(z)",
    "GAP: mean over the cells; $D$: dropout; $p$: probability of malignancy. The lab's head has "
    "two dense layers instead of three.",
    ("H7",),
)
LOSS = Equation(
    "The loss",
    "section 2.4",
    r"\mathcal{L}_{mt} = w_1\,\mathcal{L}_{Focal} + \mathcal{L}_{Dice},\qquad w_1 = 3",
    "The class is the primary task and weighs three times.",
)
FOCAL = Equation(
    "Focal loss, as meant",
    "section 2.4",
    lines(
        r"\mathcal{L}_{Focal} = -\frac{1}{N}\sum_{i=1}^{N} \Big["
        r"\alpha\, t_i (1 - p_i)^{\gamma} \log p_i",
        r"\qquad\qquad + (1 - \alpha)(1 - t_i)\, p_i^{\gamma} \log(1 - p_i)\Big]",
    ),
    "$t_i$: 1 for malignant; $\\alpha = 0.5$, $\\gamma = 2$. In print the second term lacks "
    "$(1 - t_i)$ and the exponent, and a bracket is missing; the lab's code has this form.",
    printed=lines(
        r"L_{Focal} = -1/N \sum_{i=1}^{N} \big[(\alpha \cdot t_i \cdot (1-p_i)^{\gamma} \cdot "
        r"log(p_i)",
        r"\qquad\qquad + (1-\alpha) \cdot p_i \cdot log(1-p_i)\big]",
    ),
)
DICE = Equation(
    "Dice loss",
    "section 2.4 by name; form of the lab's code",
    r"\mathcal{L}_{Dice} = 1 - \frac{2\sum pg + 1}{\sum p + \sum g + 1}",
    "$p$: probability of tumour in a pixel, $g$: 1 in the true tumour; the sums run over all "
    "pixels of the whole batch.",
)
LOSSES = (LOSS, FOCAL, DICE)


def swin_tap(path: str, stage: int) -> str:
    """The last part of a block of this stage, whose answer has the stage's shape."""
    return f"{path}.body.layers.{stage - 1}.blocks.1.mlp [hwc]"


def cnn(column: float) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """MT-ESTAN's encoder, bottleneck, decoder, head and answers, the encoder in `column`."""
    blocks = tuple(
        box(
            f"e{i}", f"MT-ESTAN block {i}", "convolution", column, i - 1,
            c=f"encoder:c:{i - 1}", n=f"encoder:n:{i - 1}",
        )
        for i in range(1, 6)
    )  # fmt: skip
    climb = tuple(
        box(f"h{k}", f"Up Block {k}", "decoder", column + 1, 4 - k, f"decoder.up{k}")
        for k in range(1, 5)
    )
    nodes = (
        *blocks,
        box("u6", "u₆", "decoder", column + 1, 4, "<decoder"),
        *climb,
        mask(column + 2, 0),
        box("vector", "mean over\nthe cells", "decoder", column + 2, 4, "<head.layers"),
        malignancy(column + 2, 5),
    )
    edges = (
        *chain("e1", "e2", "e3", "e4", "e5", "u6"),
        *chain("u6", "h1", "h2", "h3", "h4", "mask"),
        *(Edge(f"e{5 - k}", f"h{k}") for k in range(1, 5)),
        *chain("u6", "vector", "class"),
    )
    return nodes, edges


def hybrid(gated: bool) -> Diagram:
    """A Swin on the left, with or without its gates, and MT-ESTAN beside it."""
    column, swin, gates = (2 if gated else 1), [], []
    edges: tuple[Edge, ...] = (Edge("image", "t1"),)
    for stage in range(1, 5):
        row = stage + 1
        tap = f"<swin.gates.{stage}" if gated else swin_tap("swin.swin", stage)
        swin.append(box(f"t{stage}", f"Swin stage {stage}", "transformer", 0, row, tap))
        if gated:
            gates.append(box(f"g{stage}", f"AAA {stage}", "idea", 1, row, f"swin.gates.{stage}:0"))
            edges += (Edge(f"t{stage}", f"g{stage}"),)
        if stage > 1:
            before = f"g{stage - 1}" if gated else f"t{stage - 1}"
            edges += (Edge(before, f"t{stage}", route="vhv" if gated else ""),)
    nodes, rest = cnn(column)
    last = "g4" if gated else "t4"
    return Diagram(
        nodes=(image(), *swin, *gates, *nodes),
        edges=(*edges, Edge("image", "e1"), *rest, Edge(last, "u6", route="hv")),
        reading="Two encoders read the image: a Swin Transformer on the left, and MT-ESTAN, whose "
        "blocks hold a ResNet stage c and a stage n with row and column kernels. "
        + (
            "After each stage of the Swin a gate, AAA, weighs its features. "
            if gated
            else "There is no gate between the stages of the Swin. "
        )
        + "They meet in u₆, from which both answers come.",
    )
