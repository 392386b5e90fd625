"""Which trained networks to join into a panel, by the validation part alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.metrics import roc_auc_score

from ..checkpoints import Checkpoint
from ..core.errors import DataError, InputError
from ..methods.panel import PREFIX
from .tables import read_predictions, real_rows

AT_MOST = 5  # networks of a panel that is looked for
_SURE = 1e-9  # from 0 and 1, of a presence score whose log-odds are taken


class Ranked(NamedTuple):
    """A panel and its validation part: the three figures that choose an epoch, and their mean.

    Attributes:
        panel: as "panel:hps+mtl".
        score: the mean of the others.
        dice: the mean of its members', since their tables hold no outlines.
        auc: of the mean log-odds, malignant against benign.
        presence: AUC of the mean log-odds of the presence scores, lesions against normal images.
    """

    panel: str
    score: float
    dice: float
    auc: float
    presence: float


def ranked_panels(members: Sequence[Checkpoint], at_most: int = AT_MOST) -> list[Ranked]:
    """All panels of two and more of these networks, the best first.

    Raises:
        InputError: fewer than two networks, or one that does not draw and name the class.
        DataError: they were not judged on the same validation images, normal ones among them.
    """
    if len(members) < 2:
        raise InputError("A panel needs at least two networks. Name more.")
    tables = [_validation(member) for member in members]
    first = tables[0]
    if not all(table.index.equals(first.index) for table in tables[1:]):
        raise DataError("These networks were not judged on the same validation images.")
    lesion = first["label"].notna().to_numpy()
    if lesion.all():
        raise DataError("The validation part of these networks has no normal image.")
    label = first["label"].to_numpy()[lesion].astype(int)
    dice = [table["dice"].to_numpy()[lesion].mean() for table in tables]
    classes = np.stack([table["logit"].to_numpy()[lesion] for table in tables])
    surely = np.stack([logit(table["presence"].clip(_SURE, 1 - _SURE)) for table in tables])
    found = []
    for size in range(2, min(at_most, len(members)) + 1):
        for chosen in map(list, combinations(range(len(members)), size)):
            three = (
                float(np.mean([dice[one] for one in chosen])),
                float(roc_auc_score(label, classes[chosen].mean(axis=0))),
                float(roc_auc_score(lesion, surely[chosen].mean(axis=0))),
            )
            name = PREFIX + "+".join(members[one].method for one in chosen)
            found.append(Ranked(name, float(np.mean(three)), *three))
    return sorted(found, key=lambda one: -one.score)


def _validation(member: Checkpoint) -> pd.DataFrame:
    """Its rows of real images of the validation part, normal ones too, in one order.

    Raises:
        InputError: it does not draw and name the class.
    """
    rows = real_rows(read_predictions(member.predictions, everything=True))
    rows = rows[rows["part"] == "validation"].set_index(["dataset", "image_id"]).sort_index()
    lesions = rows[rows["label"].notna()]
    if lesions[["dice", "logit"]].isna().any(axis=None) or rows["presence"].isna().any():
        raise InputError(
            f"{member.method} does not tell outline, class and presence of each validation image; "
            "such networks cannot be ranked."
        )
    return rows
