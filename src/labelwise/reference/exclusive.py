"""Losses over classes that share one unit of probability."""

from __future__ import annotations

import numpy as np

from labelwise.reference.pieces import logsumexp, softmax


def softmax_ce(z: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax cross-entropy of each row: ln Σ e^z · Σ t - t·z. Terms with t = 0 are dropped, so z may be -inf there.

    Args:
        z: (N, C) logits.
        t: (N, C) non-negative targets; a row of zeros has loss 0.

    Returns:
        (N,) losses and their (N, C) gradient Σt · p - t. Source: Bridle 1990.

    Example:
        >>> softmax_ce(np.array([[1.5, -0.5, 0.25, -2.0]]), np.eye(4)[[1]])[0].round(10).tolist()
        [2.3729677174]
    """
    z, t = np.asarray(z, np.float64), np.asarray(t, np.float64)
    used = t != 0
    loss = logsumexp(z) * t.sum(-1) - np.where(used, t * np.where(used, z, 0.0), 0.0).sum(-1)
    return loss, t.sum(-1, keepdims=True) * softmax(z) - t
