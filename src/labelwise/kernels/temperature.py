"""Fit the temperature of softmax scores: Newton's method on a convex function of one number.

With b = 1/T the mean negative log-likelihood has slope mean(E_b[z] - z_y) and curvature mean(Var_b[z]), E_b and Var_b
taken over the classes with probabilities softmax(b z). One pass over the scores gives all three and the next moment,
which says how far a step will miss. A start found on a few thousand rows is so near that one or two passes over all of
them are enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from labelwise.kernels.blocks import LARGE_BLOCK, in_parts, row_blocks

__all__ = ["TemperatureFit", "fit_temperature"]

STAGES = (256, 2048)  # rows of the starts, each on every k-th row
LOWEST, HIGHEST = 1e-3, 1e3  # of 1/T; beyond, the scores are useless or perfect
FAR = -1e15  # stands for -inf: its square is still finite in float32
NEAR = 64.0  # moments about scores beyond lose digits
SMALL = 1e-30  # exponentials from here to its inverse can be summed in float32


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


def fit_temperature(scores: np.ndarray, targets: np.ndarray, *, tolerance: float = 1e-8) -> TemperatureFit:
    """Fit T so that softmax(scores / T) has the least mean negative log-likelihood.

    Args:
        scores: (N, C) logits or log-probabilities without nan; never changed.
        targets: (N,) class indices of every row, none missing.
        tolerance: how far from the least loss the result may be, in nats, as the loss's derivatives have it.

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
            b, _ = _newton(scores[some], targets[some], b, 1e-4)
    b, nll = _newton(scores, targets, b, tolerance)
    return TemperatureFit(1 / b, nll, b in (LOWEST, HIGHEST))


def _newton(z: np.ndarray, y: np.ndarray, b: float, tolerance: float) -> tuple[float, float]:
    """Newton's steps, none beyond a factor of two; the last one is put right by the third derivative and trusted."""
    for _ in range(60):
        value, slope, curvature, bend = _moments(z, y, b)
        if slope == 0:
            return b, value
        step = -slope / curvature if curvature > 0 else math.copysign(math.inf, -slope)
        missed = bend * step * step / (2 * curvature) if curvature > 0 else math.inf
        if abs(step - missed) < b / 2 and curvature * missed * missed / 2 < tolerance:
            step -= missed
            return b + step, value + step * (slope + step * (curvature / 2 + step * bend / 6))
        b = min(max(b + step, b / 2, LOWEST), b * 2, HIGHEST)
        if b in (LOWEST, HIGHEST):
            break
    return b, _moments(z, y, b)[0]


def _moments(z: np.ndarray, y: np.ndarray, b: float) -> tuple[float, float, float, float]:
    """Mean negative log-likelihood at 1/T = b, with its first three derivatives."""
    n, width = z.shape
    kind = np.float64 if z.dtype == np.float64 else np.float32
    at = float(kind(b))  # one and the same for the classes' sums and for the true class

    def job(part: slice) -> np.ndarray:
        step = next(row_blocks(slice(0, max(part.stop - part.start, 1)), width, LARGE_BLOCK)).stop
        exps, ones, shifted = np.empty((step, width), kind), np.ones(width, kind), None
        total = np.zeros(4)
        for rows in row_blocks(part, width, LARGE_BLOCK):
            block, e = z[rows].astype(kind, copy=False), exps[: rows.stop - rows.start]
            if shifted is None:
                sums, sound = _sums(block, y[rows], at, e, ones)
                if sound:
                    total += sums
                    continue
                shifted = np.empty((step, width), kind)  # and so it will be for most blocks to come
            d = np.subtract(block, block.max(1)[:, None], out=shifted[: len(block)])
            total += _sums(np.maximum(d, FAR, out=d), y[rows], at, e, ones)[0]
        return total

    sums = sum(in_parts(job, n, least=max(1, 262_144 // max(width, 1)))) / n
    return tuple(sums.tolist())


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def _sums(z: np.ndarray, y: np.ndarray, b: float, exps: np.ndarray, ones: np.ndarray) -> tuple[np.ndarray, bool]:
    """Loss and its first three derivatives summed over rows, and whether they are sound without a shift of the scores.

    Moments are taken about the true class's score and without that class, whose part is known and would swallow the
    rest: so rows that are nearly right count for what they are, not for what rounding leaves.
    """
    row = np.arange(len(z))
    true = z[row, y].astype(np.float64)
    np.multiply(z, b, out=exps)
    np.exp(exps, out=exps)
    exps[row, y] = 0
    moments = np.empty((4, len(z)))
    moments[0] = np.vecdot(exps, ones)
    moments[1] = np.vecdot(exps, z)
    for k in (2, 3):
        moments[k] = np.vecdot(np.multiply(exps, z, out=exps), z)
    mass = moments[0] + np.exp(b * true)
    in_range = (np.abs(true) <= NEAR) & (mass >= SMALL) & (mass <= 1 / SMALL) & np.isfinite(moments[3])
    loss = np.logaddexp(0, np.log(moments[0]) - b * true)
    for k in (1, 2, 3):
        moments[k:] = moments[k:] - true * moments[k - 1 : 3]
    first, second, third = moments[1:] / mass
    spread = second - first * first
    bend = third - first * (second + 2 * spread)
    return np.array([loss.sum(), first.sum(), spread.sum(), bend.sum()]), bool(in_range.all())
