"""From a view to its notebook: the cells that compute its numbers again through `mtlbus`."""

from __future__ import annotations

from functools import singledispatch

from ..findings import Finding
from . import case_recipes, map_recipes, method_recipes, pair_recipes, performance_recipe
from .case_views import CompareView, MirrorView, TwoCasesView
from .method_views import MethodView, OverviewView
from .notebook import Cell, notebook
from .views import AttentionView, AttributionView, PerformanceView, View


@singledispatch
def cells_of(view: View) -> list[Cell]:
    """The cells of a view's notebook."""
    raise TypeError(f"No notebook is made of a {type(view).__name__}.")


cells_of.register(Finding, case_recipes.prediction)
cells_of.register(CompareView, case_recipes.comparison)
cells_of.register(MirrorView, pair_recipes.mirror)
cells_of.register(TwoCasesView, pair_recipes.two_cases)
cells_of.register(AttentionView, map_recipes.attention)
cells_of.register(AttributionView, map_recipes.attributions)
cells_of.register(PerformanceView, performance_recipe.performance)
cells_of.register(MethodView, method_recipes.method)
cells_of.register(OverviewView, method_recipes.overview)


def notebook_of(view: View) -> str:
    """An `.ipynb` that runs as it is where `mtlbus` and its checkpoints are.

    Image and weights are checked by their SHA-256, and the numbers compared with those of the
    page. A phantom is made again; any other image travels in the notebook as an
    8-bit grey PNG without metadata.
    """
    return notebook(cells_of(view))
