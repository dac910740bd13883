"""Calibrators of independent labels, and of yes or no (one column)."""

from __future__ import annotations

from typing import Any

import numpy as np

from labelwise.calibration.classes import ERRS_NOWHERE, ORDERS_NOTHING
from labelwise.calibration.forms import softplus
from labelwise.calibration.logistic import LogisticFit, fit_logistic, hierarchical, platt_targets

__all__ = ["beta_map", "per_label_map", "quadratic_map", "shared_affine", "shared_scale", "shrunk_map"]

HIGHEST = 100.0
"""A slope beyond it is that of scores which separate yes from no: no slope is the best then."""


def shared_scale(z: np.ndarray, y: np.ndarray) -> tuple[float, str | None]:
    """1 / T common to all labels; 1 and the reason where no finite T is the best."""
    column, t = z.reshape(-1, 1), y.reshape(-1, 1)
    known = ~np.isnan(t[:, 0])
    wrong = known & ((column[:, 0] > 0) != (t[:, 0] == 1))
    if not wrong.any():
        return 1.0, ERRS_NOWHERE
    scale = float(fit_logistic(column[None], t, np.ones((1, 1))).weights[0, 0])
    if not 0 < scale < HIGHEST:
        return 1.0, ORDERS_NOTHING
    return scale, None


def shared_affine(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(2,) slope and bias common to all labels."""
    return _affine(z.reshape(-1, 1), y.reshape(-1, 1)).weights[0]


def per_label_map(z: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """A slope and a bias for each label, each on its own."""
    weights = _affine(z, y).weights
    return {"scale": weights[:, 0], "bias": weights[:, 1]}


def shrunk_map(z: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """A slope and a bias for each label, drawn to the common ones as far as labels agree."""
    weights = hierarchical(_with_one(z), y, shared_affine(z, y))
    return {"scale": weights[:, 0], "bias": weights[:, 1]}


def beta_map(z: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """rise ln p - fall ln(1 - p) + bias, rise and fall not negative.

    Where one of the two comes out negative, it is 0 and the others are fitted again.

    Source: Kull, Silva Filho & Flach (2017), section 4.
    """
    rising, falling = -softplus(-z), softplus(z)
    t, one = platt_targets(y), np.ones_like(z)
    best: tuple[float, float, float, float] | None = None
    for use in ((True, True), (True, False), (False, True), (False, False)):
        features = np.stack([*(f for f, u in zip((rising, falling), use, strict=True) if u), one])
        start = np.array([[*(1.0 for u in use if u), 0.0]])
        fit = fit_logistic(features, t, start)
        slopes = iter(fit.weights[0, :-1])
        rise, fall = (float(next(slopes)) if u else 0.0 for u in use)
        if rise >= 0 and fall >= 0 and (best is None or fit.loss[0] < best[0]):
            best = (float(fit.loss[0]), rise, fall, float(fit.weights[0, -1]))
        if best is not None and all(use):
            break
    assert best is not None  # a bias alone is always allowed
    return {"rise": best[1], "fall": best[2], "bias": best[3]}


def quadratic_map(z: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """bias + slope z + bend z², not falling between the lowest and the highest score, straight on beyond them.

    The slope is slope + 2 bend z, so it is non-negative on the range if it is so at both ends; where the free optimum
    is not, the best one with slope 0 at one end is taken.
    """
    low, high = float(z.min()), float(z.max())
    t, one = platt_targets(y), np.ones_like(z)
    fit = fit_logistic(np.stack([z, z * z, one]), t, np.array([[1.0, 0.0, 0.0]]))
    slope, bend, bias = (float(w) for w in fit.weights[0])
    if min(slope + 2 * bend * low, slope + 2 * bend * high) < 0:
        flat_low = fit_logistic(np.stack([(z - low) ** 2, one]), t, np.array([[0.0, 0.0]]))
        flat_high = fit_logistic(np.stack([-((high - z) ** 2), one]), t, np.array([[0.0, 0.0]]))
        slope, bend, bias = _flat_end(flat_low, flat_high, low, high, t)
    return {"bias": bias, "slope": slope, "bend": bend, "low": low, "high": high}


def _flat_end(
    flat_low: LogisticFit, flat_high: LogisticFit, low: float, high: float, t: np.ndarray
) -> tuple[float, float, float]:
    options = []
    for fit, end, sign in ((flat_low, low, 1), (flat_high, high, -1)):
        k, c = (float(w) for w in fit.weights[0])
        if k >= 0:
            options.append((float(fit.loss[0]), -2 * sign * k * end, sign * k, c + sign * k * end * end))
    if not options:
        share = float(np.nanmean(t))
        return 0.0, 0.0, float(np.log(share / (1 - share)))
    return min(options)[1:]


def _affine(z: np.ndarray, y: np.ndarray) -> LogisticFit:
    return fit_logistic(_with_one(z), platt_targets(y), np.tile([1.0, 0.0], (z.shape[1], 1)))


def _with_one(z: np.ndarray) -> np.ndarray:
    return np.stack([z, np.ones_like(z)])
