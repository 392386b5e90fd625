"""The verbs that train: a method on a fold, several on all folds, or one with things changed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputError
from ..core.files import require_folder
from .options import parse_machine, parse_options, parse_pretrained
from .printing import metric_lines, print_result, report, task_lines
from .sets import open_datasets

if TYPE_CHECKING:
    from ..core.spec import Spec
    from ..training.recipes import Recipe


def train(arguments: argparse.Namespace) -> int:
    """Train a method, choose on the validation part, judge the test fold once."""
    from ..checkpoints import find_checkpoint
    from ..core.declaration import BREAST
    from ..methods import get_spec
    from ..protocol import declaration_of, exclusions, make_plan, produce, split_datasets

    spec = get_spec(arguments.method)
    recipe = _recipe(spec, arguments)
    options = _options(arguments.option)
    machine = parse_machine(arguments, training=True)
    require_folder(arguments.out)
    datasets = open_datasets(arguments.data, any_tasks=True)
    split = split_datasets(datasets, arguments.fold, leave_out=arguments.leave_out)
    start = find_checkpoint(arguments.start) if arguments.start else None
    plan = make_plan(
        spec.name, arguments.variant, options, recipe, split, arguments.fold, arguments.seed,
        start, parse_pretrained(arguments.pretrained), declaration_of(datasets), arguments.task,
    )  # fmt: skip
    checkpoint = produce(
        plan, split, Path(arguments.out), arguments.resume, report, start, exclusions(datasets),
        machine=machine,
    )  # fmt: skip
    card = checkpoint.card
    document: dict[str, Any] = {"method": spec.name, "folder": str(checkpoint.folder)}
    document |= card.metrics.model_dump(exclude_unset=True) if card.metrics else {}
    told = task_lines
    if checkpoint.declaration == BREAST:
        told = metric_lines
        document["presence"] = card.presence and {
            "threshold": card.presence.threshold,
            **(card.presence.test or {}),
        }
    print_result(document, arguments.json, lambda: told(document))
    return 0


def _recipe(spec: Spec, arguments: argparse.Namespace) -> Recipe:
    """The recipe that the options of a verb ask for; what a verb does not offer is not changed."""
    from ..training.recipes import make_recipe

    names = (
        "epochs", "size", "stages", "gamma_rate", "branch_dropout", "loss", "weighting", "devices",
        "windows", "batch_size",
    )  # fmt: skip
    asked: dict[str, Any] = {name: getattr(arguments, name, None) for name in names}
    return make_recipe(
        spec,
        getattr(arguments, "recipe", "house"),
        learning_rate=arguments.rate,
        gradient_limit=arguments.clip,
        side_weight=arguments.sides,
        **asked,
    )


def _options(texts: Sequence[str]) -> dict[str, Any]:
    """The numbered decisions of a method.

    Raises:
        InputError: not NAME=VALUE, or the start of the weights, which is no decision.
    """
    options = parse_options(texts)
    if "pretrained" in options:
        raise InputError("pretrained is a flag of its own: --pretrained yes, no or FILE.")
    return options


def crossvalidate(arguments: argparse.Namespace) -> int:
    """Train and test methods on all folds; of breast ultrasound beside the tables of the paper."""
    from ..core.declaration import BREAST
    from ..methods import get_spec
    from ..protocol import declaration_of
    from ..protocol.crossvalidation import COSA_NAMES, CrossValidation, cross_validate
    from ..protocol.task_crossvalidation import TASK_METHODS, cross_validate_tasks

    datasets = open_datasets(arguments.data, any_tasks=True)
    breast = declaration_of(datasets) == BREAST
    everything = COSA_NAMES if breast else TASK_METHODS
    methods = [get_spec(name).name for name in arguments.method or everything]
    recipes = {name: _recipe(get_spec(name), arguments) for name in methods}
    machine = parse_machine(arguments, training=True)
    require_folder(arguments.out)
    plan = CrossValidation(
        methods=tuple(methods),
        datasets=tuple(datasets),
        out=Path(arguments.out),
        recipes=recipes,
        folds=tuple(arguments.fold or range(1, 6)),
        split=arguments.split,
        variant=arguments.variant,
        seed=arguments.seed,
        pretrained=parse_pretrained(arguments.pretrained),
        machine=machine,
    )
    if breast:
        document = cross_validate(plan, report)
        print_result(document, arguments.json, lambda: document["markdown"])
        return 0
    document = cross_validate_tasks(plan, report)
    lines = [
        line
        for name, one in document["methods"].items()
        for line in task_lines({"method": name, "folder": arguments.out, **one})
    ]
    print_result(document, arguments.json, lambda: lines)
    return 0


def trials(arguments: argparse.Namespace) -> int:
    """Change one thing in how a method is trained, and ask the validation part what it gave."""
    from ..methods import get_spec
    from ..protocol import Trials, run_trials, split_datasets
    from ..protocol.trials import TRIALS, trial_lines

    spec = get_spec(arguments.method)
    require_folder(arguments.out)
    plan = Trials(
        method=spec.name,
        split=split_datasets(open_datasets(arguments.data), arguments.fold),
        out=Path(arguments.out),
        recipe=_recipe(spec, arguments),
        names=tuple(arguments.trial or TRIALS),
        fold=arguments.fold,
        options=_options(arguments.option),
        pretrained=parse_pretrained(arguments.pretrained),
    )
    document = run_trials(plan, report)
    print_result(document, arguments.json, lambda: trial_lines(document))
    return 0


def tasktable(arguments: argparse.Namespace) -> int:
    """Table 2 of the CTAN paper: does a network for two tasks beat one for each?"""
    from ..methods import get_spec
    from ..protocol.task_table import STL, TOGETHER, TaskTable, task_table

    require_folder(arguments.out)
    methods = (f"{STL}_segmentation", f"{STL}_classification", *TOGETHER)
    plan = TaskTable(
        datasets=tuple(open_datasets(arguments.data, any_tasks=True)),
        out=Path(arguments.out),
        recipes={name: _recipe(get_spec(name), arguments) for name in methods},
        fold=arguments.fold,
        seed=arguments.seed,
        variant=arguments.variant,
        pretrained=parse_pretrained(arguments.pretrained),
        options={"compact_encoder": "lite0", **parse_options(arguments.option)},
        images=arguments.images,
    )
    document = task_table(plan, report)
    print_result(document, arguments.json, lambda: document["markdown"])
    return 0
