"""The best constant: the first bias of a loss whose best constant output has no closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelwise.heads.space import dense

if TYPE_CHECKING:
    from labelwise.heads.head import Head
    from labelwise.task import Task

__all__ = ["best_constant"]

ROWS = 4_000
"""More rows than that change a constant by less than training does in its first step."""


def best_constant(head: Head, task: Task, encoded: np.ndarray) -> np.ndarray:
    """The outputs, the same for every row, with the least mean loss.

    Beyond `ROWS` a fixed sample of the rows is taken. Half a row of each class (of several labels: half a row with all
    of them and half a row with none) is counted with them, which keeps the constant finite for a label that never or
    always holds.

    Args:
        head: bound to the training rows.
        task: the task.
        encoded: targets as `Head.encode` gives them.

    Returns:
        (n_outputs,) float64.
    """
    from scipy.optimize import minimize

    if len(encoded) > ROWS:
        encoded = encoded[np.random.default_rng(0).choice(len(encoded), ROWS, replace=False)]
    rows = dense(task, encoded)
    width = rows.shape[1]
    half = np.eye(width) if encoded.ndim == 1 else np.stack([np.ones(width), np.zeros(width)])
    weights = np.concatenate([np.ones(len(rows)), np.full(len(half), 0.5)])
    rows, weights = np.concatenate([rows, half]), weights / weights.sum()

    def mean(bias: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = head._oracle(head, np.broadcast_to(bias, (len(rows), len(bias))), rows)
        return float(weights @ loss), weights @ gradient

    start = np.zeros(head.n_outputs(task))
    return minimize(mean, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-9}).x
