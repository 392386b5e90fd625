"""Charts inside an HTML page that needs no network: each as an element, their code once."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from .style import CONFIG

_CONFIG = CONFIG | {
    "responsive": True,
    "toImageButtonOptions": {"format": "png", "scale": 3, "filename": "mtlbus"},
}


def chart_element(figure: go.Figure) -> str:
    """A chart as HTML, in its own height and as wide as its place; needs `chart_code`.

    Its camera saves PNG, with dark letters for a light page; that of the app saves SVG. Text in it
    is kept by Plotly from ending the script that holds it.
    """
    return figure.to_html(
        config=_CONFIG,
        include_plotlyjs=False,
        full_html=False,
        default_height=f"{figure.layout.height or 400}px",
    )


def chart_code() -> str:
    """The script that draws charts, about 5 MB of text; a page needs it once, before them."""
    return f"<script>{get_plotlyjs()}</script>"
