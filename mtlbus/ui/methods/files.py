"""What can be taken away of a method's card and of the overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...core.spec import Spec
from ...export.method_views import MethodView, OverviewView
from ...figures.diagrams import diagram_svg
from ...figures.drawing_png import png_of_drawing
from ...methods import get_spec
from ...methods.pretraining import stored_encoder
from ...methods.shapes import Shape, diagram_shapes
from .. import services, takeaway
from ..takeaway import File
from ..theme import is_dark
from .record import SHOWN


def view_of(method: str) -> MethodView:
    """A method with its weights, where they ship."""
    return MethodView(get_spec(method), services.available().get(method), SHOWN)


def shapes_of(method: str, variant: str) -> Mapping[str, Shape]:
    """The sizes in the drawing of a method: of its weights, where those of the variant ship."""
    found = services.available().get(method)
    options: dict[str, str] = {}
    if found is not None and found.card.variant == variant:
        options = stored_encoder(method, found.card.options)
    return diagram_shapes(method, variant, **options)


def offer_card(spec: Spec, variant: str) -> None:
    """Draw the menu of a card; `variant` says whose sizes stand in the drawing."""
    more, dark = [], is_dark()
    if (diagram := spec.diagram) is not None:

        def drawing() -> str:
            return diagram_svg(diagram, shapes_of(spec.name, variant), dark)

        about = "How the network is wired, with the sizes that are chosen under Idea."
        more = [
            File("Drawing (SVG)", f"_{variant}.svg", about, drawing),
            File("Drawing (PNG)", f"_{variant}.png", about, lambda: png_of_drawing(drawing())),
        ]
    takeaway.offer(view_of(spec.name), more)


def offer_overview(key: str, title: str, methods: Sequence[str]) -> None:
    """Draw the menu of the tables; arguments as of `OverviewView`, the methods by name."""
    takeaway.offer(OverviewView(key, title, tuple(map(view_of, methods))))
