"""One pass over sigmoid scores: everything the label-wise metrics need, per row and per label.

Each cell is a yes/no question of its own, answered yes at a probability of one half or more. A nan in the truth means
"not known"; such a cell takes part in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from labelwise.kernels.bins import ClassBins, bin_of
from labelwise.kernels.blocks import in_parts, row_blocks

__all__ = ["CellStatistics", "cell_statistics"]

HALF = 0.5


@dataclass(frozen=True)
class CellStatistics:
    """What one pass over (N, L) independent scores leaves.

    Attributes:
        known: (N,) known cells of the row.
        due: (N,) true labels.
        given: (N,) labels answered yes.
        hits: (N,) true labels answered yes.
        expected: (N,) sum of probabilities over the known cells: the expected number of labels.
        nll: (N,) sum of binary cross-entropy in nats.
        brier: (N,) sum of squared gaps.
        sure: (N,) log-probability that the whole answer is right, labels taken as independent.
        tp: (L,) true and answered.
        fp: (L,) answered, not true.
        fn: (L,) true, not answered.
        cells: (L,) known cells.
        label_nll: (L,) sum of binary cross-entropy.
        bins: per label and bin.
        missed_together: (L, L) rows in which both labels were due and neither was given.
        added_together: (L, L) rows in which both labels were given and neither was due.
    """

    known: np.ndarray
    due: np.ndarray
    given: np.ndarray
    hits: np.ndarray
    expected: np.ndarray
    nll: np.ndarray
    brier: np.ndarray
    sure: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    cells: np.ndarray
    label_nll: np.ndarray
    bins: ClassBins
    missed_together: np.ndarray
    added_together: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        """(N,) cells answered wrongly."""
        return self.due + self.given - 2 * self.hits


ROW_FIELDS = tuple(f.name for f in fields(CellStatistics))[:8]
LABEL_FIELDS = ("tp", "fp", "fn", "cells", "label_nll")
PAIR_FIELDS = ("missed_together", "added_together")


def cell_statistics(scores: np.ndarray, truth: np.ndarray, *, kind: str, bins: int = 15) -> CellStatistics:
    """Read independent scores once, in blocks, in float64.

    Args:
        scores: (N, L) logits, log-probabilities or probabilities.
        truth: (N, L) 0/1 with nan for "not known".
        kind: ``"logits"``, ``"log-probabilities"`` or ``"probabilities"``, as `Scores.kind` says.
        bins: number of equal-width bins per label.

    Returns:
        Sums per row and per label.

    Example:
        >>> s = cell_statistics(np.array([[0.9, 0.2], [0.6, 0.4]]), np.array([[1, 0], [0, 1]]), kind="probabilities")
        >>> s.hits.tolist(), s.wrong.tolist(), s.expected.round(2).tolist()
        ([1.0, 0.0], [0.0, 2.0], [1.1, 1.0])
    """
    n, width = scores.shape
    rows_out = {name: np.empty(n) for name in ROW_FIELDS}

    def job(part: slice) -> tuple[dict[str, np.ndarray], dict[str, list[np.ndarray]]]:
        totals = {name: np.zeros(width) for name in LABEL_FIELDS}
        totals |= {name: np.zeros(width * bins) for name in ("count", "confidence", "correct")}
        pairs: dict[str, list[np.ndarray]] = {name: [] for name in PAIR_FIELDS}
        for rows in row_blocks(part, width * 4):
            _block(scores[rows], truth[rows], kind, bins, rows, rows_out, totals, pairs)
        return totals, pairs

    parts = in_parts(job, n, least=max(1, 262_144 // max(width, 1)))
    total = {name: np.sum([totals[name] for totals, _ in parts], 0) for name in parts[0][0]}
    by_bin = ClassBins(*(total.pop(name).reshape(width, bins) for name in ("count", "confidence", "correct")))
    for name in PAIR_FIELDS:
        total[name] = _together(np.concatenate([flags for _, pairs in parts for flags in pairs[name]]))
    return CellStatistics(**rows_out, **total, bins=by_bin)


def _together(flags: np.ndarray) -> np.ndarray:
    """(L, L) rows in which both flags are set, from (n, L) bytes of eight rows each.

    Counted in words of 64 rows: a matrix product would be as fast, but the library that makes it has threads of its
    own, which go on waiting for work beside those of the blocks (measured: four times the processor time).
    """
    width = flags.shape[1]
    padded = np.zeros((width, -(-len(flags) // 8) * 8), np.uint8)
    padded[:, : len(flags)] = flags.T
    words, out = padded.view(np.uint64), np.zeros((width, width))

    def job(part: slice) -> None:
        for label in range(part.start, part.stop):
            out[label] = np.bitwise_count(words & words[label]).sum(1, dtype=np.int64)

    in_parts(job, width, least=max(1, 262_144 // max(words.size, 1)))
    return out


def probabilities(scores: np.ndarray, kind: str) -> np.ndarray:
    """Probability of each cell, float64."""
    z = scores.astype(np.float64)
    if kind == "probabilities":
        return z
    if kind == "log-probabilities":
        return np.exp(z)
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def _block(
    scores: np.ndarray,
    truth: np.ndarray,
    kind: str,
    bins: int,
    rows: slice,
    out: dict[str, np.ndarray],
    total: dict[str, np.ndarray],
    pairs: dict[str, list[np.ndarray]],
) -> None:
    p = probabilities(scores, kind)
    known = ~np.isnan(truth) if truth.dtype.kind == "f" else np.ones(truth.shape, bool)
    whole = bool(known.all())

    def kept(cells: np.ndarray) -> np.ndarray:
        return cells if whole else np.where(known, cells, 0)

    true, given = truth > HALF, p >= HALF
    if not whole:
        true, given = true & known, given & known
    with np.errstate(divide="ignore", over="ignore"):
        if kind == "logits":
            z = scores.astype(np.float64)
            sure = np.abs(z)
            np.log1p(np.exp(np.negative(sure, out=sure), out=sure), out=sure)
            loss = np.maximum(np.negative(z, out=z, where=true), 0, out=z)
            loss += sure
            np.negative(sure, out=sure)
        else:
            loss = -np.where(true, np.log(p), np.log1p(-np.minimum(p, 1)))
            sure = np.log(np.maximum(p, 1 - p))
    loss, gap = kept(loss), kept(p - true)
    hit, missed, added = given & true, true & ~given, given & ~true
    for name, cells in (
        ("known", known),
        ("due", true),
        ("given", given),
        ("hits", hit),
        ("expected", kept(p)),
        ("nll", loss),
        ("brier", gap * gap),
        ("sure", kept(sure)),
    ):
        out[name][rows] = cells.sum(1)
    for name, cells in (("tp", hit), ("fp", added), ("fn", missed), ("cells", known), ("label_nll", loss)):
        total[name] += cells.sum(0)
    for name, cells in zip(PAIR_FIELDS, (missed, added), strict=True):
        pairs[name].append(np.packbits(cells[cells.sum(1) > 1], axis=0))
    place = bin_of(p, bins)
    place += np.arange(p.shape[1]) * bins
    size = p.shape[1] * bins
    place, p, true = (a.ravel() if whole else a[known] for a in (place, p, true))
    total["count"] += np.bincount(place, minlength=size)
    total["confidence"] += np.bincount(place, weights=p, minlength=size)
    total["correct"] += np.bincount(place.compress(true), minlength=size)
