"""Numbers rounded to a fine grid before they are compared, so that every engine decides alike.

numpy, torch and ONNX runtimes sum and exponentiate with last-digit differences. A threshold that is hit exactly would
fall on either side of them; rounded to multiples of 2^-32, it is hit exactly everywhere.
"""

from __future__ import annotations

import functools

import numpy as np

__all__ = ["GRID", "cut_of", "log_cut_of", "snap"]

GRID = 2.0**32


def snap(x: np.ndarray) -> np.ndarray:
    """The nearest multiples of 2^-32, a new array.

    Example:
        >>> bool(snap(np.array(0.1 + 0.2)) == snap(np.array(0.3)))
        True
    """
    out = np.multiply(x, GRID, out=np.empty(np.shape(x)))
    np.rint(out, out=out)
    return np.multiply(out, 1 / GRID, out=out)  # a power of two: as exact as dividing by it


@functools.lru_cache(2**16)
def cut_of(threshold: float | None) -> float:
    """A threshold on a probability as one on its logit; None (never) as infinity."""
    if threshold is None:
        return np.inf
    with np.errstate(divide="ignore"):
        return float(snap(np.log(np.float64(threshold)) - np.log1p(-np.float64(threshold))))


def log_cut_of(threshold: float) -> float:
    """A threshold on a probability as one on its logarithm."""
    return float(snap(np.log(np.float64(threshold))))
