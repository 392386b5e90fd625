"""The Attributions page without a browser, on random weights: what is asked, run, kept, shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.explain import faithfulness
from mtlbus.explain.options import Options
from mtlbus.explain.request import Request
from mtlbus.explain.subject import Pace, Passes
from mtlbus.explain.targets import Target
from mtlbus.ui import services
from mtlbus.ui.attributions import files, page, runs, view
from mtlbus.ui.attributions.box import _fitting
from mtlbus.ui.attributions.quantities import cost_words, quantity
from mtlbus.ui.attributions.question import Question
from mtlbus.ui.cases import phantom_case
from mtlbus.ui.gate import GATE
from mtlbus.ui.results import ResultStore
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

CASE = "simple-cyst"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Networks with both heads, with regions, with a mask only, with a class only; all random."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl", "mtl_cosa", "uresnet", "resnet")):
        write_stand_in(root, method, seed=seed + 70)
    return root


@pytest.fixture(autouse=True)
def here(root, monkeypatch):
    """These checkpoints, on a server that has computed no map yet."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    empty = ResultStore(10**8, lambda found: 1)
    monkeypatch.setattr("mtlbus.ui.attributions.question._MAPS", empty)


@pytest.fixture
def ran(monkeypatch) -> list[str]:
    """The maps that were computed, in order."""
    names, attribute = [], runs.attribute

    def counted(subject, name, options):
        names.append(name)
        return attribute(subject, name, options)

    monkeypatch.setattr(runs, "attribute", counted)
    return names


def open_page(**query: str) -> AppTest:
    return visit("attributions", **{"case": CASE, **query})


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception and not app.error
    return app


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption, *app.info])


def question(method: str = "mtl", **more) -> Question:
    return Question.of(phantom_case(CASE), method, Request(**more))


def test_what_is_cheap_runs_at_once_and_nothing_else_before_its_cost_is_said(ran):
    app = open_page(method="mtl", attributions="gradcam,integrated_gradients", settings="steps=5")
    assert ran == ["gradcam"] * 2  # with its placebo
    shown = text(app)
    # Twice (with placebo) five gradients, and both ends of the way.
    assert "Cost: 10 gradients and 4 forward passes" in shown and "ms" in shown
    assert "log-odds of malignant" in shown and "Not run yet" in shown


def test_run_shows_maps_placebos_and_numbers_and_keeps_them(ran):
    query = {"method": "mtl", "attributions": "gradcam,integrated_gradients", "settings": "steps=3"}
    app = press(open_page(**query), "_run")
    assert sorted(ran) == sorted(["gradcam", "integrated_gradients"] * 2)
    assert len(app.get("image")) == 1 + 2 + 4  # the case, two scales, two maps with placebos
    assert "_run" not in [button.key for button in app.button]
    table = app.dataframe[0].value
    assert list(table["Attribution"]) == ["Integrated Gradients", "Grad-CAM"]
    assert table["Should be"].notna().tolist() == [True, False]
    assert table["Passes"].tolist() == ["1 + 3", "0 + 1"]  # the image's own value was known
    again = open_page(**query)  # another session finds everything
    assert len(ran) == 4 and again.dataframe[0].value.equals(table)


def test_it_opens_with_a_map_and_a_stop_of_that_lasts(ran):
    asked = question()
    stopped = {page._UNWANTED.name: (asked.case.image.sha256, asked.prediction.weights_sha256)}
    app = visit("attributions", session=stopped, case=CASE, method="mtl")
    app.run()
    assert not ran and app.button(key="_run")
    open_page(method="mtl")
    assert ran == ["gradcam"] * 2  # with its placebo


def test_how_it_is_drawn_computes_nothing(ran):
    app = open_page(method="mtl", attributions="saliency")
    before = list(ran)
    for key, value in (("_map_view", ["Size"]), ("_map_scale", ["one for all"])):
        app.button_group(key=key).set_value(value).run()
    app.slider(key="_map_smooth").set_value(2.0).run()
    app.slider(key="_map_opacity").set_value(40).run()
    app.toggle(key="_map_marks").set_value(False).run()
    assert not app.exception and not app.error and ran == before


def test_adding_a_method_runs_only_that_one(ran):
    app = open_page(method="mtl", attributions="input_x_gradient", placebo="0", settings="steps=3")
    chosen = app.button_group(key="_attributions")
    chosen.set_value(["input_x_gradient", "integrated_gradients"]).run()
    assert "Not run yet" in text(app)
    press(app, "_run")
    assert ran == ["input_x_gradient", "integrated_gradients"]
    assert app.session_state["attributions"] == "input_x_gradient,integrated_gradients"


def test_a_method_that_cannot_serve_says_why_and_is_not_tried_again(ran):
    app = open_page(method="uresnet", attributions="gradcam,saliency")
    assert "this network returns none" in text(app)
    assert ran.count("gradcam") == 1 and ran.count("saliency") == 2
    assert "_run" not in [button.key for button in app.button]
    assert app.dataframe[0].value["Attribution"].tolist() == ["Saliency"]


