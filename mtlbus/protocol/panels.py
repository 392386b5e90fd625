"""Judge a panel of networks itself, outlines too, and give it a card of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..checkpoints import CARD, Checkpoint
from ..core.errors import DataError
from ..core.files import write_json
from ..core.machine import Machine
from ..data.dataset import Dataset
from ..evaluation.panels import PanelCheckpoint
from ..evaluation.tables import prediction_frame, read_predictions, write_predictions
from ..inference.cost import machine_name
from ..inference.predictor import Predictor
from .judging import Report, judge_samples, split_datasets
from .renewal import REPRODUCED, largest_differences, require_close


def write_panel(
    panel: PanelCheckpoint,
    again: pd.DataFrame,
    datasets: Sequence[Dataset],
    report: Report = lambda line: None,
    machine: Machine | None = None,
) -> dict[str, Any]:
    """Judge the validation part, choose thresholds there, and write predictions and card.

    Args:
        panel: of networks that ship.
        again: its test rows, judged now (`judging.evaluate`).
        datasets: those of the training of its members.
        report: receives lines of progress.
        machine: as of `judging.evaluate`.

    Returns:
        What `renewal.renew_card` returns where the panel was judged before; empty the first time.

    Raises:
        DataError: data of the training were not given, other images were judged than before, or a
            figure moved by more than 1e-3; nothing is written.
    """
    fold = panel.trained("fold")
    lacking = set(panel.trained("data")) - {dataset.name for dataset in datasets}
    if lacking:
        raise DataError(
            "The card of a panel is counted on all data of its networks; give with --data also "
            f"{' and '.join(sorted(lacking))}."
        )
    predictor = Predictor(panel, machine)
    samples = split_datasets(datasets, fold).validation
    rows = prediction_frame(judge_samples(predictor, samples, "validation", fold, report))
    frame = pd.concat([rows, again]).astype({"label": float})
    card = panel.card_of(frame, predictor.presence is not None).to_json()
    record: dict[str, Any] = {}
    if panel.judged:
        before = read_predictions(panel.predictions, everything=True)
        stated = Checkpoint(panel.folder).card.to_json()
        record = {**largest_differences(before, again), "machine": machine_name()}
        pairs = require_close(stated["metrics"], card["metrics"], REPRODUCED, "metrics")
        record |= {"figures": len(pairs), "figure": max(pairs, default=0.0)}
        card["judgement"]["reproduced"] = record
        card |= {name: stated[name] for name in ("cost",) if stated.get(name)}
    write_predictions(panel.predictions, frame)
    write_json(panel.folder / CARD, card)
    return record
