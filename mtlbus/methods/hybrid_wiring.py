"""Equations and diagrams of Hybrid-MT-ESTAN, its two ablations and the Swin it compares with."""

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
PATCHES = Equation(
    "The features as a map",
    "eq. 5",
    r"y^{i} = M\big(f^{\,l+1}\big)",
    "$M$ lays the tokens of stage $i$ out as $C \\times H \\times W$. The paper does not "
    "define it.",
    ("H1", "H2"),
)
CONTEXT = Equation(
    "Context of the gate",
    "eq. 6",
    r"B^{i} = U\big(\big[\,\text{MAX-P}(y^{i}),\; \text{AVG-P}(y^{i})\,\big]\big)",
    "MAX-P, AVG-P: 2×2 pooling; $[\\cdot,\\cdot]$: concatenation, as in the text; $U$: transposed "
    "2×2 convolution back to $C \\times H \\times W$. The equation in print adds.",
    ("H3", "H4"),
    printed=r"B^{i} = U\big(\text{MAX-P}(y^{i}) + \text{AVG-P}(y^{i})\big)",
)
GATE = Equation(
    "Anatomy-aware attention",
    "eq. 7",
    r"O^{i} = y^{i} \odot \sigma\big(A(B^{i})\big),\qquad A(B) = K_{1\times9} * (K_{9\times1} * B)",
    "$\\sigma$: sigmoid, so the gate lies between 0 and 1; the kernels look nine cells along "
    "columns and rows, because breast tissue lies in horizontal layers.",
    ("H5",),
    printed=r"O^{i} = y^{i} \cdot \big(\sigma(A(B))\big)",
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
PLAIN_FUSION = Equation(
    FUSION.name,
    FUSION.source,
    FUSION.latex.replace("O^{4}", "y^{4}"),
    FUSION.symbols + " $y^4$: the last stage of the Swin, ungated.",
    FUSION.decisions,
)
CNN_FUSION = Equation(
    "The bottleneck",
    "the lab's network",
    r"u_6 = \big[\,T_2\big([\,c_5,\, a_5\,]\big),\; n_5,\; c_4\,\big]",
    FUSION.symbols,
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
SWIN_CLASS = Equation(
    "The class",
    "ours",
    r"z = w^{\top}\,\mathrm{GAP}(f_4) + b,\qquad p = \sigma(z)",
    "$f_4$: the tokens of the last stage; GAP: their mean; $p$: probability of malignancy.",
    ("B6",),
)

HYBRID_EQUATIONS = (
    SWIN_BLOCKS, COSINE_ATTENTION, PATCHES, CONTEXT, GATE, ESTAN, FUSION, UP_BLOCK, HEAD, *LOSSES,
)  # fmt: skip
MT_ESTAN_SWIN_EQUATIONS = (
    SWIN_BLOCKS, COSINE_ATTENTION, ESTAN, PLAIN_FUSION, UP_BLOCK, HEAD, *LOSSES,
)  # fmt: skip
MT_ESTAN_EQUATIONS = (ESTAN, CNN_FUSION, UP_BLOCK, HEAD, *LOSSES)
SWIN_EQUATIONS = (SWIN_BLOCKS, COSINE_ATTENTION, SWIN_CLASS, FOCAL)


def _swin_tap(path: str, stage: int) -> str:
    """The last part of a block of this stage, whose answer has the stage's shape."""
    return f"{path}.body.layers.{stage - 1}.blocks.1.mlp [hwc]"


def _cnn(column: float) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
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


def _hybrid(gated: bool) -> Diagram:
    """A Swin on the left, with or without its gates, and MT-ESTAN beside it."""
    column, swin, gates = (2 if gated else 1), [], []
    edges: tuple[Edge, ...] = (Edge("image", "t1"),)
    for stage in range(1, 5):
        row = stage + 1
        tap = f"<swin.gates.{stage}" if gated else _swin_tap("swin.swin", stage)
        swin.append(box(f"t{stage}", f"Swin stage {stage}", "transformer", 0, row, tap))
        if gated:
            gates.append(box(f"g{stage}", f"AAA {stage}", "idea", 1, row, f"swin.gates.{stage}:0"))
            edges += (Edge(f"t{stage}", f"g{stage}"),)
        if stage > 1:
            before = f"g{stage - 1}" if gated else f"t{stage - 1}"
            edges += (Edge(before, f"t{stage}", route="vhv" if gated else ""),)
    nodes, rest = _cnn(column)
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


HYBRID = _hybrid(gated=True)
MT_ESTAN_SWIN = _hybrid(gated=False)
_NODES, _EDGES = _cnn(1)
MT_ESTAN = Diagram(
    nodes=(image(), *_NODES),
    edges=(Edge("image", "e1"), *_EDGES),
    reading="Each block of the encoder holds a ResNet stage c and a stage n with long row and "
    "column kernels; both feed every step of the decoder. The class is read from u₆.",
)
SWIN = Diagram(
    nodes=(
        image(),
        *(
            box(f"t{s}", f"Swin stage {s}", "transformer", 0, s + 1, _swin_tap("encoder", s))
            for s in range(1, 5)
        ),
        box("vector", "mean over\nthe cells", "decoder", 1, 5, "<head.classifier"),
        malignancy(2, 5),
    ),
    edges=chain("image", "t1", "t2", "t3", "t4", "vector", "class"),
    reading="Patches of 4×4 pixels become tokens; each stage attends within windows and then "
    "merges four tokens into one. The class is read from the mean of the last stage.",
)
