"""More steps at one click: the cost before, no step too many, and what a stop leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mtlbus.explain.attributions import Completeness
from mtlbus.explain.options import Options
from mtlbus.ui.attributions import refine, runs
from tests.app.test_attributions_page import here, open_page, press, question, root, text  # noqa: F401

IG = "integrated_gradients"


@pytest.fixture
def missing(monkeypatch):
    """Integrated Gradients misses `slope` / steps of the change, and never less than `floor`."""
    ran, made, attribute = [], {"slope": 0.39, "floor": 0.0}, runs.attribute

    def invented(subject, name, options):
        ran.append(options.steps)
        found = attribute(subject, name, replace(options, steps=2))
        missed = max(made["floor"], made["slope"] / options.steps)
        return replace(found, completeness=Completeness(2 + 2 * missed, 2.0))

    monkeypatch.setattr(runs, "attribute", invented)
    return ran, made


def buttons(app) -> list[str]:
    return [button.key for button in app.button]


def test_steps_double_until_the_shares_add_up_and_no_further(missing):
    ran, _ = missing
    app = open_page(method="mtl", attributions=IG, settings="steps=2", placebo="0")
    assert "miss the change of the answer by 20% of it" in text(app)
    assert "to 256 steps at most" in text(app) and "Cost: 508 gradients" in text(app)
    press(app, "_refine")
    assert ran == [2, 4, 8]
    assert app.session_state["settings"] == "steps=8"
    assert "_refine" not in buttons(app) and "_run" not in buttons(app)
    assert app.dataframe[0].value["Error"].tolist() == pytest.approx([0.39 / 8])
    assert app.query_params["settings"] == "steps=8"  # the command line takes the same words


def test_what_never_adds_up_is_given_up_and_the_page_says_why(missing):
    ran, made = missing
    made["floor"] = 0.1
    app = open_page(method="mtl", attributions=IG, settings="steps=2", placebo="0")
    press(app, "_refine")
    assert ran == [2, 4, 8, 16]  # of 20 %, 10 %, 10 % and 10 %, where 256 steps were allowed
    assert app.session_state["settings"] == "steps=16"
    assert "_refine" not in buttons(app) and "More steps do not help here" in text(app)


def test_what_gets_better_goes_on_to_the_limit(missing):
    ran, made = missing
    made["slope"] = 20
    app = press(open_page(method="mtl", attributions=IG, settings="steps=60", placebo="0"), "_run")
    press(app, "_refine")
    assert ran == [60, 120, 240] and app.session_state["settings"] == "steps=240"
    assert "_refine" not in buttons(app) and "More than 256 steps" in text(app)


def test_nothing_is_offered_where_the_shares_add_up_or_are_not_there(missing):
    app = open_page(method="mtl", attributions=f"{IG},saliency", settings="steps=8", placebo="0")
    assert "_refine" not in buttons(app)
    press(app, "_run")
    assert "_refine" not in buttons(app)


def test_a_stop_keeps_the_doublings_that_are_done(missing, monkeypatch):
    shown = []
    monkeypatch.setattr(refine, "_show", lambda options: shown.append(options.steps))
    asked = question(attributions=(IG,), options=Options(steps=2), placebo=False)
    steps = refine.refinements(asked)
    assert [step.cost.gradients for step in steps] == [4, 8, 16, 32, 64, 128, 256]

    def work(step):
        step.once(lambda: step.compute(lambda images: None), None)

    work(steps[0])  # a stop comes before the next one
    assert shown == [4] and asked.with_options(Options(steps=8)).found(IG) is None
    for step in steps[1:]:
        work(step)
    assert shown == [4, 8], "those after the one that settles it do nothing"
