"""The best labels of a row for its own F: how many of the most probable ones have the highest expected F-beta.

With labels independent given the row, the best set of k labels is that of the k most probable ones. Let A be the number
of true labels among them and B that among the rest, b = beta^2:

    E_k = (1 + b) sum_a a P(A = a) E[1 / (k + b (a + B))],   E_0 = P(no label is true)

P(A = a) is built up label by label from the front; s_k(c) = E[1 / (c + b B)] from the back, by
s_{k-1}(c) = p_k s_k(c + b) + (1 - p_k) s_k(c). With b a ratio of small numbers c runs over a grid, so that all E_k of a
row of L labels take O(L^2) steps, without approximation.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from labelwise.decisions.snap import snap
from labelwise.kernels.blocks import row_blocks

__all__ = ["BETAS", "best_counts", "expected_f", "grid_of"]

BETAS = (0.5, 1.0, 2.0)
"""Those whose square is a ratio of small numbers."""


def grid_of(beta: float) -> tuple[int, int]:
    """beta^2 as a ratio of whole numbers.

    Example:
        >>> grid_of(0.5)
        (1, 4)
    """
    ratio = Fraction(beta) ** 2
    return ratio.numerator, ratio.denominator


def expected_f(p: np.ndarray, beta: float) -> np.ndarray:
    """Expected F-beta of giving the k most probable labels, for every k.

    Args:
        p: (N, L) probabilities, descending in each row.
        beta: one of `BETAS`.

    Returns:
        (N, L + 1), one figure for each k from 0 to L.

    Example:
        >>> expected_f(np.array([[0.9, 0.5]]), 1.0).round(3).tolist()
        [[0.05, 0.75, 0.783]]

    Source: Ye, Chai, Lee and Chieu (2012), Optimizing F-measures: a tale of two approaches, algorithm 1.
    """
    n, width = p.shape
    up, unit = grid_of(beta)
    front = np.zeros((width + 1, n, width + 1))  # front[k, :, a] = P(a of the first k are true)
    front[0, :, 0] = 1
    for k in range(1, width + 1):
        mine = p[:, k - 1, None]
        front[k, :, : k + 1] = front[k - 1, :, : k + 1] * (1 - mine)
        front[k, :, 1 : k + 1] += front[k - 1, :, :k] * mine
    steps = (up + unit) * width + 1
    back = np.full((n, steps), 1.0)
    back[:, 1:] = unit / np.arange(1, steps)
    out = np.empty((n, width + 1))
    for k in range(width, 0, -1):
        places = unit * k + up * np.arange(k + 1)
        out[:, k] = (1 + beta**2) * (np.arange(k + 1) * front[k, :, : k + 1] * back[:, places]).sum(1)
        mine, reach = p[:, k - 1, None], (up + unit) * (k - 1) + 1
        back = mine * back[:, up : reach + up] + (1 - mine) * back[:, :reach]
    out[:, 0] = (1 - p).prod(1)
    return out


def best_counts(p: np.ndarray, beta: float) -> np.ndarray:
    """(N,) how many of the most probable labels have the highest expected F-beta; of equal ones the fewest.

    Args:
        p: (N, L) probabilities, in any order.
        beta: one of `BETAS`.
    """
    out = np.empty(len(p), np.int64)
    for rows in row_blocks(slice(0, len(p)), (p.shape[1] + 1) ** 2):
        out[rows] = snap(expected_f(-np.sort(-p[rows], axis=1), beta)).argmax(1)
    return out
