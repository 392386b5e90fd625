"""What the Attention page's views draw from, and how they put a picture on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st

from ...core.outputs import Map
from ...data.task_case import TaskCase
from ...data.transforms import Frame
from ...figures.style import CAMERA
from .. import charts
from ..case import Case

MASK = "mask_probability"  # the name of the answer among the maps of a look
RANDOM = "random weights: this shows the wiring, not knowledge"


class Kept(NamedTuple):
    """A picture on the page with its words, or words alone."""

    heading: str
    text: str
    figure: go.Figure | None = None


@dataclass(frozen=True)
class Look:
    """The inner maps of one method on one case.

    Attributes:
        case: the image.
        method: registry name.
        title: of the method.
        maps: as `Prediction.maps`.
        frame: the image's place in the network's square.
        size: side of that square, pixels.
        logit: log-odds of malignant as the network gives it; None without a class or training.
        trained: whether the weights are trained; otherwise every picture says that they are not.
        weights: SHA-256 of trained weights; "" for random ones.
        opacity: of the colours over the image, 0..1.
        place: "" for the look that the page is about, else a word that its elements' keys end in.
        kept: what is on the page, in its order, for the report.
    """

    case: Case | TaskCase
    method: str
    title: str
    maps: Mapping[str, Map]
    frame: Frame
    size: int
    logit: float | None
    trained: bool
    weights: str
    opacity: float
    place: str = ""
    kept: list[Kept] = field(default_factory=list, compare=False)

    def key(self, name: str) -> str:
        """The key of an element, told apart from that of the look beside it."""
        return f"_{name}{self.place}"

    def picture(
        self,
        figure: go.Figure,
        name: str,
        alt: str,
        caption: str,
        heading: str = "",
        on_click: Callable[[], None] | None = None,
    ) -> None:
        """Show a picture; the only tool is the camera, which saves it as SVG.

        `heading` stands above it and `caption` below; `alt` is for people who cannot see it, one
        sentence; `on_click` is called when a point of the picture is clicked.
        """
        if heading:
            st.markdown(f"**{heading}**")
        clicks = {"on_select": on_click, "selection_mode": "points"} if on_click else {}
        charts.show(figure, self.key(name), self.marked(alt), CAMERA, **clicks)
        st.caption(self.marked(caption))
        self.kept.append(Kept(heading, self.marked(caption), figure))

    def note(self, text: str, draw: Callable[[str], object] = st.caption) -> None:
        """Say something of all pictures, Markdown; `draw` puts it on the page."""
        draw(self.marked(text))
        self.kept.append(Kept("", self.marked(text)))

    def marked(self, text: str) -> str:
        """The text, with what random weights mean where these are random."""
        return text if self.trained else f"{text} *{RANDOM.capitalize()}.*"


def grid_words(shape: tuple[int, ...]) -> str:
    """Rows and columns of a plane, "8×8"."""
    return f"{shape[-2]}×{shape[-1]}"
