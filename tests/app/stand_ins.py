"""Checkpoints with random weights and invented predictions: for wiring, never for quality."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch

from mtlbus.checkpoint_writing import write_checkpoint
from mtlbus.evaluation.operating_points import choose_threshold
from mtlbus.evaluation.tables import summarise, write_predictions
from mtlbus.methods import create_model, get_spec

from ..made import narrow

SIZES = {"busi": 60, "busbra": 90, "phantom": 20}
_PLACE = TemporaryDirectory(prefix="mtlbus-stand-ins-")


def invented_predictions(seed: int, strength: float = 1.6, classifies: bool = True) -> pd.DataFrame:
    """Test and validation rows of three datasets; logits are label · strength plus noise."""
    generator = np.random.default_rng(seed)
    labels_generator = np.random.default_rng(0)  # the same images for every method
    rows = []
    for dataset, size in SIZES.items():
        for number in range(2 * size):
            label = int(labels_generator.random() < 0.4)
            logit = strength * (2 * label - 1) / 2 + generator.normal()
            dice = float(np.clip(generator.normal(0.8, 0.15), 0, 1))
            row = {
                "image_id": f"{dataset} {number}", "dataset": dataset,
                "group": f"{dataset}-{number // 2}", "fold": 1,
                "part": "test" if number < size else "validation", "label": label,
                "dice": dice, "jaccard": dice / (2 - dice), "pixel_tpr": dice, "pixel_fpr": 0.2,
                "aer": 0.3, "miou": 0.8, "hd95": 12.0, "assd": 4.0,
                "lesion_area": 800 + 90 * number, "predicted_area": 900 + 85 * number,
                "birads": str(2 + number % 4), "device": f"device {number % 2}", "histology": "",
            }  # fmt: skip
            if classifies:
                row |= {"logit": float(logit), "probability": float(1 / (1 + np.exp(-logit)))}
            rows.append(row)
    frame = pd.DataFrame(rows)
    if not classifies:
        frame = frame.assign(logit=np.nan, probability=np.nan)
    return frame


def write_stand_in(
    root: Path, method: str, seed: int = 0, strength: float = 1.6, bootstrap: int = 50
) -> Path:
    """A whole checkpoint folder of a method under `root`, with random weights."""
    return Path(shutil.copytree(_made(method, seed, strength, bootstrap), root / method))


@cache
def _made(method: str, seed: int, strength: float, bootstrap: int) -> Path:
    """The folder that is copied; each is made once a process."""
    folder, spec = Path(_PLACE.name) / f"{method}-{seed}-{strength}-{bootstrap}", get_spec(method)
    folder.mkdir()
    frame = invented_predictions(seed, strength, spec.classifies)
    card = {
        "training": {"data": {"busi": 100, "busbra": 200}, "validation": SIZES, "fold": 1},
        "temperature": 1.3,
        "operating_points": {},
        "metrics": {"datasets": {}, "pooled": {}},
    }
    threshold = 0.5
    if spec.classifies:
        kept = frame[(frame["part"] == "validation") & (frame["dataset"] != "phantom")]
        threshold = choose_threshold(kept["label"], kept["probability"], "balanced")
        card |= {
            "operating_points": {"balanced": {"threshold": threshold, "purpose": "balanced"}},
            "default_operating_point": "balanced",
        }
    card["metrics"] = summarise(frame, threshold, bootstrap)
    torch.manual_seed(seed)
    model = create_model(method, **narrow(method))
    write_checkpoint(folder, model, card, [])
    write_predictions(folder / "predictions.csv", frame)
    return folder
