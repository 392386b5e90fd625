"""All methods in three tables, by what their paper makes of them; a row or a list opens a card."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ...core.spec import Role, Spec
from ...export.method_views import parameters_of
from ...methods import get_spec, list_methods
from .. import services
from ..memory import pick
from ..session import Slot
from ..tables import short, show_in_full
from ..widgets import say_what_is_left_out
from . import files
from . import pick as cards

ALL = "all"
GROUPS: dict[Role, tuple[str, str]] = {
    "proposed": ("Proposed", "What the papers propose."),
    "ablation": ("Ablations", "A proposal with a part left out: what does the part give?"),
    "baseline": (
        "Baselines",
        "What the proposals are compared with: other multi-task networks, and networks that only "
        "draw or only classify.",
    ),
}
BUTTONS = {
    "card": ("", ":material/menu_book: Read", 74),
    "predict": ("Predict", ":material/radiology:", 62),
    "attention": ("Inside", ":material/visibility:", 60),
}  # page to column, label and width


_CODE = ("public code", "public script", "published network")  # as the specs say it


def source_of(spec: Spec) -> str:
    """What a method was built from: "paper", "paper + code", "code" or "abstract"."""
    if "abstract" in spec.title:
        return "abstract"
    if spec.stated.startswith("From the public code"):
        return "code"
    return "paper + code" if any(word in spec.stated for word in _CODE) else "paper"


def papers() -> list[str]:
    """The proposed methods, each standing for its paper."""
    return [name for name in list_methods() if get_spec(name).role == "proposed"]


def methods_of(paper: str) -> list[str]:
    """The methods that a proposal's paper describes or has in its tables, or all of them."""
    if paper == ALL:
        return list_methods()
    proposal = get_spec(paper)
    rows = {row[0] for table in proposal.reported for row in table.rows}
    return [
        name
        for name in list_methods()
        if get_spec(name).paper == proposal.paper or short(get_spec(name).title) in rows
    ]


def _words(paper: str) -> str:
    """What the filter leaves, in words."""
    if paper == ALL:
        return "all methods of all papers"
    return f"what the paper on {get_spec(paper).title} describes or compares with"


def pick_paper() -> str:
    """Filter by paper; kept in the address."""
    return pick(
        "Paper",
        "paper",
        [ALL, *papers()],
        format_func=lambda name: "All papers" if name == ALL else get_spec(name).title,
    )


def show() -> None:
    """The filter and a table for each role that has a method left."""
    say_what_is_left_out()
    paper = pick_paper()
    chosen = methods_of(paper)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=380):
            cards.pick_first()
        files.offer_overview(paper, _words(paper), chosen)
    measured = _parameters(chosen)
    for role, (title, meaning) in GROUPS.items():
        names = [name for name in chosen if get_spec(name).role == role]
        if names:
            st.subheader(title)
            st.caption(meaning)
            _table(role, names, measured)
    st.caption(
        "Parameters are counted on the networks as they are built here. Compact: the same wiring, "
        "small enough to be trained and shipped; paper: the sizes of the paper."
    )


def _table(role: Role, names: Sequence[str], measured: dict[str, tuple[str, str]]) -> None:
    frame = pd.DataFrame([_row(name, measured[name]) for name in names])
    titles = [get_spec(name).title for name in names]

    def button(page: str) -> dict:
        column, _, width = BUTTONS[page]
        key = f"_{role}_{page}"
        return st.column_config.ButtonColumn(
            column, key=key, type="tertiary", width=width, on_click=_clicked,
            args=(key, tuple(names), page),
        )  # fmt: skip

    st.dataframe(
        frame, hide_index=True, key=f"_methods_{role}", height=37 + 35 * len(frame),
        column_config={
            **{page: button(page) for page in BUTTONS},
            "Method": st.column_config.TextColumn(pinned=True, width=124),
            "Answers": st.column_config.TextColumn(width=92),
            "Source": st.column_config.TextColumn(width=86, help=(
                "What it was built from: the paper, the authors' or lab's public code, or the "
                "abstract only, so that the rest is ours; the card says what."
            )),
            "Paper": st.column_config.TextColumn(width=106),
            "Compact": st.column_config.TextColumn(width=66, alignment="right"),
            "Paper's size": st.column_config.TextColumn(width=84, alignment="right"),
            "Weights": st.column_config.TextColumn(width=64),
        },
        alt=f"{GROUPS[role][0]}: {', '.join(titles)}.",
    )  # fmt: skip
    show_in_full(titles)


def _row(name: str, parameters: tuple[str, str]) -> dict:
    spec, trained = get_spec(name), cards.can_predict(name)
    answers = [word for word, said in (("mask", spec.segments), ("class", spec.classifies)) if said]
    possible = {"predict": trained, "attention": cards.can_look_inside(name)}
    return {
        "Method": short(spec.title),
        "card": BUTTONS["card"][1],
        "Answers": " + ".join(answers),
        "Source": source_of(spec),
        "Paper": f"{_surname(spec.paper.authors)} {spec.paper.year}",
        "Compact": parameters[0],
        "Paper's size": parameters[1],
        "Weights": "ship" if trained else "not yet",
        **{page: BUTTONS[page][1] if can else None for page, can in possible.items()},
    }


def _surname(authors: str) -> str:
    """The family name of the first author."""
    return authors.split(",")[0].split()[-1]


def _clicked(key: str, names: tuple[str, ...], page: str) -> None:
    click = Slot[dict[str, int] | None](key, None).get()
    if click is None:
        return
    method = names[click["row"]]
    if page == "card":
        cards.open_card(method)
    else:
        cards.go(page, method)


def millions(count: int) -> str:
    """A number of parameters as people say it."""
    return f"{count / 1e6:.1f} M"


def _parameters(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Compact and paper size by method; the first visit on a server builds them, with progress."""
    place, found = st.empty(), {}
    trained = services.available()
    for number, name in enumerate(names):
        place.progress(number / len(names), f"Counting the parameters of {get_spec(name).title} …")
        counts = parameters_of(name, trained.get(name))
        found[name] = (millions(counts["compact"]), millions(counts["paper"]))
    place.empty()
    return found
