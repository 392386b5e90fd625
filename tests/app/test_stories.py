"""Stories: every step of those that ship opens, and a file that is none is one line in the log."""

from __future__ import annotations

import logging

import pytest

from mtlbus.core.errors import DataError
from mtlbus.ui.stories.tour import TOURS, Step, read_story, stories
from tests.app.visits import visit

STEPS = [
    pytest.param(step, id=f"{story.name}-{number}")
    for story in stories().values()
    for number, step in enumerate(story.steps, start=1)
]


def test_six_ship():
    assert len(list(TOURS.glob("*.yaml"))) == len(stories()) == 6


@pytest.mark.parametrize("step", STEPS)
def test_a_step_opens_what_it_names(step: Step):
    app = visit(step.page.removesuffix(".py"), **step.query)
    assert not [w.value for w in app.main.warning if "in the address" in w.value]
    refused = (":material/block:", ":material/hourglass_empty:")  # an attribution that is not there
    assert not [one.value for one in app.main.info if one.icon in refused]


def test_from_the_first_step_to_the_last_and_out():
    app = visit("stories")
    app.button(key="_begin_leakage").click().run()
    for page in ("performance", "performance", "performance", "methods"):
        assert not app.exception
        shown = "\n".join(one.value for one in app.main.markdown)
        assert "What leakage may be worth" in shown and app.query_params["story"] == "leakage"
        app.switch_page(f"pages/{page}.py")  # where the step led: a test does not follow
        following = [one for one in app.button if one.key == "_story_next"]
        if following:
            following[0].click()
            app.run()
    app.button(key="_story_end").click().run()
    assert "story" not in app.query_params


GOOD = "title: T\nabout: A\nsteps:\n  - at: predict?case=scar\n    say: S\n"
BAD = [
    (":", "cannot be read as YAML"),
    ("title: T", "needs title, about and a list of steps"),
    (GOOD.replace("predict", "nowhere"), "step 1: there is no page 'nowhere'. Allowed: cases, "),
    (GOOD.replace("predict", "https://example.org/predict"), "there is no page"),
    (GOOD.replace("case=", "uploads="), "no address has uploads"),
    (GOOD.replace("say: S", "say: 7"), "step 1 needs say"),
    (GOOD + 40 * "  - at: predict\n    say: S\n", "has 41 steps"),
]


@pytest.mark.parametrize(("content", "why"), BAD)
def test_what_is_no_story_says_why(content, why, tmp_path):
    (tmp_path / "own.yaml").write_text(content)
    with pytest.raises(DataError, match=r"own\.yaml") as error:
        read_story(tmp_path / "own.yaml")
    assert why in str(error.value) and "\n" not in str(error.value)


def test_an_administrators_story_is_on_the_shelf_and_a_broken_one_in_the_log(
    tmp_path, monkeypatch, caplog
):
    (tmp_path / "own.yaml").write_text(GOOD)
    (tmp_path / "broken.yaml").write_text(":")
    monkeypatch.setenv("MTLBUS_STORIES", str(tmp_path))
    with caplog.at_level(logging.WARNING, "mtlbus"):
        found = stories()
    assert found["own"].steps == (Step("predict.py", {"case": "scar"}, "S", ""),)
    assert "broken" not in found and "The story broken is left out" in caplog.text
