"""A picture link, a script and an element in the name of an image: no report has one more of any.

A report with a hostile name is held against the same one with a plain name, element by element.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from mtlbus.evaluation.slices import Slice
from mtlbus.export.drawing import svg_of
from mtlbus.export.pair_report import mirror_report
from mtlbus.export.picture_report import (
    Picture,
    attention_report,
    attribution_report,
    image_element,
    performance_report,
)
from mtlbus.export.recipes import notebook_of
from mtlbus.export.report import report_of
from mtlbus.figures.segmentation import dice_figure
from mtlbus.figures.slices import slices_figure
from mtlbus.figures.static import svg_of_chart
from mtlbus.ui.case import Case

from .conftest import PALETTE

NUMBERS = pd.DataFrame({"map": ["gradcam"], "sum": [1.0]})
FOREIGN = "![q](http://foreign.test/q.png)<img src=//foreign.test/x onerror=q()><b>**q** $q$</b>"


class Elements(HTMLParser):
    """The elements of a document with the names of their attributes, and all addresses in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: Counter = Counter()
        self.addresses: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.found[tag, *sorted(name for name, _ in attributes)] += 1
        self.addresses |= {
            value
            for name, value in attributes
            if name in ("src", "href", "xlink:href", "action", "data") and value
        }


def named(case: Case, name: str) -> Case:
    image = replace(case.image, name=name, notes=(name,))
    return replace(case, title=name, image=image, about=f"Uploaded {name}.")


@pytest.fixture
def reports(uploaded, predict_view, compare_view, mirror_view, attention_view, attribution_view):
    """Makes every report about an image of a name."""

    def make(name: str) -> dict[str, str]:
        case = named(uploaded, name)
        attributed = attribution_view(case, "class:difference", "", ("gradcam",))
        return {
            "predict": report_of([predict_view(case)], PALETTE),
            "compare": report_of(compare_view(case).views, PALETTE),
            "mirror": mirror_report(mirror_view(case), PALETTE),
            "attention": attention_report(attention_view(case), [], []),
            "attributions": attribution_report(attributed, [], NUMBERS),
            "drawing": svg_of(predict_view(case), PALETTE),
        }

    return make


def test_no_report_has_an_element_of_a_name(reports):
    plain, hostile = reports("plain.png"), reports(FOREIGN)
    for kind, text in hostile.items():
        found, usual = Elements(text), Elements(plain[kind])
        assert found.found.keys() == usual.found.keys(), kind  # a long name takes more lines
        if kind != "drawing":
            assert found.found == usual.found, kind
        assert not [one for one in found.addresses if "foreign" in one], kind


def test_no_notebook_has_markup_of_a_name(uploaded, predict_view, compare_view, attention_view):
    case = named(uploaded, FOREIGN)
    for view in (predict_view(case), compare_view(case), attention_view(case)):
        cells = json.loads(notebook_of(view))["cells"]
        told = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        assert "foreign" in told
        for mark in ("![q]", "<img", "<b>", "**q**", "$q$", "://foreign"):
            assert mark not in told


def test_no_chart_reads_markup_in_the_name_of_an_image_or_a_part(performance_view):
    link = '<a href="http://foreign.test">q</a></script><script>q()</script>'
    figures = [
        dice_figure({"MTL": (np.array([0.5, 0.7]), [link, link])}),
        slices_figure({"MTL": [Slice(link, 9, 0.5, 0.4, 0.6)]}, "AUC"),
    ]
    for figure in figures:
        spec = figure.to_json()
        assert "foreign" in spec and "<a" not in spec and "\\u003ca" not in spec
    drawings = [svg_of_chart(figure) for figure in figures]
    assert not [one for one in drawings if "<a" in one or "<script" in one]
    pictures = [Picture("", image_element(d.encode(), link, "svg+xml"), link) for d in drawings]
    plain = performance_report(performance_view, [])
    text = performance_report(performance_view, pictures)
    more = Elements(text).found - Elements(plain).found
    assert {tag for tag, *_ in more} == {"figure", "figcaption", "img"}


def test_the_name_of_a_download_fits_every_system():
    from mtlbus.export.case_views import file_stem

    long, other = "乳腺超声" * 20, "乳腺超声" * 19 + "甲状腺"
    stems = {file_stem("two-cases", one, two) for one in (long, other) for two in (long, other)}
    for stem in stems:
        assert len(f"{stem}_hybrid_mt_estan_predictions.csv".encode()) <= 255
    assert len(file_stem("compare", FOREIGN)) < 100 and not set("<>/()\"'$*") & set(
        file_stem("compare", FOREIGN)
    )
