"""LeNet: classification only, the smallest rival of the MTL-COSA paper."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from ..core.outputs import Output
from ..core.spec import Decision, Equation, MapSpec, Option, Spec
from ..core.tasks import MALIGNANCY
from ..nn.backbones import refuse_weights
from . import cosa_paper, lab_wiring
from .registry import register
from .wiring import classifier, lines

# Cells a side that the first fully connected layer reads: what the two convolutions and poolings
# leave of 256 and of 128 pixels.
GRID = {"paper": 61, "compact": 29}
POOLED = MapSpec(
    "pooled_features",
    "feature",
    "The second pooled map, which the fully connected layers read cell by cell.",
)

SPEC = Spec(
    name="lenet",
    title="LeNet",
    role="baseline",
    paper=cosa_paper.PAPER,
    idea="Two convolutions, each followed by pooling, then three fully connected layers: the "
    "network of 1998 for handwritten digits. It shows how far the class can be told with almost "
    "no depth. What it sees is texture and brightness at each place.",
    tasks=(MALIGNANCY,),
    maps=(POOLED,),
    stated="LeNet, two classes; all inputs 256×256.",
    ours="Decision B5.",
    decisions=(
        Decision(
            "B5",
            "How a network for 32×32 digits takes 256×256 images, and with which activation and "
            "pooling.",
            "LeNet-5 on 256×256: the first fully connected layer reads 16×61×61 = 59,536 values "
            "(compact: averaged to 29×29). ReLU and max-pooling. Other input sizes are averaged to "
            "the same grid, which at 256 changes nothing.",
            "The paper says that all images are resized to 256×256.",
            options=(
                Option("activation", "relu", ("relu", "tanh")),
                Option("pooling", "max", ("max", "average"), "tanh and average: as in 1998"),
            ),
        ),
    ),
    equations=(
        Equation(
            "The network",
            "LeCun et al. 1998",
            lines(
                r"f = \text{MAX-P}\,\rho\,K_5 * \text{MAX-P}\,\rho\,K_5 * x",
                r"z = W_3\,\rho\,W_2\,\rho\,W_1\,\mathrm{vec}(f)",
            ),
            "$x$: the image; $K_5$: 5×5 kernels, 6 and 16 of them; $W_1, W_2, W_3$: to 120, 84 and "
            "2. Read from right to left.",
            ("B5",),
        ),
        lab_wiring.CLASS_ENTROPY,
    ),
    diagram=classifier(
        "C",
        ("features.2", "features.5"),
        "two dense\nlayers",
        "<classifier.4",
        "Two convolutions with pooling, then dense layers that read all cells.",
    ),
    paper_errors=cosa_paper.PAPER_ERRORS,
    reported=cosa_paper.REPORTED[2:],
    recipe=cosa_paper.RECIPE,
)


class LeNet(nn.Module):
    """5×5 conv 6 → pool → 5×5 conv 16 → pool → 120 → 84 → 2; no padding."""

    def __init__(self, variant: str, pretrained, activation: str, pooling: str) -> None:
        super().__init__()
        refuse_weights(pretrained, "LeNet")
        nonlinearity = nn.ReLU if activation == "relu" else nn.Tanh
        pool = nn.MaxPool2d if pooling == "max" else nn.AvgPool2d
        self.grid = GRID[variant]
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 5),
            nonlinearity(),
            pool(2),
            nn.Conv2d(6, 16, 5),
            nonlinearity(),
            pool(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(16 * self.grid**2, 120),
            nonlinearity(),
            nn.Linear(120, 84),
            nonlinearity(),
            nn.Linear(84, len(MALIGNANCY.classes)),
        )

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×H×W to class logits B×2."""
        features = self.features(images)  # 16@61 at 256
        logits = self.classifier(F.adaptive_avg_pool2d(features, self.grid).flatten(1))
        return Output(
            class_logits={MALIGNANCY.name: logits},
            maps=POOLED.of(features, "second pooling", 4) if maps else {},
        )


register(SPEC, LeNet)
