"""Table 2 of the CTAN paper, on data that can be had: do tasks help each other here?

For each pair of tasks a network a task (STL), then HPS, MTAN and CTAN for both, all trained alike:
the same images, sizes, epochs, seed and start. The test part is judged once, by each task's own
metric. What is finished is not done again, and what was interrupted goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..core.declaration import BREAST, Declaration
from ..core.errors import InputError
from ..core.files import write_json
from ..core.tables import markdown_table, write_frame
from ..core.tasks import Task
from ..core.wording import with_interval
from ..data.dataset import Dataset
from ..data.splits import Split
from ..evaluation.gains import MEAN, STL, Gains, average_rows, gain_rows, measured
from ..evaluation.intervals import figure_words
from ..methods import get_spec
from ..nn.encoders import LITE
from ..training.plan import Pretrained
from ..training.recipes import Recipe
from ..training.run import STATE
from .images import ImageList, list_images
from .judging import Report, split_datasets
from .producing import make_plan, produce
from .task_judging import JUDGED, judge_tasks, read_judged

REPORT = "tasktable.json"
TOGETHER = ("hps", "mtan", "ctan")
# Whose row of the paper stands beside which data.
PRINTED = {"openkbp": "OpenKBP", "ham10000": "HAM10000", "busbra_classes": "STOIC"}
AVERAGE = "Average of the four"


class Run(NamedTuple):
    """A network of the table.

    Attributes:
        name: of its folder: "ctan", or "stl.dose".
        method: registry name.
        asked: the tasks it answers; () for those of the method.
    """

    name: str
    method: str
    asked: tuple[str, ...]


@dataclass(frozen=True)
class TaskTable:
    """What is compared.

    Attributes:
        datasets: those with one declaration are one experiment.
        out: folder of all runs and of the report.
        recipes: method to its recipe.
        fold, seed, variant, pretrained: as of `make_plan`.
        options: of the methods; without a word on the encoder the one that starts from ImageNet.
        images: at most so many of each part, to try it out; None for all.
    """

    datasets: tuple[Dataset, ...]
    out: Path
    recipes: Mapping[str, Recipe]
    fold: int = 1
    seed: int = 0
    variant: str = "compact"
    pretrained: Pretrained | None = None
    options: dict[str, Any] = field(default_factory=lambda: {"compact_encoder": LITE})
    images: int | None = None

    def experiments(self) -> dict[str, list[Dataset]]:
        """The datasets by the name of their declaration."""
        found: dict[str, list[Dataset]] = {}
        for dataset in self.datasets:
            found.setdefault(dataset.declaration.name, []).append(dataset)
        return found


def runs_of(declaration: Declaration) -> list[Run]:
    """The networks of an experiment: one a task, then those for both.

    Raises:
        InputError: the declaration has no two tasks.
    """
    if len(declaration.tasks) != 2:
        raise InputError(f"{declaration.name} declares {declaration.about}; the table needs pairs.")
    own = declaration == BREAST
    single = [
        Run(f"{STL}.{task.name}", _single(task), () if own else (task.name,))
        for task in declaration.tasks
    ]
    return [*single, *(Run(method, method, ()) for method in TOGETHER)]


def _single(task: Task) -> str:
    return "stl_segmentation" if task.of_pixels else "stl_classification"


def task_table(plan: TaskTable, report: Report = lambda line: None) -> dict[str, Any]:
    """Do the runs that are not finished, then `summarise_tables`.

    Raises:
        InputError: a declaration without a pair, or a folder with runs of other settings.
    """
    for name, datasets in plan.experiments().items():
        declaration = datasets[0].declaration
        waiting = [run for run in runs_of(declaration) if not _finished(plan, name, run)]
        if not waiting:
            continue
        split = _few(split_datasets(datasets, plan.fold, plan.seed), plan.images)
        report(f"{name}: reading all images to note what they are")
        images = list_images(split, declaration.tasks)
        for run in waiting:
            report(f"{name}, {run.name}: {len(split.train)} images to train on")
            _do(plan, declaration, run, split, images, report)
    return summarise_tables(plan)


def summarise_tables(plan: TaskTable) -> dict[str, Any]:
    """The finished runs as a document, written as tasktable.json.

    Returns:
        experiments: name to title, tasks (name, metric, unit, less_is_better), n and groups of the
        test part, rows (`gain_rows`) and reported (the paper's rows, {} where it has none);
        average: rows over all experiments; markdown: lines of both tables; settings in words.

    Raises:
        DataError: a run was judged on other images.
    """
    document: dict[str, Any] = {"experiments": {}, "settings": _settings(plan)}
    found: list[tuple[Gains, Sequence[Task]]] = []
    for name, datasets in plan.experiments().items():
        declaration = datasets[0].declaration
        frames: dict[str, list[Any]] = {}
        for run in runs_of(declaration):
            rows = read_judged(plan.out / name / run.name / JUDGED)
            frames.setdefault(run.name.partition(".")[0], []).append(rows)
        gains = measured(frames, declaration.tasks)
        found.append((gains, declaration.tasks))
        first = frames[STL][0]
        document["experiments"][name] = {
            "title": declaration.title,
            "tasks": [
                {"name": task.name, "metric": task.measure, "unit": task.unit,
                 "less_is_better": task.less_is_better}
                for task in declaration.tasks
            ],
            "n": len(first),
            "groups": int(first["group"].nunique()),
            "rows": gain_rows(gains, declaration.tasks),
            "reported": _printed(PRINTED.get(name, "")),
        }  # fmt: skip
    document["average"] = {"rows": average_rows(found), "reported": _printed(AVERAGE)}
    document["markdown"] = table_lines(document)
    write_json(plan.out / REPORT, document)
    return document


def table_lines(document: Mapping[str, Any]) -> list[str]:
    """The tables as Markdown, each of our rows under the paper's."""
    lines: list[str] = [document["settings"], ""]
    for name, one in document["experiments"].items():
        caption = f"{one['title'] or name}: {one['n']} test images of {one['groups']} groups."
        if name in PRINTED:
            caption += f" The paper's rows are of {PRINTED[name]}."
        heads = [
            head for task in one["tasks"] for head in (f"{task['name']}, {_unit(task)}", "Δ %")
        ]
        rows: list[Sequence[str]] = []
        for method, row in one["rows"].items():
            if printed := one["reported"].get(method.upper()):
                rows.append((method.upper(), "paper", *printed))
            cells = [
                cell
                for task in one["tasks"]
                for cell in (
                    _cell(row["m"][task["name"]], 1 if task["less_is_better"] else 100),
                    _cell(row["gain"].get(task["name"])),
                )
            ]
            ends = (_cell(row["gain"].get(MEAN)), figure_words(row["rank"], 0))
            rows.append((method.upper(), "here", *cells, *ends))
        header = ("network", "whose", *heads, "Δ mean %", "rank")
        lines += [caption, "", *markdown_table(header, rows), ""]
    average, printed = document["average"]["rows"], document["average"]["reported"]
    rows = []
    for method, row in average.items():
        stated = printed.get(method.upper(), ("",) * 6)
        own = (_cell(row["gain"].get(MEAN)), figure_words(row["rank"], 0))
        rows.append((method.upper(), *own, stated[4], stated[5]))
    header = ("network", "Δ mean % here", "rank here", "Δ mean % paper", "rank paper")
    lines += ["Mean over all of these data; the paper's over its four.", ""]
    return lines + markdown_table(header, rows)


def _do(
    plan: TaskTable,
    declaration: Declaration,
    run: Run,
    split: Split,
    images: ImageList,
    report: Report,
) -> None:
    folder = plan.out / declaration.name / run.name
    of_run = (run.method, plan.variant, plan.options, plan.recipes[run.method], split)
    told = {"pretrained": plan.pretrained, "declaration": declaration, "asked": run.asked}
    wanted = make_plan(*of_run, plan.fold, plan.seed, **told)
    checkpoint = produce(wanted, split, folder, True, report, images=images)
    if declaration == BREAST:  # its own judgement is another one
        rows = judge_tasks(checkpoint, split.test, "test", plan.fold, report)
        write_frame(folder / JUDGED, rows)
    (folder / STATE).unlink(missing_ok=True)  # last: now it is finished


def _finished(plan: TaskTable, name: str, run: Run) -> bool:
    folder = plan.out / name / run.name
    return (folder / JUDGED).is_file() and not (folder / STATE).is_file()


def _few(split: Split, most: int | None) -> Split:
    """At most so many images of each part, from everywhere in it."""
    if most is None:
        return split
    return Split(*(part[:: max(1, len(part) // most)][:most] for part in split))


def _settings(plan: TaskTable) -> str:
    """What differs from the paper, in words."""
    recipe = plan.recipes[TOGETHER[-1]]
    stages = ", then ".join(f"{epochs} epochs at {size} px" for epochs, size in recipe.stages)
    encoder = plan.options.get("compact_encoder", "narrow")
    of = f"{plan.images} images of each part at most, " if plan.images else ""
    return (
        f"Networks of the {plan.variant} variant ({encoder}), {of}{stages}, seed {plan.seed}; M "
        "with 95 % intervals over groups, Δ and rank paired. The paper has ResNet-50 in full size, "
        "and of OpenKBP not these slices; it states no intervals."
    )


def _printed(data: str) -> dict[str, tuple[str, ...]]:
    """The paper's rows for a set of images, by network: its cells without the name."""
    for table in get_spec("ctan").reported:
        if table.data == data:
            return {row[0]: row[1:] for row in table.rows}
    return {}


def _unit(task: Mapping[str, Any]) -> str:
    words = {"dice": "Dice %", "auc": "AUC %", "accuracy": "accuracy %",
             "balanced_accuracy": "balanced accuracy %"}  # fmt: skip
    return words.get(task["metric"], f"error {task['unit']}".strip())


def _cell(entry: Mapping[str, float | None] | None, scale: float = 1) -> str:
    """A figure with its limits; "" where there is none."""
    if not entry or entry["value"] is None:
        return ""
    ends = (None if part is None else scale * part for part in (entry["low"], entry["high"]))
    return with_interval(scale * entry["value"], *ends, digits=2)
