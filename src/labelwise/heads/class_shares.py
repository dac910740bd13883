"""What losses take from how often each class occurs in the training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelwise.heads.space import dense, shares

if TYPE_CHECKING:
    from torch import Tensor

    from labelwise.heads.head import Head
    from labelwise.task import Task

__all__ = ["bind_log_shares", "log_shares", "taken_as"]


def log_shares(rows: np.ndarray) -> np.ndarray:
    """Logarithm of the share of each class, half a row added to each, so that none is infinite.

    Example:
        >>> np.exp(log_shares(np.array([[1.0, 0.0], [1.0, 0.0]]))).round(3).tolist()
        [0.833, 0.167]
    """
    found = shares(rows)
    return np.log(found / found.sum())


def bind_log_shares(head: Head, task: Task, targets: np.ndarray) -> dict[str, np.ndarray]:
    """For `Head.bind`: the `log_shares` of the training rows."""
    return {"log_shares": log_shares(dense(task, head.encode(task, targets)))}


def taken_as(head: Head, like: Tensor) -> Tensor:
    """The bound `log_shares` as a tensor of the dtype and on the device of another."""
    import torch

    return torch.as_tensor(head.taken("log_shares"), dtype=like.dtype, device=like.device)
