"""How many steps Integrated Gradients needs until its shares add up.

The shares add up exactly in the limit of many steps, except for an answer that jumps on the way
from the baseline to the image: no gradient sees a jump, so no number of steps makes up for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .attributions import Attribution, attribute
from .options import LIMITS, Options
from .subject import Subject

NAME = "integrated_gradients"
WITHIN = 0.05
"""How far the shares may miss the change of the answer, as a share of it."""


def doublings(options: Options) -> tuple[Options, ...]:
    """The same options with twice the steps, four times, … as far as it is allowed."""
    steps, found = 2 * options.steps, []
    while steps <= LIMITS["steps"][1]:
        found.append(replace(options, steps=steps))
        steps *= 2
    return tuple(found)


def adds_up(found: Attribution, within: float = WITHIN) -> bool:
    """Whether the shares of a map miss the change of the answer by at most `within` of it.

    Where the answer does not change, only shares that sum to nothing add up.
    """
    complete = found.completeness
    return complete is not None and abs(complete.error) <= within * abs(complete.change)


def refine(
    subject: Subject, options: Options | None = None, within: float = WITHIN
) -> Iterator[tuple[Options, Attribution]]:
    """Integrated Gradients with twice the steps each time, until it adds up or may not go on.

    Args:
        subject: network, image and target.
        options: the first try; None for the defaults.
        within: see `adds_up`.

    Yields:
        The options of each try and its map; the last one is the best there is.
    """
    options = options or Options()
    for tried in (options, *doublings(options)):
        found = attribute(subject, NAME, tried)
        yield tried, found
        if adds_up(found, within):
            return
