"""Intervals: closed forms where there is one, otherwise the bootstrap over sufficient statistics.

Resampling N rows with replacement and counting is the same as drawing the counts from one multinomial, so every figure
of the confusion matrix has its exact bootstrap distribution at the cost of its cells, whatever N.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from labelwise.errors import InputError, OptionError

__all__ = [
    "bootstrap_counts",
    "bootstrap_groups",
    "clopper_pearson",
    "delong",
    "delong_paired",
    "holm",
    "mcnemar",
    "percentile",
    "t_interval",
    "wilson",
]


def z_of(level: float) -> float:
    """Normal quantile of a two-sided interval."""
    if not 0 < level < 1:
        raise OptionError("the level of an interval", f"level={level}", "a share between 0 and 1, e.g. 0.95")
    return NormalDist().inv_cdf((1 + level) / 2)


def t_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float] | tuple[None, None]:
    """Student's interval of the mean of independent values.

    Args:
        values: (N,) numbers; nan is left out.
        level: coverage, between 0 and 1.

    Returns:
        (low, high), or (None, None) with fewer than two values or an infinite one.

    Raises:
        OptionError: where `level` is not between 0 and 1.

    Example:
        >>> tuple(round(v, 3) for v in t_interval([1, 2, 3]))
        (-0.484, 4.484)

    Source: Student (1908).
    """
    from scipy.special import stdtrit

    z_of(level)
    x = np.asarray(values, np.float64)
    x = x[~np.isnan(x)]
    if len(x) < 2:
        return None, None
    if not np.isfinite(x).all():
        return None, None
    middle, spread = float(x.mean()), float(x.std(ddof=1))
    half = float(stdtrit(len(x) - 1, (1 + level) / 2)) * spread / math.sqrt(len(x))
    return middle - half, middle + half


def wilson(k: np.ndarray | float, n: np.ndarray | float, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval of a rate k / n.

    Args:
        k: successes, a number or an array.
        n: trials, the same shape.
        level: coverage.

    Returns:
        (low, high) as arrays (0-dimensional for numbers), nan where n is 0.

    Raises:
        OptionError: where `level` is not between 0 and 1.

    Example:
        >>> tuple(round(float(v), 4) for v in wilson(8, 10))
        (0.4902, 0.9433)

    Source: Wilson (1927).
    """
    z = z_of(level)
    k, n = np.asarray(k, np.float64), np.asarray(n, np.float64)
    m = np.where(n > 0, n, np.nan)
    p = k / m
    middle = (p + z * z / (2 * m)) / (1 + z * z / m)
    half = z / (1 + z * z / m) * np.sqrt(np.maximum(p * (1 - p) / m + z * z / (4 * m * m), 0))
    low = np.where(k == 0, np.where(n > 0, 0.0, np.nan), middle - half)
    high = np.where((k == n) & (n > 0), 1.0, middle + half)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def clopper_pearson(k: float, n: float, level: float = 0.95) -> tuple[float, float] | tuple[None, None]:
    """Exact interval of a rate k / n: it never covers less than `level`.

    Args:
        k: successes.
        n: trials.
        level: coverage.

    Returns:
        (low, high), or (None, None) where n is 0.

    Raises:
        OptionError: where `level` is not between 0 and 1.

    Example:
        >>> tuple(round(v, 4) for v in clopper_pearson(8, 10))
        (0.4439, 0.9748)

    Source: Clopper and Pearson (1934).
    """
    from scipy.special import betaincinv

    z_of(level)
    if n == 0:
        return None, None
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return low, high


