"""Thresholds with a promise that holds in finite samples, whatever the distribution; "none certifies" is an answer.

The promises are about new rows of the same kind, independent of each other. Rows are cut in two by a seed: the first
half proposes thresholds and the order in which to try them, the second half tests them. All proposals are scores of the
first half, so a calibration that keeps the order of a column's scores does not spoil the promise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "Certificate",
    "certified_floor",
    "controlled_misses",
    "halves",
    "lower_bound",
    "selective_risk",
    "upper_bound",
]

PROPOSALS, SEQUENCES = 40, 3


@dataclass(frozen=True)
class Certificate:
    """A promise about new rows, or why there is none.

    Attributes:
        promise: ``precision``, ``recall``, ``misses`` or ``risk``.
        label: the label it is about, None for all.
        level: what was asked for: at least so much precision or recall, at most so many misses or so much risk.
        delta: probability that the promise is broken, over the draw of the rows; None where it holds on average.
        threshold: on the calibrated probability; None where nothing certifies.
        hits: how often it was as wanted among `n`, on the rows that tested it.
        n: rows that tested it.
        bound: the bound that was reached, a lower one for precision and recall, an upper one for misses and risk.
        why: where nothing certifies, why.
    """

    promise: str
    label: str | None
    level: float
    delta: float | None
    threshold: float | None
    hits: int
    n: int
    bound: float | None
    why: str | None = None


def lower_bound(hits: np.ndarray | int, n: np.ndarray | int, delta: float) -> np.ndarray:
    """One-sided lower bound of a rate, exact: it is above the rate with probability at most `delta`.

    Example:
        >>> float(lower_bound(59, 59, 0.05).round(4))
        0.9505

    Source: Clopper and Pearson (1934).
    """
    from scipy.special import betaincinv

    hits, n = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    return np.where(hits > 0, betaincinv(np.maximum(hits, 1), np.maximum(n - hits + 1, 1), delta), 0.0)


def upper_bound(hits: np.ndarray | int, n: np.ndarray | int, delta: float) -> np.ndarray:
    """One-sided upper bound of a rate, exact; 1 where nothing was tried."""
    return 1 - lower_bound(np.asarray(n) - np.asarray(hits), n, delta)


def halves(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows that propose and rows that test."""
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[: n // 2]), np.sort(order[n // 2 :])


def certified_floor(
    p: np.ndarray, t: np.ndarray, promise: str, level: float, delta: float, *, label: str | None = None, seed: int = 0
) -> Certificate:
    """The threshold with the most answers and a certified precision, or with the fewest and a certified recall.

    Three sequences of tests, fixed before the testing half is looked at: the proposals, dealt out in the order of how
    sure the first half is of them. A sequence stops at the first that fails, so that no correction for its length is
    due; each has a third of `delta`.

    Args:
        p: (n,) probabilities of a label.
        t: (n,) 0/1, nan where not known.
        promise: ``"precision"`` or ``"recall"``.
        level: the floor.
        delta: probability that the promise may be broken.
        label: name of the label.
        seed: of the cut in two.

    Returns:
        The certificate, its threshold None where no proposal passes.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> p = rng.random(2000)
        >>> c = certified_floor(p, (rng.random(2000) < p).astype(float), "precision", 0.9, 0.1)
        >>> 0.8 < c.threshold < 0.95, c.bound > 0.9
        (True, True)

    Source: Angelopoulos et al. (2021), Learn then Test, with split fixed-sequence testing.
    """
    known = ~np.isnan(t)
    p, t = p[known], t[known]
    first, second = halves(len(p), seed)
    count = int(t[second].sum())
    pool = np.sort(p[first] if promise == "precision" else p[first][t[first] == 1])
    if not len(pool):
        return Certificate(promise, label, level, delta, None, 0, 0, None, _why(promise, level, int(t.sum())))
    proposals = np.unique(pool[np.unique(np.linspace(0, len(pool) - 1, PROPOSALS).astype(int))])
    hits, tried = _tested(p[first], t[first], proposals, promise)
    # a stricter bound than the one to be passed: a lucky handful of rows shall not come first and fail
    order = np.argsort(-lower_bound(hits, tried, delta / 20), kind="stable")
    proposals = proposals[order]
    hits, tried = _tested(p[second], t[second], proposals, promise)
    bounds = lower_bound(hits, tried, delta / SEQUENCES)
    passed = np.zeros(len(bounds), bool)
    for start in range(SEQUENCES):
        passed[start::SEQUENCES] = np.logical_and.accumulate(bounds[start::SEQUENCES] >= level)
    if not passed.any():
        return Certificate(promise, label, level, delta, None, 0, count, None, _why(promise, level, int(t.sum())))
    able = np.flatnonzero(passed)
    best = able[proposals[able].argmin() if promise == "precision" else proposals[able].argmax()]
    return Certificate(
        promise, label, level, delta, float(proposals[best]), int(hits[best]), int(tried[best]), float(bounds[best])
    )


def controlled_misses(p: np.ndarray, t: np.ndarray, level: float) -> Certificate:
    """The highest common threshold at which rows miss, on average, at most a share `level` of their labels.

    With R(c) the mean share of a row's labels below c (0 for rows without labels), the highest c among the scores with
    (n R(c) + 1) / (n + 1) <= level; exact, by one sort of the positives' scores with weights 1 / (labels of the row).

    Args:
        p: (n, L) probabilities.
        t: (n, L) 0/1, nan where not known.
        level: the most misses.

    Example:
        >>> p, t = np.tile([0.9, 0.4], (99, 1)), np.tile([1.0, 0.0], (99, 1))
        >>> controlled_misses(p, t, 0.1).threshold
        0.9

    Source: Angelopoulos et al. (2022), Conformal Risk Control, theorem 1.
    """
    yes = t == 1
    due = yes.sum(1)
    n = int((~np.isnan(t)).any(1).sum())
    weights = np.broadcast_to((1 / np.maximum(due, 1))[:, None], p.shape)[yes]
    scores = p[yes]
    order = np.argsort(scores, kind="stable")
    scores, missed = scores[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    below = np.searchsorted(scores, scores, side="left")
    able = np.flatnonzero((missed[below] + 1) / (n + 1) <= level + 1e-12)
    if not len(able):
        why = (
            f"{n} rows cannot promise fewer misses than {1 / (n + 1):.3g}" if level < 1 / (n + 1) else "no label is due"
        )
        return Certificate("misses", None, level, None, None, 0, n, None, why)
    best = int(able[-1])
    bound = float((missed[below[best]] + 1) / (n + 1))
    return Certificate("misses", None, level, None, float(scores[best]), 0, n, bound)


def selective_risk(sure: np.ndarray, right: np.ndarray, level: float, delta: float) -> tuple[float | None, Certificate]:
    """The lowest confidence above which answers err at most at the rate `level`, with probability 1 - `delta`.

    A binary search over the sorted confidences, with an exact bound at delta / ceil(log2 n) in each step.

    Args:
        sure: (n,) confidences, on any scale, of rows that took no part in fitting anything.
        right: (n,) True where the answer was right.
        level: the most risk.
        delta: probability that the promise may be broken.

    Returns:
        The confidence from which on answers count as sure, None where there is none; and the certificate.

    Source: Geifman & El-Yaniv (2017), algorithm 2 (SGR).
    """
    order = np.argsort(sure, kind="stable")
    sure, wrong = sure[order], ~np.asarray(right, bool)[order]
    n = len(sure)
    errors = np.cumsum(wrong[::-1])[::-1]
    steps = max(1, int(np.ceil(np.log2(max(n, 2)))))
    low, high = 0, n - 1
    best: tuple[int, float] | None = None
    for _ in range(steps):
        middle = (low + high) // 2
        start = int(np.searchsorted(sure, sure[middle], side="left"))
        bound = float(upper_bound(int(errors[start]), n - start, delta / steps))
        if bound <= level:
            best, high = (start, bound), max(start - 1, low)
        else:
            low = min(middle + 1, n - 1)
    if best is None:
        why = f"on {n} rows no level of confidence certifies a risk of {level:g} at most"
        return None, Certificate("risk", None, level, delta, None, 0, n, None, why)
    start, bound = best
    kept = n - start
    return float(sure[start]), Certificate("risk", None, level, delta, None, kept - int(errors[start]), kept, bound)


def _tested(p: np.ndarray, t: np.ndarray, cuts: np.ndarray, promise: str) -> tuple[np.ndarray, np.ndarray]:
    """How often it was as wanted at each threshold, and of how many."""
    positives = np.sort(p[t == 1])
    hits = len(positives) - np.searchsorted(positives, cuts, side="left")
    if promise == "recall":
        return hits, np.full(len(cuts), len(positives))
    return hits, len(p) - np.searchsorted(np.sort(p), cuts, side="left")


def _why(promise: str, level: float, positives: int) -> str:
    return f"{positives} positives: no threshold certifies a {promise} of {level:g}"
