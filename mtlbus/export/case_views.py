"""What networks say about one image or two, as plain data: a comparison, a pair.

Like all views these hold results that the page has computed already. What one network says is a
`Finding`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..core.files import fitting
from ..data.case import Case
from ..findings import Finding

_STEM_BYTES = 180  # what a page adds to the stem is shorter than the rest of a name


@dataclass(frozen=True, eq=False)
class CompareView:
    """What several networks say about one image.

    Attributes:
        case: the image.
        views: what each says, all with one mask threshold; at least one.
    """

    case: Case
    views: tuple[Finding, ...]

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem("compare", self.case.key)


@dataclass(frozen=True, eq=False)
class PairView:
    """What several networks say about two images.

    Attributes:
        first, second: what they say about each: the same networks in the same order, all with one
            mask threshold.
    """

    first: CompareView
    second: CompareView

    @property
    def case(self) -> Case:
        """The image that was there first."""
        return self.first.case

    @property
    def halves(self) -> tuple[tuple[str, CompareView], tuple[str, CompareView]]:
        """Both with a word for each, that names arrays and rows."""
        return ("first", self.first), ("second", self.second)

    @property
    def by_network(self) -> tuple[tuple[Finding, Finding], ...]:
        """What each network says about both."""
        return tuple(zip(self.first.views, self.second.views, strict=True))

    @property
    def mask_threshold(self) -> float:
        """Tumour probability above which a pixel is inside."""
        return self.first.views[0].mask_threshold


@dataclass(frozen=True, eq=False)
class MirrorView(PairView):
    """What several networks say about one image and about the same turned left to right."""

    @property
    def halves(self) -> tuple[tuple[str, CompareView], tuple[str, CompareView]]:
        """Both with a word for each, that names arrays and rows."""
        return ("image", self.first), ("mirror", self.second)

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem("mirror", self.case.key)


@dataclass(frozen=True, eq=False)
class TwoCasesView(PairView):
    """What several networks say about two images."""

    @property
    def stem(self) -> str:
        """Of the names of its files."""
        return file_stem("two-cases", self.first.case.key, self.second.case.key)


def stem_of(finding: Finding) -> str:
    """Of the names of the files of what one network says."""
    return file_stem(finding.case.key, finding.prediction.method)


def file_stem(*parts: str) -> str:
    """A file name without its ending that every system takes, from parts that may hold anything."""
    stem = "_".join(re.sub(r"[^\w.-]+", "-", part).strip("-.")[:60] for part in parts if part)
    return fitting(stem, most=_STEM_BYTES)