def delong(scores: np.ndarray, positives: np.ndarray, level: float = 0.95) -> tuple[float | None, float | None]:
    """Interval of the AUROC by DeLong's variance, on the logit scale so that it stays within 0 and 1.

    Args:
        scores: (N,) numbers, higher means more likely positive.
        positives: (N,) booleans or 0/1, nan for "not known".
        level: coverage.

    Returns:
        (low, high), or (None, None) where there are fewer than two positives or negatives, or they are told apart
        without error (the variance is then not known).

    Raises:
        InputError: where the lengths differ or a score is nan.

    Example:
        >>> tuple(round(v, 3) for v in delong([0.1, 0.4, 0.35, 0.8, 0.3, 0.6], [0, 0, 1, 1, 0, 1]))
        (0.261, 0.995)

    Source: DeLong, DeLong and Clarke-Pearson (1988); Sun and Xu (2014) for the fast form.
    """
    of_pos, of_neg = placements(scores, positives)
    if len(of_pos) < 2 or len(of_neg) < 2:
        return None, None
    area = float(of_pos.mean())
    variance = of_pos.var(ddof=1) / len(of_pos) + of_neg.var(ddof=1) / len(of_neg)
    if not 0 < area < 1:
        return None, None
    middle, half = math.log(area / (1 - area)), z_of(level) * math.sqrt(variance) / (area * (1 - area))
    return _sigmoid(middle - half), _sigmoid(middle + half)


def delong_paired(
    scores_a: np.ndarray, scores_b: np.ndarray, positives: np.ndarray, level: float = 0.95
) -> tuple[float, float, float, float] | None:
    """Difference of two AUROCs on the same rows: (a - b, low, high, p).

    Args:
        scores_a: (N,) scores of the first.
        scores_b: (N,) scores of the second, the same rows.
        positives: (N,) booleans or 0/1, nan for "not known".
        level: coverage.

    Returns:
        The difference, its interval and the two-sided p; None with fewer than two positives or negatives.

    Raises:
        InputError: where the lengths differ or a score is nan.

    Example:
        >>> delong_paired([0.1, 0.4, 0.35, 0.8], [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        (0.0, 0.0, 0.0, 1.0)

    Source: DeLong, DeLong and Clarke-Pearson (1988).
    """
    (pos_a, neg_a), (pos_b, neg_b) = placements(scores_a, positives), placements(scores_b, positives)
    if len(pos_a) < 2 or len(neg_a) < 2:
        return None
    difference = float(pos_a.mean() - pos_b.mean())
    variance = (pos_a - pos_b).var(ddof=1) / len(pos_a) + (neg_a - neg_b).var(ddof=1) / len(neg_a)
    half = z_of(level) * math.sqrt(variance)
    p = 1.0 if variance == 0 else 2 * NormalDist().cdf(-abs(difference) / math.sqrt(variance))
    return difference, difference - half, difference + half, p


