"""What the specifications say: equations, decisions and papers of all methods."""

from __future__ import annotations

import json
import re

import pytest

from mtlbus.core.spec import Spec
from mtlbus.explain.views import address_of
from mtlbus.methods import get_spec, list_methods
from tests.methods.test_registry import OF_THE_PAPERS

METHODS = list_methods()
# Commands of KaTeX that the equations use; a pair of strings that were joined without a space
# ("\qquad" and "S") makes one that is not here.
KATEX = frozenset(re.findall(
    r"\\[A-Za-z]+",
    r"""\alpha \beta \gamma \Delta \lambda \phi \psi \rho \sigma \tau \theta \varepsilon \ell \nabla
    \bar \hat \tilde \mathbb \mathcal \mathrm \text \underbrace \textstyle \underset \tfrac \frac
    \sqrt \big \Big \begin \end \sum \max \min \log \cos \in \neq \times \cdot \odot \oplus \square
    \langle \rangle \top \dots \quad \qquad""",
))  # fmt: skip


def latex_of(spec: Spec) -> list[str]:
    return [text for e in spec.equations for text in (e.latex, e.printed) if text]


@pytest.mark.parametrize("name", METHODS)
def test_every_field_is_filled(name):
    spec = get_spec(name)
    paper = spec.paper
    texts = [spec.title, spec.stated, spec.ours, paper.title, paper.authors, paper.reference]
    assert all(texts) and 1950 < paper.year < 2100 and paper.authors[0].isupper()
    assert len(re.findall(r"[A-Za-z)]\.(?: [A-Z]|$)", spec.idea)) == 3, "three sentences"
    assert spec.tasks and spec.diagram.nodes and spec.equations
    assert spec.decisions and spec.paper_errors
    for decision in spec.decisions:
        assert all([decision.question, decision.default, decision.reason]), decision
        assert re.fullmatch(r"[A-Z]\d+(, [A-Z]\d+)*|\d\.\d", decision.number), decision.number
    assert all(found.meaning.endswith(".") for found in spec.maps)
    assert any(one.kind in ("feature", "gate") for one in spec.maps), "familiarity reads them"


@pytest.mark.parametrize("name", METHODS)
def test_a_caution_says_what_a_map_is_not_and_a_family_has_one_title(name):
    titles: dict[str, set[str]] = {}
    for found in get_spec(name).maps:
        titles.setdefault(address_of(found.name).family, set()).add(found.words.title)
        if found.words.caution:
            assert re.search(r"\bnot?\b", found.words.caution)
    assert {family: said for family, said in titles.items() if len(said) > 1} == {}


def test_headings_say_what_a_mask_gates_and_what_a_branch_is():
    headings = {
        found.name: found.words.heading
        for name in ("ctan", "mtan", "resformer_mtl")
        for found in get_spec(name).maps
    }
    assert (
        headings["ctae_mask.1.segmentation"] == "Mask of segmentation → gates the malignancy stream"
    )
    assert (
        headings["ctae_mask.4.malignancy"] == "Mask of malignancy → gates the segmentation stream"
    )
    assert headings["mtan_mask.2.malignancy"] == "Mask of malignancy → gates its own stream"
    assert headings["dfe_branch.0.5"] == "Dilation 5"


@pytest.mark.parametrize("name", sorted(OF_THE_PAPERS))
def test_the_papers_figures_are_there_where_the_paper_is_known(name):
    spec = get_spec(name)
    # Of these two only abstract (and code) could be read: no table to quote.
    assert bool(spec.reported) == (name not in ("acsnet", "resformer_mtl"))
    for table in spec.reported:
        assert table.caption and table.data and table.caveat
        assert table.rows and {len(row) for row in table.rows} == {len(table.columns)}
    # No training settings are known of these; --recipe paper says so.
    assert (spec.recipe is None) == (name in ("chowdary", "sha_mtl"))
    if spec.recipe:
        assert spec.recipe.note


@pytest.mark.parametrize("name", METHODS)
def test_equations_use_commands_that_katex_has(name):
    for latex in latex_of(get_spec(name)):
        assert set(re.findall(r"\\[A-Za-z]+", latex)) <= KATEX, latex


