"""The report: whole in one file, safe for any text, and with the numbers of the view."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mtlbus.core.errors import InputError
from mtlbus.export.origin import pixels_sha256
from mtlbus.export.report import compared_rows, report_of
from mtlbus.findings.description import described
from mtlbus.findings.opinion import Opinion, Said
from mtlbus.inference.input_checks import Check
from tests.export.conftest import HOSTILE, PALETTE

VOID = {"meta", "br", "image", "path", "rect", "circle"}


class Reader(HTMLParser):
    """Tags, addresses, texts and what is open; a wrong end tag is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.addresses, self.text, self.open = set(), [], "", []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


def test_it_needs_nothing_else_and_runs_nothing(phantom, predict_view):
    html = report_of([predict_view(phantom)], PALETTE)
    found = read(html)
    assert "script" not in found.tags and "link" not in found.tags
    assert len(found.addresses) == 1 and found.addresses[0].startswith("data:image/jpeg")
    assert "url(" not in html and "@import" not in html and "onload" not in html
    assert "default-src 'none'" in html


def test_a_hostile_name_stays_text(uploaded, predict_view):
    view = predict_view(uploaded)
    view = replace(view, input_checks=(Check("caution", "colour", HOSTILE),))
    found = read(report_of([view], PALETTE))
    assert "script" not in found.tags
    assert found.text.count("<script>alert(1)</script>") >= 4


def test_a_distance_has_its_unit_and_mm_where_they_are_known(phantom, uploaded, predict_view):
    known, unknown = predict_view(phantom), predict_view(uploaded)
    assert known.square_mm > 0 and unknown.square_mm is None
    for view, mm in ((known, known.square_mm), (unknown, None)):
        far = view.against_truth["hd95"]
        said = f"{far:.1f} px" if mm is None else f"{far:.1f} px ({far * mm:.1f} mm)"
        assert said in [value for name, value, _ in compared_rows(view) if name == "HD95"]


def test_it_says_the_numbers_and_where_they_come_from(uploaded, predict_view):
    view = predict_view(uploaded)
    text = read(report_of([view], PALETTE)).text
    found, lesion = view.prediction, view.lesion
    said = f"{100 * found.probability:.0f} %"
    assert f"If this is a lesion: {said} → {view.call}" in text
    assert f"malignant from {100 * found.threshold:.0f} % on" in text
    assert f"{lesion.area_px:,} px" in text
    assert f"{view.against_truth['dice']:.2f}" in text
    for digest in (
        uploaded.image.sha256,
        pixels_sha256(uploaded.image.pixels),
        found.weights_sha256,
    ):
        assert digest in text
    assert re.search(r"\d{1,2} \w+ 20\d\d, \d\d:\d\d UTC", text)
    assert text.count("not a medical device") == 2
    assert "**" not in text.replace("**b**", "")
    assert "colour turned to grey" in text


def test_a_phantom_says_so_and_gives_its_class(phantom, predict_view):
    text = read(report_of([predict_view(phantom)], PALETTE)).text
    assert "no person's image" in text and "Known to be benign" in text


def test_what_was_asked_again_stands_in_it(phantom, predict_view):
    view = predict_view(phantom)
    others = (Said("<b>A</b>", 0.2, "benign", doubted=True), Said("B", 0.6, "malignant"))
    opinion = Opinion(view, (Said("mirrored", 0.9, "malignant"),), others)
    page = read(report_of([view], PALETTE, opinion=opinion))
    assert "How steady it is" in page.text and "<b>A</b> 20 % (doubted), B 60 %." in page.text
    assert "2 other networks say 20 to 60 %" in page.text and "Steady is not" in page.text
    text = read(report_of([view], PALETTE, opinion=Opinion(view))).text
    assert "Steady is not" not in text and "Not asked: on the page" in text
    assert "How steady it is" not in read(report_of([view], PALETTE)).text


def test_the_description_is_a_draft_in_words_that_can_be_edited(phantom, predict_view):
    view = predict_view(phantom)
    html = report_of([view], PALETTE)
    draft = html.partition('class="draft" contenteditable="true"')[2].partition("</div>")[0]
    for one in described(view.lesion):
        assert f"{one.feature}: <strong>{one.word}</strong>" in draft
    assert not re.search(r"BI-RADS\s*(category)?\s*[0-6]", read(html).text)
    assert html.index("Description, a draft") < html.index("Made from")


@pytest.mark.parametrize(
    ("method", "sentence"),
    [("uresnet", "does not say benign or malignant"), ("resnet", "draws no outline")],
)
def test_a_method_with_one_answer(method, sentence, phantom, predict_view):
    assert sentence in read(report_of([predict_view(phantom, method)], PALETTE)).text


def test_an_empty_outline_is_said(phantom, predict_view):
    view = replace(predict_view(phantom), mask_threshold=1.0)
    assert "No lesion outlined" in read(report_of([view], PALETTE)).text


def test_several_networks_and_one_image_only(phantom, uploaded, predict_view, compare_view):
    text = read(report_of(compare_view(phantom).views, PALETTE)).text
    right = sum(view.right is True for view in compare_view(phantom).views)
    assert f"{right} of 2 are right: it is benign" in text  # the third one outlines only
    assert all(name in text for name in (view.title for view in compare_view(phantom).views))
    with pytest.raises(InputError, match="one image"):
        report_of([predict_view(phantom), predict_view(uploaded)], PALETTE)
    with pytest.raises(InputError, match="one image"):
        report_of([], PALETTE)


def test_the_bar_withdraws_its_zone_with_the_promises(phantom, predict_view):
    """The zone says what readers would decide; beside a caution nobody should by this number."""
    view = predict_view(phantom)
    view = replace(view, point=replace(view.point, zone=(0.2, 0.6)))
    words = "Grey: where a cautious and a strict reader would differ."
    assert not view.cautious and words in read(report_of([view], PALETTE)).text
    doubted = replace(view, input_checks=(Check("caution", "colour", "A tint."),))
    assert words not in read(report_of([doubted], PALETTE)).text
