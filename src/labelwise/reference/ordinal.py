"""Losses over ordered classes, ranks 0 .. K-1, with a score f and thresholds θ_0 .. θ_{K-2} between them."""

from __future__ import annotations

import numpy as np

from labelwise.reference.cumulative import CUMULATIVE
from labelwise.reference.exclusive import softmax_ce
from labelwise.reference.pieces import log_sigmoid, sigmoid, softmax, softplus

Loss = tuple[np.ndarray, np.ndarray]


def thresholds(z: np.ndarray) -> np.ndarray:
    """θ_0, θ_0 + ln(1 + e^{δ_1}), ... of rows (f, θ_0, δ_1 .. δ_{K-2}): ascending whatever the outputs.

    Example:
        >>> thresholds(np.array([[0.4, -1.0, 0.0, 0.0]])).round(4).tolist()
        [[-1.0, -0.3069, 0.3863]]
    """
    z = np.asarray(z, np.float64)
    return np.cumsum(np.concatenate([z[:, 1:2], softplus(z[:, 2:])], axis=1), axis=1)


def cumulative_link(z: np.ndarray, y: np.ndarray, link: str) -> Loss:
    """-ln P(y) with P(y ≤ k) = F(θ_k - f), exact in both tails.

    Args:
        z: (N, K) rows (f, θ_0, δ_1 .. δ_{K-2}).
        y: (N,) ranks.
        link: ``logit``, ``probit`` or ``cloglog``.

    Returns:
        (N,) losses and their (N, K) gradient. Source: McCullagh 1980.

    Example:
        >>> z = np.array([[0.4, -1.0, np.expm1(1.3), np.expm1(1.7)]])
        >>> z[:, 2:] = np.log(z[:, 2:])  # θ = -1, .3, 2
        >>> [round(float(cumulative_link(z, np.array([y]), "logit")[0][0]), 10) for y in range(4)]
        [1.6204174099, 1.2829990526, 1.0300262966, 1.7839007409]
    """
    z = np.asarray(z, np.float64)
    log_p, slopes = _of_ranks(z, link)
    at = np.arange(len(z)), y
    by_low, by_high, by_gap = (s[at] for s in slopes)
    by_theta = np.zeros((len(z), z.shape[1] + 1))
    by_theta[at] = by_low
    by_theta[at[0], y + 1] = by_high
    gradient = _to_outputs(z, -by_low - by_high, by_theta[:, 1:-1])
    gradient[at[0], y + 1 - (y == z.shape[1] - 1)] += by_gap  # the ends have none
    return -log_p[at], gradient


def cumulative_log_probs(z: np.ndarray, link: str) -> np.ndarray:
    """(N, K) logarithms of the chances of all ranks; arguments as in `cumulative_link`.

    Example:
        >>> np.exp(cumulative_log_probs(np.array([[0.4, -1.0, 0.0, 0.0]]), "probit")).sum().round(12)
        np.float64(1.0)
    """
    return _of_ranks(np.asarray(z, np.float64), link)[0]


