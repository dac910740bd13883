"""Losses of a count times a distribution: the last output is the count, the others say which labels share it.

Rates λ_j = Z p_j, with Z > 0 from the last output and p the softmax of the others. Where cells are not known (nan), the
known ones are judged alone: p is the softmax over them, Z their part of the count. A row without labels asks for Z = 0.
"""

from __future__ import annotations

import numpy as np

from labelwise.reference.pieces import log_softmax, sigmoid, softplus

STRAIGHT = 10.0
"""From here on (22 000 labels) the exponential count goes on as a straight line: finite, in float16 too."""


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
    log_p, k = log_softmax(v[:, :-1]), y.sum(-1, keepdims=True)
    p, (part, part_slope) = np.exp(log_p), _known_part(v[:, :-1], known)
    count, log_count, slope = (x[:, None] for x in exponential_count(v[:, -1]))
    loss = count * part - k * log_count - (y * log_p).sum(-1, keepdims=True)
    # d ln Z / da is slope / Z
    return loss[:, 0], np.hstack([count * part_slope + k * p - y, slope * (part - k / count)])


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
    log_p = log_softmax(np.where(known, v[:, :-1], -1e30))
    part, part_slope = _known_part(v[:, :-1], known)
    count, slope = softplus(v[:, -1:]), sigmoid(v[:, -1:])
    gap = np.where(known.any(-1, keepdims=True), count * part - k, 0.0)
    entropy = (t * np.log(np.where(t > 0, t, 1.0))).sum(-1)
    loss = entropy - (t * np.where(known, log_p, 0.0)).sum(-1) + weight * gap[:, 0] ** 2
    shares = np.where(known & (k > 0), np.exp(log_p), 0.0) - t
    moved = 2 * weight * gap
    return loss, np.hstack([shares + moved * count * part_slope, moved * part * slope])


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


def _known_part(z: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What share of the softmax the known columns are, (N, 1), and its gradient by z."""
    p = np.exp(log_softmax(z))
    shown, hidden = np.where(known, p, 0.0), np.where(known, 0.0, p)
    part, rest = shown.sum(-1, keepdims=True), hidden.sum(-1, keepdims=True)
    part = np.where(rest < 0.5, 1 - rest, part)
    return part, shown * rest - hidden * part
