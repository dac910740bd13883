"""One pass over softmax scores: everything the row-wise metrics need, and the classwise bins.

Per row: the decision, the confidence as the odds against it, the distance to the true class, the sum of squared
probabilities, the rank of the true class. From these follow accuracy, top-k, negative log-likelihood, Brier,
calibration errors, risk and coverage without the scores being read again. The odds do not saturate where a float32
probability has long been rounded to 1, so confidences stay ranked.

A block is read from memory once, by the exponential itself, which is taken of the scores as they are; only rows whose
highest one comes out very large or very small are done again with that score taken off. Cells are looked at one by one
only where there is something to find: the true class's rank in rows decided wrongly, cells above the first bin in rows
whose sum of squares has room for one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from labelwise.kernels.bins import ClassBins, Tally
from labelwise.kernels.blocks import LARGE_BLOCK, in_parts, row_blocks

__all__ = ["RowStatistics", "row_statistics"]

SMALL = 1e-13  # exponentials from here to its inverse can be squared and summed in float32
ROUNDED = 0.999  # a sum of squares may have been rounded down


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

    @property
    def confidence(self) -> np.ndarray:
        """(N,) probability of the decision."""
        return 1 / (1 + self.against.astype(np.float64))

    @property
    def true_prob(self) -> np.ndarray:
        """(N,) probability of the true class."""
        return np.exp(-self.behind.astype(np.float64)) * self.confidence

    @property
    def nll(self) -> np.ndarray:
        """(N,) negative log-likelihood in nats."""
        return np.log1p(self.against.astype(np.float64)) + self.behind

    @property
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


class _Buffers:
    """What one thread reuses from block to block."""

    def __init__(self, step: int, width: int, kind: type):
        self.exps, self.some = np.empty((step, width), kind), np.empty((step, width), kind)
        self.flags = np.zeros((step, -(-width // 8) * 8), bool)  # rows padded to whole 64-bit words
        self.ones = np.ones(width, kind)
        self.row = np.arange(step)

    def rows_of(self, block: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Some rows of a block side by side; good until the next call."""
        return np.take(block, rows, axis=0, out=self.some[: len(rows)], mode="clip")


def _part(
    scores: np.ndarray, targets: np.ndarray, probabilities: bool, bins: int | None, part: slice, out: RowStatistics
) -> ClassBins | None:
    width = scores.shape[1]
    kind = working_float(scores)
    work = _Buffers(next(row_blocks(slice(0, max(part.stop - part.start, 1)), width, LARGE_BLOCK)).stop, width, kind)
    tally = None if bins is None else Tally(width, bins)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for rows in row_blocks(part, width, LARGE_BLOCK):
            block = scores[rows]
            if block.dtype != kind:
                block = block.astype(kind)
            scale, room = _block(block, targets[rows], probabilities, work, rows, out)
            if tally is not None:
                _count(work, scale, room, targets[rows], rows, out, tally)
    return None if tally is None else tally.finished()


def _block(
    block: np.ndarray, target: np.ndarray, probabilities: bool, work: _Buffers, rows: slice, out: RowStatistics
) -> tuple[np.ndarray, np.ndarray]:
    """Fill the statistics of a block, and leave 0 for the decisions in `work.exps`: their like would swallow the rest.

    Returns:
        scale: (n,) what makes probabilities of `work.exps`.
        room: (n,) sum of squared probabilities without the decision's.
    """
    row, exps = work.row[: len(block)], work.exps[: len(block)]
    decision, peak = _weigh(block, probabilities, work)
    exps[row, decision] = 0
    others = np.vecdot(exps, work.ones).astype(np.float64)
    scale = 1 / (peak + others)
    out.decision[rows], out.against[rows] = decision, others / peak
    room = np.vecdot(exps, exps) * scale * scale
    out.squares[rows] = room + np.square(peak * scale)
    known = target >= 0
    top, true = block[row, decision], block[row, np.where(known, target, 0)]
    behind = np.log(top, dtype=np.float64) - np.log(true, dtype=np.float64) if probabilities else top - true
    out.behind[rows] = np.where(known, behind, np.nan)
    out.rank[rows] = np.where(known, 0, -1)
    wrong = np.flatnonzero(known & (decision != target))
    if len(wrong):
        some = work.rows_of(block, wrong)
        words = _flagged(np.greater_equal, some, true[wrong], work)
        out.rank[rows][wrong] = np.bitwise_count(words).sum(1, dtype=np.int32) - 1
    return scale, room


def _weigh(block: np.ndarray, probabilities: bool, work: _Buffers) -> tuple[np.ndarray, np.ndarray]:
    """Put numbers in proportion to the probabilities into `work.exps`; gives the decisions and their numbers."""
    row, exps = work.row[: len(block)], work.exps[: len(block)]
    if probabilities:
        np.copyto(exps, block)
    else:
        np.exp(block, out=exps)
    decision = block.argmax(1)
    peak = exps[row, decision]
    far = np.flatnonzero(~((peak >= SMALL) & (peak <= 1 / SMALL)))
    if len(far):
        some, top = work.rows_of(block, far), block[far, decision[far]][:, None]
        exps[far] = some / top if probabilities else np.exp(np.subtract(some, top, out=some), out=some)
        peak = exps[row, decision]
    return decision, peak.astype(np.float64)


def _flagged(compare: np.ufunc, some: np.ndarray, limit: np.ndarray, work: _Buffers) -> np.ndarray:
    """Cells that compare with their row's limit as asked, as flags eight in a word, since nearly all are 0."""
    flags = work.flags[: len(some)]
    compare(some, limit[:, None], out=flags[:, : some.shape[1]])
    return flags.view(np.uint64)


def _count(
    work: _Buffers,
    scale: np.ndarray,
    room: np.ndarray,
    target: np.ndarray,
    rows: slice,
    out: RowStatistics,
    tally: Tally,
) -> None:
    """Hand a block's cells over to the classwise bins."""
    exps, known, bins = work.exps[: len(scale)], target >= 0, tally.bins
    tally.rows += int(known.sum())
    tally.sums += np.einsum("i,ij->j", np.where(known, scale, 0).astype(exps.dtype), exps)
    rich = np.flatnonzero(known & (room * bins * bins > ROUNDED))
    if len(rich):
        some, scale = work.rows_of(exps, rich), scale[rich]
        words = _flagged(np.greater, some, (1 / (bins * scale)).astype(exps.dtype), work)
        at = np.flatnonzero((words != 0).ravel())
        word, byte = words.reshape(-1, 1)[at].view(bool).nonzero()
        row, eighth = np.divmod(at[word], words.shape[1])
        column = eighth * 8 + byte
        tally.add("high", column, some[row, column] * scale[row])
    confidence = 1 / (1 + out.against[rows][known].astype(np.float64))
    tally.add("decided", out.decision[rows][known], confidence)
    tally.add("true", target[known], np.exp(-out.behind[rows][known]) * confidence)
