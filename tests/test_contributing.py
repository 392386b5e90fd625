"""What the README tells a contributor is enough: its file alone adds a method to everything."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from mtlbus.checkpoint_writing import write_checkpoint
from mtlbus.cli import main
from mtlbus.core.errors import UnknownNameError
from mtlbus.data import layouts
from mtlbus.data.dataset import Dataset, Sample
from mtlbus.data.transforms import Frame
from mtlbus.explain import techniques
from mtlbus.explain.attributions import attribute
from mtlbus.explain.options import Options
from mtlbus.explain.technique import gradient_passes, technique
from mtlbus.explain.views import list_views
from mtlbus.methods import create_model, get_spec, list_methods, registry
from mtlbus.methods.registry import VARIANTS
from mtlbus.methods.shapes import diagram_shapes
from mtlbus.ui import frame
from tests.app.visits import visit
from tests.core import test_spec as specifications
from tests.explain.toys import ask, small_net
from tests.methods import test_contract as contract

METHOD = Path(__file__).parent / "methods" / "added_method.py"


@pytest.fixture(autouse=True)
def added(monkeypatch):
    """The method, as if its file lay in `mtlbus/methods/` and stood in the list of imports."""
    monkeypatch.setattr(registry, "_METHODS", dict(registry._METHODS))
    spec = importlib.util.spec_from_file_location("mtlbus.methods.added_method", METHOD)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)


def test_its_file_is_short():
    assert len(METHOD.read_text(encoding="utf-8").splitlines()) < 60


def test_it_is_listed_and_built_and_its_options_are_checked():
    assert "added" in list_methods()
    assert create_model("added").options == {"pooling": "mean"}
    with pytest.raises(UnknownNameError, match=r"value of pooling \(X1\).* Did you mean 'max'"):
        create_model("added", pooling="maxx")


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_keeps_the_contract_of_all_methods(variant):
    case = ("added", variant, contract.build("added", variant))
    if variant == "compact":
        contract.test_output_shapes(case)
    else:
        contract.test_output_shapes_of_the_papers_sizes("added")
    contract.test_maps_are_those_declared_and_keep_their_kind(case)
    contract.test_maps_do_not_change_the_answer(case)
    contract.test_evaluation_is_deterministic_and_a_batch_equals_a_loop(case)
    contract.test_two_threads_on_one_model_get_their_own_maps(case)
    contract.test_weights_survive_a_file_bit_for_bit(case)
    for option in contract.options_other_than_default("added"):
        contract.test_every_option_returns_the_maps_it_declares("added", option)


def test_its_specification_is_complete():
    specifications.test_every_field_is_filled("added")
    specifications.test_equations_use_commands_that_katex_has("added")
    specifications.test_equations_close_what_they_open("added")
    assert diagram_shapes("added")["<head"] == (16,)


def test_its_maps_are_shown_in_its_own_words():
    maps = create_model("added")(torch.rand(1, 3, 64, 64), maps=True).maps
    (view,) = list_views(maps)
    assert (view.title, view.form) == ("XYZ gate", "gate")
    assert maps[view.name].words.caution == "Not a map."


def test_the_command_line_tells_it(capsys):
    assert main(["methods", "added", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    (decision,) = document["decisions"]
    (option,) = decision["options"]
    assert option == {
        "name": "pooling",
        "default": "mean",
        "values": ["mean", "max"],
        "meaning": "",
    }
    assert document["map_meanings"]["xyz_gate"] == "How much of each cell passes."


def test_its_weights_are_kept_with_what_it_says_of_itself(tmp_path):
    checkpoint = write_checkpoint(tmp_path, create_model("added", pooling="max"), {}, [])
    assert checkpoint.load().options == {"pooling": "max"}
    assert checkpoint.card.to_json()["spec"]["maps"][0]["title"] == "XYZ gate"


def test_the_methods_page_shows_its_card(monkeypatch, tmp_path):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    app = visit("methods", method="added", tab="decisions")
    assert app.title[0].value == get_spec("added").title
    assert "**Options:** `pooling = mean | max`" in [found.value for found in app.markdown]


def test_an_attribution_is_a_function_that_says_what_it_is(monkeypatch):
    @technique(
        "Steepness", "slope", what="The size of the slope.", isnt="Not its direction.",
        cost=gradient_passes(lambda options: 1), signed=False,
    )  # fmt: skip
    def steepness(subject, options):
        return techniques.technique_of("saliency")(subject, options).abs()

    monkeypatch.setitem(techniques.TECHNIQUES, steepness.name, steepness)
    grey, toy = torch.rand(32, 32), small_net()
    found, slope = (attribute(ask(toy, grey), name).square for name in ("steepness", "saliency"))
    assert (found == abs(slope)).all() and found.any()
    assert steepness.price(Options(), Frame(32, 32), 32).passes == 1


def test_a_data_set_is_a_function_that_reads_a_folder(monkeypatch, tmp_path, capsys):
    Image.new("L", (64, 64), 90).save(tmp_path / "one.png")

    def load(root, within=None):
        sample = Sample("one", "added", root / "one.png", masks=(), label=1, group="one")
        return Dataset("added", root, (sample,), ())

    monkeypatch.setitem(layouts.LAYOUTS, "added", load)
    assert main(["data", str(tmp_path), "--layout", "added", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["images"] == 1 and document["classes"] == {"malignant": 1}


def test_a_page_is_a_file_with_an_entry():
    pages = {path.name for path in (Path(__file__).parents[1] / "pages").glob("*.py")}
    assert {entry.file for entry in frame.ENTRIES} == pages
