"""Losses that leave out what is nearly right: focal and asymmetric."""

from __future__ import annotations

import numpy as np

from labelwise.reference.cells import reduced
from labelwise.reference.pieces import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax, softplus


def sigmoid_focal(
    z: np.ndarray, y: np.ndarray, reduction: str, gamma: float = 2.0, alpha: float = 0.25
) -> tuple[np.ndarray, np.ndarray]:
    """Focal loss of each row: Σ_j α_t σ(u)^γ softplus(u), with u = z where y = 0, -z where y = 1.

    Args:
        z: (N, L) logits.
        y: (N, L) 0/1 or soft targets, nan where not known.
        reduction: ``sum_labels`` or ``mean_labels``.
        gamma: γ; 0 is binary cross-entropy.
        alpha: α, weight of the labels that hold; the others have 1 - α.

    Returns:
        (N,) losses and their (N, L) gradient. Source: Lin et al. 2017, arXiv 1708.02002.

    Example:
        >>> z, y = np.array([[1.5, -0.5, 0.25, -2.0]]), np.array([[1, 0, 1, 0]])
        >>> sigmoid_focal(z, y, "sum_labels")[0].round(10).tolist()
        [0.0813088746]
    """
    known, y, z = ~np.isnan(y), np.nan_to_num(y), np.asarray(z, np.float64)
    no, no_slope = _focal_side(z, gamma)
    yes, yes_slope = _focal_side(-z, gamma)
    cells = np.where(known, alpha * y * yes + (1 - alpha) * (1 - y) * no, 0.0)
    slope = np.where(known, -alpha * y * yes_slope + (1 - alpha) * (1 - y) * no_slope, 0.0)
    return reduced(cells.sum(-1), slope, reduction)


def _focal_side(u: np.ndarray, gamma: float) -> tuple[np.ndarray, np.ndarray]:
    weight = np.exp(gamma * log_sigmoid(u))
    return weight * softplus(u), weight * (gamma * sigmoid(-u) * softplus(u) + sigmoid(u))


def asymmetric(
    z: np.ndarray,
    y: np.ndarray,
    reduction: str,
    gamma_pos: float = 1.0,
    gamma_neg: float = 4.0,
    margin: float = 0.05,
) -> tuple[np.ndarray, np.ndarray]:
    """Asymmetric loss of each row: Σ_j y (1-p)^γ₊ (-ln p) + (1-y) p_m^γ₋ (-ln(1-p_m)), p_m = max(p - m, 0).

    The gradient goes through the focusing weights too. Arguments as in `sigmoid_focal`; `margin` is m.

    Example:
        >>> z, y = np.array([[1.5, -0.5, 0.25, -2.0]]), np.array([[1, 0, 1, 0]])
        >>> asymmetric(z, y, "sum_labels")[0].round(10).tolist()
        [0.2934715532]

    Source: Ridnik et al. 2021, arXiv 2009.14119, equations 5 to 7.
    """
    known, y, z = ~np.isnan(y), np.nan_to_num(y), np.asarray(z, np.float64)
    yes, yes_slope = _focal_side(-z, gamma_pos)
    if margin == 0:
        no, no_slope = _focal_side(z, gamma_neg)
    else:
        p, counts = sigmoid(z), sigmoid(z) > margin
        over = np.where(counts, p - margin, 1.0)
        rest = np.minimum(1.0, margin + sigmoid(-z))  # 1 - p_m, never below the margin: the log is safe
        no = np.where(counts, -(over**gamma_neg) * np.log(rest), 0.0)
        change = over**gamma_neg / rest - gamma_neg * over ** (gamma_neg - 1) * np.log(rest)
        no_slope = np.where(counts, change * p * sigmoid(-z), 0.0)
    cells = np.where(known, y * yes + (1 - y) * no, 0.0)
    return reduced(cells.sum(-1), np.where(known, -y * yes_slope + (1 - y) * no_slope, 0.0), reduction)


def softmax_focal(z: np.ndarray, t: np.ndarray, gamma: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Focal loss over classes that exclude each other: Σ_j t_j (1 - p_j)^γ (-ln p_j), p the softmax.

    Args:
        z: (N, C) logits.
        t: (N, C) non-negative targets.
        gamma: γ; 0 is cross-entropy.

    Returns:
        (N,) losses and their (N, C) gradient a - p Σa, a_j = t_j dℓ/dp_j p_j.

    Example:
        >>> z, t = np.array([[1.5, -0.5, 0.25, -2.0]]), np.eye(4)[[1]]
        >>> bool(softmax_focal(z, t, gamma=0.0)[0] == -log_softmax(z)[:, 1])
        True
    """
    t, p, log_p = np.asarray(t, np.float64), softmax(z), log_softmax(z)
    log_rest = log_others(z)
    weight = np.exp(gamma * log_rest)
    # p ln p / (1 - p), which is -1 where p is 1
    sure = np.where(log_rest < -30, -1.0, p * log_p / np.exp(np.maximum(log_rest, -30.0)))
    a = t * weight * (gamma * sure - 1)
    return -(t * weight * log_p).sum(-1), a - p * a.sum(-1, keepdims=True)


def log_others(z: np.ndarray) -> np.ndarray:
    """ln(1 - p_j) of the softmax, by adding up the other classes where p_j is the largest.

    Example:
        >>> log_others(np.array([[50.0, 0.0]])).round(6).tolist()
        [[-50.0, -0.0]]
    """
    z = np.asarray(z, np.float64)
    z = z - z.max(-1, keepdims=True)
    top = z.argmax(-1)[:, None]
    others = z.copy()
    np.put_along_axis(others, top, -1e30, -1)
    p = softmax(z)
    np.put_along_axis(p, top, 0.0, -1)
    found = np.log1p(-p)
    np.put_along_axis(found, top, (logsumexp(others) - logsumexp(z))[:, None], -1)
    return found
