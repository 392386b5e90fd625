"""Bootstrap intervals cover what they promise, and groups are what is drawn."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from mtlbus.core.errors import InputError
from mtlbus.evaluation.intervals import figure_words, group_draws, percentile_limits

from .slow_bootstrap import bootstrap_by_group


def test_draws_keep_groups_together_and_add_up():
    groups = np.array(["a", "b", "b", "c", "c", "c", "d"])
    counts = group_draws(groups, n=200, seed=1)
    assert counts.shape == (200, 7)
    assert (counts[:, 1] == counts[:, 2]).all() and (counts[:, 3] == counts[:, 5]).all()
    assert (counts[:, [0, 1, 3, 6]].sum(axis=1) == 4).all()
    # 35 multisets of four groups exist; 200 draws see most of them.
    assert len(np.unique(counts, axis=0)) > 25


def test_strata_keep_their_size_and_their_own_groups():
    groups = np.array(["1", "2", "3", "1", "2"])
    strata = np.array(["busi", "busi", "busi", "busbra", "busbra"])
    counts = group_draws(groups, n=300, seed=0, strata=strata)
    assert (counts[:, :3].sum(axis=1) == 3).all() and (counts[:, 3:].sum(axis=1) == 2).all()
    assert (counts[:, 0] != counts[:, 3]).any(), "one name in two datasets is two groups"


def test_the_interval_of_a_mean_is_the_normal_one():
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = bootstrap_by_group(np.arange(400), lambda rows: values[rows].mean(), n=4000)
    half = norm.ppf(0.975) * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.03)
    assert found.high == pytest.approx(values.mean() + half, abs=0.03)


def test_the_spread_of_a_grouped_mean_has_a_closed_form():
    # Groups of unequal size. Draws with replacement make the sums of the groups a multinomial
    # sample: the variance of Σ count·sum/G is the variance of the group sums over G.
    generator = np.random.default_rng(3)
    groups = np.repeat(np.arange(60), generator.integers(1, 6, 60))
    values = generator.normal(2, 1, len(groups)) + generator.normal(0, 2, 60)[groups]
    sums, sizes = np.bincount(groups, values), np.bincount(groups)
    replicates = group_draws(groups, n=20_000, seed=1) @ values / 60
    assert replicates.mean() == pytest.approx(sums.mean(), rel=0.01)
    assert replicates.std() == pytest.approx(math.sqrt(sums.var() / 60), rel=0.03)
    # And the mean over images, a ratio of two such sums, has the spread of the ratio estimator.
    mean = values.mean()
    linear = math.sqrt(np.mean((sums - mean * sizes) ** 2) / 60) / sizes.mean()
    found = bootstrap_by_group(groups, lambda rows: values[rows].mean(), n=4000, seed=2)
    assert found.value == pytest.approx(mean)
    assert found.high - found.low == pytest.approx(2 * norm.ppf(0.975) * linear, rel=0.06)


def test_intervals_cover_the_truth():
    # 40 patients with three images each that share the patient's own level; the true mean is 0.
    generator = np.random.default_rng(7)
    groups, covered = np.repeat(np.arange(40), 3), 0
    for trial in range(150):
        values = np.repeat(generator.normal(size=40), 3) + generator.normal(0, 0.5, 120)
        found = bootstrap_by_group(groups, lambda rows, v=values: v[rows].mean(), 300, seed=trial)
        covered += found.low <= 0 <= found.high
    assert 0.88 <= covered / 150 <= 0.99


def test_copies_within_a_group_do_not_narrow_the_interval():
    values = np.random.default_rng(2).normal(size=50)
    copies = np.repeat(values, 4)
    once = bootstrap_by_group(np.arange(50), lambda rows: values[rows].mean(), seed=5)
    grouped = bootstrap_by_group(
        np.repeat(np.arange(50), 4), lambda rows: copies[rows].mean(), seed=5
    )
    ungrouped = bootstrap_by_group(np.arange(200), lambda rows: copies[rows].mean(), seed=5)
    assert grouped == pytest.approx(once)
    assert ungrouped.high - ungrouped.low < 0.6 * (once.high - once.low)


def test_named_statistics_get_an_interval_each_and_the_seed_decides():
    values = np.arange(20.0)

    def statistic(rows):
        return {"mean": values[rows].mean(), "largest": values[rows].max()}

    found = bootstrap_by_group(np.arange(20), statistic, n=100, seed=3)
    assert found["largest"].value == 19 and found["largest"].high == 19
    assert found == bootstrap_by_group(np.arange(20), statistic, n=100, seed=3)
    assert found["mean"] != bootstrap_by_group(np.arange(20), statistic, n=100, seed=4)["mean"]


def test_undefined_replicates_are_left_out_until_they_are_most():
    assert percentile_limits([1.0, math.nan, 1.0]) == (1, 1)
    assert all(math.isnan(limit) for limit in percentile_limits([1.0, math.nan, math.nan]))
    assert all(math.isnan(limit) for limit in percentile_limits([]))


def test_level_decides_the_width():
    assert percentile_limits(np.arange(101.0), level=0.9) == pytest.approx((5, 95))


def test_groups_and_strata_must_match():
    with pytest.raises(InputError, match="shape"):
        group_draws(["a", "b"], strata=["x"])


def test_a_figure_in_words():
    limits = {"value": 0.9444, "low": 0.9151, "high": 0.968}
    assert figure_words(limits) == "0.944 (0.915–0.968)"
    assert figure_words({"value": 0.5, "low": None, "high": None}) == "0.500"
    assert figure_words({"value": None, "low": None, "high": None}) == figure_words(None) == "–"
