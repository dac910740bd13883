"""Cumulative links: the chance of a rank from where the thresholds around it lie, in log space with slopes.

A link is a distribution function F with P(y ≤ k) = F(θ_k - f). Each gives -ln F(x) (a rank below its threshold),
-ln(1 - F(x)) (above it) and -ln(F(high) - F(low)) (between two), every one with its slopes. Ranks between two
thresholds take the gap δ itself beside them, high = low + ln(1 + e^δ): a difference of two numbers close to each other
would lose it, and with it the loss of every narrow rank.

Where F or 1 - F is no float64 any more (a chance below e^-700), the logarithm goes on along its tangent. Losses and
slopes then stay finite whatever the outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.reference.pieces import sigmoid, softplus

__all__ = ["CUMULATIVE", "Cumulative"]

NORMAL_EDGE = 38.0
"""ln Φ(-38) = -726.6."""

NORMAL_HAZARD = 38.026279466575865
"""φ(38) / Φ(-38): the slope of ln Φ at -38."""

HAZARD_EDGE = 7.0
"""exp(-e^7) = e^-1096.6."""

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)

Slopes = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Cumulative:
    """One link.

    Attributes:
        name: key in `CUMULATIVE`.
        below: x -> -ln F(x), its slope.
        above: x -> -ln(1 - F(x)), its slope.
        between: (low, high, δ) -> -ln(F(high) - F(low)), its slopes by each of the three.
    """

    name: str
    below: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    above: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    between: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, Slopes]]


def _logit_between(low: np.ndarray, high: np.ndarray, gap: np.ndarray) -> tuple[np.ndarray, Slopes]:
    """σ(b) - σ(a) = σ(b) σ(-a) (1 - e^{a-b}), and 1 - e^{-ln(1 + e^δ)} = σ(δ): three softplus, exactly."""
    return softplus(-high) + softplus(low) + softplus(-gap), (sigmoid(low), -sigmoid(-high), -sigmoid(-gap))


# ------------------------------------------------------------------ complementary log-log: F(x) = 1 - exp(-e^x)


def _hazard(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """-ln(1 - F(x)) = e^x."""
    slope = np.exp(np.minimum(x, HAZARD_EDGE))
    return slope * (1 + np.maximum(x - HAZARD_EDGE, 0)), slope


def _cloglog_below(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    w = np.exp(np.clip(x, -30.0, HAZARD_EDGE))
    small = x < -30  # there 1 - e^-w is w
    with np.errstate(over="ignore"):
        return np.where(small, -x, -np.log(-np.expm1(-w))), np.where(small, -1.0, -w / np.expm1(w))


def _cloglog_between(low: np.ndarray, high: np.ndarray, gap: np.ndarray) -> tuple[np.ndarray, Slopes]:
    """F(b) - F(a) = e^{-e^a} (1 - e^{-(e^b - e^a)}), and ln(e^b - e^a) = a + δ."""
    (over, over_slope), (rest, rest_slope) = _hazard(low), _cloglog_below(low + gap)
    return over + rest, (over_slope + rest_slope, np.zeros_like(high), rest_slope)


# ------------------------------------------------------------------ probit: F = Φ


def _probit_below(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from scipy.special import log_ndtr

    inner = np.maximum(x, -NORMAL_EDGE)
    log_cdf = log_ndtr(inner)
    slope = np.where(x < -NORMAL_EDGE, -NORMAL_HAZARD, -np.exp(_log_density(inner)[0] - log_cdf))
    return -log_cdf + slope * (x - inner), slope


def _probit_above(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value, slope = _probit_below(-x)
    return value, -slope


def _log_density(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inner = np.clip(x, -NORMAL_EDGE, NORMAL_EDGE)
    value = -(inner**2) / 2 - np.log(2 * np.pi) / 2 - NORMAL_HAZARD * np.abs(x - inner)
    return value, np.where(x == inner, -x, -NORMAL_HAZARD * np.sign(x))


def _probit_between(low: np.ndarray, high: np.ndarray, gap: np.ndarray) -> tuple[np.ndarray, Slopes]:
    """Narrow ranks by ln(width · mean density), wide ones by a difference in log space on the side of the tail."""
    width = softplus(gap)
    middle = (low + high) / 2
    narrow = width * (1 + np.minimum(np.abs(middle), NORMAL_EDGE)) <= 2
    value, *slopes = found = _by_tails(low, high, width, middle)
    for all_cells, near in zip(found, _by_density(middle[narrow], width[narrow], gap[narrow]), strict=True):
        all_cells[narrow] = near
    return value, tuple(slopes)


def _by_density(middle: np.ndarray, width: np.ndarray, gap: np.ndarray) -> Slopes:
    place = NODES[:, *[None] * middle.ndim]
    log_f, slope = _log_density(middle + width / 2 * place)
    log_f = log_f + np.log(WEIGHTS / 2)[:, *[None] * middle.ndim]
    top = log_f.max(0)
    share = np.exp(log_f - top)
    total = share.sum(0)
    by_middle, by_width = ((share * s).sum(0) / total for s in (slope, slope * place / 2))
    steepness = np.exp(np.minimum(gap, 30) - np.maximum(gap, 0) - np.log1p(np.exp(-np.abs(gap))))  # σ(δ)
    tiny = gap < -36  # there ln(1 + e^δ) is e^δ
    with np.errstate(divide="ignore", invalid="ignore"):
        log_width = np.where(tiny, gap, np.log(width))
        by_gap = np.where(tiny, 1.0, steepness / width) + by_width * steepness
    return -(log_width + top + np.log(total)), -by_middle / 2, -by_middle / 2, -by_gap


def _by_tails(low: np.ndarray, high: np.ndarray, width: np.ndarray, middle: np.ndarray) -> Slopes:
    right = middle > 0
    u, v = np.where(right, -low, high), np.where(right, -high, low)
    (log_u, slope_u), (log_v, slope_v) = _probit_below(u), _probit_below(v)
    apart = np.where(u < -NORMAL_EDGE, NORMAL_HAZARD * width, log_v - log_u)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = log_u - np.log(-np.expm1(-apart))
        by_u, by_v = slope_u / -np.expm1(-apart), -slope_v / np.expm1(apart)
    return value, np.where(right, -by_u, by_v), np.where(right, -by_v, by_u), np.zeros_like(value)


CUMULATIVE: dict[str, Cumulative] = {
    link.name: link
    for link in (
        Cumulative(
            "logit",
            lambda x: (softplus(-x), -sigmoid(-x)),
            lambda x: (softplus(x), sigmoid(x)),
            _logit_between,
        ),
        Cumulative("probit", _probit_below, _probit_above, _probit_between),
        Cumulative("cloglog", _cloglog_below, _hazard, _cloglog_between),
    )
}