def placements(scores: np.ndarray, positives: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of negatives below each positive and of positives above each negative, ties half, in row order."""
    s, y = np.asarray(scores), np.asarray(positives, np.float64)
    if s.ndim != 1 or s.shape != y.shape:
        raise InputError("scores and yes/no of one length", f"shapes {s.shape} and {y.shape}", "(N,) and (N,)")
    if s.dtype.kind == "f" and np.isnan(s).any():
        raise InputError("scores that can be ranked", f"nan at row {int(np.isnan(s).argmax())}", "scores without nan")
    pos, neg = s[y > 0.5], s[y <= 0.5]
    if not len(pos) or not len(neg):
        return np.empty(0), np.empty(0)
    return _share_below(pos, np.sort(neg)), 1 - _share_below(neg, np.sort(pos))


def _share_below(items: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    return (np.searchsorted(ordered, items, "left") + np.searchsorted(ordered, items, "right")) / (2.0 * len(ordered))


def mcnemar(only_a: int, only_b: int) -> float:
    """Mid-p of McNemar's test: rows that only one of two classifiers got right.

    Args:
        only_a: rows right by the first and wrong by the second.
        only_b: the reverse.

    Returns:
        Two-sided p; 1 where the two never differ.

    Example:
        >>> round(mcnemar(2, 10), 4)
        0.0225

    Source: Fagerland, Lydersen and Laake (2013).
    """
    from scipy.special import bdtr

    n, k = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return 1.0
    at = math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))
    return float(min(1.0, 2 * bdtr(k, n, 0.5) - at))


def holm(p: np.ndarray) -> np.ndarray:
    """p-values adjusted for looking at all of them (Holm's step-down); nan stays nan.

    Args:
        p: (M,) p-values.

    Returns:
        (M,) adjusted p-values: those below a level can be called at that level together.

    Example:
        >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
        [0.03, 0.06, 0.06]

    Source: Holm (1979).
    """
    p = np.asarray(p, np.float64)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    out = np.full(p.shape, np.nan)
    out[order] = np.minimum(np.maximum.accumulate(p[order] * (len(order) - np.arange(len(order)))), 1)
    return out


def bootstrap_counts(
    counts: np.ndarray, figure: Callable[[np.ndarray], np.ndarray], resamples: int = 1000, seed: int = 0
) -> np.ndarray:
    """Bootstrap distribution of a figure that depends on counts only, such as one of the confusion matrix.

    Args:
        counts: counts of any shape whose sum is the number of rows.
        figure: takes (B, *counts.shape) resampled counts, gives (B,) or (B, K) figures.
        resamples: B.
        seed: of the generator.

    Returns:
        What `figure` gives.

    Example:
        >>> accuracy = lambda m: m.trace(axis1=1, axis2=2) / m.sum((1, 2))
        >>> bootstrap_counts(np.array([[8, 2], [1, 9]]), accuracy, resamples=4).shape
        (4,)

    Source: Efron (1979); drawing the multinomial of the cells is the same distribution as drawing rows.
    """
    counts = np.asarray(counts)
    filled = np.flatnonzero(counts)
    shares = counts.ravel()[filled]
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(int(shares.sum()), shares / shares.sum(), resamples)
    table = np.zeros((resamples, counts.size), np.int64)
    table[:, filled] = draws
    return figure(table.reshape(resamples, *counts.shape))


def bootstrap_groups(
    totals: np.ndarray, figure: Callable[[np.ndarray], np.ndarray], resamples: int = 1000, seed: int = 0
) -> np.ndarray:
    """Bootstrap over whole groups (or rows): sums of what each group contributes.

    Args:
        totals: (G, K) sums of each group, e.g. its confusion cells, or its loss and its rows.
        figure: takes (B, K) resampled totals, gives (B,) or (B, M) figures.
        resamples: B.
        seed: of the generator.

    Returns:
        What `figure` gives.

    Example:
        >>> mean = lambda t: t[:, 0] / t[:, 1]
        >>> bootstrap_groups(np.array([[3.0, 4.0], [1.0, 4.0]]), mean, resamples=4).shape
        (4,)

    Source: Davison and Hinkley (1997), section 3.8, resampling of whole clusters.
    """
    totals = np.asarray(totals, np.float64)
    rng = np.random.default_rng(seed)
    groups = len(totals)
    step = max(1, 4_000_000 // max(groups, 1))  # at most 32 MB of weights at a time
    parts = []
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        parts.append(rng.multinomial(groups, np.full(groups, 1 / groups), size).astype(np.float64) @ totals)
    return figure(np.concatenate(parts))


def percentile(draws: np.ndarray, level: float = 0.95) -> tuple[float, float] | tuple[None, None]:
    """Percentile interval of bootstrap draws; nan draws (an undefined figure) are left out.

    Args:
        draws: (B,) figures.
        level: coverage.

    Returns:
        (low, high), or (None, None) where more than a tenth of the draws are undefined.

    Example:
        >>> tuple(round(v, 6) for v in percentile(np.arange(101.0), 0.9))
        (5.0, 95.0)

    Source: Efron (1979).
    """
    z_of(level)
    known = draws[np.isfinite(draws)]
    if len(known) < 0.9 * len(draws) or not len(known):
        return None, None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
