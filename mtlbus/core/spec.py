"""What a method is: the paper it comes from, what it answers, and what we had to decide."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from torch import Tensor

from .errors import InputError, choose
from .outputs import PLAIN_WORDS, Map, MapKind, MapWords
from .tasks import MALIGNANCY, SEGMENTATION, Task

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


Role = Literal["proposed", "ablation", "baseline", "panel"]
Fit = Literal["pad", "resize"]  # how an image becomes square: with black beside it, or stretched
ROLES: tuple[Role, ...] = ("proposed", "ablation", "baseline")  # of what is registered


@dataclass(frozen=True)
class Paper:
    """Where a method is described."""

    title: str
    authors: str
    year: int
    reference: str


@dataclass(frozen=True)
class Option:
    """A choice that a method leaves to whoever builds it: an argument of `create_model`.

    Attributes:
        name: of the argument.
        default: what it is where nobody chooses.
        values: the words it may be; empty for any value of the default's kind.
        meaning: what a value is, where its name does not say.
    """

    name: str
    default: Any
    values: tuple[str, ...] = ()
    meaning: str = ""

    def __str__(self) -> str:
        """ "decoder = conv | literal", the meaning in brackets."""
        values = " | ".join(self.values) or str(self.default)
        return f"{self.name} = {values}{self.meaning and f' ({self.meaning})'}"

    def require(self, given: Any, method: str, number: str) -> None:
        """Refuse a value that the option cannot have.

        Args:
            given: the value.
            method: whose option it is.
            number: of the decision it belongs to.

        Raises:
            InputError: another kind of value than the default: a number is no word, a word no
                number.
            UnknownNameError: none of the words.
        """
        kind = type(self.default)
        listed = isinstance(given, (tuple, list)) and isinstance(self.default, (tuple, list))
        number_given = isinstance(given, (int, float)) and not isinstance(given, bool)
        if not (listed or (kind is float and number_given) or type(given) is kind):
            raise InputError(
                f"{self.name} of {method} is {_KINDS.get(kind, kind.__name__)}, such as "
                f"{self.default!r}; got {given!r}."
            )
        if self.values:
            choose(f"value of {self.name} ({number})", given, self.values)


_KINDS = {str: "a word", int: "a whole number", float: "a number", tuple: "a list of numbers"}


@dataclass(frozen=True)
class Decision:
    """A point the paper leaves open.

    Attributes:
        number: our number for it, as in the method's docstring ("M3").
        question: what the paper does not say.
        default: what we do.
        reason: why the default is the default.
        options: of the constructor, by which to decide otherwise; empty where nobody can.
        elsewhere: how to decide otherwise than by an option of the constructor.
    """

    number: str
    question: str
    default: str
    reason: str
    options: tuple[Option, ...] = ()
    elsewhere: str = ""

    @property
    def choices(self) -> str:
        """How to decide otherwise, in words; "" where nobody can."""
        return "; ".join([*map(str, self.options), *filter(None, [self.elsewhere])])

    def with_defaults(self, **defaults: Any) -> Decision:
        """The same decision with other defaults of its options."""
        options = tuple(
            replace(option, default=defaults.pop(option.name, option.default))
            for option in self.options
        )
        if defaults:
            raise ValueError(f"{self.number} has no option {', '.join(defaults)}.")
        return replace(self, options=options)


@dataclass(frozen=True)
class Equation:
    """An equation as the network here computes it.

    Attributes:
        name: what it computes.
        source: where it stands: a number in the paper ("eq. 6"), a passage, or "ours".
        latex: the equation, without delimiters.
        symbols: what the symbols are, in Markdown with `$…$`.
        decisions: numbers of our decisions that it rests on.
        printed: the form the source prints, in LaTeX, where ours differs.
    """

    name: str
    source: str
    latex: str
    symbols: str
    decisions: tuple[str, ...] = ()
    printed: str = ""


NodeKind = Literal["image", "convolution", "transformer", "idea", "decoder", "answer"]
Route = Literal["", "straight", "hv", "vh", "hvh", "vhv"]


@dataclass(frozen=True)
class Node:
    """A box of a diagram.

    Attributes:
        name: what edges and groups call it.
        label: what is written in it; at most two lines.
        kind: how it is coloured; "idea" is what the method itself adds.
        column, row: its centre, in boxes from the upper left.
        taps: the features it stands for, whose shapes are measured: by symbol ("" for a single
            one), a tap as `methods.shapes` reads it.
    """

    name: str
    label: str
    kind: NodeKind
    column: float
    row: float
    taps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Edge:
    """An arrow of a diagram.

    Attributes:
        start, end: names of nodes or groups.
        label: a word beside it.
        route: "straight", or the order of its horizontal and vertical parts; "" chooses.
        lane: column or row of the middle part of "hvh" or "vhv"; None for half-way.
    """

    start: str
    end: str
    label: str = ""
    route: Route = ""
    lane: float | None = None


@dataclass(frozen=True)
class Group:
    """A frame around nodes that belong together.

    Attributes:
        name: what edges call it.
        label: written above the frame.
        members: names of nodes.
    """

    name: str
    label: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Diagram:
    """How a method is wired, to be drawn by `figures.diagrams`.

    Attributes:
        nodes, edges, groups: the parts.
        reading: how to read it, one or two sentences; the alternative text too.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    reading: str
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class MapSpec:
    """A map that a method returns when it is asked for maps: told here once.

    Attributes:
        name: `family`, `family.level` or `family.level.branch`.
        kind: see `Map`.
        meaning: one plain sentence.
        words: how its picture speaks of it.
    """

    name: str
    kind: MapKind
    meaning: str
    words: MapWords = PLAIN_WORDS

    def of(
        self,
        tensor: Tensor,
        stage: str,
        stride: int,
        grid: tuple[int, int] | None = None,
        labels: tuple[str, ...] = (),
        windows: tuple[int, int] | None = None,
    ) -> dict[str, Map]:
        """What a network computed as this map, under its name; the arguments are those of `Map`."""
        found = Map(
            tensor, self.kind, stage, stride, self.meaning, grid, labels, windows, self.words
        )
        return {self.name: found}


