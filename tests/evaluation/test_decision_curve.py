"""Net benefit, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mtlbus.core.errors import InputError
from mtlbus.evaluation.decision_curve import decision_curve

LABELS, SAID = [1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1]


def test_net_benefit_is_that_of_the_definition():
    found = decision_curve(LABELS, SAID, range(4), n=20, thresholds=[0.2, 0.5, 0.8])
    # From 20 % on: 2 found and 1 false alarm of 4, which counts a quarter (0.2/0.8).
    assert found.network == pytest.approx([2 / 4 - 1 / 4 * 0.25, 1 / 4 - 1 / 4, 1 / 4])
    assert found.everybody == pytest.approx([0.5 - 0.5 * 0.25, 0.0, 0.5 - 0.5 * 4])
    assert found.prevalence == 0.5
    assert (found.low <= found.network + 1e-12).all() and (found.network <= found.high).all()


def test_at_the_smallest_threshold_a_network_that_calls_all_is_everybody():
    labels = np.arange(40) % 3 == 0
    found = decision_curve(labels.astype(int), np.full(40, 0.5), range(40), n=5)
    called = found.threshold <= 0.5
    assert found.network[called] == pytest.approx(found.everybody[called])
    assert (found.network[~called] == 0).all()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="one class"):
        decision_curve([1, 1], [0.2, 0.3], [0, 1])
    with pytest.raises(InputError, match="above 0 and below 1"):
        decision_curve(LABELS, SAID, range(4), thresholds=[1.0])
