"""Files changed by somebody who knows their format: read or refused, and nothing else.

`python -m tests.mutations` tries 10,000; these are the first of them.
"""

from __future__ import annotations

from tests.mutations import KINDS, made, outcomes


def test_the_first_cases_are_read_or_refused_in_time():
    found = outcomes(0, 500)
    assert found.keys() == {"read", "refused"}, [line for line in found if " " in line]
    assert found["read"] > 50 < found["refused"], "neither is all that it can do"


def test_a_case_follows_from_its_number():
    for number in range(len(KINDS)):
        assert made(number) == made(number)
