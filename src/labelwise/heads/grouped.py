"""Grouped softmax: several questions at once, each with classes that exclude each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelwise.heads.head import Head
from labelwise.heads.space import Space
from labelwise.reference.grouped import grouped_softmax
from labelwise.scores import LINKS
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["GROUPED_SOFTMAX", "GROUPED_SPACE"]


def _log_probs(head: Head, z: np.ndarray, task: Task) -> np.ndarray:
    return np.concatenate([LINKS["softmax"].log_probs(z[:, part]) for part in task.group_slices], axis=1)


GROUPED_SPACE = Space(
    link="softmax of each group",
    text="the classes of each group share one unit of probability; the groups know nothing of each other",
    exclusive=True,
    shift_invariant=True,
    missing="groups",
    outputs=lambda task: len(task.class_names),
    encode=lambda task, targets: task.truth(targets),
    log_probs=_log_probs,
)
"""One output per class of each group."""


def _rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    import torch

    sizes = head.taken("sizes")
    total = logits.new_zeros(len(logits))
    count = logits.new_zeros(len(logits))
    for z, y in zip(logits.split(sizes, dim=1), targets.split(sizes, dim=1), strict=True):
        known = ~y[:, 0].isnan()
        told = torch.where(known[:, None], y, 0).to(z.dtype)
        total = total - torch.where(known, (told * torch.log_softmax(z, dim=1)).sum(1), 0)
        count = count + known
    return total / count.clamp(min=1) if head.reduction == "mean_groups" else total


def _prior(head: Head, task: Task, rows: np.ndarray) -> np.ndarray:
    """Logarithms of the shares within each group; rows count as they do in the loss."""
    known = np.stack([~np.isnan(rows[:, part.start]) for part in task.group_slices], axis=1)
    weight = 1 / np.maximum(known.sum(1, keepdims=True), 1) if head.reduction == "mean_groups" else 1
    mass = np.nansum(rows * weight, axis=0) + 0.5
    return np.concatenate([np.log(mass[part] / mass[part].sum()) for part in task.group_slices])


GROUPED_SOFTMAX = Head(
    name="grouped_softmax",
    title="softmax + cross-entropy of each group",
    space=GROUPED_SPACE,
    loss_name="grouped cross-entropy",
    reductions=("sum_groups", "mean_groups"),
    rules={"grouped": "argmax"},
    formula="Σ_g ln Σ_{j in g} e^{z_j} - z_{y_g} over the groups that are known (their mean for mean_groups); none: 0",
    when="several questions about one row, such as type and make, whose answers may be missing one by one",
    when_not="the answers depend on each other so that some pairs cannot occur: one softmax over the pairs knows that",
    source="Caruana 1997 (multitask learning); each group weighs 1",
    elsewhere={
        "PyTorch": "a sum of nn.CrossEntropyLoss(ignore_index=-100); a batch without a known group gives nan there"
    },
    _rows=_rows,
    _oracle=lambda head, z, rows: grouped_softmax(z, rows, head.taken("sizes"), head.reduction),
    _bind=lambda head, task, targets: {"sizes": [len(group.class_names) for group in task.groups]},
    _prior=_prior,
)
