"""What several networks say about one case, in one line each."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.wording import percent
from ..inference.input_checks import Check, caution
from . import seen
from .finding import Finding, changed_words


def cautions_of_all(findings: Sequence[Finding]) -> tuple[Check, ...]:
    """What speaks against all answers, the weightiest first; each is told once, not once each."""
    count = len(findings)
    checks = list(findings[0].input_checks)
    unfamiliar = sum(one.unfamiliar for one in findings)
    if unfamiliar:
        who = f"{unfamiliar} of {count} networks find" if count > 1 else "The network finds"
        unlike = "this image unfamiliar: unlike those they were trained on. Do not rely on them."
        checks.append(caution("distance", f"{who} {unlike}"))
    if findings[0].case.changed:
        checks.append(caution("changed", changed_words(findings[0].case)))
    trained = [one.title for one in findings if one.seen in seen.SENTENCES]
    if trained:
        checks.append(caution("training", seen.sentence_of_several(trained, count)))
    wide = sum(any(c.name == "outline" for c in one.cautions) for one in findings)
    if wide:
        most = f"{wide} of {count} outlines cover most of the image, more than almost any lesion"
        checks.append(caution("outline", f"{most} of the training. Do not rely on them."))
    blind = [one for one in findings if any(c.name == "normals" for c in one.cautions)]
    if blind:
        whose = "these networks" if len(blind) == count else f"{len(blind)} of these networks"
        never = not any(one.card.trained_with_normals for one in blind)
        why = (
            "in training they never saw a normal breast"
            if never
            else "they outline normal breasts too"
        )
        told = f"{why}.{_malignant_normals(blind)}"
        asked = "" if findings[0].known else "Nobody says that there is a lesion, and "
        reason = f"{asked}{whose} cannot say that there is none: {told}"
        checks.append(caution("normals", f"{reason[0].upper()}{reason[1:]}"))
    return tuple(checks)


def voters(findings: Sequence[Finding]) -> list[Finding]:
    """Those whose votes count: a panel repeats what its networks say, unless nobody else does."""
    alone = [one for one in findings if not one.members]
    return alone or [*findings]


def tally(findings: Sequence[Finding]) -> str:
    """How many call it malignant, how many outline nothing, and the range of the probability.

    "" where no network says anything of the kind.
    """
    findings = voters(findings)
    called = [one for one in findings if one.call]
    empty = sum(one.outlined is False for one in findings)
    parts = []
    if called:
        malignant = sum(one.call == "malignant" for one in called)
        values = sorted(one.prediction.probability or 0.0 for one in called)
        low, high = percent(values[0]), percent(values[-1])
        parts.append(
            f"{malignant} of {len(called)} call it malignant "
            f"({low if low == high else f'{low} to {high}'})"
        )
    if empty:
        parts.append(f"{empty} of {len(findings)} outline no lesion")
    if not parts:
        return ""
    line = ", ".join(parts)
    return f"If this is a lesion: {line}" if any(one.conditional for one in called) else line


def judged(findings: Sequence[Finding]) -> str:
    """How many are right where the truth is known: "4 of 5 are right: it is benign"; else ""."""
    told = [one for one in voters(findings) if one.right is not None]
    if not told:
        return ""
    what = told[0].judgement.partition(": ")[2]
    return f"{sum(one.right is True for one in told)} of {len(told)} are right: {what}"


def _malignant_normals(findings: Sequence[Finding]) -> str:
    """How many of the normals these networks called malignant, from the least to the most."""
    counts = [one.normals for one in findings if one.normals]
    called = [found.malignant for found in counts if found.malignant is not None]
    if not called:
        return ""
    low, high = min(called), max(called)
    span = str(low) if low == high else f"{low} to {high}"
    n = next(found.n for found in counts if found.malignant is not None)
    return f" Of {n} normal breasts they called {span} malignant."
