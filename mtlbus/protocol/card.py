"""What a card says of the training: data, exclusions, recipe, start, what it does not know."""

from __future__ import annotations

import platform
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..checkpoints import sha256
from ..core import processes
from ..core.declaration import BREAST, Declaration
from ..core.machine import Machine
from ..core.tasks import MALIGNANCY, SEGMENTATION
from ..data.dataset import Dataset, Sample
from ..data.splits import Split
from ..nn import lite_encoder
from ..training.plan import Plan, Trained
from .images import ImageList

LICENCES = {
    "busi": "BUSI: authors' own terms; cite Al-Dhabyani et al., Data in Brief 28:104863, 2020.",
    "busbra": "BUS-BRA: free use with citation of Gómez-Flores et al., Medical Physics, 2023.",
    "phantom": "Phantoms: made by this package.",
    "openkbp": "OpenKBP: MIT; cite Babier et al., Medical Physics 48:5549, 2021.",
    "ham10000": "HAM10000: CC BY-NC 4.0, so these weights are not for sale; cite Tschandl et al., "
    "Scientific Data 5:180161, 2018.",
    "busbra_classes": "BUS-BRA: free use with citation of Gómez-Flores et al., Medical Physics, "
    "2023.",
}
IMAGENET = "ImageNet: "  # begins the start of weights that did not begin at random
INTENDED_USE = "Research and education only; not a medical device."
ORIGINS = {
    "busi": "BUSI (Egypt)", "busbra": "BUS-BRA (Brazil)", "phantom": "phantoms",
    "openkbp": "OpenKBP", "ham10000": "HAM10000", "busbra_classes": "BUS-BRA (Brazil)",
}  # fmt: skip


def limits(training: Sequence[Sample], declaration: Declaration = BREAST) -> str:
    """What a network does not know, by the images it was trained on."""
    names = Counter(sample.dataset for sample in training)
    sets = " and ".join(ORIGINS.get(name, f"{name!r}") for name in names)
    if declaration != BREAST:
        return (
            f"Trained on {len(training)} images of {sets}: what it answers about images from "
            "elsewhere was not measured."
        )
    normal = sum(sample.normal for sample in training)
    if normal:
        shown, outside = f"{normal} of which show no lesion", "other devices"
    else:
        shown = "in which every image shows a lesion"
        outside = "an image without one, other devices"
    line = (
        f"Trained on {len(training)} grey images of {sets}, {shown}: {outside}, colour Doppler or "
        "other organs are outside what it knows."
    )
    if "busi" in names:
        line += " BUSI has no patient numbers, so its groups are near-duplicates only."
    return line


def exclusions(datasets: Sequence[Dataset], normals: bool = True) -> dict[str, list[str]]:
    """Dataset name to what of it took no part, one line each.

    Args:
        datasets: all that were given.
        normals: whether images took part that have no class, but a known mask.
    """
    found = {}
    for dataset in datasets:
        unlabelled = [sample for sample in dataset.samples if sample.label is None]
        if normals:
            unlabelled = [sample for sample in unlabelled if not sample.has_mask]
        found[dataset.name] = list(dataset.defects)
        if unlabelled:
            what = "without a class or a known mask" if normals else "without a class"
            found[dataset.name].insert(0, f"{len(unlabelled)} images {what}; left out.")
    return found


