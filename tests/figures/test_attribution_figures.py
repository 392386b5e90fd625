"""Maps over the image, curves and the agreement table: what the colours and lines say."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mtlbus.explain.attributions import Attribution
from mtlbus.explain.faithfulness import Curve
from mtlbus.explain.subject import Passes
from mtlbus.explain.targets import Target
from mtlbus.figures.agreement import agreement_figure
from mtlbus.figures.attribution_maps import (
    MapLook,
    add_box,
    add_cross,
    add_scale,
    contact_sheet,
    labelled_png,
    limit_of,
    map_panel,
    scale_bar,
)
from mtlbus.figures.boxes import box_figure
from mtlbus.figures.colours import BENIGN, MALIGNANT, rgb
from mtlbus.figures.faithfulness import curves_figure
from mtlbus.figures.overlay import encode_jpeg, encode_light

GREY = np.full((40, 60), 100, np.uint8)
PLANE = np.zeros((40, 60), np.float32)
PLANE[:, :20], PLANE[:, 40:] = -2.0, 2.0


def test_the_scale_ends_where_nearly_all_pixels_lie():
    plane = np.linspace(-1, 1, 1001)[None]
    plane[0, 0] = -50  # one pixel of a thousand
    assert limit_of(plane) == pytest.approx(0.995, abs=0.01)
    assert limit_of(np.zeros((4, 4))) == 0
    assert limit_of(np.eye(400)[:1]) == 1  # where nearly all is 0 the largest counts


def test_signed_maps_are_clear_at_zero_and_carry_the_colours_of_the_classes():
    panel = map_panel(GREY, PLANE, MapLook(True, 2.0, opacity=1.0, place=(40, 60)))
    assert panel[20, 5].tolist() == list(rgb(BENIGN))
    assert panel[20, 30].tolist() == [100, 100, 100]
    assert panel[20, 55].tolist() == list(rgb(MALIGNANT))
    turned = MapLook(True, 2.0, ("malignant", "benign"), 1.0, place=(40, 60))
    assert map_panel(GREY, PLANE, turned)[20, 5].tolist() == list(rgb(MALIGNANT))


def test_sizes_have_no_sign():
    panel = map_panel(GREY, PLANE, MapLook(False, 2.0, opacity=1.0, place=(40, 60)))
    assert (panel[20, 5] == panel[20, 55]).all() and panel[20, 5].sum() > 600  # Magma's bright end
    assert panel[20, 30].sum() < 300


def test_half_of_the_limit_is_half_of_the_colour():
    panel = map_panel(GREY, PLANE / 2, MapLook(True, 2.0, opacity=1.0, place=(40, 60)))
    half = (np.array(rgb(MALIGNANT)) + 100) / 2
    assert np.abs(panel[20, 55] - half).max() <= 1


def test_pixels_stay_pixels_unless_blur_is_asked_for():
    look = MapLook(True, 2.0, opacity=1.0, place=(160, 240))
    sharp = map_panel(GREY, PLANE, look)
    assert len(np.unique(sharp[80, :, 0])) == 3
    blurred = map_panel(GREY, PLANE, MapLook(True, 2.0, opacity=1.0, smooth=3, place=(160, 240)))
    assert len(np.unique(blurred[80, :, 0])) > 20


def test_scale_box_and_cross_are_drawn():
    panel = map_panel(GREY, PLANE, MapLook(True, 2.0, place=(200, 300)))
    scaled = add_scale(panel, MapLook(True, 2.0))
    assert scaled.shape[0] > 200 and scaled.shape[1] == 300
    bar = scaled[200 + 14]
    assert np.abs(bar[13].astype(int) - rgb(BENIGN)).max() < 8
    assert np.abs(bar[286].astype(int) - rgb(MALIGNANT)).max() < 8
    boxed = add_box(panel, (10, 10, 20, 10), 60)  # 5 panel pixels each
    assert boxed[50, 100].tolist() == [255, 255, 255] and (boxed[75, 100] == panel[75, 100]).all()
    crossed = add_cross(panel, (20, 30), 60)
    assert crossed[102, 152].tolist() == [255, 255, 255]


def test_the_scale_runs_from_one_end_to_the_other_and_is_dark_where_it_is_clear():
    bar = scale_bar(MapLook(True, 1.0), 101).astype(int)
    assert np.abs(bar[0, 0] - rgb(BENIGN)).max() < 8
    assert np.abs(bar[0, 100] - rgb(MALIGNANT)).max() < 8
    assert bar[0, 50].max() < 40


def test_twelve_maps_with_placebos_fit_a_page():
    """Attribution maps are noisy: as JPEG of quality 90 one of 480×420 took 63 KB."""
    noise = np.random.default_rng(0).normal(size=(256, 256)).astype(np.float32)
    grey = np.random.default_rng(1).integers(0, 255, (256, 256), dtype=np.uint8)
    panel = map_panel(grey, noise, MapLook(True, limit_of(noise)))
    light = encode_light(panel)
    assert len(light) < 0.5 * len(encode_jpeg(panel))
    assert Image.open(io.BytesIO(light)).format == "JPEG"  # others are encoded again by st.image


def test_a_placebo_is_marked_on_the_picture_for_keeping():
    found = Attribution("saliency", PLANE, PLANE, None, Passes(0, 1), 0.1)
    plain, marked = (
        np.asarray(Image.open(io.BytesIO(labelled_png(GREY, name, found, Target(), "Terms."))))
        for name in ("saliency", "saliency_placebo")
    )
    rows = np.flatnonzero((plain != marked).any(axis=(1, 2)))
    title = 320 + 46  # below the panel of 480×320 and its scale
    assert rows.size and rows.min() >= title and rows.max() < title + 30


def test_all_maps_on_one_picture_stand_side_by_side():
    found = Attribution("saliency", PLANE, PLANE, None, Passes(0, 1), 0.1)
    many = dict.fromkeys(("saliency", "saliency_placebo", "a", "b", "c"), found)
    sizes = [
        Image.open(io.BytesIO(contact_sheet(GREY, maps, Target(), "Terms."))).size
        for maps in ({"saliency": found}, many)
    ]
    assert sizes[1][0] == 4 * sizes[0][0] == 4 * (480 + 8)
    assert sizes[1][1] > 2 * (320 + 46 + 30)


def test_the_words_on_a_narrow_picture_are_broken_not_cut():
    found = Attribution("saliency", PLANE.T, PLANE.T, None, Passes(0, 1), 0.1)
    terms = "Research and education only; not a medical device."
    heights = [
        Image.open(io.BytesIO(labelled_png(GREY.T, "saliency", found, Target(), text))).height
        for text in (terms, "Short.")
    ]
    assert heights[0] - heights[1] == 24  # one line more


def test_curves_are_given_as_they_are():
    share = np.linspace(0, 1, 5)
    pair = Curve(share, np.array([0, 1, 2, 3, 4.0])), Curve(share, np.array([4, 3, 2, 1, 0.0]))
    figure = curves_figure({"A": pair, "B": pair}, "log-odds")
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert [trace.name for trace in lines] == ["A", "A", "B", "B"]
    assert lines[0].y.tolist() == [0, 1, 2, 3, 4] and lines[1].xaxis == "x2"
    levels = {shape.y0 for shape in figure.layout.shapes}
    assert levels == {0.0, 4.0}  # the baseline and the whole image
    beside = curves_figure({"A": pair}, "log-odds", pair[::-1]).data[2:]
    assert [trace.name for trace in beside] == ["random order"] * 2
    assert beside[0].y.tolist() == [4, 3, 2, 1, 0] and beside[1].xaxis == "x2"


def test_the_agreement_table_shows_each_pair_once_and_nothing_for_flat_maps():
    table = np.array([[1, -0.5, np.nan], [-0.5, 1, np.nan], [np.nan] * 3])
    figure = agreement_figure(table, ["a", "b", "flat"])
    assert figure.data[0].zmin == -1 and figure.data[0].zmax == 1
    written = figure.data[1]
    assert list(zip(written.x, written.y, written.text, strict=True)) == [
        ("a", "a", "1.00"),
        ("a", "b", "−0.50"),
        ("b", "b", "1.00"),
    ]


def test_points_for_dragging_a_box_cover_the_image():
    figure = box_figure(np.zeros((50, 200), np.uint8), (10, 5, 30, 20))
    points = figure.data[0]
    assert 0 <= min(points.x) < 6 and 194 < max(points.x) < 200 and max(points.y) < 50
    assert figure.layout.dragmode == "select"
    rectangle = figure.layout.shapes[-1]
    assert (rectangle.x0, rectangle.x1, rectangle.y0, rectangle.y1) == (10, 40, 5, 25)
