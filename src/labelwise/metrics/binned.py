"""What each row contributes to the calibration errors of several labels: the ground of their intervals."""

from __future__ import annotations

import numpy as np

from labelwise.kernels.bins import bin_of
from labelwise.kernels.blocks import row_blocks
from labelwise.metrics.case import BINS, Case
from labelwise.metrics.probs import columns_of_truth, probabilities_of

__all__ = ["pooled_gaps", "squared_gaps"]


def pooled_gaps(case: Case) -> np.ndarray:
    """(N,) contributions to the calibration error of all cells pooled."""
    b = case.cells.bins
    sign = np.sign(b.confidence.sum(0) - b.correct.sum(0)) / b.count.sum()
    return _over_rows(case, np.broadcast_to(sign, b.count.shape))


def squared_gaps(case: Case) -> np.ndarray:
    """(N,) contributions to the sum over labels of sum_b n_b / n (mean gap)^2, to first order 2 d (p - y) - d^2."""
    bins = case.cells.bins
    mean = np.divide(bins.confidence - bins.correct, bins.count, out=np.zeros(bins.count.shape), where=bins.count > 0)
    cells = np.maximum(bins.count.sum(1, keepdims=True), 1)
    return _over_rows(case, 2 * mean / cells, -(mean**2) / cells)


def _over_rows(case: Case, slope: np.ndarray, constant: np.ndarray | None = None) -> np.ndarray:
    """Sum over a row's known cells of slope (p - y) + constant, each by the class and bin of the cell."""
    out = np.zeros(len(case.known))
    width = case.n_classes
    column = np.arange(width)
    for rows in row_blocks(slice(0, len(out)), width * 4):
        p = probabilities_of(case, rows)
        y = columns_of_truth(case, rows)
        known = ~np.isnan(y)
        place = bin_of(p, BINS)
        value = slope[column, place] * (p - np.where(known, y, 0))
        if constant is not None:
            value += constant[column, place]
        out[rows] = np.where(known, value, 0).sum(1)
    return out