def training_card(plan: Plan, split: Split, trained: Trained, images: ImageList) -> dict[str, Any]:
    """What the card says about how the weights came to be.

    Args:
        plan, split: of the run.
        trained: its result.
        images: those of the split.
    """

    def count(samples: Sequence[Sample]) -> dict[str, int]:
        return dict(Counter(sample.dataset for sample in samples))

    parts = {"data": split.train, "validation": split.validation, "test": split.test}
    initial = initial_weights(plan, trained.model)
    start = initial["initial_weights"]
    return {
        "training": {
            **{name: count(samples) for name, samples in parts.items()},
            "groups": {
                name: len({sample.group for sample in samples}) for name, samples in parts.items()
            },
            **_unknown(plan, parts, images),
            "truth_sha256": images.truth_sha256,
            "fold": plan.fold,
            "seed": plan.seed,
            "recipe": asdict(trained.recipe),
            "epoch": trained.epoch,
            "epochs": plan.recipe.epochs,
            "seconds": round(trained.seconds),
            "machine": _machine_words(trained.machine),
            "precision": trained.machine.precision,
            "torch": torch.__version__.split("+")[0],
            "command": _public_command(),
            **initial,
        },
        **(
            {"trained_with_normals": any(sample.normal for sample in split.train)}
            if plan.declaration == BREAST
            else {"declaration": plan.declaration.as_dict()}
        ),
        "licences": [
            *(LICENCES[name] for name in count(split.train) if name in LICENCES),
            *([f"{start}."] if start.startswith(IMAGENET) else []),
        ],
        "intended_use": INTENDED_USE,
        "limits": limits(split.train, plan.declaration),
    }


def _machine_words(machine: Machine) -> str:
    """The kind of machine a network was trained with; nothing that tells one from another."""
    threads = torch.get_num_threads()
    words = f"{platform.machine()}, {threads} thread{'s' * (threads != 1)}"
    words += ", CPU" if machine.device.type == "cpu" else ", GPU"
    several = processes.count()
    return words if several == 1 else f"{words}, {several} processes"


def _unknown(
    plan: Plan, parts: Mapping[str, Sequence[Sample]], images: ImageList
) -> dict[str, dict[str, Any]]:
    """How many images of each part teach less than all tasks."""
    without = {
        task: dict(zip(parts, counts.values(), strict=True))
        for task, counts in images.without.items()
    }
    if plan.declaration != BREAST:
        return {"without": without}
    return {
        "normal": {name: sum(s.normal for s in part) for name, part in parts.items()},
        "without_class": without[MALIGNANCY.name],
        "without_mask": without[SEGMENTATION.name],
    }


def initial_weights(plan: Plan, model: nn.Module) -> dict[str, str]:
    """Where the weights began, for the card: at random, or from whose ImageNet weights.

    Args:
        plan: of the run.
        model: the network, which knows timm's names of its backbones.
    """
    chosen = plan.pretrained if isinstance(plan.pretrained, dict) else {"": plan.pretrained}
    sources, digests = [], []
    for backbone, weights in chosen.items():
        if isinstance(weights, str):
            file = Path(weights)
            sources.append(f"{backbone} {file.name}, a file under the terms of its source".strip())
            digests.append(sha256(file.read_bytes()))
        elif weights and plan.variant == "compact":
            sources.append(lite_encoder.SOURCE.removeprefix(IMAGENET))
            digests.append(lite_encoder.SHA256)
        elif weights:
            sources.append(f"{hub_weights(model, backbone)}, from timm's model hub")
    if not sources:
        return {"initial_weights": "random"}
    known = {"initial_sha256": " ".join(digests)} if digests else {}
    return {"initial_weights": IMAGENET + " and ".join(sources), **known}


def hub_weights(model: nn.Module, backbone: str = "") -> str:
    """The weights of timm that its backbones are made for, or one of them, with their licences."""
    found = [getattr(module, "pretrained_cfg", None) or {} for module in model.modules()]
    named = {
        f"{one['architecture']}.{one['tag']}": one["license"]
        for one in found
        if one and one["architecture"].startswith(backbone)
    }
    return " and ".join(f"{name} ({licence})" for name, licence in named.items())


def _public_command() -> str:
    """The command line as anyone could type it: of a path only the last part, no --resume."""
    words = []
    for word in sys.argv[1:]:
        layout, separator, path = word.rpartition("=")
        words.append(layout + separator + (Path(path).name if "/" in path else path))
    return shlex.join(["python", "-m", "mtlbus", *(word for word in words if word != "--resume")])
