"""What a person gives is taken whatever its name, or has a page of its own about why not."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest

from mtlbus.core.text import literal
from mtlbus.data.intake import GreyImage
from mtlbus.data.limits import MAX_BYTES
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.ui import cases, uploads
from mtlbus.ui.case_store import CaseStore, Unopened
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit
from tests.data.test_dicom import dataset, packed

PAGES = ("home", "predict", "compare", "attention", "attributions")


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def scan(name: str = "simple-cyst", size: int = 128) -> np.ndarray:
    return make_phantom(GALLERY[name].parameters, size).image


BAD = {
    "text.png": b"I am not a picture",
    "empty.png": b"",
    "cut.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(40),
    "dot.png": png(np.zeros((1, 1), np.uint8)),
    "paper.png": b"%PDF-1.7 ...",
    "moving.png": b"GIF89a" + bytes(40),
    "report.docx": b"PK\x03\x04" + bytes(40),
    "![x](www.foreign.example) **b**.png": b"\x00\x01",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    write_stand_in(root, "mtl_cosa")
    return root


@pytest.fixture(autouse=True)
def checkpoints(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    monkeypatch.delenv("MTLBUS_DATA", raising=False)


def give(app: AppTest, name: str, content: bytes, widget: str = "_upload") -> AppTest:
    """Drop a file on the uploader that begins with this key."""
    (found,) = (one for one in app.file_uploader if one.key.startswith(widget))
    found.set_value((name, content, "application/octet-stream")).run()
    assert not app.exception
    return app


def is_about_nothing_else(app: AppTest) -> bool:
    """No picture, figure or number of any image is on the page."""
    drawn = [*app.get("imgs"), *app.get("bidi_component"), *app.get("plotly_chart"), *app.metric]
    shown = {one.proto.component_name for one in app.get("bidi_component")}
    return len(drawn) == len(shown) and shown == {"mtlbus_too_large", "mtlbus_theme"}


@pytest.mark.parametrize("page", PAGES)
def test_a_refused_file_after_a_good_one_is_what_every_page_is_about(page):
    app = give(visit(page), "good.png", png(scan()))
    if page == "home":  # which goes on to Predict with an image of its own uploader only
        assert "good.png" in [found.value for found in app.subheader]
    give(app, "bad.png", b"I am not a picture")
    assert [title.value for title in app.title] == ["Refused: bad.png"]
    (error,) = app.error
    assert error.value.startswith("bad.png looks like a text. Allowed are PNG, JPEG")
    assert is_about_nothing_else(app)
    assert app.selectbox(key="_case_choice").value == app.query_params["case"]
    assert app.sidebar.get("imgs") == []


@pytest.mark.parametrize("name", BAD)
def test_each_kind_of_bad_file_says_its_name_why_and_what_to_do(name):
    app = give(visit("predict", case="lipoma"), name, BAD[name])
    (error,), (title,) = app.error, app.title
    assert title.value == f"Refused: {literal(name)}" and "\n" not in error.value
    assert error.value.startswith(literal(name))
    assert is_about_nothing_else(app)
    (back,) = (button for button in app.button if button.label.startswith("Back to"))
    back.click().run()
    assert app.title[0].value == GALLERY["lipoma"].title and not app.error


def test_after_a_refusal_another_file_can_be_given_on_the_page():
    app = give(visit("predict"), "bad.png", b"no")
    give(app, "good.png", png(scan()), "_again")
    assert app.title[0].value == "good.png" and not app.error


def test_a_refused_file_leaves_the_pages_without_a_case_alone():
    app = give(visit("predict"), "bad.png", b"no")
    app.switch_page("pages/performance.py").run()
    assert app.title[0].value == "Performance" and not app.error


@pytest.mark.parametrize("name", ["IM000001", "scan.xyz", "1.2.840.113.7", "ultrasound.exe"])
@pytest.mark.parametrize("kind", ["dicom", "png"])
def test_any_name_and_extension_may_come_in(name, kind):
    app = visit("predict")
    assert all(list(one.proto.type) == [] for one in app.file_uploader)
    content = packed(dataset(scan())) if kind == "dicom" else png(scan())
    give(app, name, content)
    assert app.title[0].value == literal(name) and not app.error


def test_an_uploader_is_empty_after_its_file_and_takes_the_next():
    app = give(visit("predict"), "one.png", png(scan()))
    assert [one.value for one in app.file_uploader if one.key.startswith("_upload")] == [None]
    give(app, "two.png", png(scan("lipoma")))
    assert app.title[0].value == "two.png"
    titles = app.selectbox(key="_case_choice").options
    assert titles[-2:] == ["Upload: two.png", "Upload: one.png"], "the newest first"


def test_a_file_that_the_browser_kept_is_refused_in_our_words(monkeypatch):
    session = {}
    monkeypatch.setattr("streamlit.session_state", session)
    from mtlbus.ui import too_large

    too_large.report("folder/large.bmp", MAX_BYTES + 1, "_upload")
    found = session["uploads"].get(session["case"])
    assert found.title == "large.bmp" and found.kind == "refused"
    assert found.why.startswith("large.bmp has 20.0 MB; at most 20 MB are allowed.")
    assert session["_upload_turn"] == 1, "the red mark of the browser goes"
    before = dict(session)
    too_large.report("small.bmp", MAX_BYTES, "_upload")  # whatever a browser makes up
    too_large.report("large.bmp", "27 MB", "_upload")
    too_large.report("large.bmp", MAX_BYTES + 1, "case")
    assert session == before


def test_an_image_of_another_session_is_asked_for_again_and_fits_the_link():
    content = png(scan())
    app = give(visit("predict"), "mine.png", content)
    key = app.query_params["case"]
    other = visit("predict", case=key, faulty=True)
    assert "upload it again" in other.error[0].value and is_about_nothing_else(other)
    assert other.title[0].value == "Your image is not here"
    give(other, "mine.png", content, "_again")
    assert other.query_params["case"] == key and other.title[0].value == "mine.png"


def test_an_image_that_made_room_says_so(monkeypatch):
    app = give(visit("predict"), "first.png", png(scan()))
    key, store = app.query_params["case"], app.session_state["uploads"]
    for number in range(12):
        image = GreyImage(np.full((16, 16), number, np.uint8), str(number) * 64, (), f"{number}")
        store.add(cases.from_upload(f"upload:{number}", image))
    app.run()
    assert "made room for newer ones" in app.error[0].value
    assert app.query_params["case"] == key and is_about_nothing_else(app)


def test_a_file_that_came_before_the_first_run_is_not_lost(monkeypatch):
    """As after a restart of the server, where a tab gives it to the session before."""
    manager = MemoryUploadedFileManager("/upload")
    manager.add_file("session", UploadedFileRec("1", "early.png", "image/png", png(scan())))
    session = {}
    monkeypatch.setattr("streamlit.session_state", session)
    context = SimpleNamespace(uploaded_file_mgr=manager, session_id="session")
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: context)
    uploads.take_early()
    assert session["uploads"].get(session["case"]).title == "early.png"
    assert not manager.file_storage.get("session"), "no second copy stays"
    manager.add_file("session", UploadedFileRec("2", "later.png", "image/png", b"no"))
    uploads.take_early()  # which is the business of its uploader
    assert session["uploads"].get(session["case"]).title == "early.png"


def entry(number: int, side: int = 100) -> cases.Case:
    image = GreyImage(np.full((side, side), number, np.uint8), f"{number:064}", (), f"{number}")
    return cases.from_upload(f"upload:{number}", image)


def test_the_store_is_bounded_by_number():
    store = CaseStore(max_entries=3)
    for number in range(5):
        store.add(entry(number))
    assert [case.title for case in store.cases()] == ["4", "3", "2"]
    assert store.get("upload:1") is None and store.made_room("upload:1")
    assert not store.made_room("upload:9"), "which was never here"
    store.add(Unopened("upload:x", "x", "refused", "why"))
    assert [case.title for case in store.cases()] == ["4", "3"]


def test_the_store_is_bounded_by_bytes_and_keeps_the_newest():
    store = CaseStore(max_bytes=25_000)  # two images of 10,000 bytes
    for number in range(3):
        store.add(entry(number))
    assert [case.title for case in store.cases()] == ["2", "1"] and store.nbytes == 20_000
    store.add(entry(7, side=400))
    assert [case.title for case in store.cases()] == ["7"] and store.nbytes == 160_000


def test_one_image_given_twice_is_kept_once():
    store = CaseStore()
    store.add(entry(1))
    store.add(entry(2))
    store.add(entry(1))
    assert [case.title for case in store.cases()] == ["1", "2"]


def test_a_batch_is_bounded_by_number_and_by_bytes(monkeypatch):
    from mtlbus.ui.predict import batch

    monkeypatch.setattr(batch, "MOST_FILES", 2)
    files = [(f"{n}.png", png(scan(size=64 + n)), "image/png") for n in range(3)]
    app = visit("predict")
    app.file_uploader(key="_batch_files").set_value(files).run()
    (said,) = (one.value for one in app.main.warning if "files" in one.value)
    assert "These are 3 files; the first 2 are taken" in said
    assert len(app.dataframe[0].value) == 2
    monkeypatch.setattr(batch, "MOST_BYTES", len(files[0][1]) + 1)
    app.run()
    assert len(app.dataframe[0].value) == 1


def test_file_names_have_no_folders_and_a_length():
    assert uploads.file_name("C:\\scans\\one.png") == "one.png"
    assert uploads.file_name("/home/me/one.png") == "one.png"
    assert len(uploads.file_name("x" * 5000)) == 120 and uploads.file_name("") == "The file"
