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
    {"checkpoint_writing", "evaluation"},
    {"training", "inference", "explain"},
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


def own_room(name: str) -> str:
    """The room of ours that a module is in; "" for a module of others."""
    first, _, rest = name.partition(".")
    return rest.partition(".")[0] if first == "mtlbus" else ""


# Whether a room may import a library.
KEPT_IN = {
    "streamlit": lambda room: room in ("ui", "pages"),
    "plotly": lambda room: room in ("ui", "figures"),
    "torch": lambda room: room != "pages",
}
SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]


def test_every_room_has_a_floor():
    rooms = {room_of(path) for path in SOURCES} - {"__init__"}
    assert rooms <= LEVEL.keys(), "give the new room a floor in this test"


@pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: "-".join(sorted(floor)))
def test_a_room_imports_only_from_its_own_and_lower_floors(floor):
    upward = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in SOURCES
        if (room := room_of(path)) in floor
        for name in imported(path)
        if (other := own_room(name)) in LEVEL and other != room and LEVEL[other] >= LEVEL[room]
    ]
    assert not upward


def types_of(path: Path) -> set[str]:
    """Classes and names of types that a file makes for others: CapWords without a dash before."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return {name for name in names if name[0].isupper() and not name.isupper()}


@pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: "-".join(sorted(floor)))
def test_no_two_things_of_a_floor_have_one_name(floor):
    where: dict[str, list[str]] = {}
    for path in SOURCES:
        if room_of(path) in floor:
            for name in types_of(path):
                where.setdefault(name, []).append(str(path.relative_to(PACKAGE)))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


SHARED = {"browse", "panels"}  # folders of `ui` that are no page's own
# The lab draws an inner map as Attention opens it; another subject is shown on the same two pages.
BORROWED = {("lab", "attention"), ("tasks", "attention"), ("tasks", "attributions")}


def test_a_page_takes_nothing_from_the_folder_of_another():
    pages = {path.parent.name for path in (PACKAGE / "ui").glob("*/*.py")} - SHARED
    taken = {
        (path.parent.name, other)
        for path in (PACKAGE / "ui").glob("*/*.py")
        for name in imported(path)
        if name.startswith("mtlbus.ui.") and (other := name.split(".")[2]) in pages
    }
    assert {pair for pair in taken if pair[0] != pair[1]} == BORROWED


@pytest.mark.parametrize("library", KEPT_IN)
def test_a_library_stays_in_its_rooms(library):
    outside = [
        str(path.relative_to(ROOT))
        for path in SOURCES + PAGES
        if library in {name.split(".")[0] for name in imported(path)}
        and not KEPT_IN[library](room_of(path) if PACKAGE in path.parents else "pages")
    ]
    assert not outside


def test_a_verb_imports_what_it_needs_when_it_runs():
    """The help comes at once, and a verb does not wait for what another one needs."""
    early = [
        f"{path.name} imports {name}"
        for path in (PACKAGE / "cli").glob("*.py")
        for name in imported(path, at_once=True)
        if own_room(name) not in ("cli", "core")
        and name.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert not early


def test_the_top_level_holds_what_was_asked_for_and_nothing_else():
    import subprocess

    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    tops = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {top for top in tops if not top.startswith(".")} <= TOP_LEVEL