@pytest.mark.parametrize(
    ("method", "target", "becomes"),
    [
        ("resnet", "mask:tumour:lesion", "class:difference"),
        ("uresnet", "class:benign", "mask:difference:lesion"),
        ("mtl", "mask:tumour:margin", "mask:tumour:margin"),
    ],
)
def test_a_network_is_asked_only_what_it_answers(method, target, becomes):
    app = open_page(method=method, target=target)
    assert app.session_state["target"] == becomes
    heads = [group for group in app.button_group if group.key == "_target_explain"]
    assert bool(heads) == (method == "mtl")


def test_the_box_by_numbers_and_back_to_the_lesion():
    app = open_page(method="mtl", target="mask:difference:box=10,20,30,40")
    numbers = [
        app.number_input(key=f"_box_{part}").value for part in ("left", "top", "width", "height")
    ]
    assert numbers == [10, 20, 30, 40]
    app.number_input(key="_box_width").set_value(31).run()
    assert app.session_state["target"] == "mask:difference:box=10,20,31,40"
    press(app, "_lesion_box")
    assert app.session_state["target"] == "mask:difference:box"


@pytest.mark.parametrize(
    ("box", "fits"),
    [((10, 20, 300, 40), (10, 20, 90, 40)), ((-5, -5, 20, 8), (0, 0, 15, 3)),
     ((200, 90, 5, 5), (99, 59, 1, 1)), ((1, 2, 3, 4), (1, 2, 3, 4))],
)  # fmt: skip
def test_a_box_is_cut_to_an_image_of_100_by_60(box, fits):
    assert _fitting(box, 100, 60) == fits


def test_settings_that_do_not_fit_are_said_and_dropped():
    app = open_page(method="mtl", attributions="occlusion", settings="window=16,stride=8")
    app.number_input(key="_set_stride").set_value(20).run()
    assert not app.exception and app.session_state["settings"] == "window=16,stride=8"
    assert any("longer than the window" in note.value for note in app.warning)


def test_a_broken_link_is_one_line_and_the_default():
    query = {"case": CASE, "method": "mtl", "target": "class:malignent", "settings": "steps=x"}
    app = visit("attributions", faulty=True, **query)
    first, second = (warning.value for warning in app.warning)
    assert "Unknown answer" in first and "'steps=x' is no option" in second
    assert app.session_state["target"] == "class:difference"


def test_faithfulness_runs_on_demand_and_agreement_at_once(monkeypatch):
    monkeypatch.setattr(faithfulness, "CURVE_STEPS", 3)
    monkeypatch.setattr(faithfulness, "SQUARES", 4)
    app = open_page(method="mtl_cosa", attributions="gradcam", placebo="0")
    assert "Do they agree?" in [found.value for found in app.subheader]
    assert len(app.dataframe) == 1
    press(app, "_measure")
    measured = app.dataframe[1].value
    assert list(measured.columns) == ["Attribution", "Insertion", "Deletion", "Infidelity"]
    assert measured.notna().all(axis=None)


def test_keys_hold_everything_that_counts_and_nothing_else():
    first = question(options=Options(steps=5))
    key = first.map_key("integrated_gradients", False)
    differ = [
        question(options=Options(steps=6)).map_key("integrated_gradients", False),
        question(options=Options(steps=5), target=Target("class", "benign")).map_key(
            "integrated_gradients", False
        ),
        question("resnet", options=Options(steps=5)).map_key("integrated_gradients", False),
        first.map_key("integrated_gradients", True),
        first.map_key("saliency", False),
    ]
    assert key not in differ and len(set(differ)) == len(differ)
    assert key == question(options=Options(steps=5, window=8, stride=8)).map_key(
        "integrated_gradients", False
    )


def test_the_true_lesion_is_part_of_the_key_where_it_is_asked_about():
    asked = question(target=Target.parse("mask:tumour:truth"))
    moved = replace(asked.case, truth=np.roll(asked.case.truth, 5, axis=0))
    other = Question(moved, asked.method, asked.network, asked.prediction, asked.request)
    assert other.key != asked.key
    plain = question()
    assert Question(moved, "mtl", plain.network, plain.prediction, plain.request).key == plain.key


def test_a_stopped_run_keeps_nothing_half_done_and_frees_the_gate(monkeypatch):
    class Click(BaseException):
        """As Streamlit raises where a session that was clicked reports."""

    monkeypatch.setattr(runs, "_TELL_EVERY", 0)  # or a fast processor is told of one pass
    asked = question(attributions=("smoothgrad",), options=Options(samples=5, seed=5))
    step, said = runs.map_steps(asked)[0], []

    class Bar:
        def progress(self, share, words):
            said.append((share, words))
            if len(said) == 2:
                raise Click

    progress = runs._Progress(Bar(), [step])
    progress.begin(step)
    with pytest.raises(Click):
        runs._do(step, progress)
    assert asked.found("smoothgrad") is None and len(said) == 2
    assert not GATE.is_taken
    monkeypatch.setattr(Bar, "progress", lambda self, share, words: said.append((share, words)))
    progress = runs._Progress(Bar(), [step])
    progress.begin(step)
    runs._do(step, progress)
    assert asked.found("smoothgrad") is not None
    assert all(0 <= share <= 1 for share, _ in said) and "image 5 of 5" in said[-1][1]


