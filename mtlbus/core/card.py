"""The card of trained weights: what it has to say for anything here to use it; it may say more.

These types are the only form of `card.json`: reading checks it against them, writing goes through
them. What was measured (figures, cost, silence) stays as the mappings that the measuring gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Required, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    TypeAdapter,
    ValidationError,
    with_config,
)
from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

from .errors import CheckpointError

VERSION = 1  # of the form; a card of before there were numbers is of the first

Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Whole = Annotated[int, Strict()]
Count = Annotated[Whole, Field(ge=0)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Truth = Annotated[bool, Strict()]
Positive = Annotated[Number, Field(gt=0)]
Counts = dict[str, Count]

_OPEN = ConfigDict(extra="allow")


@with_config(_OPEN)
class Figure(TypedDict, total=False):
    """A measured number with its 95 % interval; None where one is not defined."""

    value: Required[Number | None]
    low: Number | None
    high: Number | None
    max: Number | None


@with_config(_OPEN)
class Cost(TypedDict):
    """What a forward costs (`inference.cost.Cost`)."""

    flops: Number
    milliseconds: Number | None
    fastest: Number | None
    slowest: Number | None
    threads: Count
    machine: str
    size: Count
    forwards: Count


@with_config(_OPEN)
class Silenced(TypedDict):
    """How far the answers move without a part (`protocol.measure_silence`)."""

    probability: Figure | None
    dice: Figure | None
    added: Number | None
    silent: Truth


@with_config(_OPEN)
class Silence(TypedDict, total=False):
    """The parts that were silenced, by name, and on how many images of each data set."""

    parts: Required[dict[str, Silenced]]
    data: Counts


@with_config(_OPEN)
class FixedGates(TypedDict, total=False):
    """How much of each gate is the same on every image (`protocol.measure_gates`)."""

    fixed_share: dict[str, Number | None]
    data: Counts


@with_config(_OPEN)
class RecipeTold(TypedDict, total=False):
    """How a round minimised what (`training.recipes.Recipe`); an older card says less."""

    optimizer: str
    learning_rate: Number
    weight_decay: Number
    schedule: str
    batch_size: Number
    stages: list[list[Count]]
    mask_weight: Number
    class_weight: Number
    cross_entropy_weight: Number
    dice_weight: Number
    side_weight: Number
    class_loss: str
    positive_weight: Number
    label_smoothing: Number
    weighting: Literal["fixed", "dwa", "learned", "gradnorm", "pcgrad", "cagrad"]


class _Part(BaseModel):
    """A part of the card; what it does not declare is kept, and was said by another version."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Training(_Part):
    """One round of training.

    Attributes:
        data, validation, test: images of each data set in that part.
        groups: of images that stay together, by part.
        fold: the test fold, 1 … 5.
        epoch: the one that was kept, of `epochs`.
        seconds: that it took.
        initial_weights: where it began: in words, or the digest of the weights of `before`.
        before: the round it went on from.
        images_sha256, truth_sha256: of the list of its images, and of their outlines and classes.
    """

    data: Counts | None = None
    validation: Counts | None = None
    test: Counts | None = None
    groups: Counts | None = None
    fold: Whole | None = None
    seed: Whole | None = None
    epoch: Whole | None = None
    epochs: Whole | None = None
    seconds: Number | None = None
    recipe: RecipeTold | None = None
    machine: str = "not kept"
    command: str = ""
    initial_weights: str = ""
    initial_method: str | None = None
    images_sha256: str | None = None
    truth_sha256: str | None = None
    before: Training | None = None


class CardTask(_Part):
    """A question that the network answers (`core.tasks.Task`)."""

    name: Name
    kind: Name


class CardMap(_Part):
    """An inner map that it returns (`core.spec.MapSpec`)."""

    name: Name
    kind: Name


class CardSpec(_Part):
    """The method as it was when these weights were made (`core.spec.Spec`)."""

    input_size: Annotated[Whole, Field(ge=16, le=2048)]
    fit: Literal["pad", "resize"] = "pad"  # an older card does not say: it was padded
    mean: tuple[Number, Number, Number]
    std: tuple[Positive, Positive, Positive]
    maps: tuple[CardMap, ...]
    tasks: tuple[CardTask, ...]

    def answers(self, *, kind: str = "", name: str = "") -> bool:
        """Whether one of its tasks is of this kind, or has this name."""
        return any(kind == task.kind or name == task.name for task in self.tasks)


Figures = dict[str, Count | Number | Figure | None]  # with "n", the images they were counted on


class OperatingPoint(_Part):
    """A threshold of the probability, and what it is worth on either part."""

    threshold: Annotated[Number, Field(ge=0, le=1)]
    purpose: str = ""
    validation: Figures | None = None
    test: Figures | None = None


