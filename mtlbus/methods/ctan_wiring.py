"""Losses and drawings that CTAN and the four networks its paper compares with it share."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.spec import Diagram, Edge, Equation, Node
from ..core.tasks import MALIGNANCY, SEGMENTATION, Task
from .wiring import CLASS, MASK, box, chain, image, lines

STAGES = (1, 2, 3, 4)
_TASKS = ("mask", "class")

COMBO_LOSS = Equation(
    "The loss of the mask",
    "Table 1",
    lines(
        r"\mathcal{L}_{seg} = 0.3\,\mathcal{L}_{Dice} + 0.7\,\mathcal{L}_{CE}",
        r"\mathcal{L}_{Dice} = 1 - \frac{2\sum pg + \varepsilon}{\sum p + \sum g + \varepsilon}",
        r"\mathcal{L}_{CE} = -\frac{1}{HW}\sum g\log p + (1-g)\log(1-p)",
    ),
    "$p$: probability of tumour in a pixel; $g$: 1 in the true tumour, else 0; sums over the "
    "pixels of an image; $\\varepsilon = 10^{-5}$. Only the two weights are stated.",
    ("C11",),
)
CLASS_LOSS = Equation(
    "The loss of the class",
    "Table 1",
    r"\mathcal{L}_{cls} = -\log \frac{e^{z_y}}{\sum_c e^{z_c}}",
    "$z$: the logits; $y$: the true class.",
    ("C10",),
)
DYNAMIC_WEIGHTS = Equation(
    "Dynamic weight averaging",
    "section 2.2; Liu et al. 2019, eq. 7",
    lines(
        r"\mathcal{L} = \sum_k \lambda_k \mathcal{L}_k,\qquad "
        r"\lambda_k(t) = \frac{K\, e^{w_k(t-1)/T}}{\sum_i e^{w_i(t-1)/T}}",
        r"w_k(t-1) = \frac{\mathcal{L}_k(t-1)}{\mathcal{L}_k(t-2)}",
    ),
    "$t$: the epoch; $K = 2$ tasks; $\\mathcal{L}_k$: mean training loss. A task whose loss falls "
    "more slowly gets more weight. $T = 2$ and $\\lambda = 1$ in the first two epochs are those of "
    "MTAN's code; this paper states neither.",
)
GAIN = Equation(
    "The gain over single-task learning",
    "eq. 3",
    r"\Delta_i\,(\%) = 100 \cdot \frac{(-1)^{l_i}\,(M_{b,i} - M_{m,i})}{M_{b,i}}",
    "$M_{m,i}$: metric of the multi-task network on task $i$, $M_{b,i}$: of STL; $l_i$ is 1 where "
    "higher is better, else 0. Positive is better than STL.",
)
LOSSES = (COMBO_LOSS, CLASS_LOSS, DYNAMIC_WEIGHTS, GAIN)


def for_tasks(diagram: Diagram, tasks: Sequence[Task]) -> Diagram | None:
    """The diagram, if these are the tasks that it draws; None for any others."""
    names = {node.name for node in diagram.nodes}
    drawn = (("mask", SEGMENTATION), ("class", MALIGNANCY))
    return diagram if tuple(tasks) == tuple(t for name, t in drawn if name in names) else None


def _row(stage: int, second: bool = False) -> float:
    """Two rows a stage: segmentation above, class below."""
    return 1.15 + 1.85 * (stage - 1) + 0.75 * second


def _shared(column: float = 0) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The image and the shared encoder, each stage half-way between its two rows."""
    stages = tuple(
        box(
            f"p{j}", f"shared stage {j}", "convolution", column, _row(j) + 0.375,
            f"encoder:{j - 1}:last",
        )
        for j in STAGES
    )  # fmt: skip
    return (image(column), *stages), chain("image", *(stage.name for stage in stages))


