"""Losses that are a sum over cells, each label judged on its own."""

from __future__ import annotations

import numpy as np

from labelwise.reference.pieces import sigmoid, softplus


def sigmoid_bce_cells(z: np.ndarray, y: np.ndarray, pos_weight: float = 1.0) -> np.ndarray:
    """Binary cross-entropy of each cell: w·y·softplus(-z) + (1 - y)·softplus(z); 0 where y is nan (not known).

    Example:
        >>> sigmoid_bce_cells(np.array([[1.4397182, -0.7993438]]), np.array([[1.0, 1.0]])).round(7).tolist()
        [[0.2126847, 1.170648]]
    """
    z, y = np.asarray(z, np.float64), np.asarray(y, np.float64)
    known = ~np.isnan(y)
    y = np.where(known, y, 0.0)
    with np.errstate(invalid="ignore"):
        cells = np.where(y > 0, pos_weight * y * softplus(-z), 0.0) + np.where(y < 1, (1 - y) * softplus(z), 0.0)
    return np.where(known, cells, 0.0)


def sigmoid_bce(z: np.ndarray, y: np.ndarray, reduction: str, pos_weight: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Binary cross-entropy of each row, summed over its labels or divided by their number.

    Args:
        z: (N, L) logits.
        y: (N, L) 0/1 or soft targets, nan where not known.
        reduction: ``sum_labels`` or ``mean_labels``; the two differ by the factor L.
        pos_weight: factor w on the term of the labels that hold.

    Returns:
        (N,) losses and their (N, L) gradient (1 - y)·σ(z) - w·y·σ(-z), 0 where y is nan.
    """
    z, y = np.asarray(z, np.float64), np.asarray(y, np.float64)
    known = np.nan_to_num(y)
    gradient = np.where(np.isnan(y), 0.0, (1 - known) * sigmoid(z) - pos_weight * known * sigmoid(-z))
    return reduced(sigmoid_bce_cells(z, y, pos_weight).sum(-1), gradient, reduction)


def reduced(total: np.ndarray, gradient: np.ndarray, reduction: str) -> tuple[np.ndarray, np.ndarray]:
    """A sum over labels and its gradient as the named reduction has them."""
    share = gradient.shape[-1] if reduction == "mean_labels" else 1
    return total / share, gradient / share