def _counted(figures: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(figures.get("n"), int):
        raise ValueError("lacks n")
    return figures


Judged = Annotated[dict[str, Count | Figure | None], AfterValidator(_counted)]


class Metrics(_Part):
    """The figures of the test images (`evaluation.tables.summarise`)."""

    datasets: dict[str, Judged]
    pooled: Figures | None = None


class Presence(_Part):
    """Is there a lesion: the threshold of the score, and the rates on either part by kind."""

    threshold: Number | None = None
    validation: dict[str, Figures | None] | None = None
    test: dict[str, Figures | None] | None = None


class External(_Part):
    """A test on images from elsewhere."""

    name: str
    n: Count
    date: str
    figures: dict[str, Figure | Number | None]


class Card(_Part):
    """What is known about trained weights.

    Attributes:
        method, title, variant, options: what to build.
        weights_sha256: of the file of the weights.
        parameters: numbers that training set.
        float32: tensors with a number that half precision cannot hold; they are kept in float32.
        training: the last round; the others are nested in it.
        temperature: that the logits are divided by to calibrate them.
        operating_points: by name; with `default_operating_point`, the one that is used unasked.
        trained_with_normals: whether it saw normal breasts; None where the card does not say.
        declaration: of its images and tasks (`core.declaration`); None for breast ultrasound.
        spec: how the image has to be prepared, what it answers, which maps it returns.
    """

    method: Name
    title: str = ""
    variant: Name
    options: dict[str, Any]
    weights_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    parameters: Annotated[Whole, Field(ge=1)]
    float32: list[str] | None = None
    training: Training | None = None
    trained_with_normals: Truth | None = None
    declaration: dict[str, Any] | None = None
    licences: list[str] = []
    intended_use: str = "Not stated."
    limits: str = "Not stated."
    exclusions: dict[str, list[str]] | None = None
    temperature: Positive | None = None
    operating_points: dict[str, OperatingPoint] | None = None
    default_operating_point: str | None = None
    presence: Presence | None = None
    metrics: Metrics | None = None
    judgement: dict[str, Any] | None = None
    calibration: dict[str, Any] | None = None
    cost: Cost | None = None
    gates: FixedGates | None = None
    silence: Silence | None = None
    external: list[External] | None = None
    spec: CardSpec

    @classmethod
    def from_json(cls, document: Any, whose: str = "The document") -> Self:
        """A card from what `json.loads` gave.

        Args:
            document: all of it.
            whose: for the message.

        Raises:
            CheckpointError: it is no card; one line that says where.
        """
        version = document.get("version", VERSION) if isinstance(document, dict) else VERSION
        if version != VERSION:
            raise CheckpointError(
                f"{whose} is a card of version {str(version)[:20]}; this program reads version "
                f"{VERSION}. Update the program, or take the card that came with it."
            )
        try:
            card = cls.model_validate(document)
        except ValidationError as error:
            raise CheckpointError(f"{whose} is no card: {_told(error)}.") from None
        if card.operating_points and card.default_operating_point not in card.operating_points:
            raise CheckpointError(
                f"{whose} is no card: its default_operating_point is none of its operating_points."
            )
        return card

    def to_json(self) -> dict[str, Any]:
        """What `json.dumps` takes: all that was said, also by another version, and no more."""
        return {"version": VERSION, **self.model_dump(mode="json", exclude_unset=True)}

    @property
    def default_point(self) -> OperatingPoint | None:
        """The operating point that is used unasked; None for a network without a class."""
        return (self.operating_points or {}).get(self.default_operating_point or "")

    @property
    def rounds(self) -> list[Training]:
        """The rounds of the training, first to last; each went on from the weights before it."""
        return [*self._from_the_last()][::-1]

    def _from_the_last(self) -> Iterator[Training]:
        one = self.training
        while one is not None:
            yield one
            one = one.before


def _told(error: ValidationError) -> str:
    """Where a card is wrong, and how, without quoting a part of any length."""
    problems = error.errors(include_url=False, include_input=False)
    problem = max(problems, key=lambda one: len(one["loc"]))  # of a choice of forms the nearest
    *above, last = [part for part in problem["loc"] if part not in _FORMS] or [""]
    if problem["type"].startswith("recursion"):
        return "it is nested too deep"
    if problem["type"] == "missing":
        return f"{_place(above)} lacks {str(last)[:80]}"
    return f"{_place([*above, last])}: {problem['msg'][:120]}"


_FORMS = ("constrained-int", "constrained-float", "Figure")  # no part of the card is called so


def _place(parts: list[int | str]) -> str:
    return ".".join(map(str, parts))[:80] or "the whole"


class Epoch(_Part):
    """An entry of the training curve: losses and figures of one epoch."""

    epoch: Whole
    size: Whole
    __pydantic_extra__: dict[str, Number | None]


CURVE = TypeAdapter(list[Epoch])
