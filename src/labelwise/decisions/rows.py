"""Rows of numbers: shares, chances, places, and one column marked."""

from __future__ import annotations

import numpy as np

__all__ = ["log_shares", "only", "ranks", "sigmoid"]


def log_shares(z: np.ndarray) -> np.ndarray:
    """Log-probabilities of softmax, row by row."""
    shifted = z - z.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-z); where e^-z overflows it is 0."""
    out = np.negative(z, dtype=np.float64)
    with np.errstate(over="ignore"):
        np.exp(out, out=out)
    out += 1
    return np.reciprocal(out, out=out)


def ranks(u: np.ndarray) -> np.ndarray:
    """(N, C) the place of each value in its row, 0 for the highest; of equal ones the first is the higher.

    Example:
        >>> ranks(np.array([[0.3, 0.5, 0.3]])).tolist()
        [[1, 0, 2]]
    """
    order = np.argsort(-u, axis=1, kind="stable")
    out = np.empty_like(order)
    np.put_along_axis(out, order, np.arange(u.shape[1])[None, :], axis=1)
    return out


def only(index: np.ndarray, width: int) -> np.ndarray:
    """(N, width) bool, True at one column of each row; an index of `width` marks none."""
    return np.arange(width)[None, :] == index[:, None]
