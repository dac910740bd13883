"""Symmetric divergences between a target probability and a sigmoid, label by label."""

from __future__ import annotations

import numpy as np

from labelwise.reference.cells import reduced
from labelwise.reference.pieces import log_sigmoid, sigmoid


def abs_kl(z: np.ndarray, y: np.ndarray, reduction: str, eps: float = 1e-3) -> tuple[np.ndarray, np.ndarray]:
    """Absolute KL of each row: Σ_j |P - Q| |ln P/Q|, Q = σ(z), P = y clipped to [ε, 1 - ε].

    The two factors share their sign, so this is `jeffreys`: Σ_j (P - Q)(ln P - ln Q).

    Args:
        z: (N, L) logits.
        y: (N, L) target probabilities, nan where not known.
        reduction: ``sum_labels`` or ``mean_labels``.
        eps: ε.

    Returns:
        (N,) losses and their (N, L) gradient, which vanishes for large z whatever P is.

    Example:
        >>> z, p = np.array([[1.5, -0.5, 0.25, -2.0]]), np.array([[0.9, 0.05, 0.7, 0.05]])
        >>> abs_kl(z, p, "sum_labels")[0].round(10).tolist()
        [0.7604351157]
    """
    known, gap, ratio, z = _parts(z, y, eps)
    sign = np.sign(gap) * np.sign(ratio)
    slope = -sign * sigmoid(-z) * (sigmoid(z) * ratio + gap)
    return reduced(np.where(known, np.abs(gap) * np.abs(ratio), 0.0).sum(-1), np.where(known, slope, 0.0), reduction)


def jeffreys(z: np.ndarray, y: np.ndarray, reduction: str, eps: float = 1e-3) -> tuple[np.ndarray, np.ndarray]:
    """Jeffreys' symmetric KL between vectors that need not sum to 1: Σ_j (P - Q)(ln P - ln Q); as in `abs_kl`."""
    known, gap, ratio, z = _parts(z, y, eps)
    slope = -sigmoid(-z) * (sigmoid(z) * ratio + gap)
    return reduced(np.where(known, gap * ratio, 0.0).sum(-1), np.where(known, slope, 0.0), reduction)


def binary_jeffreys(z: np.ndarray, y: np.ndarray, reduction: str, eps: float = 1e-3) -> tuple[np.ndarray, np.ndarray]:
    """Jeffreys' divergence of yes against no too: Σ_j (P - σ(z)) (logit P - z); arguments as in `abs_kl`.

    Both directions and both answers count, so the gradient stays where a sure answer is wrong.

    Example:
        >>> z, p = np.array([[1.5, -0.5, 0.25, -2.0]]), np.array([[0.9, 0.05, 0.7, 0.05]])
        >>> binary_jeffreys(z, p, "sum_labels")[0].round(10).tolist()
        [1.0058018972]
    """
    known, gap, _, z = _parts(z, y, eps)
    p = _clipped(y, eps)
    logit_gap = np.log(p) - np.log1p(-p) - z
    slope = -(sigmoid(z) * sigmoid(-z) * logit_gap + gap)
    return reduced(np.where(known, gap * logit_gap, 0.0).sum(-1), np.where(known, slope, 0.0), reduction)


def _parts(z: np.ndarray, y: np.ndarray, eps: float) -> tuple[np.ndarray, ...]:
    """Known cells, P - Q exact at both ends, ln P - ln Q, z."""
    z, p = np.asarray(z, np.float64), _clipped(y, eps)
    gap = np.where(z > 0, sigmoid(-z) - (1 - p), p - sigmoid(z))
    return ~np.isnan(y), gap, np.log(p) - log_sigmoid(z), z


def _clipped(y: np.ndarray, eps: float) -> np.ndarray:
    return np.clip(np.where(np.isnan(y), 0.5, np.asarray(y, np.float64)), eps, 1 - eps)
