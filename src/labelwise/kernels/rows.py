"""One pass over softmax scores: everything the row-wise metrics need, and the classwise bins.

Per row: the decision, the confidence as the odds against it, the distance to the true class, the sum of squared
probabilities, the rank of the true class. From these follow accuracy, top-k, negative log-likelihood, Brier,
calibration errors, risk and coverage without the scores being read again. The odds do not saturate where a float32
probability has long been rounded to 1, so confidences stay ranked.

The classwise bins cost little: a row has at most M - 1 classes above 1/M, so all other cells fall in the first bin, and
that one is a column sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from labelwise.kernels.blocks import in_parts, row_blocks

__all__ = ["ClassBins", "RowStatistics", "row_statistics"]


@dataclass(frozen=True)
class ClassBins:
    """Sums per class and bin of the class's probability, bins of equal width.

    Attributes:
        count: (C, M) cells.
        confidence: (C, M) sum of probabilities.
        correct: (C, M) cells whose class is the true one.
    """

    count: np.ndarray
    confidence: np.ndarray
    correct: np.ndarray

    def __add__(self, other: ClassBins) -> ClassBins:
        return ClassBins(self.count + other.count, self.confidence + other.confidence, self.correct + other.correct)

    @cached_property
    def ece(self) -> np.ndarray:
        """(C,) calibration error of each class's probability; nan without cells."""
        total = self.count.sum(1)
        gaps = np.abs(self.correct - self.confidence).sum(1)
        return np.divide(gaps, total, out=np.full(len(total), np.nan), where=total > 0)


@dataclass(frozen=True)
class RowStatistics:
    """What one pass over (N, C) softmax scores leaves of every row.

    Attributes:
        decision: (N,) class with the highest score, the first of equals.
        against: (N,) odds against the decision, (1 - p) / p with p its probability; like the next two float32, or
            float64 of float64 scores.
        behind: (N,) logit of the decision minus that of the true class, at least 0; nan where the truth is not known.
        squares: (N,) sum of squared probabilities.
        rank: (N,) classes ahead of the true one: 0 where the decision is right, otherwise the other classes that score
            at least as high; -1 where the truth is not known.
        bins: classwise bins, or None where they were not asked for.
    """

    decision: np.ndarray
    against: np.ndarray
    behind: np.ndarray
    squares: np.ndarray
    rank: np.ndarray
    bins: ClassBins | None

    @cached_property
    def confidence(self) -> np.ndarray:
        """(N,) probability of the decision."""
        return 1 / (1 + self.against.astype(np.float64))

    @cached_property
    def true_prob(self) -> np.ndarray:
        """(N,) probability of the true class."""
        return np.exp(-self.behind.astype(np.float64)) * self.confidence

    @cached_property
    def nll(self) -> np.ndarray:
        """(N,) negative log-likelihood in nats."""
        return np.log1p(self.against.astype(np.float64)) + self.behind

    @cached_property
    def brier(self) -> np.ndarray:
        """(N,) squared distance of the probabilities from the truth, 0..2."""
        return np.maximum(self.squares - 2 * self.true_prob + 1, 0)


