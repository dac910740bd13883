"""Probabilities and truth of some rows, for the figures that look at single rows or cells."""

from __future__ import annotations

import numpy as np

from labelwise.kernels.cells import probabilities
from labelwise.metrics.case import Case

__all__ = ["columns_of_truth", "probabilities_of"]


def probabilities_of(case: Case, rows: np.ndarray | slice) -> np.ndarray:
    """(n, C) probabilities of some rows in float64; a yes/no task has one column."""
    array = case.scores.array[rows]
    if case.several or case.scores.task.kind == "binary":
        return probabilities(array, case.scores.kind)
    z = array.astype(np.float64)
    if case.scores.kind == "probabilities":
        total = z.sum(1, keepdims=True)
        return z / np.where(total > 0, total, 1)
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def columns_of_truth(case: Case, rows: np.ndarray | slice) -> np.ndarray:
    """(n, columns) 0/1 with nan for "not known", one column per score column."""
    if case.several:
        return np.asarray(case.targets[rows], np.float64)
    index = case.targets[rows][:, None]
    truth = (index == (1 if case.scores.task.kind == "binary" else np.arange(case.n_classes))).astype(np.float64)
    truth[index[:, 0] < 0] = np.nan
    return truth
