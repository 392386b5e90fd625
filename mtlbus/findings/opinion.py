"""How steady an answer is, and what other networks say: one probability among its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.wording import percent
from ..inference.steadiness import COUNT, Again
from . import presence
from .finding import Finding
from .several import voters

STEADY = "Steady is not the same as right: a network can be wrong in the same way each time."


@dataclass(frozen=True)
class Said:
    """One answer.

    Attributes:
        name: whose, or about which change of the image.
        probability: of malignancy, 0..1; None without a class.
        call: "benign" or "malignant"; None without one, as where no lesion is outlined.
        doubted: something speaks against it.
    """

    name: str
    probability: float | None
    call: str | None
    doubted: bool = False


@dataclass(frozen=True)
class Opinion:
    """What else is said about a case.

    Attributes:
        finding: the answer that it stands beside.
        changes: the same network about the changed image.
        networks: other networks about the image as it is.
        worth: what such a probability was worth on test images, a line each.
    """

    finding: Finding
    changes: tuple[Said, ...] = ()
    networks: tuple[Said, ...] = ()
    worth: tuple[str, ...] = ()

    @property
    def steadiness(self) -> str:
        """What small changes do, in words; "" where nothing was asked, or no class is said."""
        found, said = self.finding, _with_probability(self.changes)
        if not said or found.prediction.probability is None:
            return ""
        reach = _span([*said, Said("", found.prediction.probability, None)])
        line = f"**{reach}** with the image mirrored, cropped a little, brighter and darker"
        kept = sum(one.call == found.call for one in said)
        answer = f"the call “{found.call}”" if found.call else "“no lesion outlined”"
        if kept == len(said):
            line += f": {answer} stays in all {len(said)} trials."
        else:
            line += f": {answer} stays in {kept} of {len(said)} trials."
        left = COUNT - len(self.changes)
        if left:
            line += f" Crops that would cut the outline were left out: {left}."
        return line

    @property
    def others(self) -> str:
        """What the other networks say, in words; "" where none was asked."""
        said = _with_probability(self.networks)
        if not said:
            return ""
        who = "1 other network says" if len(said) == 1 else f"{len(said)} other networks say"
        line = f"{who} **{_span(said)}**"
        called = [one for one in said if one.call]
        malignant = sum(one.call == "malignant" for one in called)
        if called:
            line += f"; {malignant} of {len(called)} call it malignant"
        empty = len(said) - len(called)
        outline = "outlines" if empty == 1 else "outline"
        return line + (f", {empty} {outline} no lesion." if empty else ".")

    @property
    def lines(self) -> list[str]:
        """All of it in words; `**` marks what is important."""
        return [line for line in (self.steadiness, self.others) if line]


def after_changes(finding: Finding, answers: Sequence[Again]) -> tuple[Said, ...]:
    """The answers of a finding's network about the changed image, called at the same points."""
    return tuple(_said(finding, one) for one in answers)


def _said(finding: Finding, again: Again) -> Said:
    point, limit = finding.point, presence.threshold(finding.card)
    call = None
    if point is not None and again.probability is not None:
        call = point.call(again.probability)
    if again.peak is not None and again.peak <= finding.mask_threshold:
        call = None
    if limit is not None and again.presence is not None and again.presence < limit:
        call = None
    return Said(again.change, again.probability, call, finding.cautious)


def of_others(findings: Sequence[Finding]) -> tuple[Said, ...]:
    """The answers of other networks, each at its own operating point; panels do not vote twice."""
    return tuple(
        Said(one.title, one.prediction.probability, one.call, one.cautious)
        for one in voters(findings)
    )


def _with_probability(said: Sequence[Said]) -> list[Said]:
    return [one for one in said if one.probability is not None]


def _span(said: Sequence[Said]) -> str:
    """ "43 to 71 %"."""
    values = sorted(one.probability for one in said if one.probability is not None)
    low, high = percent(values[0]), percent(values[-1])
    if low == high:
        return low
    return f"{low.removesuffix(' %')} to {high}"
