"""Train and test methods on all folds, collect the rows, compare with the COSA paper.

A finished fold is never trained again and an interrupted one goes on, so the same command may be
given until everything is there; a report can be made of whatever folds are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..checkpoints import CARD, PREDICTIONS, Checkpoint
from ..core import processes
from ..core.card import Card, Training
from ..core.declaration import BREAST, Declaration
from ..core.errors import DataError, InputError, choose
from ..core.files import remove_leftovers, write_json
from ..core.machine import Machine
from ..core.tables import write_frame
from ..data.dataset import Dataset
from ..data.splits import FOLDS, Split, join, split_fold, ungrouped
from ..evaluation import paper_tables
from ..evaluation.tables import read_predictions
from ..methods import get_spec
from ..training.engine import require_parts
from ..training.plan import Plan, Pretrained
from ..training.recipe_words import start_words
from ..training.recipes import Recipe
from ..training.run import STATE
from .card import exclusions
from .images import ImageList, list_images, require_same_images
from .judging import Report
from .producing import make_plan, produce, require_same_recipe

COSA_NAMES = {
    "uresnet": "UResNet", "resnet": "ResNet-101", "mtl": "MTL", "mtl_sa": "MTL-SA",
    "mtl_cosa": "MTL-COSA", "vgg16": "VGG-16", "lenet": "LeNet",
}  # fmt: skip
SPLITS = ("group", "image", "both")
TABLE, REPORT, ROWS = "crossvalidation.csv", "crossvalidation.json", "rows.csv"
RANDOM = "@image"  # follows the name of a method that was split by images
COMPARED = ("auc", "acc", "f1", "dice")
# Does attention, COSA or plain, beat none, and multi-task learning each task on its own?
QUESTIONS = (("mtl_cosa", "mtl"), ("mtl_sa", "mtl"), ("mtl", "resnet"), ("mtl", "uresnet"))


@dataclass(frozen=True)
class CrossValidation:
    """What is trained.

    Attributes:
        methods: registry names.
        datasets: all of their lesion images are used.
        out: folder of all runs and of the report.
        recipes: of each method's runs.
        folds: test folds, 1 … 5.
        split: "group" keeps patients and copies together, "image" draws images at random and
            leaks, "both" does both to show what leakage is worth.
        variant, seed: of every run.
        pretrained: as of `make_plan`.
        machine: as of `produce`.
    """

    methods: tuple[str, ...]
    datasets: tuple[Dataset, ...]
    out: Path
    recipes: Mapping[str, Recipe]
    folds: tuple[int, ...] = tuple(range(1, FOLDS + 1))
    split: str = "group"
    variant: str = "compact"
    seed: int = 0
    pretrained: Pretrained | None = None
    machine: Machine | None = None

    def runs(self) -> list[tuple[str, bool, int]]:
        """Method, whether images are split at random, and fold, of every run in order."""
        choose("split", self.split, SPLITS)
        wrong = [fold for fold in self.folds if not 1 <= fold <= FOLDS]
        if wrong:
            raise InputError(f"There is no fold {wrong[0]}; folds are 1 to {FOLDS}.")
        ways = {"group": (False,), "image": (True,), "both": (False, True)}[self.split]
        return [(m, way, fold) for fold in self.folds for m in self.methods for way in ways]

    def folder(self, method: str, random: bool, fold: int) -> Path:
        """Where a run lies."""
        return self.out / (method + RANDOM * random) / f"fold-{fold}"

    def plan_of(
        self, method: str, split: Split, fold: int, declaration: Declaration = BREAST
    ) -> Plan:
        """What a run is to be; arguments as of `make_plan`."""
        told = {"pretrained": self.pretrained, "declaration": declaration}
        recipe = self.recipes[method]
        return make_plan(method, self.variant, {}, recipe, split, fold, self.seed, **told)

    def parts(self, random: bool, fold: int) -> Split:
        """The split of a run, all datasets together; lesions alone, as in the paper."""
        splits = []
        for dataset in self.datasets:
            samples = ungrouped(dataset.samples) if random else dataset.samples
            splits.append(split_fold(samples, fold).lesions())
        return join(splits)


def cross_validate(plan: CrossValidation, report: Report = lambda line: None) -> dict[str, Any]:
    """Do all runs that are not finished, then `summarise_folds`.

    Raises:
        InputError: a fold or split that does not exist, or a folder with runs of other settings or
            on other images.
    """
    runs, left_out = plan.runs(), exclusions(plan.datasets, normals=False)
    for method, random, fold in runs:  # what the last fold lacks is said before the first begins
        split = plan.parts(random, fold)
        try:
            require_parts(get_spec(method).tasks, split.train, split.validation)
        except DataError as error:
            raise DataError(f"{method} fold {fold}: {error}") from None
    processes.by_first(lambda: remove_leftovers(plan.out))
    lists: dict[tuple[bool, int], ImageList] = {}
    for number, (method, random, fold) in enumerate(runs, start=1):
        folder = plan.folder(method, random, fold)
        name = f"{method}{RANDOM * random} fold {fold} ({number}/{len(runs)})"
        split = plan.parts(random, fold)
        if (random, fold) not in lists:
            lists[random, fold] = processes.by_first(lambda split=split: list_images(split))
        images = lists[random, fold]
        wanted = plan.plan_of(method, split, fold)
        finish_run(plan, wanted, split, folder, images, name, report, left_out)
    return processes.by_first(lambda: summarise_folds(plan))


def finish_run(
    plan: CrossValidation,
    wanted: Plan,
    split: Split,
    folder: Path,
    images: ImageList,
    name: str,
    report: Report,
    excluded: dict[str, list[str]],
) -> None:
    """Train and judge a run, or see that one which is finished is the same.

    Args:
        plan, report: as of `cross_validate`.
        wanted, split, images, excluded: as of `produce`.
        folder: of the run.
        name: of the run, for the report.

    Raises:
        InputError: the finished run has other settings or other images.
    """
    if _finished(folder):
        require_same_recipe(Checkpoint(folder), wanted.recipe)
        require_same_images(images, Checkpoint(folder))
        report(f"{name}: finished before")
    else:
        report(f"{name}: {len(split.train)} images to train on, {len(split.test)} to test")
        more = {"excluded": excluded, "images": images, "machine": plan.machine}
        produce(wanted, split, folder, True, report, **more)
    # The state of the optimiser is ten times the weights, and nobody goes on from here.
    (folder / STATE).unlink(missing_ok=True)


def summarise_folds(plan: CrossValidation) -> dict[str, Any]:
    """Collect the finished folds and write rows.csv, crossvalidation.csv and .json.

    Returns:
        folds (method to the finished ones), figures (see `paper_tables.rows_of`), differences
        (`QUESTIONS`, and leaking − grouped split), training, markdown: the paper's tables with
        ours, and what differs.
    """
    frames: dict[str, pd.DataFrame] = {}
    cards: dict[str, list[dict[str, Any]]] = {}
    true_group = {
        (sample.dataset, sample.id): sample.group
        for dataset in plan.datasets
        for sample in dataset.samples
    }
    for method, random, fold in plan.runs():
        folder = plan.folder(method, random, fold)
        if not _finished(folder):
            continue
        rows = read_predictions(folder / PREDICTIONS)
        rows = rows[rows["part"] == "test"].copy()
        keys = zip(rows["dataset"], rows["image_id"], strict=True)
        rows["group"] = [true_group[key] for key in keys]  # also where images were split
        name = method + RANDOM * random
        frames[name] = pd.concat([frames[name], rows]) if name in frames else rows
        cards.setdefault(name, []).append(Checkpoint(folder).card)
    if not frames:
        raise InputError(f"No finished fold in {str(plan.out)!r}.")
    found = paper_tables.cross_validated(frames)
    titles = {name: cards[name][0].title for name in frames}
    document = {
        "folds": {name: sorted(set(map(int, frame["fold"]))) for name, frame in frames.items()},
        "figures": paper_tables.rows_of(found, titles),
        "differences": _differences(found),
        "training": {name: _training(cards[name]) for name in frames},
    }
    document["markdown"] = _markdown(document, plan)
    everyone = pd.concat([frame.assign(method=name) for name, frame in frames.items()])
    write_frame(plan.out / ROWS, everyone)
    table = pd.DataFrame(document["figures"])
    table["folds"] = [
        " ".join("–" if value is None else f"{value:.6g}" for value in values)
        for values in table["folds"]
    ]
    write_frame(plan.out / TABLE, table)
    write_json(plan.out / REPORT, document)
    return document


def _finished(folder: Path) -> bool:
    return (folder / CARD).is_file() and Checkpoint(folder).card.metrics is not None


def _differences(found: dict[str, paper_tables.CrossValidated]) -> list[dict[str, Any]]:
    pairs = list(QUESTIONS)
    pairs += [(name, name.removesuffix(RANDOM)) for name in found if name.endswith(RANDOM)]
    return [
        {
            "first": first,
            "second": second,
            "figure": figure,
            **paper_tables.difference(found[first], found[second], figure),
        }
        for first, second in pairs
        if first in found and second in found
        for figure in COMPARED
        if figure in found[first].value and figure in found[second].value
    ]


def _training(cards: Sequence[Card]) -> dict[str, Any]:
    """How a method was trained, over its finished folds."""
    training = [card.training or Training() for card in cards]
    recipe = training[0].recipe or {}
    return {
        "parameters": cards[0].parameters,
        "images": [sum((part.data or {}).values()) for part in training],
        "stages": recipe["stages"],
        "select": recipe["select"],
        "start": start_words(training[0]),
        "seconds": [part.seconds for part in training],
        "machine": training[0].machine,
    }


def _markdown(document: dict[str, Any], plan: CrossValidation) -> list[str]:
    reported = get_spec("mtl_cosa").as_dict()["reported"]
    names = {
        name: COSA_NAMES.get(name.removesuffix(RANDOM), name.removesuffix(RANDOM))
        + (", images at random" if name.endswith(RANDOM) else "")
        for name in document["folds"]
    }
    lines = paper_tables.beside_paper(document["figures"], reported, names)
    lines += ["What differs:", ""]
    lines += [f"- {line}" for line in _what_differs(document, plan)]
    for gap in document["differences"]:
        low, high = gap["low"], gap["high"]
        limits = "" if low is None else f" (95 % {100 * low:+.2f} to {100 * high:+.2f})"
        decided = "" if low is None or low <= 0 <= high else "; the interval leaves out zero"
        lines.append(
            f"- {gap['first']} − {gap['second']}, {gap['figure']}: "
            + ("–" if gap["value"] is None else f"{100 * gap['value']:+.2f} points")
            + f"{limits}{decided}"
        )
    return lines


def _what_differs(document: dict[str, Any], plan: CrossValidation) -> list[str]:
    counts = Counter(
        sample.dataset for d in plan.datasets for sample in d.lesions() if sample.fold is not None
    )
    images = ", ".join(f"{name} {count}" for name, count in counts.items()) or "images without fold"
    sides = {
        "group": "copies kept on one side",
        "image": "drawn one by one, so copies may lie on both sides",
        "both": "once with copies kept on one side, once drawn one by one",
    }[plan.split]
    mixed = ", groups with two labels left out" if "busi" in counts else ""
    folds = "; ".join(f"{name} {folds}" for name, folds in document["folds"].items())
    training = document["training"].values()
    smallest, largest = (f(t["parameters"] for t in training) / 1e6 for f in (min, max))
    stages = _listed(
        " and ".join(f"{count} epochs at {size} px" for count, size in t["stages"])
        for t in training
    )
    kept = _listed(
        "the last epoch is kept"
        if t["select"] == "last"
        else "the epoch is chosen on a tenth of what is trained on"
        for t in training
    )
    start = _listed(t["start"] for t in training)
    return [
        f"Images here: {images}, {sides}{mixed}. In the paper: 647 of BUSI, single images, so "
        "copies may lie on both sides.",
        f"Weights here at the start: {start}; networks of {smallest:.1f} to {largest:.1f} M "
        "parameters. In the paper: ResNet-101, ImageNet weights likely.",
        f"Training here: {stages}; {kept}. In the paper: 100 epochs at 256 px, no validation "
        "part named.",
        f"Folds tested here: {folds}. In the paper: five.",
    ]


def _listed(words: Iterable[str]) -> str:
    """Each once, in the order of the methods: what all runs share, or what they have each."""
    return " or ".join(dict.fromkeys(words))
