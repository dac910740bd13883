"""Logistic fits of many columns at once: Newton's method with one small linear system per column.

For column l with features x (D numbers a cell) and target t the fit minimises

    sum_i softplus(w·x) - t w·x + (w - m)ᵀ P (w - m) / 2

which is convex; steps are halved, column by column, until the sum falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelwise.calibration.forms import softplus

__all__ = ["LogisticFit", "fit_logistic", "hierarchical", "platt_targets"]

STEPS = 60
ROUNDS = 30
LEAST_VARIANCE = 1e-5


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """Fitted weights.

    Attributes:
        weights: (L, D).
        loss: (L,) the sum that was minimised, its prior's part included.
        curvature: (L, D, D) second derivatives there.
    """

    weights: np.ndarray
    loss: np.ndarray
    curvature: np.ndarray


def platt_targets(y: np.ndarray) -> np.ndarray:
    """0 and 1 drawn in as by one more row of each kind, per column; nan stays.

    t = (P + 1) / (P + 2) for a yes, 1 / (M + 2) for a no, with P yes and M no in the column. It keeps fits finite
    where scores separate the two perfectly, and where one of them never occurs.

    Source: Platt (1999), section 2.2.
    """
    positives, negatives = np.nansum(y, axis=0), np.nansum(1 - y, axis=0)
    return np.where(np.isnan(y), np.nan, np.where(y == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2)))


def fit_logistic(
    features: np.ndarray,
    targets: np.ndarray,
    start: np.ndarray,
    *,
    offset: np.ndarray | float = 0.0,
    mean: np.ndarray | None = None,
    precision: np.ndarray | None = None,
    steps: int = STEPS,
) -> LogisticFit:
    """Fit every column's weights.

    Args:
        features: (D, n, L).
        targets: (n, L) from 0 to 1, nan where not known.
        start: (L, D) weights to start from.
        offset: (n, L) part of the logit that has no weight.
        mean: (D,) of the prior.
        precision: (D,) of the prior; None for a tiny one around `start`, which only keeps systems solvable.
        steps: at most so many Newton steps.

    Example:
        >>> z = np.log(np.array([[1.0], [1.0], [1.0], [9.0]]))
        >>> fit = fit_logistic(np.ones((1, 4, 1)), np.array([[1.0], [0.0], [0.0], [0.0]]), np.zeros((1, 1)))
        >>> fit.weights.round(4).tolist()  # ln(1 / 3)
        [[-1.0986]]
    """
    known = ~np.isnan(targets)
    t = np.where(known, targets, 0)
    seen = known.astype(np.float64)
    weights = np.array(start, np.float64)
    centre = weights.copy() if mean is None else np.broadcast_to(mean, weights.shape)
    pull = np.full(weights.shape[1], 1e-6) if precision is None else precision

    def value(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logit = np.einsum("dnl,ld->nl", features, w) + offset
        return (seen * (softplus(logit) - t * logit)).sum(0) + (pull * (w - centre) ** 2).sum(1) / 2, logit

    loss, logit = value(weights)
    curvature = np.empty(0)
    for _ in range(steps):
        with np.errstate(over="ignore"):
            p = 1 / (1 + np.exp(-logit))
        slope = np.einsum("dnl,nl->ld", features, seen * (p - t)) + pull * (weights - centre)
        curved = features * (seen * p * (1 - p))
        curvature = np.einsum("dnl,enl->lde", curved, features) + np.diag(pull)
        step = np.linalg.solve(curvature, slope[..., None])[..., 0]
        size, tries = np.ones(len(weights)), 0
        new_loss, new_logit = value(weights - step)
        while (worse := ~(new_loss <= loss + 1e-12 * np.abs(loss))).any() and tries < 30:
            size, tries = np.where(worse, size / 2, size), tries + 1
            new_loss, new_logit = value(weights - size[:, None] * step)
        size = np.where(worse, 0, size)
        weights = weights - size[:, None] * step
        gain = np.einsum("ld,ld->l", slope, step)
        loss, logit = value(weights) if worse.any() else (new_loss, new_logit)
        if (gain * (size > 0) <= 1e-10 * (1 + loss)).all():
            break
    return LogisticFit(weights, loss, curvature)


def hierarchical(features: np.ndarray, targets: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """Weights of every column, drawn toward what columns have in common as far as they agree (empirical Bayes).

    Weights of a column are taken as normal around those of the fit that all columns share, with a variance per feature,
    which is found by expectation-maximisation, with the curvature at each column's own optimum as its doubt (Laplace).
    The shared fit weighs cells, the mean of the columns' own weights would weigh columns: with few rows that is led by
    the rarest, whose weights are mostly chance.

    Args:
        features: (D, n, L).
        targets: (n, L) 0/1 with nan.
        shared: (D,) weights of the fit that all columns share.

    Returns:
        (L, D).

    Source: Efron & Morris (1973); Tierney & Kadane (1986) for the approximation.
    """
    width = targets.shape[1]
    mean, variance = np.array(shared, np.float64), np.full(len(shared), 0.25)
    weights = np.tile(mean, (width, 1))
    for _ in range(ROUNDS):
        fit = fit_logistic(features, targets, weights, mean=mean, precision=1 / variance, steps=6)
        weights = fit.weights
        doubt = np.diagonal(np.linalg.inv(fit.curvature), axis1=1, axis2=2)
        old, ratio = variance, ((weights - mean) ** 2 + doubt).mean(0) / variance
        variance = np.clip(old * ratio**1.5, LEAST_VARIANCE, None)  # a longer step: plain EM crawls to 0
        if np.abs(np.log(variance / old)).max() < 0.05:
            break
    return fit_logistic(features, targets, weights, mean=mean, precision=1 / variance).weights
