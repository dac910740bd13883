"""Calibrators of ordered classes, on the link between ranks: the log-odds of lying above each cut."""

from __future__ import annotations

import numpy as np

from labelwise.calibration.classes import ERRS_NOWHERE, ORDERS_NOTHING, errs_nowhere, laplace_share
from labelwise.calibration.forms import cut_logits, softplus

__all__ = ["fit_link"]

STEEPEST = 50.0
"""A slope beyond it, or below its inverse, is none: such scores order nothing."""


def fit_link(z: np.ndarray, y: np.ndarray, *, shift: bool) -> tuple[dict[str, np.ndarray], str | None]:
    """One slope for the log-odds of all cuts, and where asked for one shift, of the least log-loss.

    With c_k = ln P(Y > k) / P(Y <= k) of the scores, the calibrated P(Y > k) is sigmoid(scale c_k + bias): cuts stay in
    order, so every class keeps a probability. A share of the uniform distribution is mixed in.

    Args:
        z: (n, K) logits of a softmax over the ranks.
        y: (n,) ranks.
        shift: True for a bias, which moves all rows up or down the ranks.

    Returns:
        Parameters of the form ``cumulative``; scale 1 and bias 0 with the reason where no finite ones are the best.

    Source: McCullagh (1980), the proportional-odds model; Guo et al. (2017) for one temperature.
    """
    from scipy.optimize import minimize

    n, width = z.shape
    share = laplace_share(n)
    if errs_nowhere(z, y):
        return _numbers(1.0, 0.0, share), ERRS_NOWHERE
    cuts = np.concatenate([np.full((n, 1), np.inf), cut_logits(z), np.full((n, 1), -np.inf)], axis=1)
    rows = np.arange(n)
    upper, lower = cuts[rows, y], cuts[rows, y + 1]  # the log-odds of lying above the cut below, and the cut above
    first, last = np.isinf(upper), np.isinf(lower)
    upper, lower = np.where(first, 0, upper), np.where(last, 0, lower)
    middle = ~(first | last)
    gap = np.where(middle, upper - lower, 1)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        scale = np.exp(w[0])
        u, v, wide = scale * upper + w[1], scale * lower + w[1], np.maximum(scale * gap, 1e-300)
        between = np.where(middle, np.log(-np.expm1(-wide)), 0)
        log_p = np.where(first, 0, -softplus(-u)) + np.where(last, 0, -softplus(v)) + between
        p = np.exp(log_p)
        mixed = (1 - share) * p + share / width
        up, down = np.where(first, 0, _sigmoid(-u)), np.where(last, 0, -_sigmoid(v))
        with np.errstate(over="ignore"):
            apart = np.where(middle, gap / np.expm1(wide), 0)
        by_scale = scale * (up * upper + down * lower + apart)
        weight = (1 - share) * p / mixed / n
        return float(-np.log(mixed).mean()), -np.array([weight @ by_scale, weight @ (up + down) if shift else 0.0])

    steep = float(np.log(STEEPEST))
    bounds = [(-steep, steep), (-STEEPEST, STEEPEST) if shift else (0, 0)]
    options = {"ftol": 1e-12, "gtol": 1e-8}
    w = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    if abs(w[0]) > 0.999 * steep or abs(w[1]) > 0.999 * STEEPEST:
        return _numbers(1.0, 0.0, share), ORDERS_NOTHING
    return _numbers(np.exp(w[0]), w[1], share), None


def _numbers(scale: float, bias: float, share: float) -> dict[str, np.ndarray]:
    numbers = {"scale": scale, "bias": bias, "share": share}
    return {name: np.asarray(value, np.float64) for name, value in numbers.items()}


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.exp(-softplus(-x))
