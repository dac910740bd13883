"""Paired statistics against scipy and against direct enumeration."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from labelwise.comparison.paired import doubled_median_mcnemar, paired, seeds_to_resolve

VALUES = np.array([0.021, 0.034, 0.008, 0.019, 0.027, -0.004])


def test_interval_and_p_are_those_of_the_paired_t_test():
    found = paired(VALUES)
    test = stats.ttest_1samp(VALUES, 0)
    assert found.p == pytest.approx(test.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(test.confidence_interval()))


def test_sign_flip_is_exact():
    means = [np.mean(VALUES * signs) for signs in product((-1, 1), repeat=len(VALUES))]
    wanted = 2 * np.mean(np.array(means) >= VALUES.mean() - 1e-15)
    assert paired(VALUES).p_sign_flip == pytest.approx(wanted)


def test_bca_lies_around_the_mean_and_repeats():
    found = paired(VALUES)
    assert found.bca_low < VALUES.mean() < found.bca_high
    assert paired(VALUES) == found


def test_no_spread_one_value_and_none_are_defined():
    assert paired([0.0, 0.0, 0.0]).p == 1
    same = paired([0.5, 0.5])
    assert (same.low, same.bca_high, same.p) == (0.5, 0.5, 0)
    assert paired([0.1]).low is None
    assert paired([]).mean is None


def test_seeds_to_resolve_is_the_first_number_that_is_enough():
    n = seeds_to_resolve(VALUES, 0.005)
    spread = VALUES.std(ddof=1)
    width = [stats.t.ppf(0.975, m - 1) * spread / m**0.5 for m in (n - 1, n)]
    assert width[0] > 0.005 >= width[1]
    assert seeds_to_resolve(VALUES, 0.0) is None
    assert seeds_to_resolve([0.1], 0.01) is None
    assert seeds_to_resolve(VALUES, 1e-9) is None


def test_mcnemar_of_several_seeds_is_twice_the_median_and_at_most_one():
    right = np.array([True] * 20 + [False] * 10)
    better = np.array([True] * 30)
    one = doubled_median_mcnemar([better], [right])
    assert one == pytest.approx(2 * 0.5**10, rel=0.01)
    assert doubled_median_mcnemar([right], [right]) == 1
    assert doubled_median_mcnemar([], []) is None
