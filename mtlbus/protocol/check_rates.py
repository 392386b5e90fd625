"""How often the input checks speak: on scans that are fine, and on pictures made wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..data.dataset import Sample
from ..evaluation.operating_points import wilson_interval
from ..inference.burned_in import burned_in
from ..inference.input_checks import Check, check_image, worst
from .made_wrong import KINDS

_NAMED = {"letters in a scan": "text", "calipers in a scan": "calipers"}
_WANTED = {
    "split screen": "seam",
    "split screen, one above the other": "seam",
    "colour Doppler, 0.2 to 0.8 % coloured": "colour",
}


@dataclass(frozen=True)
class Rate:
    """A share of images with its interval.

    Attributes:
        images: what they are.
        found: what counts.
        count, n: how many of how many.
    """

    images: str
    found: str
    count: int
    n: int

    def as_dict(self) -> dict:
        """JSON-ready, with Wilson's 95 % interval."""
        low, high = wilson_interval(self.count, self.n)
        share = {"share": self.count / self.n, "low": float(low), "high": float(high)}
        return asdict(self) | share


def good_rates(name: str, samples: Sequence[Sample]) -> list[Rate]:
    """Scans that are fine: cautioned or refused at all, and by each check.

    Args:
        name: of the images, for people.
        samples: scans as a scanner made them.
    """
    spoken: Counter[str] = Counter()
    doubted = 0
    for sample in samples:
        checks = check_image(sample.grey())
        doubted += worst(checks) != "ok"
        spoken.update(check.name for check in checks)
    rates = [Rate(name, "cautioned or refused", doubted, len(samples))]
    return rates + [
        Rate(name, f"by “{check}”", count, len(samples)) for check, count in spoken.most_common()
    ]


def wrong_rates(
    samples: Sequence[Sample], count: int = 200, report: Callable[[str], None] = lambda line: None
) -> list[Rate]:
    """Pictures made wrong: caught by the check that is meant for them, or named.

    Args:
        samples: scans that are fine; those with marks already are not drawn on.
        count: of each kind.
        report: receives a line for each kind.
    """
    scans = [sample.pixels() for sample in samples]
    marks = [burned_in(scan) for scan in scans]
    clean = [
        scan for scan, found in zip(scans, marks, strict=True) if not (found.text or found.calipers)
    ]
    rates = []
    for kind, make in KINDS.items():
        report(f"{kind}: {count} pictures")
        dice = np.random.default_rng(0)
        source = clean if kind in _NAMED else scans
        hits = 0
        for _ in range(count):
            image = make(source, dice)
            if kind in _NAMED:
                hits += bool(getattr(burned_in(image.pixels), _NAMED[kind]))
            else:
                hits += _caught(check_image(image), _WANTED.get(kind))
        rates.append(Rate(kind, "named" if kind in _NAMED else "cautioned or refused", hits, count))
    return rates


def _caught(checks: Sequence[Check], wanted: str | None) -> bool:
    return any(wanted in (None, check.name) for check in checks if check.state != "ok")