def test_a_run_without_a_measured_pace_does_not_wait_for_its_own_gate(monkeypatch):
    monkeypatch.setattr("mtlbus.ui.attributions.question._PACES", {})
    learner = Thread(target=question().note_pace, args=(Passes(1, 1), 0.5), daemon=True)
    with GATE.turn():
        learner.start()
        learner.join(5)
        assert not learner.is_alive()


def test_others_get_their_turn_between_two_passes(monkeypatch):
    """While a run holds the gate, someone who waits for it comes in before the run ends."""
    monkeypatch.setattr(runs, "_TELL_EVERY", 0)
    asked = question(attributions=("smoothgrad",), options=Options(samples=5, seed=6))
    step, order = runs.map_steps(asked)[0], []

    class Bar:
        def progress(self, share, words):
            order.append("pass")
            if len(order) == 1:
                guest.start()

    def come_in():
        with GATE.turn():
            order.append("guest")

    guest = Thread(target=come_in)
    progress = runs._Progress(Bar(), [step])
    progress.begin(step)
    runs._do(step, progress)
    guest.join()
    assert "guest" in order[:-1] and order.count("pass") == 2


def test_the_files_say_what_they_hold():
    asked = question(attributions=("gradcam", "saliency"))
    for step in runs.map_steps(asked):
        step.once(lambda step=step: step.compute(lambda images: None), None)
    with np.load(io.BytesIO(files.npz(asked))) as arrays:
        names = set(arrays)
        readme = json.loads(str(arrays["README"]))
        assert (arrays["saliency"] == asked.found("saliency").plane).all()
        assert (arrays["image"] == make_phantom(GALLERY[CASE].parameters).image).all()
    assert names == {"README", "image", "gradcam", "saliency", "gradcam_placebo",
                     "saliency_placebo"}  # fmt: skip
    assert readme["weights_sha256"] == services.checkpoint("mtl").digest
    assert readme["target"] == "class:difference" and "not a medical device" in readme["terms"]
    assert readme["arrays"]["saliency_placebo"].startswith("PLACEBO")
    csv = files.csv(asked)
    assert "not a medical device" in csv and csv.count("\n") == 3


def test_costs_in_words():
    pace = Pace(0.1, 0.25)
    assert cost_words(Passes(2, 24), pace).startswith(
        "Cost: 24 gradients and 2 forward passes, about 6 s here"
    )
    assert "1 forward pass, about a second or less" in cost_words(Passes(1), pace)
    assert "about 7 min" in cost_words(Passes(4096), pace)
    # A run that took twice as long changes what it mostly consisted of.
    assert pace.after(Passes(1, 10), 5.1) == pytest.approx((0.1, 0.5))
    assert pace.after(Passes(10, 1), 2.0) == pytest.approx((0.2, 0.25))
    assert pace.after(Passes(0, 1), 9.0) == pace  # one pass tells little


def test_a_pace_measured_on_a_busy_machine_is_corrected_by_short_and_fast_runs():
    """It said "a forward pass takes 2199 ms" after runs of 0.4 s."""
    busy = Pace(2.2, 3.0)
    assert busy.after(Passes(0, 1), 0.4) == pytest.approx((0.4, 0.4))
    assert busy.after(Passes(2, 0), 0.4) == pytest.approx((0.2, 3.0))
    # What is left for the gradients of a long run is not counted with a forward that was too slow.
    assert busy.after(Passes(2, 20), 2.2) == pytest.approx((0.1, 0.1))


def test_the_last_attribution_can_be_taken_away():
    """Two others were switched on instead."""
    app = open_page(method="mtl", attributions="saliency")
    app.pills(key="_attributions").set_value([]).run()
    assert not app.exception and not app.error
    assert app.pills(key="_attributions").value == []
    assert any("Choose at least one" in found.value for found in app.info)
    assert app.query_params["attributions"] == "-"
    again = open_page(method="mtl", attributions="-")
    assert again.pills(key="_attributions").value == []
    assert open_page(method="mtl").pills(key="_attributions").value


def test_both_similarities_to_the_placebo_stand_under_a_signed_map():
    assert view._alike(-0.012, 0.379, signed=True) == "ρ = −0.01, of sizes +0.38"
    assert view._alike(-0.012, 0.379, signed=False) == "ρ of sizes +0.38"
    assert view._alike(None, None, signed=True) == "flat"


def test_quantities_as_people_read_them():
    numbers = (0.01234, 697.3, -1234.5, 46635.28)
    assert [quantity(value) for value in numbers] == ["0.0123", "697", "−1,234", "46,635"]
    assert quantity(2.5, sign=True) == "+2.5"
