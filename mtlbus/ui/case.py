"""A case of a visitor: what is known of an upload is forgotten with it."""

from __future__ import annotations

from dataclasses import dataclass

from ..data import case
from . import forget


@dataclass(frozen=True, eq=False)
class Case(case.Case):
    """What is being looked at, see `data.case.Case`."""

    def __post_init__(self) -> None:
        if self.origin == "upload" or self.before is not None:
            forget.with_its_image(self.image)
