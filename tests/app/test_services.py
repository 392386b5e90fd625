"""What the pages share: the networks stay in memory, however many are asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtlbus.checkpoints import CARD, CHECKPOINTS
from mtlbus.inference.predictor import Predictor
from mtlbus.ui import services
from mtlbus.ui.cases import phantom_case
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

PARAMETERS, SHIPPING = 7_500_000, 25  # at most, of one network, and how many there will be
BYTES = 4  # of a weight in memory


def bound() -> int:
    return services._NETWORKS._max_bytes


def test_all_that_ship_and_will_ship_stay_in_memory():
    """17 shipped while 16 stayed: Compare with all of them read one anew at every click."""
    cards = [json.loads(path.read_text()) for path in Path(CHECKPOINTS).glob(f"*/{CARD}")]
    assert sum(BYTES * card["parameters"] for card in cards) < bound()
    assert bound() > BYTES * PARAMETERS * SHIPPING


def test_a_network_is_loaded_once_and_not_for_an_answer_that_is_there(tmp_path, monkeypatch):
    write_stand_in(tmp_path, "resnet", seed=70)
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    loaded, load = [], Predictor.__init__
    monkeypatch.setattr(Predictor, "__init__", lambda *a, **o: loaded.append(1) or load(*a, **o))
    first = services.predict(phantom_case("simple-cyst"), "resnet")
    services.predict(phantom_case("spiculated-carcinoma"), "resnet")
    assert len(loaded) == 1
    for key in services._NETWORKS.held:  # as if others had pushed it out
        with services._NETWORKS._lock:
            services._NETWORKS._done.pop(key)
    assert services.predict(phantom_case("simple-cyst"), "resnet") is first and len(loaded) == 1


def test_a_prepared_image_keeps_the_square_and_no_pixels():
    case = phantom_case("simple-cyst")
    ready = services.prepared(case, 256)
    assert not any(value is case.image for value in vars(ready).values())
    assert services._PREPARED._size_of(ready) == 256 * 256 * 4


PAGES = ("", "predict", "compare", "attention", "attributions", "performance", "methods")


@pytest.mark.parametrize("page", PAGES)
def test_a_run_of_a_page_asks_the_disk_once_which_checkpoints_there_are(
    tmp_path, monkeypatch, page
):
    write_stand_in(tmp_path, "mtl", seed=70)
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    app = visit(page)
    asked, ask = [], services._root_and_stamps

    def counted():
        asked.append(page)
        return ask()

    monkeypatch.setattr(services, "_root_and_stamps", counted)
    app.run()
    assert len(asked) == 1
