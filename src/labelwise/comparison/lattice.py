"""The arithmetic of attribution: a figure for every set of switches -> shares that add up to the whole.

`values[s, m]` is the figure of seed s with the switches in the bit mask m set right; bit i belongs to switch i. Nothing
here knows what a switch is.
"""

from __future__ import annotations

from math import factorial

import numpy as np

__all__ = ["interactions", "marginals", "path", "shapley"]


def shapley(values: np.ndarray) -> np.ndarray:
    """Shapley value of each switch: its gain when it is set right, averaged over all orders of setting them.

    φ_i = Σ_{S without i} |S|! (k - |S| - 1)! / k! · (v(S and i) - v(S)); Σ φ_i = v(all) - v(none).

    Args:
        values: (seeds, 2^k) figures.

    Returns:
        (seeds, k) shares.

    Example:
        >>> shapley(np.array([[0.0, 1.0, 1.0, 1.0]])).tolist()  # either switch alone does it all
        [[0.5, 0.5]]

    Source: Shapley 1953, A value for n-person games.
    """
    k = _switches(values)
    shares = np.zeros((len(values), k))
    for i in range(k):
        without, gains = _gains(values, i)
        sizes = np.array([m.bit_count() for m in without])
        weights = np.array([factorial(s) * factorial(k - s - 1) / factorial(k) for s in sizes])
        shares[:, i] = gains @ weights
    return shares


def marginals(values: np.ndarray) -> list[np.ndarray]:
    """Gain of each switch in every situation: for each switch (seeds, 2^(k-1))."""
    return [_gains(values, i)[1] for i in range(_switches(values))]


def interactions(values: np.ndarray) -> np.ndarray:
    """Shapley interaction of each pair: how much more (or less) two switches give together than one by one.

    Negative for substitutes: once one is right the other has nothing left to do.

    Args:
        values: (seeds, 2^k) figures.

    Returns:
        (seeds, k, k), symmetric with a zero diagonal.

    Example:
        >>> interactions(np.array([[0.0, 1.0, 1.0, 1.0]]))[0].tolist()
        [[0.0, -1.0], [-1.0, 0.0]]

    Source: Grabisch & Roubens 1999, equation 3.
    """
    k = _switches(values)
    found = np.zeros((len(values), k, k))
    for i in range(k):
        for j in range(i):
            both = (1 << i) | (1 << j)
            for m in range(1 << k):
                if m & both:
                    continue
                size = m.bit_count()
                weight = factorial(size) * factorial(k - size - 2) / factorial(k - 1)
                found[:, i, j] += weight * (
                    values[:, m | both] - values[:, m | (1 << i)] - values[:, m | (1 << j)] + values[:, m]
                )
            found[:, j, i] = found[:, i, j]
    return found


def path(values: np.ndarray) -> np.ndarray:
    """Figures while the switches are set right one after the other, in their order: (seeds, k + 1)."""
    k = _switches(values)
    return np.stack([values[:, (1 << i) - 1] for i in range(k + 1)], axis=1)


def _switches(values: np.ndarray) -> int:
    return values.shape[1].bit_length() - 1


def _gains(values: np.ndarray, i: int) -> tuple[list[int], np.ndarray]:
    without = [m for m in range(values.shape[1]) if not m >> i & 1]
    with_it = [m | (1 << i) for m in without]
    return without, values[:, with_it] - values[:, without]