def row_statistics(
    scores: np.ndarray, targets: np.ndarray, *, probabilities: bool = False, bins: int | None = 15
) -> RowStatistics:
    """Read softmax scores once, in blocks.

    Args:
        scores: (N, C) logits or log-probabilities (float16, float32 or float64, never changed), or probabilities.
            Rows are normalised by softmax, so probabilities count as if their rows summed to 1.
        targets: (N,) class indices; negative means "not known".
        probabilities: True where the scores are probabilities.
        bins: number of equal-width bins per class, or None to leave the classwise bins out.

    Returns:
        The statistics of all rows. A row with nan has nan statistics.

    Example:
        >>> s = row_statistics(np.log([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]), np.array([1, 2]))
        >>> s.decision.tolist(), s.confidence.round(3).tolist(), s.rank.tolist(), s.nll.round(3).tolist()
        ([0, 2], [0.5, 0.8], [1, 0], [1.204, 0.223])
    """
    n, width = scores.shape
    kind = working_float(scores)
    against, behind, squares = (np.empty(n, kind) for _ in range(3))
    out = RowStatistics(np.empty(n, np.int32), against, behind, squares, np.empty(n, np.int32), None)
    parts = in_parts(
        lambda part: _part(scores, targets, probabilities, bins, part, out), n, least=max(1, 262_144 // max(width, 1))
    )
    if bins is None:
        return out
    counts = [p for p in parts if p is not None]
    return replace(out, bins=sum(counts[1:], counts[0]))


def working_float(scores: np.ndarray) -> type:
    """float64 stays; narrower scores are worked on, and their rows' figures kept, as float32."""
    return np.float64 if scores.dtype == np.float64 else np.float32


def _part(
    scores: np.ndarray, targets: np.ndarray, probabilities: bool, bins: int | None, part: slice, out: RowStatistics
) -> ClassBins | None:
    width = scores.shape[1]
    kind = working_float(scores)
    step = next(row_blocks(slice(0, max(part.stop - part.start, 1)), width)).stop
    work = _Buffers(step, width, kind)
    high: list[tuple[np.ndarray, np.ndarray]] = []
    low = np.zeros(width)
    for rows in row_blocks(part, width):
        block = scores[rows]
        if probabilities:
            with np.errstate(divide="ignore", invalid="ignore"):
                block = np.log(block, out=work.logs[: len(block)], dtype=kind)
        elif block.dtype != kind:
            block = block.astype(kind)
        known = targets[rows] >= 0
        share = _block(block, targets[rows], known, work, rows, out)
        if bins is not None:
            high.append(_above_first_bin(work.exps[: len(block)], share, known, bins, work.flags[: len(block)]))
            low += np.einsum("i,ij->j", share.astype(kind) * known, work.exps[: len(block)])
    return None if bins is None else _class_bins(high, low, targets[part], part, bins, out)


class _Buffers:
    """What one thread reuses from block to block."""

    def __init__(self, step: int, width: int, kind: type):
        self.logs = np.empty((step, width), kind)
        self.exps = np.empty((step, width), kind)
        self.flags = np.zeros((step, -(-width // 8) * 8), bool)  # rows padded to whole 64-bit words
        self.ones = np.ones(width, kind)
        self.row = np.arange(step)


def _block(
    block: np.ndarray, target: np.ndarray, known: np.ndarray, work: _Buffers, rows: slice, out: RowStatistics
) -> np.ndarray:
    """Fill the statistics of a block; leaves exp(score - top) in `work.exps`, 0 for the decision itself."""
    row, exps = work.row[: len(block)], work.exps[: len(block)]
    decision = block.argmax(1)
    top = block[row, decision]
    with np.errstate(invalid="ignore"):
        np.subtract(block, top[:, None], out=exps)
        out.behind[rows] = np.where(known, -exps[row, np.where(known, target, 0)], np.nan)
    exps[row, decision] = -np.inf
    np.exp(exps, out=exps)
    against = np.vecdot(exps, work.ones).astype(np.float64)
    share = 1 / (1 + against)
    out.decision[rows], out.against[rows] = decision, against
    out.squares[rows] = (1 + np.vecdot(exps, exps).astype(np.float64)) * share * share
    out.rank[rows] = _ranks(block, decision, target, known, work)
    return share


def _ranks(
    block: np.ndarray, decision: np.ndarray, target: np.ndarray, known: np.ndarray, work: _Buffers
) -> np.ndarray:
    """Rank of the true class; only the rows whose decision is wrong are looked at."""
    rank = np.where(known, 0, -1)
    wrong = np.flatnonzero(known & (decision != target))
    if not len(wrong):
        return rank
    some = block[wrong]
    at = some[work.row[: len(wrong)], target[wrong]][:, None]
    np.greater_equal(some, at, out=work.flags[: len(wrong), : block.shape[1]])
    rank[wrong] = np.bitwise_count(work.flags[: len(wrong)].view(np.uint64)).sum(1, dtype=np.int32) - 1
    return rank


def _above_first_bin(
    exps: np.ndarray, share: np.ndarray, known: np.ndarray, bins: int, flags: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cells with a probability above 1/M, the decisions' own left out: class and probability."""
    limit = np.where(known, 1 / (bins * share), np.inf).astype(exps.dtype)
    np.greater(exps, limit[:, None], out=flags[:, : exps.shape[1]])
    words = flags.view(np.uint64)  # eight flags at a time: nearly all are 0
    row, word = words.nonzero()
    which, byte = flags.reshape(*words.shape, 8)[row, word].nonzero()
    row, column = row[which], word[which] * 8 + byte
    return column, exps[row, column] * share[row]


def _class_bins(
    high: list[tuple[np.ndarray, np.ndarray]],
    low: np.ndarray,
    targets: np.ndarray,
    part: slice,
    bins: int,
    out: RowStatistics,
) -> ClassBins:
    """Classwise bins of a part: cells above the first bin one by one, the first bin as what remains."""
    known = targets >= 0
    decision, confidence = out.decision[part][known], 1 / (1 + out.against[part][known].astype(np.float64))
    size, shape = len(low) * bins, (len(low), bins)

    def sums(cells: np.ndarray, p: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        place = cells.astype(np.int64) * bins + bin_of(p, bins)
        return np.bincount(place, weights=weights, minlength=size).reshape(shape).astype(np.float64)

    cells, p = (np.concatenate(parts) for parts in zip(*high, strict=True))
    of_others = sums(cells, p, p)
    count = sums(cells, p, None) + sums(decision, confidence, None)
    count[:, 0] = known.sum() - count[:, 1:].sum(1)
    total = of_others + sums(decision, confidence, confidence)
    total[:, 0] += low - of_others.sum(1)
    true = np.exp(-out.behind[part][known]) * confidence
    return ClassBins(count, total, sums(targets[known], true, None))


def bin_of(p: np.ndarray, bins: int) -> np.ndarray:
    """Bin of a probability, open below and closed above."""
    with np.errstate(invalid="ignore"):
        return np.clip(np.nan_to_num(np.ceil(p * bins)).astype(np.int64) - 1, 0, bins - 1)
