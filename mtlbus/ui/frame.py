"""What stands around every page: navigation, the sidebar, and the way in from a deep link."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from ..figures.icon import favicon
from . import address, memory, session

PAGES = Path(__file__).resolve().parents[2] / "pages"
APP = "mtlbus explorer"
HOME = "home.py"
_ON_STAGE = (HOME, "predict.py")  # which a lecture shows in its own way
_INSIDE: ContextVar[bool] = ContextVar("inside_frame", default=False)


@dataclass(frozen=True)
class PageEntry:
    """A page of the app: section, file, title, icon, what it is for, and if it is about a case."""

    section: str
    file: str
    title: str
    icon: str
    help: str
    about_case: bool = False

    @property
    def address(self) -> str:
        """Its path on the server, without the slash before it."""
        return "" if self.file == HOME else Path(self.file).stem


ENTRIES = (
    PageEntry("", "home.py", "Home", "home", "What this is, and a finished prediction.", True),
    PageEntry(
        "Explore", "cases.py", "Cases", "grid_view",
        "All images at hand as a contact sheet: search, filter, open.",
    ),
    PageEntry(
        "Explore", "predict.py", "Predict", "radiology",
        "The outline and the probability for one image, and what they are worth.", True,
    ),
    PageEntry(
        "Explore", "compare.py", "Compare", "compare",
        "Several networks on the same image, side by side.", True,
    ),
    PageEntry(
        "Explore", "attention.py", "Attention", "visibility",
        "Where a network looks, by its own inner maps.", True,
    ),
    PageEntry(
        "Explore", "what_if.py", "What if", "experiment",
        "Change the picture step by step: does the answer stay?", True,
    ),
    PageEntry(
        "Explore", "surgery.py", "Mask surgery", "draw",
        "Correct the outline, and see what the network's decision makes of it.", True,
    ),
    PageEntry(
        "Explore", "attributions.py", "Attributions", "grain",
        "Which pixels an answer rests on, and whether such a map can be believed.", True,
    ),
    PageEntry(
        "Judge", "performance.py", "Performance", "monitoring",
        "How good the networks are on images they have not seen.",
    ),
    PageEntry(
        "Learn", "stories.py", "Stories", "auto_stories",
        "Guided tours through the pages, a few minutes each.",
    ),
    PageEntry(
        "Learn", "quiz.py", "Beat the network", "trophy",
        "Blind cases: you say how likely each is malignant, then truth and networks are shown.",
    ),
    PageEntry(
        "Learn", "methods.py", "Methods", "menu_book",
        "Idea, wiring, equations and decisions of every method.",
    ),
    PageEntry(
        "Learn", "phantom_lab.py", "Phantom lab", "tune",
        "Turn one knob of a simulated breast and see what the networks make of it.", True,
    ),
)  # fmt: skip


def require_frame(page_file: str) -> None:
    """First line of every page, before torch is loaded: make sure that it runs in the frame.

    Where `app.py` has not run before and our own server (`server.lifespan`) did not start, as in
    Streamlit's `AppTest`, a page is run by the old pages runner, without `app.py`. Then the wish
    is remembered and the frame is entered; the frame leads back.

    Args:
        page_file: `__file__` of the page.
    """
    if not _INSIDE.get():
        session.GO.set((Path(page_file).name, st.query_params.to_dict()))
        st.switch_page("app.py")


def run() -> None:
    """Draw the frame and the page in it: all of `app.py`."""
    address.read_link()
    lecture = memory.switch("lecture")
    # An own icon, before the navigation: Streamlit would fetch its named ones from a stranger.
    # A lecture that is begun by the button in the sidebar would keep that, though empty.
    sidebar_state = "collapsed" if lecture else "auto"
    st.set_page_config(APP, favicon(), layout="wide", initial_sidebar_state=sidebar_state)
    pages, sections = {}, {}
    for entry in ENTRIES:
        pages[entry.file] = st.Page(
            PAGES / entry.file, title=entry.title, icon=f":material/{entry.icon}:",
            help=entry.help, default=entry.file == HOME,
        )  # fmt: skip
        sections.setdefault(entry.section, []).append(pages[entry.file])
    # All pages, always: Streamlit would fold more than a dozen away.
    page = st.navigation(sections, position="hidden" if lecture else "sidebar", expanded=True)
    entry = next(entry for entry in ENTRIES if pages[entry.file] == page)
    title = APP if entry.file == HOME else f"{entry.title} · {APP}"
    st.set_page_config(page_title=title)
    wanted = session.GO.take()
    if wanted is not None and wanted[0] in pages:
        st.switch_page(pages[wanted[0]], query_params=wanted[1])
    with _patience():
        from ..core.wording import DISCLAIMER
        from . import services, sidebar, state, unopened, uploads, visits
        from .case_store import Unopened
        from .lecture import view as stage
        from .stories import guide
        from .tasks import pages as task_pages
        from .widgets import explain_error
    if not lecture:  # which says so below
        st.caption(f":material/science: **{DISCLAIMER}**")

    token = _INSIDE.set(True)
    try:
        visits.note()
        with services.one_look(), address.one_update():
            uploads.take_early()
            if not lecture:
                sidebar.draw()
            notes = st.container()
            address.tell(notes)
            guide.show(entry.file)
            address.link_unless("lecture", str(int(lecture)), "0")
            found = state.current()
            draw = task_pages.page_for(entry.file, entry.about_case, found) or page.run
            if entry.about_case and isinstance(found, Unopened):
                draw = partial(unopened.show, found)
            if lecture:
                stage.run(found, None if _on_stage(entry, found) else draw)
            else:
                draw()
            address.tell(notes)  # also what the page had to say
    except services.LeftOut:
        st.rerun()  # without that network, and with a line that says so
    except Exception as error:
        explain_error(error)
    finally:
        _INSIDE.reset(token)


def _on_stage(entry: PageEntry, found: object) -> bool:
    """Whether a lecture shows the case in its own way; of other tasks where the answers hide."""
    from ..data.task_case import TaskCase
    from . import state
    from .case import Case

    if isinstance(found, Case):
        return entry.file in _ON_STAGE
    return entry.about_case and isinstance(found, TaskCase) and state.is_blind()


def _patience() -> AbstractContextManager:
    """What the first visitor of a server sees beside the navigation while torch is loaded."""
    if "torch" in sys.modules:
        return nullcontext()
    return st.spinner("Loading PyTorch: the first visit takes some seconds.")
