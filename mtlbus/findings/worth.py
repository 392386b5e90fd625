"""What a probability of this size was worth on test images, in words; where that may be said."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..core.wording import percent
from ..evaluation.local_worth import Local, around
from .finding import Finding
from .scope import counted_on

LABEL, SAID = "label", "probability"


@dataclass(frozen=True)
class Worth:
    """How often it was malignant where the network said about the same.

    Attributes:
        local: the counts.
        where: of which collections the images are: " of BUSI".
        own: the case itself is one of them.
        elsewhere: it is of no collection that was counted.
    """

    local: Local
    where: str
    own: bool
    elsewhere: bool

    @property
    def sentence(self) -> str:
        """The counts with their interval; `**` marks what is important."""
        found = self.local
        span = f"{round(100 * found.low)} to {percent(found.high)}"
        if not found.n:
            return f"To none of the test images{self.where} did it give {span}."
        low, high = map(percent, found.interval)
        own = ", this one among them," if self.own else ""
        line = (
            f"Of the {found.n} test images{self.where} to which it gave {span}{own} "
            f"**{found.malignant} were malignant**: {percent(found.share)} (95 % interval: {low} "
            f"to {high})."
        )
        if self.elsewhere:
            line += " Nobody has counted whether that holds for images from elsewhere."
        return line

    def at(self, prevalence: float) -> str:
        """The same where another part of the lesions is malignant; "" where nothing was counted.

        Args:
            prevalence: above 0, below 1.
        """
        if not self.local.n:
            return ""
        value, low, high = map(percent, self.local.at(prevalence))
        here = f"{100 * self.local.prevalence:.0f}"
        return (
            f"Where {100 * prevalence:g} of 100 lesions are malignant, and not {here} as among the "
            f"test images, it would be **{value}** ({low} to {high})."
        )


def worth_of(finding: Finding, judged: pd.DataFrame) -> Worth | None:
    """What the probability of a finding was worth.

    Only where the call is believed, so nothing speaks against it, and only of a patient's image: a
    phantom is none, and a case that the network was trained on would count itself.

    Args:
        finding: the answer.
        judged: the real test images with a label and a probability, as `judged_rows.judged`.
    """
    said, phantom = finding.prediction.probability, finding.case.origin == "phantom"
    if said is None or not finding.promises or phantom:
        return None
    if judged[LABEL].nunique() < 2:
        return None
    local = around(judged[LABEL].astype(int), judged[SAID], said)
    return Worth(local, counted_on(finding.card), finding.seen == "test", bool(finding.scope))
