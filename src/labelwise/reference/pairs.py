"""Losses that set the labels that hold against those that do not."""

from __future__ import annotations

import numpy as np

from labelwise.reference.pieces import logsumexp, sigmoid, softplus

NOTHING = -1e30
"""Stands for ln 0, so that no difference of two of them is nan."""


def zlpr(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ZLPR of each row: ln(1 + Σ_j (1-y_j) e^{z_j}) + ln(1 + Σ_j y_j e^{-z_j}).

    Args:
        z: (N, L) logits; 0 is the threshold.
        y: (N, L) 0/1 or soft targets, nan where not known.

    Returns:
        (N,) losses and their (N, L) gradient: a softmax with one empty place over each side.

    Example:
        >>> zlpr(np.array([[1.5, -0.5, 0.25, -2.0]]), np.array([[1, 0, 1, 0]]))[0].round(10).tolist()
        [1.249069106]

    Source: Su et al. 2022, arXiv 2208.02955.
    """
    no, yes = _sides(z, y)
    loss = softplus(logsumexp(no)) + softplus(logsumexp(yes))
    return loss, _share(no) * sigmoid(logsumexp(no))[:, None] - _share(yes) * sigmoid(logsumexp(yes))[:, None]


def two_way(z: np.ndarray, y: np.ndarray, temperature: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Two-way loss of each row, its half over labels: ln(1 + e^s), s = ln Σ_no e^z + T ln Σ_yes e^{-z/T}.

    A row in which no label holds, or every one, has no pair to compare and costs nothing.

    Args:
        z: (N, L) logits.
        y: (N, L) 0/1 targets, nan where not known; a soft one is a weight on either side.
        temperature: T.

    Returns:
        (N,) losses and their (N, L) gradient.

    Example:
        >>> two_way(np.array([[1.5, -0.5, 0.25, -2.0]]), np.array([[1, 0, 1, 0]]))[0].round(10).tolist()
        [1.8236889322]

    Source: Kobayashi 2023, CVPR.
    """
    no, _ = _sides(z, y)
    _, yes = _sides(np.asarray(z, np.float64) / temperature, y)
    both = (no.max(-1) > NOTHING / 2) & (yes.max(-1) > NOTHING / 2)
    s = np.where(both, logsumexp(no) + temperature * logsumexp(yes), NOTHING)
    return softplus(s), sigmoid(s)[:, None] * (_share(no) - _share(yes))


def _sides(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ln((1-y) e^z) and ln(y e^-z), with `NOTHING` for ln 0."""
    z, known, y = np.asarray(z, np.float64), ~np.isnan(y), np.nan_to_num(np.asarray(y, np.float64))
    no, yes = known & (y < 1), known & (y > 0)
    return (
        np.where(no, z + np.log1p(-np.where(no, y, 0.0)), NOTHING),
        np.where(yes, -z + np.log(np.where(yes, y, 1.0)), NOTHING),
    )


def _share(side: np.ndarray) -> np.ndarray:
    """Softmax over a side; 0 where nothing is on it."""
    return np.where(side > NOTHING / 2, np.exp(side - logsumexp(side)[:, None]), 0.0)
