"""Paired statistics of a few seeds: intervals, tests, and how many more seeds would settle it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelwise.metrics import mcnemar, t_interval

__all__ = ["Paired", "doubled_median_mcnemar", "is_level", "paired", "seeds_to_resolve"]

MOST_SEEDS = 1000


@dataclass(frozen=True)
class Paired:
    """Differences seed by seed, summed up.

    Attributes:
        n: seeds.
        mean: mean difference, None without seeds.
        low: lower end of Student's t interval (95%), None with one seed.
        high: upper end.
        bca_low: lower end of the BCa bootstrap interval; None where it is undefined.
        bca_high: upper end.
        p: two-sided p of the paired t test; None with one seed.
        p_sign_flip: two-sided p of the exact sign-flip test; its smallest value is 2 / 2^n.
    """

    n: int
    mean: float | None
    low: float | None = None
    high: float | None = None
    bca_low: float | None = None
    bca_high: float | None = None
    p: float | None = None
    p_sign_flip: float | None = None


def paired(values: Sequence[float] | np.ndarray) -> Paired:
    """Sum up differences paired by seed.

    Args:
        values: (n,) finite differences.

    Example:
        >>> found = paired([0.02, 0.03, 0.01, 0.02, 0.02])
        >>> round(found.low, 4), round(found.high, 4), found.p_sign_flip
        (0.0112, 0.0288, 0.0625)

    Source: Student 1908; Efron 1987 (BCa), Fisher 1935 (sign-flip), all by scipy.stats.
    """
    x = np.asarray(values, np.float64)
    if len(x) == 0:
        return Paired(0, None)
    mean = float(x.mean())
    low, high = t_interval(x)
    if low is None or high is None:
        return Paired(len(x), mean)
    if np.ptp(x) == 0:  # no spread: every interval is the point, and the tests have nothing to work with
        p = 1.0 if mean == 0 else 0.0
        return Paired(len(x), mean, low, high, mean, mean, p, 1.0 if mean == 0 else 2.0 ** (1 - len(x)))
    from scipy import stats

    boot = stats.bootstrap(
        (x,), np.mean, n_resamples=1999, method="BCa", vectorized=True, rng=np.random.default_rng(0)
    ).confidence_interval
    flips = stats.permutation_test(
        (x,), np.mean, permutation_type="samples", n_resamples=9999, vectorized=True, rng=np.random.default_rng(0)
    )
    bca = (float(boot.low), float(boot.high)) if np.isfinite([boot.low, boot.high]).all() else (None, None)
    return Paired(
        len(x), mean, low, high, *bca, 2 * float(stats.t.sf(abs(mean) / stats.sem(x), len(x) - 1)), float(flips.pvalue)
    )


def is_level(low: float | None, high: float | None, margin: float) -> bool:
    """True where the whole interval of a difference lies within ±`margin`.

    Example:
        >>> is_level(-0.004, 0.009, 0.01), is_level(-0.004, 0.011, 0.01), is_level(None, None, 0.01)
        (True, False, False)
    """
    return low is not None and high is not None and -margin <= low and high <= margin


def seeds_to_resolve(values: Sequence[float] | np.ndarray, distance: float) -> int | None:
    """Seeds at which the 95% interval would be narrower than `distance` to each side, at the spread seen so far.

    Args:
        values: (n,) differences seed by seed.
        distance: wanted half width: the mean itself to exclude zero, or a margin.

    Returns:
        The number of seeds (at least 2), or None above 1000 or where the spread is unknown.

    Example:
        >>> seeds_to_resolve([0.01, 0.03, -0.01, 0.02, 0.0], 0.01)
        13
    """
    from scipy import stats

    x = np.asarray(values, np.float64)
    if len(x) < 2 or distance <= 0:
        return None
    spread = x.std(ddof=1)
    for n in range(2, MOST_SEEDS + 1):
        if stats.t.ppf(0.975, n - 1) * spread / math.sqrt(n) <= distance:
            return n
    return None


def doubled_median_mcnemar(right_a: Sequence[np.ndarray], right_b: Sequence[np.ndarray]) -> float | None:
    """McNemar's mid-p over the test rows of each seed; twice the median over seeds, at most 1.

    The seeds share rows, so their tests depend on each other; twice the median is valid under any dependence.

    Args:
        right_a: per seed (N,) whether head a has the row right.
        right_b: the same rows for head b.

    Source: Fagerland et al. 2013 (mid-p); Rüschendorf 1982 (twice the median).
    """
    each = [mcnemar(int((a & ~b).sum()), int((b & ~a).sum())) for a, b in zip(right_a, right_b, strict=True)]
    return min(1.0, 2 * float(np.median(each))) if each else None
