"""The bootstrap over groups as it is written in a textbook: a loop over replicates."""

import numpy as np

from mtlbus.evaluation.intervals import Interval, group_draws, percentile_limits


def bootstrap_by_group(groups, statistic, n=1000, seed=0, strata=None):
    """An `Interval` of `statistic(row indices)`, or one for each name of a dict that it returns."""
    counts = group_draws(groups, n, seed, strata)
    rows = np.arange(counts.shape[1])
    estimate = statistic(rows)
    replicates = [statistic(np.repeat(rows, row_counts)) for row_counts in counts]
    if not isinstance(estimate, dict):
        return Interval(float(estimate), *percentile_limits(replicates))
    return {
        name: Interval(float(value), *percentile_limits([one[name] for one in replicates]))
        for name, value in estimate.items()
    }
