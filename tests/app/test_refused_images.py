"""No network is asked about an image that is no ultrasound, and each page says so alike."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from streamlit.testing.v1 import AppTest

import mtlbus
from mtlbus.core.errors import InputError
from mtlbus.data.intake import GreyImage, read_image
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.inference.familiarity import fit, write_familiarity
from mtlbus.inference.input_checks import check_image, refusal
from mtlbus.inference.predictor import Predictor
from mtlbus.ui import cases, services, state
from mtlbus.ui.case_store import CaseStore
from tests.app.stand_ins import write_stand_in
from tests.app.visits import visit

PAGES = ("home", "predict", "compare", "attention", "attributions", "what_if", "surgery")
GOOD = "simple-cyst"


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def text_page() -> bytes:
    image = Image.new("L", (420, 300), 250)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    for top in range(10, 280, 20):
        draw.text((12, top), "Patient report of the left breast, follow up " * 2, 10, font)
    return png(np.asarray(image))


REFUSED = {"blank": png(np.full((200, 240), 130)), "text": text_page()}
DOUBTED = png(np.rot90(make_phantom(random_parameters(0), 128).image))


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Two random networks; to the second every image is far from its training images."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl_cosa", "mtl")):
        write_stand_in(root, method, seed=seed + 20)
    predictor = Predictor.of(root / "mtl", "cpu")
    width = predictor.predict(cases.phantom_case(GOOD).image, maps=True)
    count = width.maps["pooled_features"].tensor.shape[0]
    rows = np.random.default_rng(0).normal(size=(40, count)) + 90
    write_familiarity(predictor.checkpoint, fit(("pooled_features",), rows, rows))
    return root


@pytest.fixture(autouse=True)
def asked(root, monkeypatch) -> list[str]:
    """The digests of the images that networks were asked about; these checkpoints."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    ran, predict = [], Predictor.predict

    def counted(self, image, *arguments, **options):
        ran.append(image.sha256 if isinstance(image, GreyImage) else image.image_sha256)
        return predict(self, image, *arguments, **options)

    monkeypatch.setattr(Predictor, "predict", counted)
    return ran


def open_page(page: str, *files: bytes, **query: str) -> AppTest:
    """A page in a session to which these files were uploaded; the first one is its case."""
    store = CaseStore()
    for content in files:
        image = read_image(content, "mine.png")
        key = f"{state.UPLOAD}{image.sha256[:12]}"
        store.add(cases.from_upload(key, image))
        query = {"case": key, **query}
    return visit(page, session={"uploads": store}, faulty=True, **query)


def sentence(content: bytes) -> str:
    return refusal(check_image(read_image(content, "mine.png")))


def text(app: AppTest) -> str:
    return "\n".join(found.value for found in [*app.markdown, *app.caption, *app.info])


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_refuses_in_the_same_words_and_asks_nobody(page, kind, asked):
    content = REFUSED[kind]
    app = open_page(page, content)
    assert [error.value for error in app.error] == [sentence(content)]
    assert app.error[0].value.endswith("Give an ultrasound picture as the scanner made it.")
    assert asked == [] and not app.metric and not app.main.get("bidi_component")
    assert app.query_params["case"].startswith(state.UPLOAD)
    app.sidebar.selectbox(key="_case_choice").set_value(GOOD).run()  # and the way out is open
    assert not app.exception and not app.error


@pytest.mark.parametrize("page", PAGES)
def test_a_link_to_a_case_works_still(page):
    app = open_page(page, case=GOOD)
    assert not app.error and app.query_params["case"] == GOOD


def test_the_mirror_of_a_refused_image_is_not_asked_about(asked):
    app = open_page("compare", REFUSED["text"], compare="mirror")
    assert [error.value for error in app.error] == [sentence(REFUSED["text"])] and asked == []


@pytest.mark.parametrize("page", ["compare", "attention"])
def test_a_refused_second_case_leaves_the_first_visible(page, asked):
    content = REFUSED["blank"]
    key = f"{state.UPLOAD}{read_image(content, '').sha256[:12]}"
    query = {"compare": "two", "second": key} if page == "compare" else {"beside": f"case:{key}"}
    app = open_page(page, content, case=GOOD, method="mtl_cosa", **query)
    assert [error.value for error in app.error] == [sentence(content)]
    good = cases.phantom_case(GOOD)
    assert set(asked) <= {good.image.sha256}
    assert good.title in text(app) if page == "attention" else app.main.get("bidi_component")


def test_a_refused_first_case_leaves_the_second_visible(asked):
    app = open_page("compare", REFUSED["blank"], compare="two", second=GOOD)
    assert len(app.error) == 1 and app.main.get("bidi_component")
    assert set(asked) <= {cases.phantom_case(GOOD).image.sha256}


def test_two_refused_cases_are_two_lines(asked):
    second = f"{state.UPLOAD}{read_image(REFUSED['text'], '').sha256[:12]}"
    app = open_page("compare", *REFUSED.values(), compare="two", second=second)
    assert [error.value for error in app.error] == [sentence(one) for one in REFUSED.values()]
    assert asked == [] and not app.main.get("bidi_component")


@pytest.mark.parametrize("page", PAGES)
def test_cautions_stand_where_a_prediction_is_shown(page):
    (check,) = check_image(read_image(DOUBTED, "mine.png"))
    app = open_page(page, DOUBTED, method="mtl", methods="mtl")
    assert not app.error and check.state == "caution"
    assert text(app).count(check.reason) == 1


@pytest.mark.parametrize("page", ["home", "predict", "attributions"])
def test_an_image_unlike_the_training_images_is_a_caution(page):
    assert "unlike the images this network was trained on" in text(
        open_page(page, case=GOOD, method="mtl")
    )


def test_no_way_around_the_pages(tmp_path, asked):
    image = read_image(REFUSED["text"], "mine.png")
    with pytest.raises(InputError, match="Nothing is predicted"):
        services.predict(cases.from_upload("upload:x", image), "mtl")
    path = tmp_path / "text.png"
    path.write_bytes(REFUSED["text"])
    with pytest.raises(InputError, match=r"text\.png is refused"):
        mtlbus.predict(path, "mtl")
    assert asked == []
