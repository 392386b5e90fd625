"""One precision everywhere."""

from __future__ import annotations

import pytest

from mtlbus.core.wording import listed, percent


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (0.004, "<1 %"), (0.149, "15 %"), (0.995, ">99 %"), (0.994, "99 %"), (1, "100 %")],
)
def test_percent_is_whole_and_never_rounds_to_nothing_or_to_all(share, said):
    assert percent(share) == said


def test_names_are_listed_as_a_sentence_does():
    assert [listed(names) for names in (["A"], ["A", "B"], ["A", "B", "C"])] == [
        "A",
        "A and B",
        "A, B and C",
    ]
