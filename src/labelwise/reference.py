"""The oracle: every formula of the heads once, in plain numpy float64, to be read as a lesson.

Nothing here is fast and nothing here is called by the product; the tests hold torch against it, and it against golden
values and outside libraries. Notation: z logits of one row or of rows, p probabilities, t a target distribution, y
indicators of 0 and 1, C classes, ln(1 + e^x) is `softplus`.
"""

from __future__ import annotations

import numpy as np


def softplus(x: np.ndarray) -> np.ndarray:
    """ln(1 + e^x), without overflow.

    Example:
        >>> softplus(np.array([0.0, 1e4])).round(4).tolist()
        [0.6931, 10000.0]
    """
    return np.logaddexp(0.0, np.asarray(x, np.float64))


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    """ln σ(x) = -softplus(-x)."""
    return -softplus(-np.asarray(x, np.float64))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """σ(x) = 1 / (1 + e^-x).

    Example:
        >>> sigmoid(np.array([-1.0, 0.0, 1.0])).round(4).tolist()
        [0.2689, 0.5, 0.7311]
    """
    return np.exp(log_sigmoid(x))


def logsumexp(z: np.ndarray) -> np.ndarray:
    """ln Σ e^z over the last axis; the maximum is taken out first."""
    z = np.asarray(z, np.float64)
    top = z.max(axis=-1, keepdims=True)
    return (top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True)))[..., 0]


def log_softmax(z: np.ndarray) -> np.ndarray:
    """z - ln Σ e^z over the last axis."""
    return np.asarray(z, np.float64) - logsumexp(z)[..., None]


def softmax(z: np.ndarray) -> np.ndarray:
    """e^z / Σ e^z over the last axis.

    Example:
        >>> softmax(np.array([1.0, 2.0, 4.0, 1.0])).round(7).tolist()
        [0.0403164, 0.1095913, 0.809776, 0.0403164]
    """
    return np.exp(log_softmax(z))


def softmax_ce(z: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Softmax cross-entropy of each row: ln Σ e^z · Σ t - t·z. Terms with t = 0 are dropped, so z may be -inf there.

    Args:
        z: (N, C) logits.
        t: (N, C) non-negative targets; a row of zeros has loss 0.

    Returns:
        (N,) losses. Source: Bridle 1990.

    Example:
        >>> softmax_ce(np.array([[1.5, -0.5, 0.25, -2.0]]), np.eye(4)[[1]]).round(10).tolist()
        [2.3729677174]
    """
    z, t = np.asarray(z, np.float64), np.asarray(t, np.float64)
    used = t != 0
    return logsumexp(z) * t.sum(-1) - np.where(used, t * np.where(used, z, 0.0), 0.0).sum(-1)


def softmax_ce_gradient(z: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d softmax_ce / dz = Σt · p - t, shape (N, C)."""
    t = np.asarray(t, np.float64)
    return t.sum(-1, keepdims=True) * softmax(z) - t


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


def sigmoid_bce(z: np.ndarray, y: np.ndarray, reduction: str, pos_weight: float = 1.0) -> np.ndarray:
    """Binary cross-entropy of each row, summed over its labels or divided by their number.

    Args:
        z: (N, L) logits.
        y: (N, L) 0/1 or soft targets, nan where not known.
        reduction: ``sum_labels`` or ``mean_labels``; the two differ by the factor L.
        pos_weight: factor w on the term of the labels that hold.

    Returns:
        (N,) losses.
    """
    total = sigmoid_bce_cells(z, y, pos_weight).sum(-1)
    return total / np.shape(z)[-1] if reduction == "mean_labels" else total


def sigmoid_bce_gradient(z: np.ndarray, y: np.ndarray, reduction: str, pos_weight: float = 1.0) -> np.ndarray:
    """d sigmoid_bce / dz = (1 - y)·σ(z) - w·y·σ(-z) per cell (over L for ``mean_labels``), 0 where y is nan."""
    z, y = np.asarray(z, np.float64), np.asarray(y, np.float64)
    known = np.nan_to_num(y)
    gradient = np.where(np.isnan(y), 0.0, (1 - known) * sigmoid(z) - pos_weight * known * sigmoid(-z))
    return gradient / np.shape(z)[-1] if reduction == "mean_labels" else gradient


def entropy(p: np.ndarray) -> float:
    """-Σ p ln p, with 0 ln 0 = 0.

    Example:
        >>> round(entropy(np.full(37, 1 / 37)), 10)
        3.6109179126
    """
    p = np.asarray(p, np.float64)
    return float(-(p[p > 0] * np.log(p[p > 0])).sum())
