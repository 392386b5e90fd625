"""What a probability was worth is said only where it may be said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mtlbus.findings.worth import worth_of
from mtlbus.inference.input_checks import Check
from tests.findings.made import KNOWS_NORMALS, case, found

JUDGED = pd.DataFrame(
    {"label": np.tile([1, 0, 0, 0], 20), "probability": np.linspace(0.05, 0.25, 80)}
)
BUSI = {"origin": "dataset", "dataset": "busi"}


def test_the_counts_in_words():
    worth = worth_of(found(case(**BUSI), card=KNOWS_NORMALS, seen="test"), JUDGED)  # it says 15 %
    local = worth.local
    assert (
        f"Of the {local.n} test images of BUSI and BUS-BRA to which it gave 10 to 20 %, this "
        in (worth.sentence)
    )
    assert f"**{local.malignant} were malignant**" in worth.sentence
    assert "Where 5 of 100 lesions are malignant, and not 25 as among" in worth.at(0.05)
    upload = worth_of(found(card=KNOWS_NORMALS), JUDGED)
    assert "from elsewhere" in upload.sentence and "this one" not in upload.sentence


@pytest.mark.parametrize(
    "facts",
    [
        {"one": case("phantom")},
        {"one": case(**BUSI), "seen": "train"},
        {"input_checks": (Check("caution", "inverted", "Looks inverted."),)},
        {"distance": 1.3},
        {"sure": 0.1},
        {"probability": None},
    ],
)
def test_nothing_is_said_where_something_speaks_against_it(facts):
    assert worth_of(found(card=KNOWS_NORMALS, **facts), JUDGED) is None
