"""The best threshold for a wanted figure, exactly: every distinct answer is tried, in O(cells · log cells).

A threshold t answers yes where the probability is at least t. Between two neighbouring probabilities every threshold
gives the same answers, so the middle of the best gap is returned, of equally good gaps the one nearest 0.5.
Cells whose truth is nan (not known) are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NEVER = float(np.nextafter(1.0, 2.0))
"""A threshold that no probability reaches."""

__all__ = ["NEVER", "Threshold", "best_f1_threshold", "best_labelwise_threshold", "best_strict_threshold"]


class Threshold(NamedTuple):
    """A threshold and the figure it reaches on the rows it was tuned on."""

    threshold: float
    value: float


def best_labelwise_threshold(probs: np.ndarray, truth: np.ndarray) -> Threshold:
    """The one threshold with the largest share of right cells.

    Args:
        probs: (N, C) probabilities.
        truth: (N, C) 0/1, nan where not known.

    Example:
        >>> best_labelwise_threshold(np.array([[0.9, 0.2], [0.4, 0.6]]), np.array([[1, 0], [0, 1]]))
        Threshold(threshold=0.5, value=1.0)
    """
    p, y = _known(probs, truth)
    if not len(p):
        return Threshold(0.5, 0.0)
    gaps, hits, below = _sweep(p, y)
    right = hits + (below - (y.sum() - hits))  # yes and right + no and right
    return _best(gaps, right / len(p))


def best_f1_threshold(probs: np.ndarray, truth: np.ndarray) -> Threshold:
    """The threshold with the largest F1 = 2TP / (2TP + FP + FN) over the given cells.

    Without a single positive no threshold is better than another: `NEVER`, so that the label is not given.

    Args:
        probs: (N,) or (N, C) probabilities.
        truth: 0/1 of the same shape, nan where not known.
    """
    p, y = _known(probs, truth)
    positives = y.sum()
    if positives == 0:
        return Threshold(NEVER, 0.0)
    gaps, hits, below = _sweep(p, y)
    given = len(p) - below
    return _best(gaps, 2 * hits / (given + positives))


def best_strict_threshold(probs: np.ndarray, truth: np.ndarray) -> Threshold:
    """The one threshold that gets most rows right as a whole.

    A row is right for every t with max(its wrong labels) < t <= min(its true labels), so the best t is the point that
    most of these intervals share.

    Args:
        probs: (N, C) probabilities.
        truth: (N, C) 0/1, nan where not known.
    """
    probs, truth = np.asarray(probs, np.float64), np.asarray(truth)
    high = np.where(truth == 1, probs, np.inf).min(1, initial=np.inf)
    low = np.where(truth == 0, probs, -np.inf).max(1, initial=-np.inf)
    gaps = _gaps(np.unique(probs))
    can = low < high
    opened = np.searchsorted(np.sort(low[can]), gaps, side="left")
    closed = np.searchsorted(np.sort(high[can]), gaps, side="left")
    known = ~np.isnan(np.asarray(truth, np.float64)).all(1)
    return _best(gaps, (opened - closed - (~known).sum()) / max(int(known.sum()), 1))


def _known(probs: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p, y = np.asarray(probs, np.float64).ravel(), np.asarray(truth, np.float64).ravel()
    known = ~np.isnan(y)
    return p[known], y[known]


def _sweep(p: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A threshold per gap, lowest first, with the positives at or above it and the cells below it."""
    order = np.argsort(p, kind="stable")
    p, y = p[order], y[order]
    first = np.concatenate([[True], p[1:] > p[:-1]])
    below = np.append(np.flatnonzero(first), len(p))
    hits = y.sum() - np.concatenate([[0.0], np.cumsum(y)])[below]
    return _gaps(p[first]), hits, below


def _gaps(distinct: np.ndarray) -> np.ndarray:
    """A threshold below, between and above distinct ascending probabilities; the last is above every one of them."""
    ends = np.concatenate([[0.0], distinct, [1.0]])
    gaps = (ends[:-1] + ends[1:]) / 2
    gaps = np.where(gaps > ends[:-1], gaps, ends[1:])  # the middle of two neighbouring floats is the lower one
    gaps[-1] = max(gaps[-1], np.nextafter(ends[-2], 2.0))
    return gaps


def _best(gaps: np.ndarray, value: np.ndarray) -> Threshold:
    top = np.flatnonzero(value >= value.max() - 1e-12)
    chosen = top[np.abs(gaps[top] - 0.5).argmin()]
    return Threshold(float(gaps[chosen]), float(value[chosen]))
