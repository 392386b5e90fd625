"""`predictions.csv`, one row an image, and the summary of it that goes on the card and the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import DataError, InputError
from ..core.tables import unguarded, write_frame
from ..data.dataset import PHANTOMS
from .intervals import BOOTSTRAP, group_draws, percentile_limits
from .metrics import CLASSIFICATION, SEGMENTATION, classification_metrics
from .operating_points import wilson_interval
from .weighted import weighted_classification, weighted_mean

TEXT = ("image_id", "dataset", "group", "part", "birads", "device", "histology")
COLUMNS = (
    "image_id", "dataset", "group", "fold", "part", "label", "logit", "probability",
    "dice", "jaccard", "pixel_tpr", "pixel_fpr", "aer", "miou", "hd95", "assd",
    "lesion_area", "predicted_area", "presence", "birads", "device", "histology",
)  # fmt: skip
"""Of `predictions.csv`, in order.

fold: the test fold of the model, 1 … 5. part: "test" or "validation". label: 0 benign,
1 malignant. logit, probability: of malignancy; empty for a method without a class. dice … assd:
see `metrics.mask_metrics`; empty for a method without a mask. Areas: pixels of the 256×256 grid.
presence: `Prediction.presence`. A row without a label whose lesion_area is 0 is a normal
image: it has areas and presence, but nothing that compares outlines.
"""
ADDED = ("presence",)  # columns that tables of earlier versions lack
PARTS = ("test", "validation")
# The figures that are shares of images, and the classes of the images that each counts.
RATES = {"accuracy": (0, 1), "sensitivity": (1,), "specificity": (0,)}
SAME = 1e-12  # width of an interval below which all draws agree but for rounding
EXACT = ("logit", "probability", "presence")  # thresholds are held against these
REQUIRED = ("image_id", "dataset", "part")
KEY = ["dataset", "image_id", "fold", "part"]


def write_predictions(path: str | Path, rows: Iterable[Mapping[str, Any]] | pd.DataFrame) -> None:
    """Write `predictions.csv`; the file is there whole or not at all.

    Args:
        path: the file to write; its folder is made.
        rows: a mapping from column to value for each image, or a frame as `read_predictions`
            gives it. Missing columns, None and NaN become empty cells.

    Raises:
        InputError: a column that is not in `COLUMNS`, or a required one without a value.
        DataError: values that `read_predictions` would refuse.
        OutputError: it cannot be written.
    """
    cells = _cells(rows)
    _checked(cells, Path(path).name)
    write_frame(path, cells)


def prediction_frame(rows: Iterable[Mapping[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """Rows as the table that `read_predictions` gives after `write_predictions`, without a file.

    Arguments and errors as in `write_predictions`.
    """
    return _checked(_cells(rows), "Predictions")


def read_predictions(path: str | Path, everything: bool = False) -> pd.DataFrame:
    """Read `predictions.csv`: all of `COLUMNS`, in order.

    Text columns are strings, "" where empty; the others are numbers, NaN where empty (label and
    fold are integers when no row is without).

    Args:
        path: of the file.
        everything: normal images, too; what is counted of lesions does not know of them.

    Raises:
        DataError: the file is missing or not a table, lacks a column, holds an unknown part or
            label, a probability outside 0..1, a cell that is not a number, or an image twice.
    """
    path = Path(path)
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"No predictions at {str(path)!r}. Run `evaluate` first.") from None
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise DataError(f"{path.name} cannot be read as a table: {error}") from None
    for name in ADDED:
        if name not in frame.columns:
            frame[name] = ""
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise DataError(
            f"{path.name} lacks the columns {', '.join(missing)}. It was not written by this "
            "version; run `evaluate` again."
        )
    found = _checked(frame[list(COLUMNS)].map(unguarded), path.name)
    return found if everything else lesion_rows(found)


def summarise(
    frame: pd.DataFrame,
    threshold: float = 0.5,
    bootstrap: int = BOOTSTRAP,
    seed: int = 0,
    part: str = "test",
) -> dict[str, Any]:
    """All metrics of one method, per dataset and pooled, with 95 % intervals over groups.

    Args:
        frame: as `read_predictions` gives it; normal images are left out.
        threshold: probability at or above which an image is called malignant.
        bootstrap: replicates; groups are drawn within each dataset.
        seed: of the bootstrap.
        part: the rows that count; validation rows never mix with test rows.

    Returns:
        ``{"datasets": {NAME: entry}, "pooled": entry}``, ready for JSON; phantoms are pooled only
        where there is nothing else. An entry holds n (images), groups, each metric of
        `metrics.CLASSIFICATION` and `metrics.SEGMENTATION` that applies to the method as
        ``{"value", "low", "high"}`` (None where undefined; Wilson's limits over groups for a share
        that is none or all), and, for a method with a mask,
        empty_masks: images left out of hd95 and assd because the predicted or the true mask is
        empty. Mask metrics are means over images. The calibration error of a small sample is
        biased upwards, and that of its replicates more so: the limits of ece may both lie above
        its value.

    Raises:
        DataError: no row of a lesion belongs to that part.
    """
    rows = lesion_rows(frame[frame["part"] == part])
    if rows.empty:
        there = ", ".join(sorted(set(frame["part"]))) or "none"
        raise DataError(
            f"No rows of lesions in part {part!r} among the predictions. Parts there: {there}."
        )
    return {
        "datasets": {
            name: _entry(some, threshold, bootstrap, seed)
            for name, some in rows.groupby("dataset", sort=True)
        },
        "pooled": _entry(real_rows(rows), threshold, bootstrap, seed),
    }


def normal_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of images that are known to show no lesion."""
    return frame[_normal(frame)]


