"""Calibrators of classes that exclude each other: temperatures, and structured vector and matrix scaling."""

from __future__ import annotations

from typing import Any

import numpy as np

from labelwise.calibration.forms import log_mixture
from labelwise.kernels import fit_temperature

__all__ = [
    "ERRS_NOWHERE",
    "ORDERS_NOTHING",
    "errs_nowhere",
    "fit_scaled_temperature",
    "laplace_share",
    "structured_scaling",
]

ITERATIONS = 200
ERRS_NOWHERE = "the scores err nowhere on these rows: no temperature is the best, none is used"
ORDERS_NOTHING = "the scores order nothing on these rows: no temperature is the best, none is used"


def fit_scaled_temperature(z: np.ndarray, y: np.ndarray) -> tuple[float, str | None]:
    """1 / T of the least log-loss; 1 and the reason where no finite T has it."""
    if errs_nowhere(z, y):
        return 1.0, ERRS_NOWHERE
    if (z == z[:, :1]).all():
        return 1.0, "the scores are the same for all classes: no temperature is the best, none is used"
    fit = fit_temperature(z, y)
    if fit.bounded:
        return 1.0, ORDERS_NOTHING
    return 1 / fit.temperature, None


def errs_nowhere(z: np.ndarray, y: np.ndarray) -> bool:
    """True where every row's own class has the highest logit alone: then no finite slope has the least loss."""
    rows = np.arange(len(z))
    others = z.copy()
    others[rows, y] = -np.inf
    return bool((z[rows, y] > others.max(1)).all())


def laplace_share(n: int) -> float:
    """The share of the uniform distribution that is mixed in: that of one more row, spread over all classes."""
    return 1 / (n + 1)


def structured_scaling(z: np.ndarray, y: np.ndarray, scale: float, *, off_diagonal: bool) -> dict[str, Any]:
    """Vector or matrix scaling with a ridge that is scaled to the number of parameters.

    Minimises, with x the log-probabilities of the mixed temperature, over v, b and (for a matrix) M without diagonal

        mean CE(softmax(x + x v + x M + b)) + (K/n)(|b|² + |v|²) + (K(K - 1)/n)|M|²

    Args:
        z: (n, K) logits.
        y: (n,) class indices.
        scale: 1 / T.
        off_diagonal: True for the matrix.

    Returns:
        Parameters of the form ``mixed_vector``, or ``mixed_matrix``.

    Source: Berta, Holzmüller, Jordan & Bach (2025), structured vector and matrix scaling (SVS, SMS).
    """
    from scipy.optimize import minimize

    n, width = z.shape
    share = laplace_share(n)
    x = log_mixture(z, scale, share)
    rows, inner = np.arange(n), max(width * (width - 1), 1)
    # in units where every ridge is |.|² / 2 the problem is well conditioned
    unit, inner_unit = np.sqrt(n / (2 * width)), np.sqrt(n / (2 * inner))
    diagonal = np.arange(width)
    logit, p = np.empty_like(x), np.empty_like(x)

    def parts(w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        v, b = w[:width] * unit, w[width : 2 * width] * unit
        matrix = w[2 * width :].reshape(width, width) * inner_unit if off_diagonal else None
        return v, b, matrix

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        v, b, matrix = parts(w)
        if matrix is None:
            np.multiply(x, 1 + v, out=logit)
        else:
            full = matrix.copy()
            full[diagonal, diagonal] = 1 + v
            np.matmul(x, full, out=logit)
        np.add(logit, b, out=logit)
        np.subtract(logit, logit.max(1, keepdims=True), out=logit)
        np.exp(logit, out=p)
        total = p.sum(1)
        nll = (np.log(total) - logit[rows, y]).mean()
        np.divide(p, (total * n)[:, None], out=p)
        p[rows, y] -= 1 / n
        if matrix is None:
            slopes = [np.vecdot(x.T, p.T) * unit, p.sum(0) * unit]
        else:
            inner_slope = x.T @ p
            slopes = [inner_slope[diagonal, diagonal] * unit, p.sum(0) * unit]
            inner_slope[diagonal, diagonal] = 0
            slopes.append(inner_slope.ravel() * inner_unit)
        return float(nll + w @ w / 2), np.concatenate(slopes) + w

    start = np.zeros(2 * width + (width * width if off_diagonal else 0))
    options = {"maxiter": ITERATIONS, "ftol": 1e-9, "gtol": 1e-6}
    v, b, matrix = parts(minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x)
    mixed = {"scale": np.float64(scale), "share": np.float64(share)}
    if matrix is None:
        return mixed | {"slope": 1 + v, "bias": b}
    full = matrix.copy()
    full[diagonal, diagonal] = 1 + v
    return mixed | {"matrix": full, "bias": b}
