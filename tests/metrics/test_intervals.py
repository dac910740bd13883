import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from labelwise.errors import OptionError
from labelwise.metrics import (
    auroc,
    bootstrap_counts,
    bootstrap_groups,
    clopper_pearson,
    delong,
    delong_paired,
    holm,
    mcnemar,
    percentile,
    t_interval,
    wilson,
)

rates = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(rates)
def test_rates_are_those_of_scipy(kn):
    k, n = kn
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        expected = stats.binomtest(k, n).proportion_ci(method=method)
        assert np.allclose([float(v) for v in ours(k, n)], [expected.low, expected.high], atol=1e-9)


def test_t_interval_is_that_of_scipy():
    x = np.random.default_rng(0).normal(size=9)
    expected = stats.ttest_1samp(x, 0).confidence_interval(0.9)
    assert t_interval(x, 0.9) == pytest.approx((expected.low, expected.high))
    assert t_interval([1.0]) == (None, None)
    assert t_interval([1.0, np.inf]) == (None, None)


def test_delong_variance_is_that_of_the_definition():
    rng = np.random.default_rng(1)
    s, y = rng.integers(0, 9, 60).astype(float), rng.integers(0, 2, 60)
    pos, neg = s[y == 1], s[y == 0]
    wins = (pos[:, None] > neg) + 0.5 * (pos[:, None] == neg)
    variance = wins.mean(1).var(ddof=1) / len(pos) + wins.mean(0).var(ddof=1) / len(neg)
    low, high = delong(s, y)
    a = auroc(s, y)
    half = stats.norm.ppf(0.975) * np.sqrt(variance) / (a * (1 - a))
    assert stats.logistic.ppf(high) - stats.logistic.ppf(low) == pytest.approx(2 * half)
    assert low < a < high


def test_paired_delong_against_the_definition():
    rng = np.random.default_rng(2)
    y = rng.integers(0, 2, 80)
    a, b = y + rng.normal(size=80), y + rng.normal(size=80)

    def wins(s):
        return (s[y == 1][:, None] > s[y == 0]).astype(float)

    gap = wins(a) - wins(b)
    variance = gap.mean(1).var(ddof=1) / len(gap) + gap.mean(0).var(ddof=1) / gap.shape[1]
    difference, low, high, p = delong_paired(a, b, y)
    assert difference == pytest.approx(auroc(a, y) - auroc(b, y))
    assert high - low == pytest.approx(2 * stats.norm.ppf(0.975) * np.sqrt(variance))
    assert p == pytest.approx(2 * stats.norm.sf(abs(difference) / np.sqrt(variance)))


def test_delong_says_nothing_where_it_knows_nothing():
    assert delong([1.0, 2.0], [0, 1]) == (None, None)
    assert delong([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1]) == (None, None)
    assert delong_paired([1.0, 2.0], [1.0, 2.0], [0, 1]) is None


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_mid_p(a, b):
    n, k = a + b, min(a, b)
    exact = 1.0 if n == 0 else 2 * stats.binom.cdf(k, n, 0.5) - stats.binom.pmf(k, n, 0.5)
    assert mcnemar(a, b) == pytest.approx(min(1, exact)) == mcnemar(b, a)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_monotone_and_between_p_and_bonferroni(values):
    p = np.array(values)
    adjusted = holm(p)
    assert (adjusted >= p - 1e-12).all()
    assert (adjusted <= np.minimum(p * len(p), 1) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= -1e-12).all()


def test_holm_keeps_nan():
    assert np.isnan(holm([0.01, np.nan])).tolist() == [False, True]


def test_counts_bootstrap_has_the_spread_of_row_bootstrap():
    cells = np.array([[40, 10], [5, 45]])
    draws = bootstrap_counts(cells, lambda m: m.trace(axis1=1, axis2=2) / m.sum((1, 2)), 4000, seed=3)
    assert draws.mean() == pytest.approx(0.85, abs=0.005)
    assert draws.std() == pytest.approx(np.sqrt(0.85 * 0.15 / 100), rel=0.05)


def test_group_bootstrap_sees_the_groups():
    """Ten groups of ten identical rows are ten observations, not a hundred."""
    right = np.repeat([0, 1], 5) * 10.0
    totals = np.stack([right, np.full(10, 10.0)], 1)
    draws = bootstrap_groups(totals, lambda t: t[:, 0] / t[:, 1], 4000, seed=3)
    assert draws.std() == pytest.approx(np.sqrt(0.25 / 10), rel=0.05)


def test_percentile_leaves_out_a_few_undefined_draws_but_not_many():
    assert percentile(np.array([np.nan, *np.arange(99.0)]))[0] is not None
    assert percentile(np.array([np.nan] * 20 + [1.0] * 80)) == (None, None)


def test_a_level_is_a_share():
    with pytest.raises(OptionError, match="level=95"):
        wilson(1, 2, level=95)
