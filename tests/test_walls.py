"""The walls of the house: who may import whom."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "mtlbus"

# From the ground up; a room imports itself and rooms on lower floors.
FLOORS = [
    {"core"},
    {"nn"},
    {"methods"},
    {"checkpoints", "data"},
    {"training", "inference", "evaluation", "explain"},
    {"findings"},
    {"figures", "export"},
    {"protocol", "batch"},
    {"ui", "cli"},
    {"__main__"},
]
LEVEL = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
TOP_LEVEL = {"requirements.txt", "app.py", "pages", "mtlbus", "checkpoints", "tests", "README.md"}


def imported(path: Path, at_once: bool = False) -> set[str]:
    """Absolute module names that a file imports, relative ones resolved.

    Args:
        path: the file.
        at_once: only what it imports when it is loaded itself, not inside functions.
    """
    names: set[str] = set()
    package = ["mtlbus", *path.relative_to(PACKAGE).parts[:-1]] if PACKAGE in path.parents else []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            names.add(module)
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_its_own_and_lower_floors(path):
    room = room_of(path)
    if room == "__init__":
        return
    assert room in LEVEL, f"{room} has no floor; give it one in this test and in the README"
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "mtlbus" or len(parts) < 2 or parts[1] not in LEVEL:
            continue
        other = parts[1]
        allowed = other == room or LEVEL[other] < LEVEL[room]
        assert allowed, f"{path.name} ({room}) imports {name} from a floor that is not below"


@pytest.mark.parametrize("path", SOURCES + PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_streamlit_plotly_and_torch_stay_in_their_rooms(path):
    tops = {name.split(".")[0] for name in imported(path)}
    in_package = PACKAGE in path.parents
    room = room_of(path) if in_package else "pages"
    if room not in ("ui", "pages"):
        assert "streamlit" not in tops
    if room not in ("ui", "figures"):
        assert "plotly" not in tops
    if room == "pages":
        assert "torch" not in tops


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_verb_imports_what_it_needs_when_it_runs(path):
    """The help comes at once, and a verb does not wait for what another one needs."""
    for name in imported(path, at_once=True):
        first, _, rest = name.partition(".")
        own = first == "mtlbus" and rest.split(".")[0] in ("cli", "core")
        assert own or first in sys.stdlib_module_names, f"{path.name} imports {name} when loaded"


def test_the_top_level_holds_what_was_asked_for_and_nothing_else():
    import subprocess

    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    tops = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {top for top in tops if not top.startswith(".")} <= TOP_LEVEL
