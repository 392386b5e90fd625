"""A small network with one gate: what a method needs to say of itself, and nothing else."""

from __future__ import annotations

from torch import Tensor, nn

from ..core.outputs import MapWords, Output
from ..core.spec import Decision, Diagram, Equation, MapSpec, Option, Paper, Spec
from ..core.tasks import MALIGNANCY
from ..nn.backbones import refuse_weights
from .registry import register
from .wiring import CROSS_ENTROPY, box, chain, image, malignancy

GATE = MapSpec(
    "xyz_gate", "gate", "How much of each cell passes.", MapWords("XYZ gate", caution="Not a map.")
)
POOLED = MapSpec("pooled_features", "feature", "The gated cells, which the class head pools.")
SPEC = Spec(
    name="added", title="Added", role="baseline",
    paper=Paper("A gate on cells", "A. Body", 2026, "tests/methods/added_method.py"),
    idea="One convolution makes cells. A gate weighs them. Their summary says the class.",
    tasks=(MALIGNANCY,), maps=(GATE, POOLED),
    stated="A gate on the cells of one convolution.",
    ours="Decision X1.",
    decisions=(
        Decision("X1", "How cells are pooled.", "By their mean.", "It is calm.",
                 options=(Option("pooling", "mean", ("mean", "max")),)),
    ),
    paper_errors=("None is known.",),
    equations=(CROSS_ENTROPY, Equation("The gate", "ours", r"y = \sigma(Wx) \odot x", "$x$: it.")),
    diagram=Diagram(
        (image(), box("cells", "gated cells", "idea", 0, 1, "<head"), malignancy(1, 1)),
        chain("image", "cells", "class"), "The image becomes cells, which a gate weighs.",
    ),
)  # fmt: skip


class Added(nn.Module):
    """Cells of 16×16 pixels, a gate on them, and their summary to two logits."""

    def __init__(self, variant: str, pretrained, pooling: str) -> None:
        super().__init__()
        refuse_weights(pretrained, "this network")
        width = 64 if variant == "paper" else 16
        self.cells, self.gate = nn.Conv2d(3, width, 16, 16), nn.Conv2d(width, 1, 1)
        self.head, self.pooling = nn.Linear(width, len(MALIGNANCY.classes)), pooling

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to class logits B×2."""
        gate = self.gate(cells := self.cells(images)).sigmoid()
        gated = gate * cells
        summary = gated.mean(dim=(2, 3)) if self.pooling == "mean" else gated.amax(dim=(2, 3))
        found = GATE.of(gate, "cells", 16) | POOLED.of(gated, "cells", 16) if maps else {}
        return Output(class_logits={MALIGNANCY.name: self.head(summary)}, maps=found)


register(SPEC, Added)
