"""One broken thing is left out with a line; every page goes on with the rest."""

from __future__ import annotations

import json
import logging

import pytest
from safetensors.torch import load_file, save_file

from mtlbus.checkpoints import CARD, HISTORY, WEIGHTS, sha256
from mtlbus.ui import services
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

PAGES = ("", "predict", "compare", "attention", "attributions", "performance", "methods")
LINE = "Left out, because its weights or their card are broken: ResNet"


@pytest.fixture
def root(tmp_path, monkeypatch):
    write_stand_in(tmp_path, "mtl", seed=70)
    write_stand_in(tmp_path, "resnet", seed=71)
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    return tmp_path


def warnings(app) -> str:
    return " ".join(found.value for found in app.warning)


@pytest.mark.parametrize(
    ("page", "content"),
    [
        *((page, b"[]") for page in PAGES),
        *(("predict", content) for content in (b"null", b"\xff\xfe", b"[" * 100_000)),
    ],
)
def test_a_card_that_is_none_takes_no_page_down(root, caplog, page, content):
    (root / "resnet" / CARD).write_bytes(content)
    services._read_checkpoints.cache_clear()
    with caplog.at_level(logging.WARNING, "mtlbus"):
        app = visit(page)
    assert list(services.available()) == ["mtl"] and services.left_out() == ["resnet"]
    assert [record.levelname for record in caplog.records if record.name == "mtlbus"] == ["WARNING"]
    if page:  # Home offers no choice of networks
        assert LINE in warnings(app) and str(root) not in warnings(app)


def test_weights_of_no_number_are_left_out_and_the_page_goes_on(root, caplog):
    folder = root / "resnet"
    state = load_file(folder / WEIGHTS)
    next(value for value in state.values() if value.is_floating_point()).fill_(float("nan"))
    save_file(state, folder / WEIGHTS)
    card = json.loads((folder / CARD).read_text())
    card["weights_sha256"] = sha256((folder / WEIGHTS).read_bytes())
    (folder / CARD).write_text(json.dumps(card))
    with caplog.at_level(logging.WARNING, "mtlbus"):
        app = visit("compare", methods="mtl,resnet")
    assert LINE in warnings(app) and services.left_out() == ["resnet"]
    assert "no number" in caplog.text
    assert not any("nan" in str(found.value).lower().split() for found in app.markdown)
    write_stand_in(root / "again", "resnet", seed=71)
    for file in (root / "again" / "resnet").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    assert services.left_out() == [] and services.predictor("resnet")  # restored, and no restart


def test_a_broken_course_of_training_leaves_the_rest_of_the_card(root, caplog):
    (root / "resnet" / HISTORY).write_bytes(b"{}")
    app = visit("methods", method="resnet", paper="all")
    assert not app.error


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"image,mask\n\x00", b'"', b"a,b\n"])
def test_a_broken_table_of_the_server_takes_no_page_down(
    root, tmp_path, monkeypatch, caplog, content
):
    monkeypatch.setattr("mtlbus.ui.datasets._LOGGED", set())
    table = tmp_path / "list.csv"
    table.write_bytes(content)
    monkeypatch.setenv("MTLBUS_DATA", f"manifest={table};folder={tmp_path / 'nothing'}")
    with caplog.at_level(logging.WARNING, "mtlbus"):
        for page in ("predict", "predict"):
            app = visit(page, faulty=True)
            assert app.error and not app.exception
    lines = [record.message for record in caplog.records if "dataset manifest" in record.message]
    assert len(lines) == 1 and "\n" not in lines[0]
    assert visit("predict", faulty=True, case="manifest:1").error


def test_a_dataset_that_fails_in_a_new_way_takes_no_page_down(root, tmp_path, monkeypatch, caplog):
    from mtlbus.ui import datasets

    def fail(*_):
        raise KeyError("column")

    monkeypatch.setattr(datasets, "load_dataset", fail)
    monkeypatch.setenv("MTLBUS_DATA", f"busi={tmp_path}")
    app = visit("predict", faulty=True)
    assert any("cannot be read (KeyError)" in error.value for error in app.error)