def lesion_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of all other images, numbered anew; labels are integers when none is without."""
    rows = frame[~_normal(frame)].reset_index(drop=True)
    return rows.astype({"label": "int64"}) if rows["label"].notna().all() else rows


def _normal(frame: pd.DataFrame) -> pd.Series:
    return frame["label"].isna() & (frame["lesion_area"] == 0)


def real_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of real images, or all rows where there are only phantoms."""
    real = rows[rows["dataset"] != PHANTOMS]
    return rows if real.empty else real


def group_keys(frame: pd.DataFrame) -> np.ndarray:
    """The group of each row, shape N str; an image without a group is a group of its own."""
    return np.where(frame["group"] == "", "image " + frame["image_id"], frame["group"]).astype(str)


def groups_of(rows: pd.DataFrame) -> np.ndarray:
    """The same, told apart between datasets."""
    return np.char.add(rows["dataset"].to_numpy(str), np.char.add(" ", group_keys(rows)))


def draws_of(rows: pd.DataFrame, n: int = BOOTSTRAP, seed: int = 0) -> np.ndarray:
    """`group_draws` of judged rows, n×N: groups are drawn within each dataset."""
    return group_draws(group_keys(rows), n, seed, strata=rows["dataset"].to_numpy(str))


def judged(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with a label and a probability."""
    return rows[rows["label"].notna() & rows["probability"].notna()]


def classes(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities of the judged rows, both of shape N."""
    kept = judged(rows)
    return kept["label"].to_numpy(int), kept["probability"].to_numpy(float)


def _entry(rows: pd.DataFrame, threshold: float, bootstrap: int, seed: int) -> dict[str, Any]:
    groups, draws = groups_of(rows), draws_of(rows, bootstrap, seed)
    entry: dict[str, Any] = {"n": len(rows), "groups": len(set(groups))}
    called = (rows["probability"].notna() & rows["label"].notna()).to_numpy()
    if called.any():
        labels, probabilities = classes(rows)
        values = classification_metrics(labels, probabilities, threshold)
        replicates = weighted_classification(labels, probabilities, draws[:, called], threshold)
        keys = groups[called]
        for name in CLASSIFICATION:
            counted = RATES.get(name)
            count = 0 if counted is None else len(np.unique(keys[np.isin(labels, counted)]))
            entry[name] = sampled_entry(values[name], replicates[name], count)
    outlined = rows["dice"].notna().to_numpy()
    if outlined.any():
        masks = rows[outlined]
        for name in SEGMENTATION:
            means = weighted_mean(masks[name], draws[:, outlined])
            entry[name] = interval_entry(float(masks[name].mean()), means)
            if len(set(groups[outlined])) == 1:  # no spread is known from one
                entry[name] |= {"low": None, "high": None}
        entry["empty_masks"] = int(masks["hd95"].isna().sum())
    return entry


def sampled_entry(value: float, replicates: np.ndarray, groups: int = 0) -> dict[str, float | None]:
    """`interval_entry` of a figure of calls that does not take sameness for certainty.

    Where every draw gives the same figure (one image, or no image called wrong) the bootstrap has
    nothing to say: a share of `groups` that is none or all gets Wilson's limits, any other figure
    none.
    """
    entry = interval_entry(value, replicates)
    low, high = entry["low"], entry["high"]
    if low is None or high is None or high - low > SAME:
        return entry
    if groups and value in (0, 1):
        low, high = wilson_interval(round(value * groups), groups)
        return entry | {"low": low, "high": high}
    return entry | {"low": None, "high": None}


def interval_entry(value: float, replicates: np.ndarray) -> dict[str, float | None]:
    """A figure with its 95 % limits, ready for JSON: None where it is not defined."""
    low, high = percentile_limits(replicates)
    limits = {"value": value, "low": low, "high": high}
    return {name: None if math.isnan(number) else number for name, number in limits.items()}


def _cells(rows: Iterable[Mapping[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """The table as it is written: all of `COLUMNS`, every cell a text."""
    if isinstance(rows, pd.DataFrame):
        rows = rows.to_dict("records")
    rows = [dict(row) for row in rows]
    unknown = sorted({str(name) for row in rows for name in row} - set(COLUMNS))
    if unknown:
        raise InputError(f"Unknown columns {unknown}. Allowed: {', '.join(COLUMNS)}.")
    cells = [[_cell(name, row.get(name)) for name in COLUMNS] for row in rows]
    return pd.DataFrame(cells, columns=list(COLUMNS), dtype=str)


def _cell(column: str, value: Any) -> str:
    """One value as text: the shortest text that reads back as the same number of `EXACT`, six
    digits for the rest, which is finer than any of them is known."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        if column in REQUIRED:
            raise InputError(f"A row has no {column}.")
        return ""
    if column in TEXT:
        return str(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"Column {column} takes numbers, not {value!r}.") from None
    if number.is_integer() and abs(number) < 1e15 and column not in EXACT:
        return str(int(number))
    return repr(number) if column in EXACT else f"{number:.6g}"


def _checked(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """A frame of strings as typed columns, or a `DataError` that names file, column and row."""

    def refuse(column: str, bad: pd.Series, allowed: str) -> None:
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise DataError(
                f"{name}, row {row + 2}: {column} is {frame[column].iloc[row]!r}; "
                f"allowed: {allowed}."
            )

    typed = {}
    for column in COLUMNS:
        text = frame[column]
        if column in TEXT:
            typed[column] = text
            continue
        numbers = pd.to_numeric(text.replace("", np.nan), errors="coerce")
        refuse(column, (numbers.isna() & (text != "")) | np.isinf(numbers), "a number or nothing")
        typed[column] = numbers
    checked = pd.DataFrame(typed)
    for column in REQUIRED:
        refuse(column, checked[column] == "", "a value")
    refuse("part", ~checked["part"].isin(PARTS), " or ".join(PARTS))
    label, probability = checked["label"], checked["probability"]
    refuse("label", label.notna() & ~label.isin((0, 1)), "0 (benign) or 1 (malignant)")
    refuse("probability", (probability < 0) | (probability > 1), "0..1")
    twice = checked.duplicated(KEY)
    refuse("image_id", twice, f"each image once for its {', '.join(KEY)}")
    for column in ("label", "fold"):
        if checked[column].notna().all():
            checked[column] = checked[column].astype("int64")
    return checked
