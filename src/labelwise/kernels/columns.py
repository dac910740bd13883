"""One pass over labels: ranking figures and best thresholds of every column, without sorting pairs.

AUROC, average precision, and the thresholds with the best F1 or accuracy depend on the negatives only through how many
of them lie below each positive. So positives and negatives are sorted apart, values only, and never (score, label)
pairs. Columns are gathered a cache line and a few thousand rows at a time; the whole matrix is never transposed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from labelwise.kernels.blocks import in_parts

__all__ = ["ColumnStatistics", "auroc_influence", "column_statistics", "sweep"]

GATHER = 16  # columns copied together: one cache line of float32
ROWS = 2048  # rows copied together: their lines stay in the cache from column to column


@dataclass(frozen=True)
class ColumnStatistics:
    """Ranking and best thresholds of each of L columns; nan where undefined.

    A threshold answers yes where the score is at least as high; it lies half-way to the next lower score.

    Attributes:
        positives: (L,) known cells that are true.
        negatives: (L,) known cells that are not.
        auroc: (L,) area under the ROC curve.
        average_precision: (L,) step-wise area under the precision-recall curve.
        f1: (L,) best F1.
        f1_threshold: (L,) score threshold that reaches it.
        accuracy: (L,) best share of right cells.
        accuracy_threshold: (L,) score threshold that reaches it; inf where answering no to all is best.
    """

    positives: np.ndarray
    negatives: np.ndarray
    auroc: np.ndarray
    average_precision: np.ndarray
    f1: np.ndarray
    f1_threshold: np.ndarray
    accuracy: np.ndarray
    accuracy_threshold: np.ndarray


@dataclass(frozen=True)
class Sweep:
    """Every threshold worth trying on one column, one per positive, strictest last.

    Attributes:
        pos: (P,) sorted scores of the positives.
        neg: (M,) sorted scores of the negatives.
        below: (P,) negatives strictly below each positive.
        up_to: (P,) negatives at or below each positive.
        first: (P,) index of the first positive with the same score.
    """

    pos: np.ndarray
    neg: np.ndarray
    below: np.ndarray
    up_to: np.ndarray
    first: np.ndarray

    @property
    def hits(self) -> np.ndarray:
        """(P,) positives at or above each positive's score."""
        return len(self.pos) - self.first

    @property
    def false(self) -> np.ndarray:
        """(P,) negatives at or above each positive's score."""
        return len(self.neg) - self.below

    def threshold(self, at: int) -> float:
        """Half-way between a positive's score and the next lower score; the score itself where there is none."""
        here, lower = float(self.pos[at]), -np.inf
        if self.below[at]:
            lower = float(self.neg[self.below[at] - 1])
        if self.first[at]:
            lower = max(lower, float(self.pos[self.first[at] - 1]))
        middle = (here + lower) / 2
        return middle if np.isfinite(middle) and lower < middle else here


def sweep(scores: np.ndarray, truth: np.ndarray) -> Sweep:
    """Sort one column's positives and negatives apart and place the ones among the others.

    Args:
        scores: (N,) numbers without nan.
        truth: (N,) 0/1, or float with nan for "not known".
    """
    yes = truth > 0.5
    pos = scores.compress(yes)  # twice as fast as an index of booleans
    neg = scores.compress(~yes if truth.dtype.kind != "f" else truth <= 0.5)
    pos.sort()
    neg.sort()
    below, up_to = _places(neg, pos)
    new = np.empty(len(pos), bool)
    new[:1] = True
    np.not_equal(pos[1:], pos[:-1], out=new[1:])
    first = np.arange(len(pos)) if new.all() else np.maximum.accumulate(np.where(new, np.arange(len(pos)), 0))
    return Sweep(pos, neg, below, up_to, first)