def _of_ranks(z: np.ndarray, link: str) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Log-probabilities of all ranks, and the slopes of minus them by low, high and δ; 0 where a rank has none."""
    f = CUMULATIVE[link]
    x = thresholds(z) - z[:, :1]
    (first, first_slope), (last, last_slope) = f.below(x[:, :1]), f.above(x[:, -1:])
    inside, (by_low, by_high, by_gap) = f.between(x[:, :-1], x[:, 1:], z[:, 2:])
    none = np.zeros_like(first)
    slopes = (
        np.concatenate([none, by_low, last_slope], axis=1),
        np.concatenate([first_slope, by_high, none], axis=1),
        np.concatenate([none, by_gap, none], axis=1),
    )
    return -np.concatenate([first, inside, last], axis=1), slopes


def _to_outputs(z: np.ndarray, by_score: np.ndarray, by_theta: np.ndarray) -> np.ndarray:
    """Gradient by (f, θ_0, δ_1 ..) from those by f and by the thresholds: a δ moves every threshold above it."""
    above = np.cumsum(by_theta[:, ::-1], axis=1)[:, ::-1]
    above = above * np.concatenate([np.ones((len(z), 1)), sigmoid(z[:, 2:])], axis=1)
    return np.concatenate([by_score[:, None], above], axis=1)


def all_threshold(z: np.ndarray, y: np.ndarray) -> Loss:
    """Σ_k ln(1 + e^{s_k (θ_k - f)}), s_k = -1 where y ≤ k and +1 below; arguments as in `cumulative_link`.

    Source: Rennie & Srebro 2005, section 3.3, with the logistic penalty.
    """
    z = np.asarray(z, np.float64)
    loss, by_x = _penalties(thresholds(z) - z[:, :1], y)
    return loss, _to_outputs(z, -by_x.sum(1), by_x)


def _penalties(x: np.ndarray, y: np.ndarray, used: np.ndarray | bool = True) -> Loss:
    s = np.where(y[:, None] <= np.arange(x.shape[1]), -1.0, 1.0)
    return np.where(used, softplus(s * x), 0.0).sum(1), np.where(used, s * sigmoid(s * x), 0.0)


def immediate_threshold(z: np.ndarray, y: np.ndarray) -> Loss:
    """`all_threshold` over the thresholds next to the rank alone, θ_{y-1} and θ_y.

    Args:
        z: (N, K) rows (f, θ_0 .. θ_{K-2}), in any order.
        y: (N,) ranks.

    Source: Rennie & Srebro 2005, section 3.2.

    Example:
        >>> immediate_threshold(np.array([[0.4, -1.0, 0.3, 2.0]]), np.array([2]))[0].round(10).tolist()
        [0.828297401]
    """
    z = np.asarray(z, np.float64)
    k = np.arange(z.shape[1] - 1)
    loss, by_x = _penalties(z[:, 1:] - z[:, :1], y, (k == y[:, None] - 1) | (k == y[:, None]))
    return loss, np.concatenate([-by_x.sum(1, keepdims=True), by_x], axis=1)


def adjacent_log_probs(z: np.ndarray) -> np.ndarray:
    """(N, K) logarithms of chances whose neighbours are in the ratio P(k) / P(k+1) = e^{θ_k - f}."""
    z = np.asarray(z, np.float64)
    x = z[:, 1:] - z[:, :1]
    steps = np.concatenate([np.cumsum(x[:, ::-1], axis=1)[:, ::-1], np.zeros((len(z), 1))], axis=1)
    top = steps.max(1, keepdims=True)
    return steps - top - np.log(np.exp(steps - top).sum(1, keepdims=True))


def coral(z: np.ndarray, y: np.ndarray) -> Loss:
    """Binary cross-entropy of the levels [y > k] on f + b_k, summed.

    Args:
        z: (N, K) rows (f, b_0 .. b_{K-2}).
        y: (N,) ranks.

    Returns:
        (N,) losses and their (N, K) gradient. The same as `all_threshold` with b = -θ. Source: Cao et al. 2020.

    Example:
        >>> coral(np.array([[0.4, 1.0, -0.3, -2.0]]), np.array([2]))[0].round(10).tolist()
        [1.0487148109]
    """
    z = np.asarray(z, np.float64)
    loss, by_x = _penalties(-z[:, :1] - z[:, 1:], y)
    return loss, np.concatenate([-by_x.sum(1, keepdims=True), -by_x], axis=1)


def coral_log_probs(z: np.ndarray) -> np.ndarray:
    """(N, K) log-probabilities of ranks, the biases put in order: so every chance is one, also before they settle.

    σ(f+b) - σ(f+b') = σ(f+b) σ(-f-b') (1 - e^{b'-b}), in log space.
    """
    z = np.asarray(z, np.float64)
    x = z[:, :1] + -np.sort(-z[:, 1:], axis=1)
    with np.errstate(divide="ignore"):
        inside = log_sigmoid(x[:, :-1]) + log_sigmoid(-x[:, 1:]) + np.log(-np.expm1(np.diff(x, axis=1)))
    return np.concatenate([log_sigmoid(-x[:, :1]), inside, log_sigmoid(x[:, -1:])], axis=1)


def corn(z: np.ndarray, y: np.ndarray) -> Loss:
    """-ln P(y) where z_k scores P(y > k | y ≥ k): Σ_{k<y} ln(1 + e^{-z_k}) + ln(1 + e^{z_y}), the last not for y = K-1.

    Args:
        z: (N, K-1).
        y: (N,) ranks.

    Returns:
        (N,) losses and their (N, K-1) gradient. Source: Shi et al. 2021 (arXiv 2111.08851), summed per row.

    Example:
        >>> [round(float(corn(np.array([[0.8, -0.3, 1.2]]), np.array([y]))[0][0]), 10) for y in range(4)]
        [1.1711006659, 0.9254559104, 2.6887383778, 1.4887383778]
    """
    z = np.asarray(z, np.float64)
    loss, slope = _penalties(-z, y, np.arange(z.shape[1]) <= y[:, None])
    return loss, -slope


def corn_log_probs(z: np.ndarray) -> np.ndarray:
    """(N, K) log-probabilities of ranks: passed every step before, stopped at this one."""
    z = np.asarray(z, np.float64)
    none = np.zeros((len(z), 1))
    passed = np.concatenate([none, np.cumsum(log_sigmoid(z), axis=1)], axis=1)
    return passed + np.concatenate([log_sigmoid(-z), none], axis=1)


def squared_emd(z: np.ndarray, y: np.ndarray, cross_entropy: float = 0.0) -> Loss:
    """Σ_k (P(≤k) - [y ≤ k])² of the softmax, and so many times its cross-entropy.

    Args:
        z: (N, K) logits.
        y: (N,) ranks.
        cross_entropy: its weight.

    Source: Hou et al. 2016 (arXiv 1611.05916); Epstein 1969 (ranked probability score).

    Example:
        >>> squared_emd(np.array([[1.5, -0.5, 0.25, -2.0]]), np.array([1]))[0].round(10).tolist()
        [0.5222943796]
    """
    z = np.asarray(z, np.float64)
    truth, p = (np.arange(z.shape[1]) == y[:, None]).astype(np.float64), softmax(z)
    apart = np.cumsum(p - truth, axis=1)
    slope = 2 * np.cumsum(apart[:, ::-1], axis=1)[:, ::-1]
    loss, gradient = softmax_ce(z, truth)
    own = p * (slope - (p * slope).sum(1, keepdims=True))
    return (apart**2).sum(1) + cross_entropy * loss, own + cross_entropy * gradient


def ordinal_shares(y: np.ndarray, ranks: int, alpha: float) -> np.ndarray:
    """(N, K) soft targets proportional to e^{-α |k - y|}.

    Example:
        >>> ordinal_shares(np.array([1]), 3, 1.0).round(4).tolist()
        [[0.2119, 0.5761, 0.2119]]
    """
    return softmax(-alpha * np.abs(np.arange(ranks) - np.asarray(y)[:, None]))


def ordinal_soft(z: np.ndarray, y: np.ndarray, alpha: float) -> Loss:
    """Softmax cross-entropy on `ordinal_shares`.

    Source: Díaz & Marathe 2019 (CVPR), equation 3.
    """
    return softmax_ce(z, ordinal_shares(y, np.shape(z)[1], alpha))
