"""Things that tests make on the spot: a tiny dataset on disk, and an untrained checkpoint."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from mtlbus.checkpoint_writing import write_checkpoint
from mtlbus.checkpoints import Checkpoint
from mtlbus.core.card import Card
from mtlbus.data.phantom import Phantom, make_phantom, random_parameters
from mtlbus.methods import create_model
from mtlbus.methods.registry import get_entry
from mtlbus.methods.shapes import on_meta
from mtlbus.nn.encoders import NARROW


@cache
def phantom(seed: int, size: int) -> Phantom:
    """Every second one malignant; drawn once, however many sets it is in."""
    return make_phantom(random_parameters(seed, seed % 2 == 1), size)


def make_manifest(folder: Path, count: int = 40, size: int = 64, classes: bool = True) -> Path:
    """Phantoms as PNG files with masks and a manifest in which every second image is malignant."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed in range(count):
        drawn = phantom(seed, size)
        Image.fromarray(drawn.image).save(folder / f"{seed}.png")
        Image.fromarray(drawn.mask.astype("uint8") * 255).save(folder / f"{seed}_mask.png")
        label = ("benign", "malignant")[drawn.label]
        rows.append((f"{seed}.png", f"{seed}_mask.png", label if classes else "", f"p{seed // 2}"))
    path = folder / "manifest.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "mask", "label", "group"), *rows])
    return path


PAIR = {
    "name": "pair",
    "title": "Outline and depth",
    "manifest": "pair.csv",
    "tasks": [
        {"name": "outline", "kind": "pixel_class", "classes": ["tissue", "lesion"]},
        {"name": "depth", "kind": "pixel_regression", "unit": "mm", "span": 40},
    ],
}


def make_pair(folder: Path, count: int = 20, size: int = 64) -> Path:
    """Phantoms with two tasks of somebody's own: the outline, and how deep its pixels lie in mm."""
    make_manifest(folder, count, size)
    depth = np.repeat(np.linspace(0, 40, size, dtype=np.float32)[:, None], size, axis=1)
    np.save(folder / "depth.npy", depth)
    rows = [(f"{i}.png", f"{i}_mask.png", "depth.npy", f"{i}_mask.png", i) for i in range(count)]
    columns = ("image", "outline", "depth", "depth region", "group")
    with (folder / "pair.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    (folder / "pair.json").write_text(json.dumps(PAIR), encoding="utf-8")
    return folder / "pair.json"


def card_of(**fields: Any) -> Card:
    """A card with these fields, and of the others only those that each card has."""
    spec = {"input_size": 64, "mean": [0.5] * 3, "std": [0.5] * 3, "maps": [], "tasks": []}
    needed = {"method": "mtl_cosa", "variant": "compact", "options": {}, "parameters": 1}
    return Card.from_json({**needed, "weights_sha256": "b" * 64, "spec": spec, **fields})


def narrow(method: str) -> dict[str, Any]:
    """The option for the narrow encoder, where the method offers one.

    Of random weights its answers differ from image to image; those of EfficientNet-Lite0, which is
    meant to start from ImageNet, are nearly one for all.
    """
    return {"compact_encoder": NARROW} if "compact_encoder" in get_entry(method).options else {}


@cache
def weightless(method: str, variant: str) -> torch.nn.Module:
    """A network on the meta device, built once; whoever asks says whether it is in training."""
    return on_meta(method, variant)


def untrained_checkpoint(folder: Path, method: str = "mtl_cosa", seed: int = 0) -> Checkpoint:
    """Random weights with a card that says so; thresholds are arbitrary."""
    torch.manual_seed(seed)
    model = create_model(method, **narrow(method))
    card: dict = {"training": {"initial_weights": "random", "epochs": 0}, "metrics": None}
    if model.spec.classifies:
        point = {"threshold": 0.5, "purpose": "none, the weights are random"}
        card |= {"operating_points": {"balanced": point}, "default_operating_point": "balanced"}
    return write_checkpoint(folder, model, card, history=[])
