"""The rates of the input checks, on phantoms that are fine and on what is made of them."""

from __future__ import annotations

from mtlbus.data.synthetic import load
from mtlbus.evaluation.operating_points import wilson_interval
from mtlbus.protocol.check_rates import Rate, good_rates, wrong_rates


def test_good_phantoms_are_left_in_peace():
    (rate,) = good_rates("phantoms", load("12").samples)
    assert (rate.count, rate.n) == (0, 12)


def test_what_is_made_wrong_is_caught():
    rates = {rate.images: rate for rate in wrong_rates(load("8").samples, count=12)}
    assert len(rates) == 7 and all(rate.n == 12 for rate in rates.values())
    assert all(rate.count >= 10 for rate in rates.values()), rates


def test_a_rate_has_wilsons_interval():
    entry = Rate("a", "b", 3, 50).as_dict()
    low, high = wilson_interval(3, 50)
    assert (entry["share"], entry["low"], entry["high"]) == (0.06, low, high)
