"""What losses that judge each label apart have in common: known cells, named reductions, the best constant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelwise.heads.space import shares

if TYPE_CHECKING:
    from torch import Tensor

    from labelwise.heads.head import Head
    from labelwise.heads.sides import Side
    from labelwise.task import Task

__all__ = ["best_logits", "known_cells", "reduced", "rows_of_sides"]


def known_cells(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Which cells are known, and the targets in the logits' dtype with 0 where they are not."""
    import torch

    known = ~targets.isnan()
    return known, torch.where(known, targets, 0).to(logits.dtype)


def reduced(head: Head, total: Tensor, width: int) -> Tensor:
    """Sums over `width` labels as the head's reduction has them."""
    return total / width if head.reduction == "mean_labels" else total


def rows_of_sides(head: Head, logits: Tensor, targets: Tensor, no: Side, yes: Side) -> Tensor:
    """Σ_j y_j yes(-z_j) + (1 - y_j) no(z_j) of each row, reduced; in blocks where there are enough cells to pay."""
    from labelwise.heads.cells import cells, plain_rows
    from labelwise.heads.sides import BLOCK

    rows = cells if logits.numel() > BLOCK else plain_rows
    return reduced(head, rows(logits, targets, no, yes), logits.shape[-1])


def best_logits(head: Head, task: Task, rows: np.ndarray) -> np.ndarray:
    """The logit of each label with the least mean loss for the share of rows in which it holds, by bisection."""
    share = shares(rows)
    cases = np.stack([np.ones(len(share)), np.zeros(len(share))])
    low, high = np.full(len(share), -50.0), np.full(len(share), 50.0)
    for _ in range(60):
        middle = (low + high) / 2
        yes, no = head._oracle(head, np.stack([middle, middle]), cases)[1]
        above = share * yes + (1 - share) * no > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2
