"""Trials: change one thing in how a network is trained, and ask the validation part what it gave.

The test fold is never read here, so a recipe may be chosen by trials. Every trial has the same
epochs, images and, but for one, the same seed; that one shows what chance alone does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
from torch import nn

from ..checkpoint_writing import write_checkpoint
from ..checkpoints import PREDICTIONS, Checkpoint
from ..core.errors import InputError, choose
from ..core.files import write_json
from ..core.tables import markdown_table
from ..data.dataset import PHANTOMS, Sample
from ..data.splits import Split
from ..data.transforms import NO_AUGMENTATION, Augmentation
from ..evaluation.paper_tables import cross_validated, difference
from ..evaluation.tables import interval_entry, read_predictions, write_predictions
from ..inference.predictor import Predictor
from ..training.plan import Pretrained
from ..training.recipes import LOSS_FIELDS, Recipe
from ..training.run import STATE
from .card import training_card
from .images import ImageList, list_images, require_same_images
from .judging import Report, judge_samples
from .producing import learn, make_plan, require_same_recipe

REPORT = "trials.json"
FIGURES = ("auc", "dice")
NOTHING = "–"
RECIPE = "recipe"  # the trial that changes nothing


@dataclass(frozen=True)
class Trial:
    """One change.

    Attributes:
        says: what is changed, in words.
        recipe: fields of the recipe that change.
        options: decisions of the method that change.
        phantoms: "mixed" with the real images, "first" alone for as many epochs, or "never".
        smaller_first: two thirds of the epochs at the next smaller input size.
        pretrained: False for random weights; None for the start of all.
        seed: is added to the seed of all.
    """

    says: str
    recipe: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    phantoms: str = "mixed"
    smaller_first: bool = False
    seed: int = 0
    pretrained: bool | None = None


_HOUSE_LOSS = {name: getattr(Recipe(), name) for name in LOSS_FIELDS}

TRIALS = {
    RECIPE: Trial("the recipe as it is"),
    "chance": Trial("another seed and nothing else", seed=1),
    "random_start": Trial("random weights at the start", pretrained=False),
    "house_loss": Trial("the house's loss, not the paper's", recipe=_HOUSE_LOSS),
    "plain_images": Trial("no augmentation", recipe={"augmentation": NO_AUGMENTATION}),
    "other_devices": Trial(
        "grey values changed as other scanners would",
        recipe={"augmentation": Augmentation(devices=0.3)},
    ),
    "low_rate": Trial("a fifth of the learning rate", recipe={"learning_rate": 2e-4}),
    "clipped": Trial("gradients cut to a norm of 1", recipe={"gradient_limit": 1.0}),
    "no_average": Trial("the weights themselves, not their average", recipe={"average_decay": 0.0}),
    "smaller_first": Trial("two thirds of the epochs at the next smaller size", smaller_first=True),
    "deep_supervision": Trial("coarser masks learn too", recipe={"side_weight": 0.5}),
    "masked_pooling": Trial("the class pools over the mask", options={"region_pooling": "masked"}),
    "light_class": Trial("a quarter of the weight on the class", recipe={"class_weight": 0.25}),
    "dynamic_balance": Trial("dynamic weight average of the tasks", recipe={"weighting": "dwa"}),
    "no_phantoms": Trial("real images alone", phantoms="never"),
    "phantoms_first": Trial("phantoms alone first, then real images", phantoms="first"),
}


@dataclass(frozen=True)
class Trials:
    """What is tried.

    Attributes:
        method: registry name.
        split: of all datasets together; its test part is not used.
        out: folder of all trials and of the report.
        recipe: that each trial changes in one thing; of one stage, as scores of different input
            sizes cannot be compared.
        names: of `TRIALS`.
        fold: the test fold that the split leaves out.
        seed: of every run.
        options: decisions of the method, in every trial.
        pretrained: as of `make_plan`.
    """

    method: str
    split: Split
    out: Path
    recipe: Recipe
    names: tuple[str, ...] = tuple(TRIALS)
    fold: int = 1
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    pretrained: Pretrained | None = None


def run_trials(plan: Trials, report: Report = lambda line: None) -> dict[str, Any]:
    """Run the trials that are not finished, then `summarise_trials`.

    Raises:
        UnknownNameError: no such trial.
        InputError: a recipe of several stages, a trial that this method cannot take, or one that
            was begun on other images.
    """
    for name in plan.names:
        choose("trial", name, TRIALS)
    if len(plan.recipe.stages) > 1:
        raise InputError("Trials are compared at one input size: give --stages EPOCHS@SIZE.")
    images = list_images(plan.split._replace(test=()))
    for number, name in enumerate(plan.names, start=1):
        label = f"{name} ({number}/{len(plan.names)})"
        if (plan.out / name / PREDICTIONS).is_file():
            require_same_images(images, Checkpoint(plan.out / name))
            report(f"{label}: finished before")
            continue
        report(f"{label}: {TRIALS[name].says}")
        _run(plan, TRIALS[name], plan.out / name, images, report)
    return summarise_trials(plan)


def summarise_trials(plan: Trials) -> dict[str, Any]:
    """The finished trials on the real images of the validation part, and write trials.json.

    Returns:
        method, fold, images, stages, trials: name to says, auc and dice (value, low, high) and
        their differences to the trial that changes nothing, paired by bootstrap over groups.

    Raises:
        InputError: none is finished.
    """
    frames: dict[str, pd.DataFrame] = {}
    for name in plan.names:
        if (plan.out / name / PREDICTIONS).is_file():
            finished = Checkpoint(plan.out / name)
            if finished.method != plan.method:
                raise InputError(
                    f"{finished.folder} holds a trial of {finished.method}, this is of "
                    f"{plan.method}. Give the same, or another --out."
                )
            require_same_recipe(finished, recipe_of(TRIALS[name], plan.recipe))
            frames[name] = read_predictions(plan.out / name / PREDICTIONS)
    if not frames:
        raise InputError(f"No finished trial in {str(plan.out)!r}.")
    found = cross_validated(frames)
    trials = {}
    for name, result in found.items():
        shown = [figure for figure in FIGURES if figure in result.value]
        trials[name] = {
            "says": TRIALS[name].says,
            **{f: interval_entry(result.value[f], result.replicates[f]) for f in shown},
        }
        if name != RECIPE and RECIPE in found:
            gaps = {f: difference(result, found[RECIPE], f) for f in shown}
            trials[name]["difference"] = gaps
    document = {
        "method": plan.method,
        "fold": plan.fold,
        "images": len(next(iter(frames.values()))),
        "stages": [list(stage) for stage in plan.recipe.stages],
        "trials": trials,
    }
    write_json(plan.out / REPORT, document)
    return document


def trial_lines(document: dict[str, Any]) -> list[str]:
    """The trials as a Markdown table: figures, and differences in points to the recipe."""
    rows = []
    for trial in document["trials"].values():
        figures = [f"{trial[f]['value']:.3f}" if f in trial else NOTHING for f in FIGURES]
        gaps = [_points(trial.get("difference", {}).get(figure)) for figure in FIGURES]
        rows.append([trial["says"], *figures, *gaps])
    return markdown_table(("trial", "AUC", "Dice", "difference in AUC", "in Dice"), rows)


def _points(gap: dict[str, float | None] | None) -> str:
    if gap is None:
        return NOTHING
    if gap["low"] is None:
        return f"{100 * gap['value']:+.1f}"
    value, low, high = (100 * gap[name] for name in ("value", "low", "high"))
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})"


def recipe_of(trial: Trial, recipe: Recipe) -> Recipe:
    """The recipe of a trial: the same number of epochs, and the last ones at the same size."""
    changed = replace(recipe, **trial.recipe)
    if not trial.smaller_first:
        return changed
    ((epochs, size),) = recipe.stages
    if size < 96 or epochs < 3:
        raise InputError("A smaller size first needs at least 96 px and 3 epochs.")
    early = 2 * epochs // 3
    return replace(changed, stages=((early, size - 32), (epochs - early, size)))


def _run(plan: Trials, trial: Trial, folder: Path, images: ImageList, report: Report) -> None:
    real, phantoms = _sides(plan.split)
    recipe = recipe_of(trial, plan.recipe)

    def planned(split: Split):
        options, seed = plan.options | trial.options, plan.seed + trial.seed
        begun = plan.pretrained if trial.pretrained is None else trial.pretrained
        made = make_plan(
            plan.method, "compact", options, recipe, split, plan.fold, seed, pretrained=begun
        )
        return replace(made, images=images.truth_sha256)

    start: nn.Module | None = None
    if trial.phantoms == "first":
        if not phantoms.train:
            raise InputError("This trial needs phantoms. Add --data phantom=COUNT.")
        before = learn(planned(phantoms), phantoms, folder / PHANTOMS, True, report)
        start = before.model
    if trial.phantoms == "mixed":
        # The epoch is chosen on real images in every trial, or they could not be compared.
        split = Split((*real.train, *phantoms.train), real.validation, ())
    else:
        split = real
    trained = learn(planned(split), split, folder, True, report, start)
    card = training_card(planned(split), split, trained, images)
    if start is not None:
        card["training"]["initial_weights"] = PHANTOMS
    predictor = Predictor(write_checkpoint(folder, trained.model, card, trained.history))
    rows = judge_samples(predictor, real.validation, "validation", plan.fold, report)
    write_predictions(folder / PREDICTIONS, rows)  # last: now it is finished
    for state in folder.rglob(STATE):
        state.unlink()


def _sides(split: Split) -> tuple[Split, Split]:
    """Real images and phantoms apart, without the test part."""

    def of(samples: Sequence[Sample], phantoms: bool) -> tuple[Sample, ...]:
        return tuple(s for s in samples if (s.dataset == PHANTOMS) == phantoms)

    real, made = (
        Split(of(split.train, kind), of(split.validation, kind), ()) for kind in (False, True)
    )
    return real, made
