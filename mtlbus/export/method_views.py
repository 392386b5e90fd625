"""A method and the list of methods as plain data: what their cards and tables say in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..checkpoints import Checkpoint
from ..core.spec import Spec
from ..methods.registry import VARIANTS
from ..methods.shapes import count_parameters
from .case_views import file_stem


def parameters_of(method: str, checkpoint: Checkpoint | None) -> dict[str, int]:
    """Parameters by variant; those of the shipped weights where there are some.

    The first call for a method takes up to two seconds, later ones none.
    """
    counts = {variant: count_parameters(method, variant) for variant in VARIANTS}
    if checkpoint is not None:
        counts[checkpoint.card.variant] = checkpoint.card.parameters
    return counts


@dataclass(frozen=True, eq=False)
class MethodView:
    """One method.

    Attributes:
        spec: what it is.
        checkpoint: its trained weights with their card; None where none ship.
        metrics: those of the card that are looked at.
    """

    spec: Spec
    checkpoint: Checkpoint | None = None
    metrics: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem("method", self.spec.name)

    @property
    def weights_sha256(self) -> str | None:
        """Of the shipped weights; None without."""
        return None if self.checkpoint is None else self.checkpoint.digest

    @property
    def parameters(self) -> dict[str, int]:
        """By variant."""
        return parameters_of(self.spec.name, self.checkpoint)

    @property
    def judged(self) -> dict[str, Mapping[str, Any]]:
        """What the card says of the test images: by dataset, and of all real ones as "pooled"."""
        found = None if self.checkpoint is None else self.checkpoint.card.metrics
        if found is None:
            return {}
        return {**found.datasets, **({"pooled": found.pooled} if found.pooled else {})}


@dataclass(frozen=True, eq=False)
class OverviewView:
    """A list of methods.

    Attributes:
        key: what the list is of, for the names of files: "all" or the name of a method whose paper
            describes or compares them.
        title: the same in words.
        methods: at least one.
    """

    key: str
    title: str
    methods: tuple[MethodView, ...]

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem("methods", self.key)
