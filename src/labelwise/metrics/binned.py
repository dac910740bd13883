"""What each row contributes to figures made of bins: the ground of their intervals."""

from __future__ import annotations

import numpy as np

from labelwise.kernels import ClassBins
from labelwise.kernels.bins import bin_of
from labelwise.kernels.blocks import in_parts, row_blocks
from labelwise.metrics.case import BINS, Case
from labelwise.metrics.probs import columns_of_truth, probabilities_of

__all__ = ["bins_of", "class_gaps", "pooled_gaps", "squared_gaps"]


def bins_of(case: Case) -> ClassBins:
    """Sums per class or label and bin."""
    return case.cells.bins if case.several else case.class_bins


def pooled_gaps(case: Case) -> np.ndarray:
    """(N,) contributions to the calibration error of all cells pooled."""
    b = bins_of(case)
    sign = np.sign(b.confidence.sum(0) - b.correct.sum(0)) / b.count.sum()
    return _over_rows(case, np.broadcast_to(sign, b.count.shape))


def class_gaps(case: Case) -> np.ndarray:
    """(N,) contributions to the calibration error of each class or label, averaged over those with cells."""
    b = bins_of(case)
    cells = b.count.sum(1, keepdims=True)
    return _over_rows(case, np.sign(b.confidence - b.correct) / np.maximum(cells, 1) / max((cells > 0).sum(), 1))


def squared_gaps(case: Case) -> np.ndarray:
    """(N,) contributions to the sum over labels of sum_b n_b / n (mean gap)^2, to first order 2 d (p - y) - d^2."""
    bins = bins_of(case)
    mean = np.divide(bins.confidence - bins.correct, bins.count, out=np.zeros(bins.count.shape), where=bins.count > 0)
    cells = np.maximum(bins.count.sum(1, keepdims=True), 1)
    return _over_rows(case, 2 * mean / cells, -(mean**2) / cells)


def _over_rows(case: Case, slope: np.ndarray, constant: np.ndarray | None = None) -> np.ndarray:
    """Sum over a row's known cells of slope (p - y) + constant, each by the class and bin of the cell."""
    out = np.zeros(len(case.known))
    width = case.n_classes
    first = np.arange(width) * BINS

    def job(part: slice) -> None:
        for rows in row_blocks(part, width * 4):
            p, y = _two(case, probabilities_of(case, rows)), _two(case, columns_of_truth(case, rows))
            place = bin_of(p, BINS)
            place += first
            value = p - y
            value *= slope.take(place)
            if constant is not None:
                value += constant.take(place)
            out[rows] = np.nansum(value, 1)  # unknown cells are nan

    in_parts(job, len(out), least=max(1, 262_144 // max(width, 1)))
    return out


def _two(case: Case, yes: np.ndarray) -> np.ndarray:
    """A column for no beside the yes of a yes/no question."""
    return np.concatenate([1 - yes, yes], 1) if case.scores.task.kind == "binary" else yes
