"""Losses of a count times a distribution: the last output is the count, the others say which labels share it.

Rates λ_j = Z p_j, with Z > 0 from the last output and p the softmax of the others. Where cells are not known (nan), the
known ones are judged alone: p is the softmax over them, Z their part of the count. A row without labels asks for Z = 0.
"""

from __future__ import annotations

import numpy as np

from labelwise.reference.pieces import log_softmax, sigmoid, softplus

STRAIGHT = 15.0
"""From here on (three million labels) the exponential count goes on as a straight line, which keeps it finite."""


def exponential_count(a: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Z = e^a, its logarithm and its slope; beyond `STRAIGHT` along the tangent.

    Example:
        >>> [float(v) for v in exponential_count(np.array(0.0))]
        [1.0, 0.0, 1.0]
    """
    a = np.asarray(a, np.float64)
    over, base = np.maximum(a - STRAIGHT, 0.0), np.exp(np.minimum(a, STRAIGHT))
    return base * (1 + over), np.minimum(a, STRAIGHT) + np.log1p(over), base


def count_poisson(v: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Poisson log-likelihood of each row: Σ_j λ_j - y_j ln λ_j, λ_j = Z p_j, Z = e^a.

    The same number as Z - k ln Z + k CE(y/k, p), with k = Σ_j y_j.

    Args:
        v: (N, L + 1) logits of the labels, and a.
        y: (N, L) targets, nan where not known.

    Returns:
        (N,) losses and their (N, L + 1) gradient.

    Example:
        >>> v = np.array([[1.5, -0.5, 0.25, -2.0, np.log(1.7)]])
        >>> count_poisson(v, np.array([[1, 0, 1, 0]]))[0].round(10).tolist()
        [2.6346789327]
    """
    known, y = ~np.isnan(y), np.nan_to_num(np.asarray(y, np.float64))
    log_p = log_softmax(v[:, :-1])
    count, log_count, slope = (x[:, None] for x in exponential_count(v[:, -1]))
    rates = np.where(known, count * np.exp(log_p), 0.0)
    loss = (rates - np.where(known, y * (log_p + log_count), 0.0)).sum(-1)
    g = rates - y  # by ln λ
    # d ln Z / da is slope / Z
    return loss, np.hstack([g - np.exp(log_p) * g.sum(-1, keepdims=True), g.sum(-1, keepdims=True) * slope / count])


def count_kl(v: np.ndarray, y: np.ndarray, weight: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Distribution and count apart: KL(y/k ‖ p) + w (Z - k)², Z = ln(1 + e^a); the first part is 0 for k = 0.

    Arguments and result as in `count_poisson`; `weight` is w.

    Example:
        >>> v = np.array([[0.0, 0.0, np.log(np.e - 1)]])  # p = ½ each, Z = 1
        >>> count_kl(v, np.array([[1.0, 0.0]]))[0].round(6).tolist()  # ln 2
        [0.693147]
    """
    known, y = ~np.isnan(y), np.nan_to_num(np.asarray(y, np.float64))
    k = y.sum(-1, keepdims=True)
    t = np.divide(y, k, out=np.zeros_like(y), where=k > 0)
    log_p, part = _known_shares(v[:, :-1], known)
    count, slope = softplus(v[:, -1:]), sigmoid(v[:, -1:])
    gap = np.where(known.any(-1, keepdims=True), count * part - k, 0.0)
    entropy = (t * np.log(np.where(t > 0, t, 1.0))).sum(-1)
    loss = entropy - (t * np.where(known, log_p, 0.0)).sum(-1) + weight * gap[:, 0] ** 2
    p = np.where(known, np.exp(log_p), 0.0)
    # the part of the known labels moves with their logits: d part / dz = part (p over the known - p over all)
    moved = 2 * weight * gap * count * part * (p - np.exp(log_softmax(v[:, :-1])))
    return loss, np.hstack([(k > 0) * p - t + moved, 2 * weight * gap * part * slope])


def count_product(v: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared error of the product: Σ_j (Z p_j - y_j)², Z = ln(1 + e^a).

    Arguments and result as in `count_poisson`.

    Example:
        >>> v = np.array([[0.0, 0.0, np.log(np.e - 1)]])  # p = ½ each, Z = 1
        >>> count_product(v, np.array([[1.0, 0.0]]))[0].round(6).tolist()
        [0.5]
    """
    known, y = ~np.isnan(y), np.nan_to_num(np.asarray(y, np.float64))
    p = np.exp(log_softmax(v[:, :-1]))
    count, slope = softplus(v[:, -1:]), sigmoid(v[:, -1:])
    gap = np.where(known, count * p - y, 0.0)
    g = 2 * gap * count * p  # by ln p
    return (gap**2).sum(-1), np.hstack([g - p * g.sum(-1, keepdims=True), (2 * gap * p).sum(-1, keepdims=True) * slope])


def _known_shares(z: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log-softmax over the known columns of each row, and what share of the whole softmax they are, (N, 1)."""
    shown = np.where(known, z, -1e30)
    p = np.exp(log_softmax(z))
    return log_softmax(shown), np.where(known.all(-1), 1.0, np.where(known, p, 0.0).sum(-1))[:, None]