@dataclass(frozen=True)
class ReportedTable:
    """Figures printed in the paper, never to be mixed with ours.

    Attributes:
        caption: what the table is about.
        data: the images it was made on.
        caveat: what a reader must know before comparing.
        columns: column names; the first is the row name.
        rows: the printed values as text.
    """

    caption: str
    data: str
    caveat: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PaperRecipe:
    """The training settings the paper states, completed by our numbered decisions.

    Attributes:
        optimizer, learning_rate, betas, weight_decay, batch_size, epochs, input_size: as usual.
        fit: whether images are padded or stretched to a square.
        mask_weight, class_weight: of the two tasks, for fixed weighting.
        cross_entropy_weight, dice_weight: within the loss of the mask.
        dice_over, dice_smooth: Dice sums over each "image" or the whole "batch", and its smoothing.
        class_loss: "cross_entropy" or "focal" (α = 0.5, γ = 2).
        positive_weight: of malignant images in the cross-entropy.
        weighting: "fixed", "dwa" or "learned".
        schedule: "constant", "cosine" (to 10 % at the end), "plateau" (×0.1 after 15 epochs
            without gain, down to 1e-6) or "steps" (×0.1 after 25, 50, 75 and 90 % of the epochs).
        flip, vertical_flip, rotation, shift, crop, jitter: augmentation, as in `Augmentation`.
        select: keep the "best" epoch of the validation part, or the "last".
        code_dice: whether the authors' public code has a Dice of its own (`--loss official`).
        note: what is stated and what is ours, in words.
    """

    optimizer: str
    learning_rate: float
    weight_decay: float
    batch_size: int
    epochs: int
    input_size: int
    mask_weight: float
    class_weight: float
    fit: Fit = "pad"
    betas: tuple[float, float] = (0.9, 0.999)
    cross_entropy_weight: float = 1.0
    dice_weight: float = 0.0
    dice_over: str = "image"
    dice_smooth: float = 1.0
    class_loss: str = "cross_entropy"
    positive_weight: float = 1.0
    weighting: str = "fixed"
    schedule: str = "constant"
    flip: float = 0.5
    vertical_flip: float = 0.0
    rotation: float = 0.0
    shift: float = 0.0
    crop: float = 1.0
    jitter: float = 0.0
    select: str = "last"
    code_dice: bool = False
    note: str = ""


@dataclass(frozen=True)
class Spec:
    """A method, in data: read by the command line, the app and the model card.

    Attributes:
        name: registry name.
        title: as people call it.
        role: whether its paper proposes it, takes it as a part of the proposal, or compares with
            it; or that it is a panel of others.
        paper: where it is described, or, for a baseline, where it is compared with.
        idea: three sentences.
        tasks: what it answers.
        maps: the inner maps it returns when asked.
        stated: what the paper states.
        ours: what we had to add, by the numbers of `decisions`.
        decisions: the points the paper leaves open; their options are constructor options.
        paper_errors: what is wrong or contradictory in the paper.
        reported: the paper's own figures.
        recipe: the paper's training settings; None where it states none.
        equations: what it computes, in the order of the data flow, then its losses.
        diagram: how it is wired; None for a specification that is not shown.
        coarse_masks: modules that decode, coarse to fine and without the finest, so that a mask
            can be learned from each (deep supervision); empty where there are none.
        side_class: the module whose `deepest` features can name the class by themselves, beside
            another encoder; "" where there is none.
        compact_imagenet: whether the small variant has the encoder with ImageNet weights without
            an option that asks for it.
        input_size: side of the square input, pixels.
        fit: whether an image is padded or stretched to it.
        mean, std: by channel, of the normalisation.
    """

    name: str
    title: str
    role: Role
    paper: Paper
    idea: str
    tasks: tuple[Task, ...]
    maps: tuple[MapSpec, ...]
    stated: str
    ours: str
    decisions: tuple[Decision, ...] = ()
    paper_errors: tuple[str, ...] = ()
    reported: tuple[ReportedTable, ...] = ()
    recipe: PaperRecipe | None = None
    equations: tuple[Equation, ...] = ()
    diagram: Diagram | None = None
    coarse_masks: tuple[str, ...] = ()
    side_class: str = ""
    compact_imagenet: bool = False
    input_size: int = 256
    fit: Fit = "pad"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    @property
    def segments(self) -> bool:
        """Whether the method draws a mask."""
        return SEGMENTATION in self.tasks

    @property
    def classifies(self) -> bool:
        """Whether the method says benign or malignant."""
        return MALIGNANCY in self.tasks

    @property
    def options(self) -> dict[str, tuple[Option, str]]:
        """The options of its decisions by name, each with the number of its decision."""
        return {
            option.name: (option, decision.number)
            for decision in self.decisions
            for option in decision.options
        }

    def as_dict(self) -> dict[str, Any]:
        """The spec as JSON-ready data; of the words of maps those that are not the usual ones."""
        usual, document = asdict(PLAIN_WORDS), asdict(self)
        document["tasks"] = [task.as_dict() for task in self.tasks]
        for found in document["maps"]:
            words = found.pop("words").items()
            found |= {name: said for name, said in words if said != usual[name]}
        return document
