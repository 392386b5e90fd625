"""Pages are tested as on a server whose `app.py` has run before."""

from __future__ import annotations

import gc
from collections import OrderedDict

import pytest
from streamlit.runtime.pages_manager import PagesManager

from mtlbus.inference.predictor import Predictor
from mtlbus.ui import services
from mtlbus.ui.server import load_libraries


@pytest.fixture(scope="session", autouse=True)
def frozen():
    """As a server does when it starts: Streamlit collects garbage after each run."""
    load_libraries()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def visited_server(request, monkeypatch):
    """Let a test start where a real session is after its first run.

    `AppTest` makes every run the first one of a fresh server, which with a folder `pages/` means
    the old pages runner: each run would enter the frame anew and lose what widgets hold. A test
    marked `fresh_server` keeps that behaviour.
    """
    if "fresh_server" in request.keywords:
        return
    start = PagesManager.__init__

    def visited(self, *arguments, **options):
        start(self, *arguments, **options)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", visited)


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The methods whose network ran, in order; no answer is there from another test."""
    monkeypatch.setattr(services._PREDICTIONS, "_done", OrderedDict())
    ran = []
    predict = Predictor.predict

    def counted(self, *arguments, **options):
        ran.append(self.checkpoint.method)
        return predict(self, *arguments, **options)

    monkeypatch.setattr(Predictor, "predict", counted)
    return ran