def _places(ordered: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`searchsorted` on both sides; the second search only where there are ties."""
    left = np.searchsorted(ordered, items, "left")
    if not len(ordered):
        return left, left
    tied = np.flatnonzero(ordered[np.minimum(left, len(ordered) - 1)] == items)
    tied = tied[left[tied] < len(ordered)]
    if not len(tied):
        return left, left
    right = left.copy()
    right[tied] = np.searchsorted(ordered, items[tied], "right")
    return left, right


def column_statistics(scores: np.ndarray, truth: np.ndarray, *, offset: np.ndarray | None = None) -> ColumnStatistics:
    """Ranking figures and best thresholds of every column.

    Args:
        scores: (N, L) numbers without nan; any monotone scale (logits, log-odds, probabilities).
        truth: (N, L) 0/1 with nan for "not known", or (N,) class indices for one-vs-rest (negative: not known).
        offset: (N,) numbers taken off every score of the row, e.g. the log-sum-exp that makes logits log-probabilities;
            the thresholds are those of the difference.

    Returns:
        One value per column.

    Example:
        >>> s = column_statistics(np.array([[0.1], [0.4], [0.35], [0.8]]), np.array([[0], [0], [1], [1]]))
        >>> s.auroc.tolist(), s.f1.round(2).tolist(), s.f1_threshold.round(3).tolist()
        ([0.75], [0.8], [0.225])
    """
    n, width = scores.shape
    out = ColumnStatistics(*(np.full(width, np.nan) for _ in fields(ColumnStatistics)))

    def job(part: slice) -> None:
        for column, here, known in _columns(scores, truth, offset, part):
            _column(here, known, column, out)

    in_parts(job, width, least=max(1, 200_000 // max(n, 1)))
    return out


def auroc_influence(scores: np.ndarray, truth: np.ndarray, *, offset: np.ndarray | None = None) -> np.ndarray:
    """What each row contributes to the error of the mean AUROC, over the columns that have one.

    Args:
        scores: (N, L) numbers without nan.
        truth: as in `column_statistics`.
        offset: as in `column_statistics`.

    Returns:
        (N,) numbers whose sum is 0 and whose sum of squares is close to DeLong's variance; the columns may depend on
        each other, since a row's contributions are added up.

    Example:
        >>> auroc_influence(np.array([[0.1], [0.4], [0.35], [0.8]]), np.array([[0], [0], [1], [1]])).tolist()
        [0.125, -0.125, -0.125, 0.125]

    Source: DeLong, DeLong and Clarke-Pearson (1988).
    """
    n, width = scores.shape

    def job(part: slice) -> tuple[np.ndarray, int]:
        total, count = np.zeros(n), 0
        for _, here, known in _columns(scores, truth, offset, part):
            count += _add_influence(here, known, total)
        return total, count

    parts = in_parts(job, width, least=max(1, 200_000 // max(n, 1)))
    return np.sum([total for total, _ in parts], 0) / max(sum(count for _, count in parts), 1)


def _columns(
    scores: np.ndarray, truth: np.ndarray, offset: np.ndarray | None, part: slice
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Some columns with their truth, one after the other; what is handed out is good until the next."""
    n = len(scores)
    block = np.empty((GATHER, n), scores.dtype)
    table = np.empty((GATHER if truth.ndim == 2 else 0, n), truth.dtype)
    whole = truth.ndim == 1 and bool((truth >= 0).all())
    for start in range(part.start, part.stop, GATHER):
        columns = slice(start, min(start + GATHER, part.stop))
        _gather(scores, columns, block)
        if truth.ndim == 2:
            _gather(truth, columns, table)
        for i, column in enumerate(range(columns.start, columns.stop)):
            here = block[i] if offset is None else block[i] - offset
            if truth.ndim == 2:
                yield column, here, table[i]
            elif whole:
                yield column, here, truth == column
            else:
                yield column, here, np.where(truth < 0, np.float32(np.nan), truth == column)


def _gather(matrix: np.ndarray, columns: slice, out: np.ndarray) -> None:
    """Copy columns, one after the other."""
    for start in range(0, len(matrix), ROWS):
        rows = slice(start, start + ROWS)
        out[: columns.stop - columns.start, rows] = matrix[rows, columns].T


def _column(scores: np.ndarray, truth: np.ndarray, column: int, out: ColumnStatistics) -> None:
    s = sweep(scores, truth)
    p, m = len(s.pos), len(s.neg)
    out.positives[column], out.negatives[column] = p, m
    if not p:
        return
    hits, false = s.hits, s.false
    given = hits + false
    out.average_precision[column] = (hits / given).mean()
    f1 = 2 * hits / (given + p)
    best = int(f1.argmax())
    out.f1[column], out.f1_threshold[column] = f1[best], s.threshold(best)
    right = hits + s.below
    best = int(right.argmax())
    if right[best] > m:
        out.accuracy[column], out.accuracy_threshold[column] = right[best] / (p + m), s.threshold(best)
    else:
        out.accuracy[column], out.accuracy_threshold[column] = m / (p + m), np.inf
    if m:
        out.auroc[column] = (s.below.sum(dtype=np.float64) + s.up_to.sum(dtype=np.float64)) / (2.0 * p * m)


def _add_influence(scores: np.ndarray, truth: np.ndarray, total: np.ndarray) -> bool:
    """Add a column's contributions; False where it has no AUROC."""
    yes = truth > 0.5
    pos, neg = scores.compress(yes), scores.compress(~yes if truth.dtype.kind != "f" else truth <= 0.5)
    if not len(pos) or not len(neg):
        return False
    of_pos = _share_below(np.sort(neg), pos)
    area = of_pos.mean()
    by_row = 1 - area - _share_below(np.sort(pos), scores)  # of the negatives: positives above them
    by_row /= len(neg)
    by_row[np.flatnonzero(yes)] = (of_pos - area) / len(pos)
    if truth.dtype.kind == "f":
        by_row[np.isnan(truth)] = 0
    total += by_row
    return True


def _share_below(ordered: np.ndarray, items: np.ndarray) -> np.ndarray:
    below, up_to = _places(ordered, items)
    return (below + up_to) / (2.0 * len(ordered))
