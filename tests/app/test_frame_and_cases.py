"""The frame without a browser: case, address, uploads, datasets, and what goes wrong."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mtlbus.core.text import literal
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.ui.frame import ENTRIES
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

ABOUT_CASE = ("home", "predict", "compare", "attention", "attributions")
CYST = GALLERY["simple-cyst"]
ROOT = Path(__file__).resolve().parents[2]


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("checkpoints")
    write_stand_in(root, "mtl")
    return root


@pytest.fixture
def open_app(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    monkeypatch.delenv("MTLBUS_DATA", raising=False)

    return lambda page="predict", **query: visit(page, faulty=True, **query)


def test_first_visit_shows_a_finished_prediction(open_app):
    app = open_app("home")
    assert not app.error
    (metric,) = app.metric
    assert metric.label.startswith("Probability of malignancy")
    assert app.query_params["case"] in GALLERY


def test_without_any_checkpoint_every_page_says_what_to_do(open_app, monkeypatch, tmp_path):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    for page in ("home", "predict", "compare"):
        app = open_app(page)
        assert any("python -m mtlbus train" in info.value for info in app.info)
        assert not app.error


def test_a_link_is_read_and_kept_in_step(open_app):
    app = open_app(case="lipoma", method="mtl")
    assert app.title[0].value == GALLERY["lipoma"].title
    app.selectbox(key="_case_choice").select("simple-cyst").run()
    assert app.title[0].value == CYST.title
    assert app.query_params["case"] == "simple-cyst"
    app.query_params["case"] = "scar"  # another link in the same session
    app.run()
    assert app.title[0].value == GALLERY["scar"].title


@pytest.mark.parametrize(
    ("page", "key", "sentence"),
    [
        *((page, "upload:0123456789ab", "upload it again") for page in ABOUT_CASE),
        ("predict", "no-such-case", "no case named 'no-such-case'"),
        ("predict", "busbra:bus_0001-l", "not set up here"),
        ("home", "../../etc/passwd:x", "no case named '../../etc/passwd"),
        ("home", "x" * 5000, "no case named"),
    ],
)
def test_a_link_that_leads_nowhere_is_one_line_and_no_other_case(open_app, page, key, sentence):
    app = open_app(page, case=key)
    (error,) = app.error
    assert sentence in error.value and "\n" not in error.value
    assert app.query_params["case"] == key
    assert not app.metric and not app.get("imgs") and len(app.title) == 1
    assert app.selectbox(key="_case_choice").value == key
    app.button[0].click().run()  # the way on
    assert not app.error and app.query_params["case"] in GALLERY


def test_pages_without_a_case_open_whatever_the_address_says(open_app):
    assert not open_app("performance", case="no-such-case").error
    assert open_app("methods", case="upload:0123456789ab").title[0].value == "Methods"


def test_what_a_page_has_to_say_stands_there_at_once():
    def script():
        import streamlit as st

        from mtlbus.ui import address

        address.say("The address says [a](http://b).")
        notes = st.container()
        address.tell(notes)
        address.say("The page says.")
        address.tell(notes)

    app = AppTest.from_function(script, default_timeout=60).run()
    said = [literal("The address says [a](http://b)."), "The page says."]
    assert [warning.value for warning in app.main.warning] == said


def test_an_unknown_method_is_said_in_sight(open_app):
    app = open_app(method="magic")
    assert [w.value for w in app.main.warning] == [
        "No trained network is named “magic”; showing another."
    ]


@pytest.mark.fresh_server
@pytest.mark.parametrize("page", ["home", "predict", "compare"])
def test_a_deep_link_on_a_fresh_server_gets_the_frame(open_app, page):
    app = open_app(page, case="lipoma", method="mtl")
    assert app.selectbox(key="_case_choice").value == "lipoma"
    assert app.title[0].value
    assert app.query_params["case"] == "lipoma"
    assert not app.error


def test_an_unknown_method_in_a_link_falls_back(open_app):
    app = open_app(method="magic")
    assert app.query_params["method"] == "mtl"
    assert not app.error


def test_compare_and_performance_begin_with_the_network_one_comes_with(open_app, root):
    for method in ("acsnet", "uresnet"):
        if not (root / method).exists():
            write_stand_in(root, method)
    app = open_app("predict", method="uresnet")
    app.switch_page("pages/compare.py").run()
    assert app.query_params["methods"].split(",")[0] == "uresnet"
    app.button_group(key="_pick_methods").set_value(["mtl"]).run()
    assert app.query_params["methods"] == "mtl", "what is taken out stays out"
    app.switch_page("pages/predict.py").run()
    app.selectbox(key="_pick_method").select("acsnet").run()
    app.switch_page("pages/performance.py").run()
    assert app.query_params["methods"] == "acsnet,mtl"


def test_a_link_to_several_methods_is_followed_as_it_is(open_app):
    app = open_app("compare", methods="mtl,magic")
    assert app.query_params["methods"] == "mtl"
    assert [w.value for w in app.main.warning][:1] == [
        "No trained network is named “magic”; left out."
    ]


def test_an_upload_becomes_the_case(open_app):
    app = open_app()
    pixels = make_phantom(CYST.parameters, 128).image
    app.file_uploader(key="_upload").set_value(("cyst.png", png(pixels), "image/png")).run()
    assert not app.exception and not app.error
    assert app.title[0].value == "cyst.png"
    assert app.query_params["case"].startswith("upload:")
    app.selectbox(key="_case_choice").select("lipoma").run()
    assert app.title[0].value == GALLERY["lipoma"].title


def test_a_configured_dataset_opens_by_link_and_by_choice(open_app, monkeypatch, tmp_path):
    for number in range(2):
        phantom = make_phantom(CYST.parameters, 96 + 32 * number)
        Image.fromarray(phantom.image).save(tmp_path / f"image{number}.png")
    (tmp_path / "list.csv").write_text("image,mask,label,group\nimage0.png,,0,a\nimage1.png,,1,b\n")
    monkeypatch.setenv("MTLBUS_DATA", f"manifest={tmp_path / 'list.csv'}")
    app = open_app(case="manifest:image1")
    assert not app.error and not app.warning
    assert app.title[0].value == "image1"
    assert sheet_of(app, "manifest") == ["image0", "**image1**"]
    app.button(key="_tile_manifest:image0").click().run()
    assert app.title[0].value == "image0"
    assert app.query_params["case"] == "manifest:image0"


def test_the_disk_of_the_server_is_not_offered_unless_the_administrator_did(open_app):
    app = open_app()
    assert not app.sidebar.text_input and not app.sidebar.expander


@pytest.fixture
def offered(monkeypatch, tmp_path) -> Path:
    """A folder that the server offers, with one image; beside it one that it does not."""
    for name in ("offered", "private"):
        (tmp_path / name / "inner").mkdir(parents=True)
        pixels = make_phantom(CYST.parameters, 64).image
        for place in (tmp_path / name / f"top-{name}.png", tmp_path / name / f"inner/{name}.png"):
            Image.fromarray(pixels).save(place)
    monkeypatch.setenv("MTLBUS_DATA", f"folder={tmp_path / 'offered'}")
    return tmp_path / "offered"


def sheet_of(app: AppTest, source: str) -> list[str]:
    """The names on the contact sheet of a dataset, in this session."""
    app.session_state["source"] = source
    app.switch_page("pages/cases.py").run()
    assert not app.exception
    return [one.label for one in app.button if str(one.key).startswith("_tile_")]


@pytest.fixture
def opened(open_app, offered):
    """The page after a path was typed in."""
    app = open_app()

    def opened(path: str | Path, layout: str = "folder") -> AppTest:
        app.selectbox(key="_new_layout").select(layout)
        app.text_input(key="_new_path").set_value(str(path)).run()
        assert not app.exception
        return app

    return opened


@pytest.mark.parametrize("path", ["inner", "{}/inner", "./inner/../inner"])
def test_a_folder_inside_of_an_offered_one_can_be_opened(opened, offered, path):
    app = opened(path.format(offered))
    assert not app.error
    assert sheet_of(app, "folder") == ["offered"]


@pytest.mark.parametrize(
    "path",
    ["../private", "{}/../private/inner", "/etc", "/", "nowhere", "link", "a\0b", "x/" * 3000],
)
def test_nothing_outside_of_it_can_be_opened(opened, offered, path):
    (offered / "link").symlink_to(offered.parent / "private", target_is_directory=True)
    app = opened(path.format(offered))
    (error,) = app.sidebar.error
    assert "not in a folder that this server offers" in error.value or "path" in error.value
    assert len(error.value) < 400 and "private.png" not in str(app.selectbox)
    app.text_input(key="_new_path").set_value("").run()
    assert not app.error


def test_no_table_of_the_server_is_quoted(opened, offered):
    (offered / "environment").write_text("PASSWORD=secret\n")
    error = opened("environment", "manifest").sidebar.error[0].value
    assert "secret" not in error and "PASSWORD" not in error


def test_an_image_behind_a_link_out_of_the_folder_is_not_there(opened, offered):
    (offered / "inner" / "leak.png").symlink_to(offered.parent / "private" / "inner/private.png")
    app = opened("inner")
    assert sheet_of(app, "folder") == ["offered"]


def test_what_must_always_be_said_is_said(open_app):
    app = open_app()
    assert "not a medical device" in app.main.caption[0].value, "a folded sidebar hides it"
    said = " ".join(caption.value for caption in app.sidebar.caption)
    assert "never on its disk" in said and "identifiable" in said
    assert "Runs on the" in said


def test_the_navigation_does_not_wait_for_torch():
    code = "import sys, mtlbus.ui.frame; print(sorted({'torch', 'timm'} & sys.modules.keys()))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_a_deep_link_on_a_fresh_server_does_not_wait_for_torch_either():
    """Each page file, run without the frame, leaves for it before anything heavy is loaded."""
    code = (
        "import runpy, sys; from pathlib import Path; from mtlbus.ui import frame\n"
        "frame.require_frame = sys.exit\n"
        "for page in sorted(frame.PAGES.glob('*.py')):\n"
        "    try: runpy.run_path(str(page), {'__file__': str(page)})\n"
        "    except SystemExit as left: print(Path(left.code).name)\n"
        "print(sorted({'torch', 'timm'} & sys.modules.keys()))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [*sorted(entry.file for entry in ENTRIES), "[]"]


def test_pages_end_by_our_own_stop_which_writes_the_address():
    """After Streamlit's own, no message reaches the browser."""
    found = [
        path.name
        for folder in ("pages", "mtlbus/ui")
        for path in (ROOT / folder).rglob("*.py")
        if "st.stop()" in path.read_text("utf-8")
    ]
    assert found == ["address.py"]
