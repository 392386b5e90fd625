"""A frame of a film, a crop, a black-out and a scale: each image is one of its own."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_sample_image

from mtlbus.core.errors import InputError
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.export.origin import pixels_sha256
from mtlbus.export.report_page import case_rows
from mtlbus.inference.burned_in import burned_in, in_words
from mtlbus.ui import case_store, cases, spacing
from mtlbus.ui.case_store import CaseStore, Film
from mtlbus.ui.panels import two_points
from tests.app.stand_ins import write_stand_in
from tests.app.test_uploads import give
from tests.app.visits import visit
from tests.data.test_dicom import dataset, packed

FRAMES = 5


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    write_stand_in(root, "mtl_cosa")
    return root


@pytest.fixture(autouse=True)
def checkpoints(root, monkeypatch):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(root))
    monkeypatch.delenv("MTLBUS_DATA", raising=False)


@pytest.fixture(scope="module")
def film() -> bytes:
    """A DICOM cine whose frames are darker and darker, but for a black first one."""
    scan = make_phantom(GALLERY["scar"].parameters, 128).image
    frames = [0 * scan, *(scan - scan // 8 * number for number in range(FRAMES - 1))]
    content = np.stack(frames).astype(np.uint8).tobytes()
    return packed(dataset(scan, NumberOfFrames=FRAMES, PixelData=content))


def test_a_film_opens_with_a_frame_that_shows_something_and_others_can_be_chosen(film):
    app = give(visit("predict"), "cine", film)
    (slider,) = (one for one in app.sidebar.slider if one.label == f"Frame, one of {FRAMES}")
    opened = slider.value
    assert opened != 1, "which is black"
    assert app.title[0].value == f"cine, frame {opened} of {FRAMES}"
    first = app.query_params["case"], app.metric[0].value
    slider.set_value(5).run()
    assert app.title[0].value == f"cine, frame 5 of {FRAMES}" and not app.error
    assert app.query_params["case"] != first[0]
    case = app.session_state["uploads"].get(app.query_params["case"])
    assert case.image.frame == 4 and case.image.pixels.mean() < 90
    digests = {one.image.sha256 for one in app.session_state["uploads"].cases()}
    assert len(digests) == 2, "or one frame would get the answer of the other"
    (slider,) = (one for one in app.sidebar.slider if one.label == f"Frame, one of {FRAMES}")
    slider.set_value(opened).run()
    assert (app.query_params["case"], app.metric[0].value) == first


def frame_of(number: int, film: str = "f", size: int = 100) -> cases.Case:
    image = cases.phantom_case("scar").image
    return cases.Case(f"upload:{film}{number}", "", image, None, None, "upload", "", film=film)


def test_a_film_is_kept_as_long_as_a_frame_of_it_and_its_bytes_count():
    store, shared = CaseStore(max_entries=4), cases.phantom_case("scar").image.pixels.nbytes
    film = Film("f", bytes(5000), "cine", 0)
    store.add(frame_of(0), film)
    assert store.nbytes == shared + 5000 and store.film_of(frame_of(0)) is film
    for number in range(1, 6):
        store.add(frame_of(number), film)
    assert len(list(store.cases())) == case_store.FRAMES_OF_A_FILM
    for number in range(4):
        store.add(frame_of(number, film=""))
    assert store.film_of(frame_of(0)) is None and store.nbytes == shared


@pytest.fixture
def scar() -> cases.Case:
    return cases.phantom_case("scar")


def test_a_cropped_case_keeps_what_is_known(scar):
    lowest = int(np.flatnonzero(scar.truth.any(axis=1))[-1])
    box = (10, 5, scar.image.pixels.shape[1] - 20, lowest + 5)
    found = cases.cropped(scar, box)
    left, top, width, height = box
    np.testing.assert_array_equal(found.truth, scar.truth[top : top + height, left : left + width])
    assert found.truth.sum() == scar.truth.sum() and found.truth.shape == found.image.pixels.shape
    assert (found.label, found.origin) == (scar.label, scar.origin)
    assert found.title == f"{scar.title} (cropped)" and found.before is scar
    assert found.key == case_store.key_of(found.image.sha256) and found.key.startswith("upload:")
    assert found.about.startswith(scar.about) and "Cropped to" in found.about
    twice = cases.cropped(cases.blackened(found, (0, 0, 20, 20)), (0, 0, 40, 40))
    assert twice.title == f"{scar.title} (cropped, blacked out)" and twice.as_it_came is scar


def test_a_crop_beside_the_lesion_knows_no_outline(scar):
    assert cases.cropped(scar, (0, 0, 30, 20)).truth is None


def test_a_crop_of_nothing_is_one_line(scar):
    with pytest.raises(InputError, match="does not lie on the image"):
        cases.cropped(scar, (-5, 0, 30, 30))


@pytest.mark.parametrize("page", ["home", "predict", "compare", "attention", "attributions"])
def test_a_changed_case_is_shown_everywhere_and_one_click_takes_it_back(scar, page):
    changed = cases.blackened(scar, (0, 0, 20, 20))
    store = CaseStore()
    app = visit(page, session={"uploads": store, "case": store.add(changed)})
    assert app.query_params["case"] == changed.key
    assert f"Upload: {changed.title}" in app.selectbox(key="_case_choice").options
    app.button(key="_undo").click().run()
    assert not app.exception and not app.error and app.query_params["case"] == "scar"


def test_what_was_done_is_told_by_the_files(scar):
    changed = cases.blackened(scar, (0, 0, 20, 20))
    told = str(case_rows(changed))
    assert "blacked out in 20×20 px, from column 0 and row 0" in told
    assert pixels_sha256(changed.image.pixels) in told
    mine = cases.blackened(cases.from_upload("upload:x", scar.image), (0, 0, 20, 20))
    assert ("SHA-256 of the file", scar.image.sha256) in case_rows(mine)
    assert mine.image.sha256 != scar.image.sha256
    assert replace(frame_of(3), film="f" * 64).file_sha256 == "f" * 64


def test_the_depth_of_the_picture_gives_the_size_of_a_pixel(scar):
    pixels = np.zeros((200, 300), np.uint8)
    pixels[40:160, 50:250] = 90
    pixels[180, :10] = 255  # a few letters below the picture
    assert spacing.field(pixels) == (40, 160)
    assert spacing.field(np.zeros((30, 30), np.uint8)) == (0, 30)


@pytest.mark.parametrize(
    ("label", "given", "mm"), [("mm per pixel", 0.2, 0.2), ("Depth of the picture, mm", 40, 0.3125)]
)
def test_a_scale_can_be_typed_in_two_ways(label, given, mm):
    from tests.app.test_uploads import png

    scan = make_phantom(GALLERY["large-carcinoma"].parameters, 128).image
    app = give(visit("predict"), "scan.png", png(scan))
    app.slider(key="_mask_threshold").set_value(0.05).run()
    (field,) = (one for one in app.number_input if one.label == label)
    field.set_value(given).run()
    assert not app.exception
    assert any(f"A pixel is {mm:.3f} mm, as typed in" in one.value for one in app.caption)


def told(points, of: str = "line x") -> dict:
    return {"told": {"of": of, "points": points}}


@pytest.mark.parametrize(
    "state",
    [
        None, {}, {"told": "x"}, told(None), told([[1, 2]]), told([[1, 2], [3]]),
        told([[1, 2], ["a", 3]]), told([[1, 2], [None, 3]]), told([[1, 2], [101, 3]]),
        told([[-1, 2], [3, 3]]), told([[float("nan"), 2], [3, 3]]), told([[1, 2], [3, 4]], "box x"),
        told([[1, 2], [3, 4]], "line of another image"),
    ],
)  # fmt: skip
def test_two_points_are_taken_only_where_they_are_two_places_on_this_image(state):
    assert two_points._points(state, "line x", 100, 50) is None


def test_two_points_make_a_line_or_a_box_of_whole_pixels():
    line = two_points._points(told([[90.4, 2], [10, 50]]), "line x", 100, 50)
    assert line == ((90.4, 2.0), (10.0, 50.0))
    assert two_points.box_of(line, (50, 100)) == (10, 2, 80, 48)
    assert two_points.box_of(((5, 5), (5.2, 9)), (50, 100)) is None


def test_a_black_frame_and_letters_are_named_and_the_frame_goes_with_a_click():
    """A scan of 200×200 px in a black picture of 400×300 with four letters below it: 67 %."""
    scan = np.maximum(make_phantom(GALLERY["scar"].parameters, 200).image, 12)
    screen = np.zeros((300, 400), np.uint8)
    screen[40:240, 90:290] = scan
    image = Image.fromarray(screen)
    ImageDraw.Draw(image).text((120, 215), "LEFT", 255, ImageFont.load_default(16))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    app = give(visit("predict"), "screen.png", buffer.getvalue())
    assert any("Burned into the pixels: text" in one.value for one in app.caption)
    (crop,) = (one for one in app.button if one.label.startswith("Crop the black frame"))
    assert "(67 % of it)" in crop.label
    crop.click().run()
    case = app.session_state["uploads"].get(app.session_state["case"])
    assert case.image.pixels.shape == (200, 200) and case.title == "screen.png (cropped)"
    assert not any(one.label.startswith("Crop the black frame") for one in app.button)


def test_letters_are_told_from_speckle_and_not_named_where_there_is_none():
    photograph = Image.fromarray(load_sample_image("china.jpg")).convert("L")
    assert in_words(burned_in(np.asarray(photograph))), "there are bright strokes in it"
    buffer = io.BytesIO()
    photograph.save(buffer, "PNG")
    app = give(visit("predict"), "china.png", buffer.getvalue())
    assert not any("Burned into" in one.value for one in app.caption)
