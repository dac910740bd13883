"""Fit the temperature of softmax scores: Newton's method on a convex function of one number.

With b = 1/T the mean negative log-likelihood has slope mean(E_b[z] - z_y) and curvature mean(Var_b[z]), E_b and Var_b
taken over the classes with probabilities softmax(b z). One pass over the scores gives all three; a start found on a few
thousand rows leaves two or three passes over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelwise.kernels.blocks import in_parts, row_blocks

__all__ = ["TemperatureFit", "fit_temperature"]

STAGES = (512, 4096)  # rows of the starts, each on every k-th row
LOWEST, HIGHEST = 1e-3, 1e3  # of 1/T; beyond, the scores are useless or perfect
FAR = -1e15  # stands for -inf: its square is still finite in float32


@dataclass(frozen=True)
class TemperatureFit:
    """A fitted temperature.

    Attributes:
        temperature: T, to divide logits by; above 1 where the scores are too sure.
        nll: mean negative log-likelihood at T, in nats.
        bounded: True where T stopped at the end of the range allowed (the scores do not order the classes, or
            err nowhere).
    """

    temperature: float
    nll: float
    bounded: bool


def fit_temperature(scores: np.ndarray, targets: np.ndarray, *, tolerance: float = 1e-7) -> TemperatureFit:
    """Fit T so that softmax(scores / T) has the least mean negative log-likelihood.

    Args:
        scores: (N, C) logits or log-probabilities without nan; never changed.
        targets: (N,) class indices of every row, none missing.
        tolerance: the last step is one that is expected to improve less than this, in nats; what is left after it is
            smaller by orders of magnitude.

    Returns:
        The temperature and the figure it reaches.

    Example:
        >>> z = np.array([[4.0, 0.0]] * 4)
        >>> round(fit_temperature(z, np.array([0, 0, 0, 1])).temperature, 4)  # 4 / ln 3
        3.641

    Source: Guo et al. (2017), section 4.2.
    """
    b = 1.0
    for rows in STAGES:
        if len(scores) > 4 * rows:
            some = slice(None, None, len(scores) // rows)
            b, _ = _newton(np.ascontiguousarray(scores[some]), targets[some], b, 1e-4)
    b, nll = _newton(scores, targets, b, tolerance)
    return TemperatureFit(1 / b, nll, b in (LOWEST, HIGHEST))


def _newton(z: np.ndarray, y: np.ndarray, b: float, tolerance: float) -> tuple[float, float]:
    """Newton's steps, none beyond a factor of two; the last one is taken on trust."""
    for _ in range(60):
        value, slope, curvature = _moments(z, y, b)
        step = -slope / curvature if curvature > 0 else -np.sign(slope) * np.inf
        wanted = float(min(max(b + step, b / 2), b * 2)) if step else b
        if wanted == b + step and abs(slope * step) / 2 < tolerance:
            return wanted, value + slope * step / 2
        b = min(max(wanted, LOWEST), HIGHEST)
        if b in (LOWEST, HIGHEST):
            break
    return b, _moments(z, y, b)[0]


def _moments(z: np.ndarray, y: np.ndarray, b: float) -> tuple[float, float, float]:
    """Mean negative log-likelihood at 1/T = b, with slope and curvature."""
    n, width = z.shape
    kind = np.float64 if z.dtype == np.float64 else np.float32

    def job(part: slice) -> np.ndarray:
        step = next(row_blocks(slice(0, max(part.stop - part.start, 1)), width)).stop
        below, exps, ones = np.empty((step, width), kind), np.empty((step, width), kind), np.ones(width, kind)
        total = np.zeros(3)
        for rows in row_blocks(part, width):
            size = rows.stop - rows.start
            d, e = below[:size], exps[:size]
            np.subtract(z[rows], z[rows].max(1)[:, None], out=d)
            np.multiply(d, b, out=e)
            np.exp(e, out=e)
            mass = np.vecdot(e, ones).astype(np.float64)
            with np.errstate(invalid="ignore"):
                first = np.vecdot(e, d) / mass
            if np.isnan(first).any():  # 0 * -inf
                np.maximum(d, FAR, out=d)
                first = np.vecdot(e, d) / mass
            np.multiply(e, d, out=e)
            second = np.vecdot(e, d) / mass
            true = d[np.arange(size), y[rows]].astype(np.float64)
            total += ((np.log(mass) - b * true).sum(), (first - true).sum(), (second - first * first).sum())
        return total

    sums = sum(in_parts(job, n, least=max(1, 262_144 // max(width, 1)))) / n
    return float(sums[0]), float(sums[1]), float(sums[2])