@pytest.mark.parametrize("name", METHODS)
def test_equations_close_what_they_open(name):
    spec = get_spec(name)
    assert spec.equations
    for latex in latex_of(spec):
        assert latex.count("{") == latex.count("}"), latex
        assert re.findall(r"\\begin{(\w+)}", latex) == re.findall(r"\\end{(\w+)}", latex), latex
        assert latex == latex.strip() and "$" not in latex
    for equation in spec.equations:
        assert equation.symbols.count("$") % 2 == 0, equation.symbols
        assert equation.name and equation.source
        assert equation.printed != equation.latex


@pytest.mark.parametrize("name", METHODS)
def test_an_equation_rests_on_decisions_that_the_method_states(name):
    spec = get_spec(name)
    stated = {number for d in spec.decisions for number in d.number.split(", ")}
    told = spec.ours + (spec.recipe.note if spec.recipe else "")
    told += "".join(f" {numbers_between(span)}" for span in re.findall(r"\w+ to \w+", told))
    for equation in spec.equations:
        for number in equation.decisions:
            assert number in stated or re.search(rf"\b{number}\b", told), (equation.name, number)


def numbers_between(span: str) -> str:
    """ "C1 to C3" to "C1 C2 C3"."""
    found = re.fullmatch(r"([A-Z])(\d+) to \1(\d+)", span)
    if not found:
        return ""
    return " ".join(f"{found[1]}{n}" for n in range(int(found[2]), int(found[3]) + 1))


def test_a_number_means_one_decision():
    """The same number must not stand for two points, over all methods."""
    options: dict[str, set[str]] = {}
    for name in METHODS:
        for decision in get_spec(name).decisions:
            if re.fullmatch(r"[A-Z]\d+", decision.number):
                options.setdefault(decision.number, set()).add(decision.question)
    assert {number: found for number, found in options.items() if len(found) > 1} == {}


def test_what_the_papers_print_wrong_stands_beside_what_is_computed():
    """The misprints of the papers, by equation number."""
    printed = {
        (name, equation.source): equation.printed
        for name in ("hybrid_mt_estan", "ctan", "mtl_cosa", "acsnet")
        for equation in get_spec(name).equations
        if equation.printed
    }
    assert "(1-t" not in printed["hybrid_mt_estan", "section 2.4"]  # focal loss without 1 − t
    assert "+" in printed["hybrid_mt_estan", "eq. 6"]  # the text concatenates
    assert r"\hat A_{t'}" in printed["ctan", "eq. 1"]  # one symbol for mask and output
    assert "softmax" not in printed["ctan", "eq. 2"]
    assert r"2\,(\sum pg + \varepsilon)" in printed["acsnet", "public code, corrected"]


def test_equations_travel_as_json():
    document = json.loads(json.dumps(get_spec("hybrid_mt_estan").as_dict()))
    gate = next(e for e in document["equations"] if e["source"] == "eq. 7")
    assert gate["decisions"] == ["H5"] and r"\sigma" in gate["latex"]
    names = {node["name"] for node in document["diagram"]["nodes"]}
    assert {edge["start"] for edge in document["diagram"]["edges"]} <= names


def test_papers_are_the_ones_that_were_looked_up():
    """Title, first author and year, from the papers' texts and their entries in catalogues."""
    known = {
        "acsnet": ("Q. He", 2024, "173, 108319"),
        "ctan": ("Sangwook Kim", 2023, "10.1007/978-3-031-47401-9_12"),
        "hybrid_mt_estan": ("Bryar Shareef", 2023, "10.1007/978-3-031-43901-8_33"),
        "mtl_cosa": ("Meng Xu", 2022, "10.1109/ISBI52829.2022.9761685"),
        "resformer_mtl": ("Phuoc-Nguyen Bui", 2024, "arXiv:2412.00351"),
        "sha_mtl": ("G. Zhang", 2021, "10.1007/s11548-021-02445-7"),
        "vgga_vit": ("X. Qu", 2022, "10.1002/mp.15852"),
        "chowdary": ("J. Chowdary", 2022, "10.1177/01617346221075769"),
        "emt_net": ("J. Shi", 2022, "ISBI"),
    }
    for name, (first, year, reference) in known.items():
        paper = get_spec(name).paper
        assert paper.authors.startswith(first) and paper.year == year
        assert reference in paper.reference
