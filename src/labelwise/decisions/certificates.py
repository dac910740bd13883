"""Thresholds with a promise that holds in finite samples, whatever the distribution; "none certifies" is an answer.

The promises are about new rows of the same kind, independent of each other. Rows are cut in two by a seed: the first
half proposes thresholds and the order in which to try them, the second half tests them. All proposals are scores of the
first half, so a calibration that keeps the order of a column's scores does not spoil the promise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = [
    "POOLS",
    "Certificate",
    "FloorTests",
    "certified_floor",
    "controlled_misses",
    "floor_tests",
    "halves",
    "lower_bound",
    "selective_risk",
    "upper_bound",
]

PROPOSALS, SEQUENCES = 40, 3

POOLS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "precision": lambda p, t: p,
    "recall": lambda p, t: p[t == 1],
    "precision_of_no": lambda p, t: p,
}
"""What can be promised of a label, and the probabilities that its thresholds are drawn from."""


@dataclass(frozen=True)
class Certificate:
    """A promise about new rows, or why there is none.

    Attributes:
        promise: ``precision``, ``recall``, ``precision_of_no`` (of the rows that are told not to have the label),
            ``misses``, ``risk`` or ``coverage``.
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
    tests = floor_tests(p, t, promise, level, delta, seed=seed)
    able = np.flatnonzero(tests.passed)
    if not len(able):
        return tests.certificate(None, label)
    cuts = tests.cuts[able]
    return tests.certificate(int(able[cuts.argmin() if promise == "precision" else cuts.argmax()]), label)


@dataclass(frozen=True, eq=False)
class FloorTests:
    """Thresholds that were tried, and those that passed; all of them hold at once, with probability 1 - delta.

    Attributes:
        promise, level, delta: what was asked for.
        cuts: (m,) thresholds.
        hits, tried: (m,) how often it was as wanted at each, and of how many, on the testing rows.
        bounds: (m,) lower bounds of their ratio.
        passed: (m,) bool.
        count: right answers among the testing rows: positives, for a no negatives.
        total: such answers among all rows.
    """

    promise: str
    level: float
    delta: float
    cuts: np.ndarray
    hits: np.ndarray
    tried: np.ndarray
    bounds: np.ndarray
    passed: np.ndarray
    count: int
    total: int

    def certificate(self, place: int | None, label: str | None) -> Certificate:
        """The certificate of one of the thresholds; of none, the reason."""
        if place is None:
            why = _why(self.promise, self.level, self.total)
            return Certificate(self.promise, label, self.level, self.delta, None, 0, self.count, None, why)
        cut, bound = float(self.cuts[place]), float(self.bounds[place])
        hits, tried = int(self.hits[place]), int(self.tried[place])
        return Certificate(self.promise, label, self.level, self.delta, cut, hits, tried, bound)


def floor_tests(p: np.ndarray, t: np.ndarray, promise: str, level: float, delta: float, *, seed: int = 0) -> FloorTests:
    """Every proposed threshold of a label, tested as in `certified_floor`.

    Args:
        p: (n,) probabilities of a label.
        t: (n,) 0/1, nan where not known.
        promise: a key of `POOLS`.
        level: the floor.
        delta: probability that the promise may be broken.
        seed: of the cut in two.
    """
    known = ~np.isnan(t)
    p, t = p[known], t[known]
    first, second = halves(len(p), seed)
    due = t == (promise != "precision_of_no")
    pool = np.sort(POOLS[promise](p[first], t[first]))
    picked = np.unique(np.linspace(0, len(pool) - 1, PROPOSALS).astype(int)) if len(pool) else np.empty(0, int)
    cuts = np.unique(pool[picked])
    hits, tried = _tested(p[first], t[first], cuts, promise)
    # a stricter bound than the one to be passed: a lucky handful of rows shall not come first and fail
    cuts = cuts[np.argsort(-lower_bound(hits, tried, delta / 20), kind="stable")]
    hits, tried = _tested(p[second], t[second], cuts, promise)
    bounds = lower_bound(hits, tried, delta / SEQUENCES)
    passed = np.zeros(len(bounds), bool)
    for start in range(SEQUENCES):
        passed[start::SEQUENCES] = np.logical_and.accumulate(bounds[start::SEQUENCES] >= level)
    count, total = int(due[second].sum()), int(due.sum())
    return FloorTests(promise, level, delta, cuts, hits, tried, bounds, passed, count, total)


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
    positives, every = np.sort(p[t == 1]), np.sort(p)
    missed, below = np.searchsorted(positives, cuts, side="left"), np.searchsorted(every, cuts, side="left")
    if promise == "precision_of_no":
        return below - missed, below
    hits = len(positives) - missed
    return hits, np.full(len(cuts), len(positives)) if promise == "recall" else len(every) - below


def _why(promise: str, level: float, count: int) -> str:
    kind = "negatives" if promise == "precision_of_no" else "positives"
    return f"{count} {kind}: no threshold certifies a {promise.replace('_', ' ')} of {level:g}"
