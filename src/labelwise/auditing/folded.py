"""One column, sorted once with its folds: every threshold of the whole and of each fit, and what it does on its fold.

Leaving a fold out takes its rows away from the sorted column; counts of the rest are differences of counts. So one sort
serves the column and all its folds, where sorting each part anew would take eleven.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Fit", "FoldedColumn", "folded_column"]


@dataclass(frozen=True)
class Fit:
    """What each of U candidates does on the rows of a fit.

    Attributes:
        hits: (U,) positives at or above it.
        given: (U,) rows at or above it.
        able: (U,) whether a positive of the fit has its score; others, which only the fold left out has, are none of
            its candidates.
        positives: positives in all.
        rows: rows in all.
    """

    hits: np.ndarray
    given: np.ndarray
    able: np.ndarray
    positives: int
    rows: int


@dataclass(frozen=True)
class FoldedColumn:
    """Every threshold worth trying on a column, one per distinct score of a positive, ascending.

    Attributes:
        scores: (n,) ascending.
        fold: (n,) fold of each.
        positive: (n,) whether it is one.
        start: (U,) place of each candidate: the first of its score.
        below: (2, K, U) negatives and positives of each fold strictly below each candidate.
        total: (2, K) negatives and positives of each fold.
    """

    scores: np.ndarray
    fold: np.ndarray
    positive: np.ndarray
    start: np.ndarray
    below: np.ndarray
    total: np.ndarray

    @property
    def folds(self) -> int:
        """Number of folds."""
        return self.total.shape[1]

    def fit(self, without: int | None) -> Fit:
        """What every candidate does on all folds but one."""
        below, total = self.below.sum(1), self.total.sum(1)
        if without is not None:
            below, total = below - self.below[:, without], total - self.total[:, without]
        negatives, hits = total[:, None] - below
        able = np.append(hits[1:] < hits[:-1], hits[-1:] > 0)
        return Fit(hits, hits + negatives, able, int(total[1]), int(total.sum()))

    def threshold(self, candidate: int, without: int | None) -> float:
        """Half-way between a candidate and the next lower score of the fit; the score itself where there is none."""
        end = int(self.start[candidate])
        return self._between(self._lower(end, without), end)

    def _between(self, lower: int, end: int) -> float:
        here = float(self.scores[end])
        if lower < 0:
            return here
        below = float(self.scores[lower])
        middle = (here + below) / 2
        return middle if below < middle and np.isfinite(middle) else here

    def on_fold(self, candidate: int, fold: int) -> np.ndarray:
        """(4,) tp, fp, fn, tn of a fold at the threshold of a fit that was made without it."""
        end = int(self.start[candidate])
        lower = self._lower(end, fold)
        first = begin = lower + 1  # from here up to the candidate all rows are of the fold
        if begin < end:
            first += int(np.searchsorted(self.scores[begin:end], self._between(lower, end), "left"))
        between = int(np.count_nonzero(self.positive[first:end]))
        fn = int(self.below[1, fold, candidate]) - between
        tn = int(self.below[0, fold, candidate]) - (end - first - between)
        return np.array([self.total[1, fold] - fn, self.total[0, fold] - tn, fn, tn], np.float64)

    def _lower(self, end: int, without: int | None) -> int:
        """Place of the last score before `end` that is in the fit; -1 where there is none."""
        if without is None or not end or self.fold[end - 1] != without:
            return end - 1
        step = 64
        while end > 0:
            begin = max(0, end - step)
            others = np.flatnonzero(self.fold[begin:end] != without)
            if len(others):
                return begin + int(others[-1])
            end, step = begin, step * 4
        return -1


def folded_column(scores: np.ndarray, truth: np.ndarray, fold: np.ndarray, folds: int) -> FoldedColumn:
    """Sort a column with its folds.

    Args:
        scores: (n,) numbers without nan.
        truth: (n,) booleans.
        fold: (n,) numbers from 0 to folds - 1.
        folds: K.

    Example:
        >>> truth, fold = np.array([False, False, True, True]), np.array([0, 1, 0, 1])
        >>> column = folded_column(np.array([0.1, 0.4, 0.35, 0.8]), truth, fold, 2)
        >>> fit = column.fit(without=None)
        >>> fit.hits.tolist(), fit.given.tolist(), fit.positives, fit.rows
        ([2, 1], [3, 1], 2, 4)
    """
    order = np.argsort(scores)
    scores, positive, fold = scores[order], truth[order], fold[order]
    start = np.searchsorted(scores, scores[positive], "left")
    start = start[np.append(True, start[1:] != start[:-1])[: len(start)]]
    # rows between two candidates count together, by truth and fold; their running sums are the rows below
    mark = np.zeros(len(scores), np.int64)
    mark[start] = 1
    slots = len(start) + 1
    place = np.cumsum(mark, out=mark)
    place += (positive * folds + fold) * slots
    counts = np.cumsum(np.bincount(place, minlength=2 * folds * slots).reshape(2, folds, slots), axis=-1)
    return FoldedColumn(scores, fold, positive, start, counts[..., :-1], counts[..., -1])
