"""The parts of the Home page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ..checkpoints import Checkpoint
from ..core.text import literal
from ..data.phantom import GALLERY
from ..findings import points, scope
from ..inference.input_checks import refusal
from . import address, input_line, pictures, services, state, uploads, verdict
from .browse import collection
from .case import Case
from .finding import finding_of
from .predict import files
from .session import METHOD, go
from .widgets import ask, no_methods

_PLACE = (380, 560)
_DOOR = 240  # pixels at least; narrower ones break the words of an error
_TILES, _NARROWEST = 8, 104  # in a row: 8 at 1920, 6 at 1280, 4 at 800, so none is left alone


def first_method(methods: Mapping[str, Checkpoint]) -> str | None:
    """The method in use, else the one that Predict opens; says what to do where there is none."""
    if not methods:
        st.info(no_methods(), icon=":material/info:")
        return None
    wanted = METHOD.get()
    if wanted in methods:
        return wanted
    address.say_of_link("method", f"Allowed: {', '.join(methods)}.")
    return services.first_of(methods)


def finished(case: Case, method: str) -> None:
    """A prediction of the current case: picture left, verdict right; of a refused one, why."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    if refusal(services.checks(case)):
        with row.container(width=390):
            st.image(pictures.plain(case, _PLACE), alt=pictures.nothing_said(case))
        with row.container(width="stretch"):
            input_line.let_in(case)
        return
    with row:
        prediction = ask(case, method)
    finding = finding_of(case, prediction)
    style = pictures.Style(colour=verdict.colour_of(finding), place=_PLACE)
    with row.container(width=390):
        st.image(pictures.picture(finding, style), alt=pictures.in_words(finding))
    with row.container(width="stretch"):
        st.subheader(literal(case.title))
        st.caption(f"What {finding.title} says, this moment, on this machine.")
        verdict.cautions(finding.cautions)
        verdict.answer(finding)
        verdict.standing(finding)
        verdict.scope(finding)
        verdict.bar(finding)
        files.offer(finding, style)


def doors(method: str | None) -> None:
    """Try a sample, upload, see how good it is: the figures of `method`, if any."""
    with st.grid(3, min_column_width=_DOOR, gap="small"):
        with _door(":material/photo_library: Try a sample"):
            st.markdown(f"{len(GALLERY)} phantoms with a known truth wait below; or take this one.")
            st.page_link("pages/predict.py", label="Look closer", icon=":material/east:")
        with _door(":material/upload: Upload your own"):
            uploads.uploader(
                "PNG, JPEG, BMP, TIFF, WebP, GIF or DICOM",
                "_home_upload",
                lambda: go("predict.py"),
                uploads.CONSENT,
            )
        with _door(":material/monitoring: See how good it is"):
            st.markdown(track_record(method))
            st.page_link("pages/performance.py", label="See figures", icon=":material/east:")


def _door(title: str):
    door = st.container(border=True, width="stretch", height="stretch")
    door.markdown(f"##### {title}")
    return door


def track_record(method: str | None) -> str:
    """How often a method is right on test images, in natural frequencies, if its card says so."""
    record = points.track_record(services.checkpoint(method).card) if method else None
    if record is None:
        return "On test images that no training has seen, with intervals, not adjectives."
    found, cleared, count = record
    where = scope.counted_on(services.checkpoint(method).card).strip()
    return (
        f"{services.title_of(method)} finds **{found} of 100** cancers and clears "
        f"**{cleared} of 100** benign lesions, counted on {count} unseen images"
        f"{where and ' '}{literal(where)}."
    )


def _open(name: str) -> None:
    state.choose_case(name)
    go("predict.py")


def gallery() -> None:
    """All phantoms as pictures with a button each, in rows that fill the page.

    Where names and answers are hidden they have numbers, as on the page of all cases.
    """
    st.subheader("Samples: phantoms made from physics, with their true outline")
    blind = state.is_blind()
    shown = {one.key: one for one in collection.entries(collection.PHANTOMS, None)}
    with st.grid(_TILES, min_column_width=_NARROWEST, gap="small"):
        for number, name in enumerate(collection.mixed(shown) if blind else shown, start=1):
            title = f"Case {number}" if blind else shown[name].title
            with st.container(gap="xxsmall"):
                st.image(shown[name].small(), alt=f"Phantom: {title}", width="stretch")
                st.button(
                    title, key=f"_sample_{name}", on_click=_open, args=(name,), type="tertiary",
                    help="Open in Predict" if blind else GALLERY[name].text, width="stretch",
                )  # fmt: skip
