"""Several questions at once: a softmax for each group of classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labelwise.reference.exclusive import softmax_ce


def grouped_softmax(
    z: np.ndarray, y: np.ndarray, sizes: Sequence[int], reduction: str
) -> tuple[np.ndarray, np.ndarray]:
    """Σ over the known groups of the softmax cross-entropy within the group, or its mean over them.

    Args:
        z: (N, ΣC_g) logits, group after group.
        y: (N, ΣC_g) one-hot within each group, nan where the group is not known.
        sizes: classes of each group.
        reduction: ``sum_groups`` or ``mean_groups``.

    Returns:
        (N,) losses and their gradient; 0 for a row without any known group.

    Example:
        >>> y = np.array([[1, 0, np.nan, np.nan, np.nan]])
        >>> grouped_softmax(np.zeros((1, 5)), y, (2, 3), "sum_groups")[0].round(4).tolist()
        [0.6931]
    """
    z, y = np.asarray(z, np.float64), np.asarray(y, np.float64)
    ends = np.cumsum(sizes)[:-1]
    known = ~np.isnan(y)
    parts = [softmax_ce(*part) for part in zip(np.split(z, ends, 1), np.split(np.nan_to_num(y), ends, 1), strict=True)]
    loss, gradient = sum(part[0] for part in parts), np.concatenate([part[1] for part in parts], axis=1)
    if reduction == "mean_groups":
        count = np.maximum(known[:, np.cumsum(sizes) - 1].sum(1), 1)
        return loss / count, gradient / count[:, None]
    return np.asarray(loss), gradient
