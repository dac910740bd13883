"""One column, sorted once with its folds: every threshold of the whole and of each fit, and what it does on its fold.

Leaving a fold out takes its rows away from the sorted column; counts of the rest are differences of counts. So one sort
serves the column and all its folds, where sorting each part anew would take eleven.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["FoldedColumn", "folded_column"]


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

    def fit(self, without: int | None) -> tuple[np.ndarray, np.ndarray, int, int]:
        """Positives and negatives at or above each candidate, positives and rows in all, one fold left out."""
        below, total = self.below.sum(1), self.total.sum(1)
        if without is not None:
            below, total = below - self.below[:, without], total - self.total[:, without]
        at_least = total[:, None] - below
        return at_least[1], at_least[0], int(total[1]), int(total.sum())

    def threshold(self, candidate: int, without: int | None) -> float:
        """Half-way between a candidate and the next lower score of the fit; the score itself where there is none."""
        end = int(self.start[candidate])
        here, lower = float(self.scores[end]), self._lower(end, without)
        if lower < 0:
            return here
        below = float(self.scores[lower])
        middle = (here + below) / 2
        return middle if below < middle and np.isfinite(middle) else here

    def on_fold(self, candidate: int, fold: int) -> np.ndarray:
        """(4,) tp, fp, fn, tn of a fold at the threshold of a fit that was made without it."""
        end = int(self.start[candidate])
        begin = self._lower(end, fold) + 1  # from here up to the candidate all rows are of the fold
        first = begin + int(np.searchsorted(self.scores[begin:end], self.threshold(candidate, fold), "left"))
        between = int(self.positive[first:end].sum())
        fn = int(self.below[1, fold, candidate]) - between
        tn = int(self.below[0, fold, candidate]) - (end - first - between)
        return np.array([self.total[1, fold] - fn, self.total[0, fold] - tn, fn, tn], np.float64)

    def _lower(self, end: int, without: int | None) -> int:
        """Place of the last score before `end` that is in the fit; -1 where there is none."""
        if without is None:
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
        >>> hits, false, positives, rows = column.fit(without=None)
        >>> hits.tolist(), false.tolist(), positives, rows
        ([2, 1], [1, 0], 2, 4)
    """
    order = np.argsort(scores)
    scores, positive, fold = scores[order], truth[order], fold[order]
    new = np.empty(len(scores), bool)
    new[:1] = True
    np.not_equal(scores[1:], scores[:-1], out=new[1:])
    start = np.flatnonzero(positive)
    if not new.all():
        start = np.unique(np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))[start])
    # rows between two candidates count together, by truth and fold; their running sums are the rows below
    mark = np.zeros(len(scores), np.int64)
    mark[start] = 1
    slots = len(start) + 1
    place = np.cumsum(mark, out=mark)
    place += (positive * folds + fold) * slots
    counts = np.cumsum(np.bincount(place, minlength=2 * folds * slots).reshape(2, folds, slots), axis=-1)
    return FoldedColumn(scores, fold, positive, start, counts[..., :-1], counts[..., -1])
