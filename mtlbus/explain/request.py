"""What a view of attributions is computed from, besides the image and the weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..core.errors import InputError
from .attributions import Attribution, attribute
from .gradcam import NotServed
from .options import Options
from .placebo import randomised
from .subject import Subject
from .targets import Target
from .task_targets import TaskTarget
from .techniques import technique_of

PLACEBO = "_placebo"
"""Ending of a placebo's name."""

DEFAULT = ("gradcam", "integrated_gradients")


@dataclass(frozen=True)
class Request:
    """With the SHA-256 of image and weights, this reproduces every number of the view.

    Attributes:
        attributions: names of `techniques.TECHNIQUES`, in the order of the panels.
        target: what is explained.
        options: of the methods.
        placebo: each map also of a network with shuffled weights.
    """

    attributions: tuple[str, ...] = DEFAULT
    target: Target | TaskTarget = field(default_factory=Target)
    options: Options = field(default_factory=Options)
    placebo: bool = True

    def __post_init__(self) -> None:
        for name in self.attributions:
            technique_of(name)
        if len(set(self.attributions)) < len(self.attributions):
            raise InputError(f"An attribution is named twice: {', '.join(self.attributions)}.")

    @property
    def jobs(self) -> tuple[tuple[str, bool], ...]:
        """What has to be computed: (name, whether of the placebo), in a good order to look at."""
        kinds = (False, True) if self.placebo else (False,)
        return tuple((name, random) for random in kinds for name in self.attributions)

    def as_text(self) -> dict[str, str]:
        """The request as the words that stand in a link and on the command line."""
        return {
            "attributions": ",".join(self.attributions),
            "target": str(self.target),
            "settings": str(self.options),
            "placebo": "1" if self.placebo else "0",
        }


def answer(
    request: Request, subject: Subject, report: Callable[[str], None] = lambda title: None
) -> dict[str, Attribution | NotServed]:
    """Compute every map of a request, one after the other.

    Args:
        request: what is asked; its target is that of the subject.
        subject: the trained network and the image.
        report: receives the name of each map before it is computed.

    Returns:
        By name, a placebo's with the ending `PLACEBO`; in place of a map that cannot be made, the
        reason.
    """
    shuffled = subject.of_model(randomised(subject.model)) if request.placebo else None
    found: dict[str, Attribution | NotServed] = {}
    for name, random in request.jobs:
        if random and isinstance(found[name], NotServed):
            continue
        key = f"{name}{PLACEBO}" if random else name
        report(key)
        try:
            found[key] = attribute(shuffled if random else subject, name, request.options)
        except NotServed as refusal:
            found[key] = refusal
    return found
