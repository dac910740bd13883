"""F1 to F4: scores that went through a second softmax or sigmoid, and how to get them back."""

from __future__ import annotations

import numpy as np

from labelwise.doctor.arrays.facts import Arrays, Hit

__all__ = ["double_sigmoid", "double_softmax", "sigmoid_of_softmax", "softmax_of_scores"]

E = float(np.e)


def _box(a: Arrays) -> tuple[float, float]:
    """Lowest and highest value that softmax of a probability row can take."""
    return 1 / (a.c - 1 + E), E / (E + a.c - 1)


def _sums_as_rounded(a: Arrays) -> bool:
    """Rows of decimals sum to 1 up to half a step in every column: near-equal values are all rounded the same way."""
    return a.c > 1 and a.relative is None and bool(np.abs(a.row_sums - 1).max() <= a.eps * a.c)


def _in_box(a: Arrays) -> bool:
    low, high = _box(a)
    return (a.sums_to_one or _sums_as_rounded(a)) and bool(
        a.p.max() <= high + a.eps * 2 and a.p.min() >= low - a.eps * 2 and a.p.min() > 0
    )


def _spread(a: Arrays) -> tuple[float, float]:
    """max over rows of (mean - min) of log P, and what rounding may add to it."""
    log_p = np.log(np.maximum(a.p, 1e-300))
    return float((log_p.mean(1) - log_p.min(1)).max()), _log_slack(a)


def _log_slack(a: Arrays) -> float:
    """What rounding may add to a difference of two logarithms of values inside of the box."""
    share = a.relative if a.relative is not None else a.eps * (a.c + 2)
    return 2 * share + 1e-9


def _too_good(a: Arrays) -> bool:
    """Right far more often than the probabilities say: not the work of an honest near-uniform model."""
    if a.accuracy is None:
        return False
    spread = 3 * (max(a.accuracy * (1 - a.accuracy), 1e-4) / a.n) ** 0.5
    return a.accuracy - a.top >= max(0.1, spread)


def _before(a: Arrays) -> np.ndarray:
    """The probabilities that a second softmax would have been given."""
    log_p = np.log(np.maximum(a.p, 1e-300))
    back = np.clip(log_p - log_p.mean(1, keepdims=True) + 1 / a.c, 0, None)
    return back / back.sum(1, keepdims=True)


ODDS = float(np.log(1000))


def _odds(a: Arrays) -> float | None:
    """Logarithm of how much likelier the labels are under what was there before the second softmax.

    None without labels.
    Labels drawn from the saved probabilities reach odds of 1000 in at most one data set of 1000 (Markov's inequality).
    """
    if a.classes is None or a.classes.min() < 0 or a.classes.max() >= a.c:
        return None
    rows = np.arange(a.n)
    before = np.clip(_before(a), 1e-3, None)
    before /= before.sum(1, keepdims=True)
    saved = a.p / a.row_sums[:, None]
    return float(np.log(before[rows, a.classes] / saved[rows, a.classes]).sum())


def _is_double(a: Arrays) -> bool:
    if not _in_box(a):
        return False
    spread, slack = _spread(a)
    if spread > 1 / a.c + slack:
        return False
    odds = _odds(a)
    near_the_top = a.p.max() >= 0.98 * _box(a)[1] + 0.02 / a.c and (odds is None or odds > 0)
    evidence = _too_good(a) or near_the_top
    coarse = slack > 0.5 / a.c
    if coarse:
        return evidence
    explained = odds is not None and odds > ODDS
    if a.c <= 4:
        return (a.n >= 200 and evidence) or explained
    return a.c > 6 or a.n >= 100 or evidence or explained


def double_softmax(a: Arrays) -> Hit | None:
    """F1: q = softmax(p) of a probability row p has mean(log q) - min(log q) <= 1/C in every row."""
    if not _is_double(a):
        return None
    text = (
        f"softmax was applied to rows that were probabilities already: the highest value is {a.p.max():.4f}, and more "
        f"than {_box(a)[1]:.4f} is not possible for {a.c} classes; the probabilities before it can be got back"
    )
    return Hit("F1", "LW101", text, _before(a))


