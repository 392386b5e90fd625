"""Train, choose on the validation part, judge once: how every checkpoint comes to be."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..checkpoints import PREDICTIONS, Checkpoint, write_checkpoint
from ..core.errors import InputError
from ..data.splits import Split
from ..evaluation.tables import read_predictions, write_predictions
from ..inference.predictor import Predictor
from ..training.engine import Plan, train
from ..training.recipes import Recipe
from .card import choose_operating_points, figures_of, training_card
from .judging import Report, judge_samples


def produce(
    plan: Plan,
    split: Split,
    out: Path,
    resume: bool = False,
    report: Report = lambda line: None,
    start: Checkpoint | None = None,
    excluded: dict[str, list[str]] | None = None,
) -> Checkpoint:
    """Train, choose thresholds on the validation part, judge the test fold once, write the card.

    Args:
        plan: what to train.
        split: of all datasets together.
        out: the checkpoint's folder; the state of the run lies there too.
        resume: continue a run that was interrupted.
        report: receives lines of progress.
        start: a checkpoint of the same method, fold and seed to train on from.
        excluded: what of each dataset took no part, for the card (`card.exclusions`).

    Raises:
        InputError: `start` was trained on other parts, so its training images could be tested.
    """
    if start is not None:
        _require_same_parts(start, plan)
    model = start.load() if start is not None else None
    trained = train(plan, split.train, split.validation, out, resume, report, model)
    # A network is judged, and later used, at the size that its training ended with.
    trained.model.spec = replace(trained.model.spec, input_size=plan.recipe.stages[-1][1])
    card = training_card(plan, split, trained)
    card["exclusions"] = excluded or {}
    if start is not None:
        card["training"]["initial_weights"] = start.digest
        card["training"]["before"] = start.card["training"]
    checkpoint = write_checkpoint(out, trained.model, card, trained.history)
    predictor = Predictor(checkpoint)
    validation = judge_samples(predictor, split.validation, "validation", plan.fold, report)
    chosen = choose_operating_points(validation) if trained.model.spec.classifies else {}
    test = judge_samples(predictor, split.test, "test", plan.fold, report)
    write_predictions(out / PREDICTIONS, [*validation, *test])
    frame = read_predictions(out / PREDICTIONS)
    return write_checkpoint(
        out, trained.model, card | chosen | figures_of(frame, chosen), trained.history
    )


def _require_same_parts(start: Checkpoint, plan: Plan) -> None:
    before = start.card.get("training", {})
    stated = (start.method, before.get("fold"), before.get("seed"), before.get("data"))
    wanted = (plan.method, plan.fold, plan.seed, plan.data)
    if stated != wanted:
        raise InputError(
            f"{start.folder} was trained as (method, fold, seed, images) {stated}, this run is "
            f"{wanted}. Starting there could test on images that it has seen; use equal ones."
        )


def make_plan(
    method: str,
    variant: str,
    options: dict[str, Any],
    recipe: Recipe,
    split: Split,
    fold: int,
    seed: int,
    start: Checkpoint | None = None,
) -> Plan:
    """The plan of a run, with the number of training images of each dataset for the record."""
    data = dict(Counter(sample.dataset for sample in split.train))
    digest = start.digest if start is not None else ""
    return Plan(method, variant, options, recipe, fold, seed, data, digest)

