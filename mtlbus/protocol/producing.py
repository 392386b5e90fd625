"""Train, choose on the validation part, judge once: how every checkpoint comes to be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..checkpoint_writing import write_checkpoint
from ..checkpoints import PREDICTIONS, Checkpoint
from ..core import processes
from ..core.declaration import BREAST, Declaration
from ..core.errors import InputError
from ..core.files import remove_leftovers
from ..core.machine import Machine
from ..core.tables import write_frame
from ..data.splits import Split
from ..evaluation.card_figures import choose_operating_points, figures_of
from ..evaluation.tables import read_predictions, write_predictions
from ..inference.predictor import Predictor
from ..methods import create_model, get_spec
from ..methods.pretraining import starts_from_imagenet, stored_encoder
from ..methods.registry import get_entry, require_options, spec_of
from ..nn.lite_encoder import imagenet_file
from ..training.engine import require_parts, train
from ..training.plan import Plan, Pretrained, Trained
from ..training.recipes import Recipe
from .card import training_card
from .images import ImageList, list_images, require_no_leak, write_images
from .judging import Report, judge_samples
from .task_judging import JUDGED, judge_tasks, task_figures


def produce(
    plan: Plan,
    split: Split,
    out: Path,
    resume: bool = False,
    report: Report = lambda line: None,
    start: Checkpoint | None = None,
    excluded: dict[str, list[str]] | None = None,
    images: ImageList | None = None,
    machine: Machine | None = None,
) -> Checkpoint:
    """Train, choose thresholds on the validation part, judge the test fold once, write the card.

    Args:
        plan: what to train.
        split: of all datasets together.
        out: the checkpoint's folder; the state of the run lies there too.
        resume: continue a run that was interrupted.
        report: receives lines of progress.
        start: a checkpoint to train on from, which met no image of the test part and learned from
            none of the validation part; of the same method or of one whose every tensor this
            method has (MTL-SA holds all of MTL and, with γ at 0, begins as it); what it lacks
            begins random.
        excluded: what of each dataset took no part, for the card (`card.exclusions`).
        images: of the split, where they were read before.
        machine: what it is trained with; None for the best there is. It is judged there too, in
            float32.

    Raises:
        InputError: `start` has met images that this run is judged by, or is no part of this
            method; or the run that is to be resumed was on other images.
    """
    require_parts(plan.tasks or get_spec(plan.method).tasks, split.train, split.validation)
    if resume:
        processes.by_first(lambda: remove_leftovers(out))
    if images is None:
        report("reading all images to note what they are")
        images = processes.by_first(lambda: list_images(split, plan.tasks or BREAST.tasks))
    plan = replace(plan, images=images.truth_sha256)
    if start is not None:
        require_no_leak(start, images)
    model = _part_of(plan, start) if start is not None else None
    trained = learn(plan, split, out, resume, report, model, machine)
    card = training_card(plan, split, trained, images)
    card["training"]["images_sha256"] = processes.by_first(lambda: write_images(out, images))
    card["exclusions"] = excluded or {}
    if start is not None:
        card["training"]["initial_weights"] = start.digest
        card["training"]["initial_method"] = start.method
        card["training"]["before"] = start.card.to_json()["training"]

    def write(more: dict[str, Any]) -> Checkpoint:
        return write_checkpoint(out, trained.model, card | more, trained.history)

    checkpoint = processes.by_first(lambda: write({}))
    if wide := checkpoint.card.float32:
        report(f"kept in float32, for half precision cannot hold them: {', '.join(wide)}")
    judging = replace(trained.machine, reduced=False)
    if plan.tasks:
        frame = judge_tasks(checkpoint, split.test, "test", plan.fold, report, judging)

        def finish() -> Checkpoint:
            write_frame(out / JUDGED, frame)
            return write({"metrics": task_figures(plan.tasks, frame)})

        return processes.by_first(finish)
    predictor = Predictor(checkpoint, judging)
    rows = {
        part: judge_samples(predictor, samples, part, plan.fold, report)
        for part, samples in (("validation", split.validation), ("test", split.test))
    }

    def choose() -> Checkpoint:
        found = trained.model.spec.classifies
        chosen = choose_operating_points(rows["validation"]) if found else {}
        write_predictions(out / PREDICTIONS, [*rows["validation"], *rows["test"]])
        judged = read_predictions(out / PREDICTIONS, everything=True)
        return write(chosen | figures_of(judged, chosen))

    return processes.by_first(choose)


def learn(
    plan: Plan,
    split: Split,
    out: Path,
    resume: bool = False,
    report: Report = lambda line: None,
    start: nn.Module | None = None,
    machine: Machine | None = None,
) -> Trained:
    """`training.engine.train`; a network is judged and used on images made square as its training
    ended with."""
    trained = train(plan, split.train, split.validation, out, resume, report, start, machine)
    size, fit = plan.recipe.stages[-1][1], plan.recipe.fit
    trained.model.spec = replace(trained.model.spec, input_size=size, fit=fit)
    return trained


def require_same_recipe(before: Checkpoint, recipe: Recipe) -> None:
    """Refuse to set runs beside each other that were not trained alike.

    Args:
        before: a run that is finished; what its card does not know was at its default.
        recipe: of this run.

    Raises:
        InputError: the recipes differ.
    """
    stated = json.loads(json.dumps(asdict(Recipe()))) | dict(before.trained("recipe"))
    wanted = json.loads(json.dumps(asdict(recipe)))
    for name, value in wanted.items():
        if stated[name] != value:
            raise InputError(
                f"{before.folder} was trained with {name} {stated[name]}, this run has {value}. "
                "Give the same, or another --out."
            )


def _part_of(plan: Plan, start: Checkpoint) -> nn.Module:
    """The network of `start`, every tensor of which has its place in the network of the plan."""
    with torch.device("meta"):
        whole = create_model(
            plan.method, plan.variant, tasks=plan.tasks or None, **plan.options
        ).state_dict()
    model = start.load()
    for name, tensor in model.state_dict().items():
        if name not in whole or whole[name].shape != tensor.shape:
            raise InputError(
                f"{start.method} cannot start {plan.method}, which has no {name} of shape "
                f"{tuple(tensor.shape)}. Start from the same method, or from a part of it."
            )
    return model


def make_plan(
    method: str,
    variant: str,
    options: dict[str, Any],
    recipe: Recipe,
    split: Split,
    fold: int,
    seed: int,
    start: Checkpoint | None = None,
    pretrained: Pretrained | None = None,
    declaration: Declaration = BREAST,
    asked: Sequence[str] = (),
) -> Plan:
    """The plan of a run, with the number of training images of each dataset for the record.

    Args:
        method, variant, options, recipe, fold, seed: as of `Plan`.
        split: of all datasets together.
        start: see `produce`; where nobody chooses the compact encoder, it is that of the start.
        pretrained: as for `create_model`; None for ImageNet weights where the encoder's come
            with a package (`starts_from_imagenet`).
        declaration, asked: as of `Plan`; where left must not be taken for right no image is
            mirrored.

    Raises:
        CheckpointError: ImageNet weights are asked for whose package is missing.
        UnknownNameError, InputError: an option that the method does not have, or cannot have so;
            tasks that it cannot answer, or that are not declared.
    """
    require_options(method, options)
    if start is not None and "compact_encoder" in get_entry(method).options:
        options = stored_encoder(start.method, start.card.options) | options
    data = dict(Counter(sample.dataset for sample in split.train))
    digest = start.digest if start is not None else ""
    if start is not None:
        pretrained = False
    elif pretrained is None:
        pretrained = starts_from_imagenet(method, variant, options)
    if pretrained is True and starts_from_imagenet(method, variant, options):
        imagenet_file()  # if it is missing, that is said before all images are read
    if not declaration.mirror:
        recipe = replace(recipe, augmentation=replace(recipe.augmentation, flip=0.0))
    about = {"declaration": declaration, "asked": tuple(asked)}
    plan = Plan(method, variant, options, recipe, fold, seed, data, digest, pretrained, **about)
    if plan.tasks:
        spec_of(method, plan.tasks)
    return plan