def softmax_of_scores(a: Arrays) -> Hit | None:
    """F2: inside the box of softmax of [0, 1] scores, but not a softmax of probabilities."""
    if a.c < 3 or not a.sums_to_one or _is_double(a) or a.p.min() <= 0:
        return None
    log_p = np.log(a.p)
    slack = 2 * _log_slack(a)
    spread, rounding = _spread(a)
    ranged = bool((log_p.max(1) - log_p.min(1)).max() <= 1 + slack)
    if not ranged or spread <= 1 / a.c + rounding or not _too_good(a) or slack > 0.3:
        return None
    text = (
        "in every row the highest probability is at most e times the lowest, although the model is right far "
        "more often "
        f"({a.accuracy:.3f}) than its mean top probability says ({a.top:.3f}): softmax was applied to scores "
        "between 0 and 1"
    )
    return Hit("F2", "LW103", text)


def _in_half(a: Arrays) -> bool:
    return a.in_range and a.p.size >= 50 and bool(a.p.min() >= 0.5 - a.eps * 2 and a.p.max() <= 0.7310586 + a.eps * 2)


def _logit(p: np.ndarray) -> np.ndarray:
    clipped = np.clip(p, 1e-12, 1 - 1e-12)
    return np.log(clipped) - np.log1p(-clipped)


def _is_sigmoid_of_softmax(a: Arrays) -> bool:
    if a.c < 2 or not _in_half(a):
        return False
    slack = a.eps * 5.2 * min(a.c, 4 * a.c**0.5) + 1e-9
    return slack < 0.4 and bool(np.abs(_logit(a.p).sum(1) - 1).max() <= slack)


def sigmoid_of_softmax(a: Arrays) -> Hit | None:
    """F4: the logits of a row sum to 1, as a softmax row does."""
    if not _is_sigmoid_of_softmax(a):
        return None
    text = "the logits of every row sum to 1: sigmoid was applied to softmax outputs; the softmax rows can be got back"
    return Hit("F4", "LW301", text, np.clip(_logit(a.p), 0, 1))


def _truth(a: Arrays) -> np.ndarray | None:
    if a.matrix is not None and a.matrix.shape == a.p.shape:
        return a.matrix
    if a.classes is not None and a.c > 1 and a.classes.min() >= 0 and a.classes.max() < a.c:
        return np.eye(a.c)[a.classes]
    return None


def double_sigmoid(a: Arrays) -> Hit | None:
    """F3: all values lie between sigmoid(0) and sigmoid(1)."""
    if not _in_half(a) or _is_sigmoid_of_softmax(a) or a.sums_to_one:
        return None
    both_ends = bool(a.p.min() < 0.51 and a.p.max() > 0.71)
    truth = _truth(a)
    explained = False
    if truth is not None:
        known = ~np.isnan(truth)
        t = truth[known]
        outer = np.clip(a.p[known], 1e-6, 1 - 1e-6)
        inner = np.clip(_logit(a.p)[known], 1e-3, 1 - 1e-3)
        gain = float((t * np.log(inner / outer) + (1 - t) * np.log((1 - inner) / (1 - outer))).sum())
        gap = float(outer.mean() - t.mean())
        error = float(np.sqrt((outer * (1 - outer)).sum())) / t.size
        explained = gain > 6.9 and gap > 3 * error
        both_ends = both_ends and gain > 0
    if not both_ends and not explained:
        return None
    text = (
        f"all {a.p.size} values lie between 0.5 and 0.7311, the sigmoids of 0 and 1: sigmoid was applied twice; "
        "the probabilities before it can be got back"
    )
    return Hit("F3", "LW102", text, np.clip(_logit(a.p), 0, 1))
