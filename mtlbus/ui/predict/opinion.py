"""Asked again: the same image a little different, and other networks about it.

Both are asked for by a switch and come after everything else is drawn, so the answer itself waits
for neither. A click anywhere interrupts; what is known by then is kept.
"""

from __future__ import annotations

import streamlit as st

from ...core.text import literal
from ...data.transforms import PREPROCESSING_VERSION
from ...export.case_views import stem_of
from ...figures.strip import Dot, strip_figure
from ...figures.style import QUIET
from ...findings import Finding
from ...findings.opinion import STEADY, Opinion, Said, after_changes, of_others
from ...inference.predictor import Prediction
from ...inference.steadiness import COUNT, ask_again, changed
from ...methods import get_spec
from ...methods.panel import is_panel, members_of
from .. import charts, services, stopping
from ..finding import finding_of
from ..gate import GATE
from ..memory import toggle
from ..results import ResultStore
from ..session import Slot
from ..widgets import explain_error

_AGAIN = ResultStore(services.MEGABYTE, lambda answers: 128 * len(answers), GATE)
_STOPPED: Slot[str | None] = Slot("_others_stopped", None)  # digest of the image


@st.fragment
@services.one_look()
def show(finding: Finding) -> None:
    """The switches, and what they bring; nothing for a network that names no class."""
    if finding.prediction.probability is None:
        return
    with st.container(horizontal=True, gap="medium"):
        steady = toggle(
            "How steady?",
            "steady",
            help=f"Asks the same network about {COUNT} versions of the image: mirrored, cropped a "
            "little, brighter and darker. The lesion stays the same; does the answer?",
        )
        second = toggle(
            "Second opinion", "others", help="Asks all other networks about the image as it is."
        )
    place = st.container(gap="xsmall")
    try:
        if steady:
            _ask_again(finding)
        if second:
            _ask_others(finding)
    except services.LeftOut as error:
        explain_error(error)
    with place:
        _draw(known(finding, (), steady, second))


def known(
    finding: Finding, worth: tuple[str, ...] = (), steady: bool = True, second: bool = True
) -> Opinion:
    """What is known of it by now, with a line each of its `worth`; nothing is asked.

    `steady` and `second` say whether the changed image, and the other networks, are wanted.
    """
    case, prediction = finding.case, finding.prediction
    changes = (_AGAIN.peek(_key(prediction)) or ()) if steady else ()
    views = []
    for method in _others(prediction.method) if second else ():
        if services.is_ready(case, method):
            said = services.predict(case, method)
            views.append(finding_of(case, said, finding.mask_threshold))
    others = of_others(views) if views else ()
    return Opinion(finding, after_changes(finding, changes), others, worth)


def _key(prediction: Prediction) -> tuple:
    return (prediction.image_sha256, prediction.weights_sha256, PREPROCESSING_VERSION, "again")


def _ask_again(finding: Finding) -> None:
    key, prediction = _key(finding.prediction), finding.prediction
    if _AGAIN.peek(key) is not None:
        return
    network = services.predictor(prediction.method)
    images = changed(finding.case.image.pixels, prediction.mask())
    asking = f"Asking {finding.title} about {len(images)} small changes …"
    with st.spinner(asking), services.waiting_line() as say:
        _AGAIN.get(key, lambda: tuple(ask_again(network, images)), say)


def _others(method: str) -> list[str]:
    """The networks that name a class, without the one that is asked and those in its panel."""
    names = [name for name in services.available() if get_spec(name).classifies]
    asked = {*members_of(method, names)} if is_panel(method) else {method}
    return [name for name in names if name not in asked]


def _ask_others(finding: Finding) -> None:
    case = finding.case
    missing = [m for m in _others(finding.prediction.method) if not services.is_ready(case, m)]
    if not missing:
        return
    wish = case.image.sha256
    if _STOPPED.get() == wish:
        st.button(
            f"Ask the other {len(missing)}", key="_others_go_on", icon=":material/play_arrow:",
            on_click=_STOPPED.take,
        )  # fmt: skip
        return
    with stopping.progress("_others_stop", lambda: _STOPPED.set(wish)) as bar:
        for number, method in enumerate(missing):
            text = f"Asking {services.title_of(method)}, {number + 1} of {len(missing)}"
            bar.progress(number / len(missing), text)
            services.predict(case, method)


def _draw(found: Opinion) -> None:
    rows = {"small changes": found.changes, "other networks": found.networks}
    dots = {title: _dots(said) for title, said in rows.items() if said}
    if not dots:
        return
    finding = found.finding
    point, here = finding.point, finding.prediction.probability
    strip = strip_figure(dots, here, None if point is None else point.threshold)
    charts.show(
        strip, "opinion_strip", " ".join(line.replace("**", "") for line in found.lines), QUIET
    )
    for line in found.lines:
        st.markdown(f"- {line}")
    everything, notes = (*found.changes, *found.networks), ["Dotted: the answer above."]
    if any(one.call is None for one in everything):
        notes.append("Grey: no lesion outlined.")
    if any(one.doubted for one in everything):
        notes.append("Open: something speaks against that answer.")
    notes += [STEADY] if found.changes else []
    st.caption(" ".join(notes))
    charts.offer("Other answers", strip, f"{stem_of(finding)}_other-answers")


def _dots(said: tuple[Said, ...]) -> list[Dot]:
    return [
        Dot(
            one.probability,
            literal(f"{one.name}: {one.call or 'no lesion outlined'}"),
            None if one.call is None else one.call == "malignant",
            one.doubted,
        )
        for one in said
        if one.probability is not None
    ]
