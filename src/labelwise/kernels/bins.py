"""Classwise bins: the sums behind reliability and calibration error of every class, from one pass over the scores.

They cost little: a row has at most M - 1 classes above 1/M, so all other cells fall in the first bin, and that one is a
column sum from which the few others are taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["ClassBins", "Tally", "bin_of"]

AT_A_TIME = 65_536  # cells counted together


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


class Tally:
    """Classwise bins in the making: one for each thread, filled block by block.

    Cells are counted many at a time, but never pile up.

    Args:
        width: C.
        bins: M.

    Attributes:
        bins: M.
        rows: rows seen.
        sums: (C,) sum of the probabilities of all cells but the decisions'.
    """

    def __init__(self, width: int, bins: int):
        self.bins = bins
        self.rows = 0
        self.sums = np.zeros(width)
        self._count, self._confidence, self._correct = (np.zeros(width * bins) for _ in range(3))
        self._waiting: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {"high": [], "decided": [], "true": []}
        self._cells = 0

    def add(self, kind: str, column: np.ndarray, p: np.ndarray) -> None:
        """Cells by class and probability.

        Args:
            kind: ``"high"`` (all cells above the first bin but the decisions'), ``"decided"`` or ``"true"``.
            column: (n,) classes.
            p: (n,) probabilities.
        """
        self._waiting[kind].append((column, p))
        self._cells += len(column)
        if self._cells >= AT_A_TIME:
            self._count_waiting()

    def finished(self) -> ClassBins:
        """The bins; the first of each class is what remains of its rows and of its sum."""
        self._count_waiting()
        shape = (len(self.sums), self.bins)
        count, confidence, correct = (a.reshape(shape) for a in (self._count, self._confidence, self._correct))
        count[:, 0] = self.rows - count[:, 1:].sum(1)
        confidence[:, 0] = self.sums - confidence[:, 1:].sum(1)
        return ClassBins(count, confidence, correct)

    def _count_waiting(self) -> None:
        for kind, cells in self._waiting.items():
            if not cells:
                continue
            column, p = (np.concatenate(parts) for parts in zip(*cells, strict=True))
            place = column.astype(np.int64) * self.bins + bin_of(p, self.bins)
            cells.clear()
            if kind == "true":
                self._correct += np.bincount(place, minlength=len(self._correct))
                continue
            self._count += np.bincount(place, minlength=len(self._count))
            self._confidence += np.bincount(place, weights=p, minlength=len(self._count))
            if kind == "decided":
                self.sums += np.bincount(column, weights=p, minlength=len(self.sums))
        self._cells = 0


def bin_of(p: np.ndarray, bins: int) -> np.ndarray:
    """Bin of a probability, open below and closed above."""
    with np.errstate(invalid="ignore"):
        return np.clip(np.nan_to_num(np.ceil(p * bins)).astype(np.int64) - 1, 0, bins - 1)
