"""Squared errors: of the softmax, of the sigmoids, of the outputs themselves."""

from __future__ import annotations

import numpy as np

from labelwise.reference.cells import reduced
from labelwise.reference.pieces import sigmoid, softmax


def brier(z: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared error of the softmax of each row: Σ_j (p_j - t_j)².

    Args:
        z: (N, C) logits.
        t: (N, C) target distributions.

    Returns:
        (N,) losses and their (N, C) gradient p (g - p·g), g = 2 (p - t). Source: Brier 1950.

    Example:
        >>> brier(np.array([[1.5, -0.5, 0.25, -2.0]]), np.eye(4)[[1]])[0].round(10).tolist()
        [1.3359345562]
    """
    p = softmax(z)
    g = 2 * (p - t)
    return ((p - t) ** 2).sum(-1), p * (g - (p * g).sum(-1, keepdims=True))


def sigmoid_squared(z: np.ndarray, y: np.ndarray, reduction: str) -> tuple[np.ndarray, np.ndarray]:
    """Squared error of the sigmoids of each row: Σ_j (σ(z_j) - y_j)²; unknown cells (nan) left out.

    Returns:
        (N,) losses and their (N, L) gradient 2 (p - y) p (1 - p), which vanishes where p is sure, also wrongly.

    Example:
        >>> z, y = np.array([[1.5, -0.5, 0.25, -2.0]]), np.array([[1, 0, 1, 0]])
        >>> sigmoid_squared(z, y, "sum_labels")[0].round(10).tolist()
        [0.3817147813]
    """
    known, y, z = ~np.isnan(y), np.nan_to_num(y), np.asarray(z, np.float64)
    gap = np.where(known, (1 - y) * sigmoid(z) - y * sigmoid(-z), 0.0)  # σ - y, exact at both ends
    return reduced((gap**2).sum(-1), 2 * gap * sigmoid(z) * sigmoid(-z), reduction)


def squared(
    z: np.ndarray, t: np.ndarray, reduction: str, rescale: float = 1.0, target: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Squared error of the outputs themselves: Σ_j k t_j (z_j - M)² + (1 - t_j) z_j².

    Args:
        z: (N, C) outputs.
        t: (N, C) target distributions.
        reduction: ``sum_labels`` or ``mean_labels``.
        rescale: k, weight of the right class.
        target: M, what the output of the right class should be.

    Returns:
        (N,) losses and their (N, C) gradient. Source: Hui & Belkin 2021, arXiv 2006.07322.

    Example:
        >>> squared(np.array([[1.0, 0.5]]), np.array([[1.0, 0.0]]), "sum_labels")[0].tolist()
        [0.25]
    """
    z, t = np.asarray(z, np.float64), np.asarray(t, np.float64)
    loss = rescale * t * (z - target) ** 2 + (1 - t) * z**2
    return reduced(loss.sum(-1), 2 * (rescale * t * (z - target) + (1 - t) * z), reduction)
