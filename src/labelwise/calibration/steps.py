"""Calibrators that are steps: isotonic regression and histograms, kept off 0 and 1."""

from __future__ import annotations

import numpy as np

__all__ = ["histogram_steps", "isotonic_steps"]

BINS = 15


def isotonic_steps(x: np.ndarray, t: np.ndarray, rest: int) -> tuple[np.ndarray, np.ndarray]:
    """The non-decreasing steps of least squares, each drawn in by one row of every kind (Laplace).

    Args:
        x: (n,) scores.
        t: (n,) 0/1.
        rest: number of kinds of rows (2 for yes and no, C for one class of C).

    Returns:
        (S - 1,) edges, each the middle of two neighbouring scores, and (S,) values strictly within 0..1.

    Example:
        >>> isotonic_steps(np.array([0.0, 1.0]), np.array([0.0, 1.0]), 2)
        (array([0.5]), array([0.25, 0.75]))

    Source: Zadrozny & Elkan (2002); the clipping by Laplace's rule of succession.
    """
    from scipy.optimize import isotonic_regression

    distinct, place = np.unique(x, return_inverse=True)
    weight = np.bincount(place).astype(np.float64)
    mean = np.bincount(place, t) / weight
    fitted = np.asarray(isotonic_regression(mean, weights=weight).x)
    first = np.concatenate([[True], np.diff(fitted) > 1e-12])
    edges = (distinct[1:] + distinct[:-1])[first[1:]] / 2
    n = len(x)
    return edges, np.clip(fitted[first], 1 / (n + rest), (n + rest - 1) / (n + rest))


def histogram_steps(x: np.ndarray, t: np.ndarray, rest: int) -> tuple[np.ndarray, np.ndarray]:
    """Up to 15 steps with equally many rows, each the share of yes among its rows and one more of every kind.

    Args, Returns: as in `isotonic_steps`.

    Source: Zadrozny & Elkan (2001), histogram binning by quantiles.
    """
    distinct = np.unique(x)
    wanted = np.quantile(x, np.arange(1, BINS) / BINS)
    at = np.unique(np.searchsorted(distinct, wanted, side="left"))
    at = at[at > 0]
    edges = (distinct[at] + distinct[at - 1]) / 2
    place = np.searchsorted(edges, x, side="right")
    count = np.bincount(place, minlength=len(edges) + 1)
    return edges, (np.bincount(place, t, minlength=len(edges) + 1) + 1) / (count + rest)