def _mask_decoder(
    column: float, sources: Sequence[str], last: Edge, number: int, lane: float | None = None
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The pixel decoder beside stages 3 to 1, reading `sources` (stages 1 to 3) and `last`."""
    path = f"decoders.decoders.{number}.fusers"
    nodes = tuple(
        box(f"s{j}", f"mask decoder {4 - j}", "decoder", column, _row(j), f"{path}.{3 - j}")
        for j in (3, 2, 1)
    )
    answer = box("mask", "mask", "answer", column, 0, MASK)
    route = "hvh" if lane is not None else ""
    skips = (
        Edge(source, f"s{j}", route=route, lane=lane) for j, source in enumerate(sources, start=1)
    )
    return (*nodes, answer), (*skips, last, *chain("s3", "s2", "s1", "mask"))


def _class_decoder(
    column: float, sources: Sequence[str], number: int, lane: float | None = None
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The image decoder beside stages 1 to 4."""
    path = f"decoders.decoders.{number}.reducers"
    nodes = tuple(
        box(f"i{j}", f"class decoder {j}", "decoder", column, _row(j, True), f"{path}.{j - 1}")
        for j in STAGES
    )
    answer = box("class", "benign or\nmalignant", "answer", column, _row(4, True) + 1, CLASS)
    route = "hvh" if lane is not None else ""
    skips = (
        Edge(source, f"i{j}", route=route, lane=lane) for j, source in enumerate(sources, start=1)
    )
    return (*nodes, answer), (*skips, *chain("i1", "i2", "i3", "i4", "class"))


def attended(path: str, crossed: bool, reading: str) -> Diagram:
    """Masks and streams of both tasks in every stage; CTAN crosses them, MTAN does not."""
    nodes, edges = _shared()
    masks, streams = [], []
    for j in STAGES:
        for index, task in enumerate(_TASKS):
            row, tap = _row(j, bool(index)), f"{path}.{j - 1}"
            masks.append(
                box(f"a{j}{index}", f"gate of “{task}”", "idea", 1.1, row, f"{tap}:masks:{index}")
            )
            streams.append(
                box(f"g{j}{index}", f"stream “{task}”", "idea", 2.3, row, f"{tap}:gated:{index}")
            )
            edges += (
                Edge(f"p{j}", f"a{j}{index}", route="hvh"),
                Edge(f"a{j}{index}", f"g{j}{1 - index if crossed else index}", route="straight"),
            )
        if j > 1:
            edges += (Edge(f"g{j - 1}1", f"a{j}0", "both, pooled", route="vhv"),)
    sources = [[f"g{j}{index}" for j in STAGES] for index in range(2)]
    extra: tuple[Node, ...] = ()
    last = Edge("g40", "s3", route="hv")
    if crossed:
        extra = tuple(
            box(
                f"b{index}", f"“{task}”, asked by\nthe other task", "idea", 3.45,
                _row(4, bool(index)), f"cross_bottleneck:features:{index}",
            )
            for index, task in enumerate(_TASKS)
        )  # fmt: skip
        edges += tuple(Edge(f"g4{i}", f"b{k}", route="straight") for i in (0, 1) for k in (0, 1))
        last = Edge("b0", "s3")
        sources[1][3] = "b1"
    decoders = (
        _mask_decoder(3.45, sources[0][:3], last, 0),
        _class_decoder(4.55, sources[1], 1),
    )
    for found in decoders:
        nodes, edges = (*nodes, *found[0]), (*edges, *found[1])
    return Diagram((*nodes, *masks, *streams, *extra), edges, reading)


def plain(tasks: Sequence[str], reading: str) -> Diagram:
    """A shared encoder and the decoders of these tasks on it."""
    nodes, edges = _shared()
    for number, task in enumerate(tasks):
        column = 1.25 + 1.05 * number
        if task == "mask":
            last = Edge("p4", "s3", route="hv")
            found = _mask_decoder(column, ("p1", "p2", "p3"), last, number, lane=0.63)
        else:
            found = _class_decoder(column, ("p1", "p2", "p3", "p4"), number, lane=0.63)
        nodes, edges = (*nodes, *found[0]), (*edges, *found[1])
    return Diagram(nodes, edges, reading)
