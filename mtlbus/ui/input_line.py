"""What the input checks found, in the same words on every page: green, amber or red.

Each page asks `let_in` before it asks a network. The image is looked at once, see
`services.checks`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from ..inference.input_checks import Check, refusal
from ..inference.predictor import Prediction
from . import seen, services
from .case import Case

_FINE = "Size, content, texture and colour are those of an ultrasound image"


def let_in(case: Case, cautions: bool = True, named: bool = False) -> bool:
    """Whether networks may be asked about a case; says why not, or what to be careful about.

    Args:
        case: the image.
        cautions: draw the cautions too, one short line each.
        named: say in each caution whose it is, where several cases are on the page.
    """
    checks = services.checks(case)
    refused = refusal(checks)
    if refused:
        st.error(refused, icon=":material/block:", title=f"Refused: {case.title}")
        return False
    if cautions:
        _cautions(checks, f"{case.title}: " if named else "")
    return True


def known_to(case: Case, method: str) -> None:
    """A short line where an image is unlike those of a network's training, or was one of them."""
    _cautions(services.predictor(method).check(services.predict(case, method)))
    known = seen.sentence(case, services.checkpoint(method).card)
    if known:
        _cautions((Check("caution", "training", known),))


def warn(checks: Iterable[Check]) -> None:
    """What speaks against the answer, a line each; belongs directly under the headline."""
    _cautions(checks)


def say_fine(checks: Sequence[Check], prediction: Prediction, unknown: str = "") -> None:
    """That nothing speaks against the image of a prediction, if so.

    Args:
        checks: what speaks against the image; `warn` shows it.
        prediction: with its distance from the training images.
        unknown: why that distance is not known, if a file should have told it.
    """
    if not checks:
        st.markdown(f":green-badge[:material/check: input ok] :small[:gray[{_fine(prediction)}]]")
    if unknown:
        st.caption(unknown)


def _cautions(checks: Iterable[Check], name: str = "") -> None:
    """A line for each caution."""
    for check in checks:
        st.markdown(f":orange-badge[:material/warning: caution] :small[{name}{check.reason}]")


def _fine(prediction: Prediction) -> str:
    if prediction.distance is None:
        return f"{_FINE}."
    return (
        f"{_FINE}, and it resembles the training images "
        f"(distance {prediction.distance:.2f} of the limit)."
    )
