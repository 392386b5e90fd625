"""The end of a round: who read best, who erred where, and how well the percentages hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from html import escape

import streamlit as st

from ...core.text import literal, printable
from ...core.wording import LABELS, percent
from ...evaluation.calibration import reliability
from ...evaluation.intervals import Interval
from ...figures.calibration import calibration_figure
from ...figures.readers import readers_figure
from .. import charts, services, takeaway
from ..charts import Chart, charts_file
from ..tables import show_table
from ..takeaway import File
from ..theme import strong
from . import networks, place, rooms, start
from .place import Place
from .rooms import Reply, Room
from .tally import NO_CALL, Standing, is_right, replies_csv, standings, table_csv

_EVERY = 3.0  # seconds between two looks at what the others do
_BINS = 5
_PLAYER = 180  # pixels, at least; a class of thirty fits a projector


def head(here: Place) -> None:
    """The room, and the way out."""
    room = here.room
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"Room **{room.code}**", width="content")
        if here.host and here.player is not None and not room.closed:
            st.caption("Others join on this page with the code.", width="content")
        if here.host and here.player is None and not room.closed:
            start.host_plays(room, room.host)
        st.button("Leave", key="_quiz_leave", type="tertiary", icon=":material/logout:",
                  on_click=place.leave)  # fmt: skip


def watch(here: Place) -> None:
    """For whoever opened the room and does not read: who is where, until the answers are shown."""
    with st.container(border=True):
        st.html(_invitation(here.room.code))
    _progress(here)
    st.button(
        "Close the round and show the answers", key="_quiz_close", type=strong(),
        icon=":material/visibility:", on_click=rooms.ROOMS.close, args=(here.room,),
        help="Nobody can answer after that.",
    )  # fmt: skip


def _invitation(code: str) -> str:
    """Where to go, in letters for the last row of a hall, which no title of Streamlit has."""
    return (
        '<div style="text-align: center">'
        f'<p style="font-size: clamp(1.1rem, 2.2vw, 2.6rem); margin: 0.3em">Open '
        f"<b>{escape(_address())}</b> and join room</p>"
        '<h2 style="font-size: clamp(3.5rem, 11vw, 13rem); line-height: 1.1; margin: 0; padding: 0;'
        f' letter-spacing: 0.1em">{escape(code)}</h2></div>'
    )


def _address() -> str:
    """Of this page as the browser has it, for others to type."""
    return (st.context.url or "this page").partition("://")[2].partition("?")[0] or "this page"


@st.fragment(run_every=_EVERY)
def _progress(here: Place) -> None:
    room = here.room
    if room.closed:
        st.rerun()
    if not room.players:
        st.caption("Nobody is here yet.")
    with st.grid("auto", min_column_width=_PLAYER, gap=("xsmall", "medium")):
        for player in list(room.players):
            done, count = len(player.replies), len(room.items)
            st.progress(done / count, f"{literal(player.name)}: {done} of {count}")


def show(here: Place) -> None:
    """The results; they follow the others as long as the round is open."""
    open_still = not here.room.closed and any(
        not here.room.is_done(one) for one in here.room.players
    )
    st.fragment(_show, run_every=_EVERY if open_still else None)(here)


@services.one_look()
def _show(here: Place) -> None:
    room, own = here.room, "" if here.player is None else here.player.name
    with st.spinner("Asking the networks …", show_time=False):
        networks.ask_the_rest(room)
    found = standings(room, {name: services.title_of(name) for name in room.networks})
    if not found:
        st.info("Nobody has read a case.", icon=":material/info:")
        return
    mine = next((one for one in found if one.kind == "person" and one.who == own), None)
    people = [one for one in found if one.kind == "person"]
    nets = [one for one in found if one.kind == "network"]
    if mine is not None:
        st.subheader(_outcome(mine, nets))
    seen = sum(item.seen for item in room.items)
    if seen:
        st.warning(
            f"{seen} of {len(room.items)} cases took part in the training of one of these "
            "networks: for them a right answer is memory, not skill.",
            icon=":material/warning:",
        )
    show_table(_table(found, own), "How well each reader read.")
    st.caption(
        "Shares with 95 % intervals (Wilson). On so few cases they are wide: who is ahead here may "
        "be behind tomorrow. Brier: 0 is perfect, 0.25 is to say 50 % always. A person calls above "
        "50 %, a network at its own operating point; one that outlines no lesion makes no call, "
        "which is wrong: in each case there is one."
    )
    roc = Chart(
        "Cancers found, false alarms raised",
        readers_figure(
            {one.who: one.score for one in people}, {one.who: one.score for one in nets}, own
        ),
        "Sensitivity and false alarms of the readers and the networks on these cases.",
    )
    holding = Chart(
        "How well the percentages hold",
        calibration_figure(_curves(room, mine, people, nets)),
        "The share of malignant cases among those with a like percentage.",
    )
    with st.grid(2, min_column_width=320, gap="medium"):
        for name, chart in (("roc", roc), ("calibration", holding)):
            with st.container():
                st.markdown(f"**{chart.heading}**")
                charts.show(chart.figure, f"_quiz_{name}", chart.said)
    st.markdown("**Who erred where**")
    show_table(_errors(room, found), "What each reader said of each case.")
    readers, answers = "A line for each reader.", "A line for each case and reader."
    every = partial(replies_csv, room, found)
    files = [
        File("Results (CSV)", ".csv", readers, lambda: table_csv(found)),
        File("Every answer (CSV)", "_answers.csv", answers, every, "table_rows"),
        charts_file(lambda: [roc, holding]),
    ]
    takeaway.menu(files, f"round_{room.code}", "quiz_takeaway")


def _outcome(mine: Standing, nets: Sequence[Standing]) -> str:
    said = f"You: {mine.score.right} of {mine.score.n} right"
    if not nets:
        return said
    best = nets[0].score
    beaten = (mine.score.right / mine.score.n, -mine.score.brier) > (
        best.right / best.n,
        -best.brier,
    )
    verdict = "you beat them all" if beaten else f"{nets[0].who}: {best.right} of {best.n}"
    return f"{said}; {verdict}"


def _table(found: Sequence[Standing], own: str) -> list[dict[str, str]]:
    return [
        {
            "Reader": _named(one, own), "Right": f"{one.score.right} of {one.score.n}",
            "Sensitivity": _share(one.score.sensitivity),
            "Specificity": _share(one.score.specificity), "AUC": _number(one.score.auc),
            "Brier": _number(one.score.brier), "Box overlap": _number(one.score.overlap),
        }
        for one in found
    ]  # fmt: skip


def _named(one: Standing, own: str) -> str:
    """A reader in a table; networks and oneself are marked."""
    if one.kind == "network":
        return f"{one.who} (network)"
    name = printable(one.who)
    return f"{name} (you)" if one.who == own else name


def _share(found: Interval) -> str:
    if math.isnan(found.value):
        return "–"
    return f"{percent(found.value)} ({100 * found.low:.0f} to {100 * found.high:.0f})"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _curves(
    room: Room, mine: Standing | None, people: Sequence[Standing], nets: Sequence[Standing]
) -> dict:
    """Calibration of oneself, of all people together, and of the best network."""
    groups = {"you": [mine] if mine else [], "all of you": people, nets[0].who if nets
              else "": nets[:1]}  # fmt: skip
    if mine is not None and len(people) == 1:
        del groups["all of you"]
    found = {}
    for name, members in groups.items():
        pairs = [
            (room.items[number].label, reply.probability)
            for one in members
            for number, reply in one.replies.items()
        ]
        if pairs:
            labels, said = zip(*pairs, strict=True)
            found[name] = reliability(labels, said, _BINS)
    return found


def _errors(room: Room, found: Sequence[Standing]) -> list[dict[str, str]]:
    """A line for each case, a column for each reader: what was said, and if it is wrong."""
    names: list[str] = []
    for one in found:  # no two columns of one name: a nickname may look like a network
        name = _named(one, "")
        while name in names:
            name += "'"
        names.append(name)
    rows = []
    for number, item in enumerate(room.items):
        row = {"Case": f"{number + 1}, {LABELS[item.label]}"}
        for name, one in zip(names, found, strict=True):
            row[name] = _cell(room, number, one.replies.get(number))
        rows.append(row)
    return rows


def _cell(room: Room, number: int, reply: Reply | None) -> str:
    if reply is None:
        return ""
    said = NO_CALL if reply.called is None else percent(reply.probability)
    return said + ("" if is_right(room, number, reply) else ", wrong")
