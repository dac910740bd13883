"""Spaces: how the outputs of a last layer stand for the classes or labels of a task, apart from any loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from labelwise.scores import LINKS
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from labelwise.heads.head import Head

__all__ = ["SIGMOID_SPACE", "SOFTMAX_SPACE", "Space", "dense", "of_targets", "shares"]


@dataclass(frozen=True)
class Space:
    """What outputs, targets and probabilities look like.

    Attributes:
        link: how probabilities come from outputs; a key of `scores.LINKS` where the outputs are that link's logits.
        text: what it says of the classes, in a sentence.
        exclusive: True where the probabilities of a row (of several groups: of each group) sum to 1.
        shift_invariant: True where adding one number to every output of a row changes nothing.
        missing: what may be unknown in a target: ``none``, single ``cells``, or whole ``groups``.
        outputs: task -> number of outputs per row.
        encode: (task, targets) -> (N,) int64 class indices or (N, width) float32 that the losses take.
        log_probs: (head, (N, outputs) float64, task) -> (N, n_outputs of the task) float64 log-probabilities.
        constants: task -> how many outputs, the last ones, are biases alone: the same for every row.
        least_classes: a task with fewer classes is none for it.
    """

    link: str
    text: str
    exclusive: bool
    shift_invariant: bool
    missing: Literal["none", "cells", "groups"]
    outputs: Callable[[Task], int]
    encode: Callable[[Task, np.ndarray], np.ndarray]
    log_probs: Callable[[Head, np.ndarray, Task], np.ndarray]
    constants: Callable[[Task], int] = lambda task: 0
    least_classes: int = 1


def dense(task: Task, encoded: np.ndarray) -> np.ndarray:
    """Encoded targets as float64 rows: class indices one-hot over the classes, anything else as it is.

    Example:
        >>> from labelwise import infer_task
        >>> dense(infer_task([0, 1, 2]), np.array([2])).tolist()
        [[0.0, 0.0, 1.0]]
    """
    if encoded.ndim > 1:
        return encoded.astype(np.float64)
    rows = np.zeros((len(encoded), len(task.class_names)))
    rows[np.arange(len(encoded)), encoded] = 1
    return rows


def of_targets(cells: Tensor, targets: Tensor) -> Tensor:
    """(N,) the cell of each row's class index, or the sum of its cells weighed by (N, C) targets."""
    if targets.dim() == 1:
        return cells.gather(1, targets[:, None])[:, 0]
    return (cells * targets.to(cells.dtype)).sum(-1)


def shares(rows: np.ndarray) -> np.ndarray:
    """Share of the rows (or of the unit of mass) per column, kept off 0 and 1 by half a row; unknown cells left out.

    Example:
        >>> shares(np.array([[1.0, 0.0], [1.0, np.nan], [0.0, 0.0]])).round(3).tolist()
        [0.625, 0.167]
    """
    count, total = np.nansum(rows, 0), (~np.isnan(rows)).sum(0)
    return (count + 0.5) / (total + 1.0)


def _one_unit(task: Task, targets: np.ndarray) -> np.ndarray:
    """Class indices as they are; several labels as equal shares of one unit, rows without labels as zeros."""
    if task.kind != "multilabel":
        return np.asarray(targets, np.int64)
    marked = np.nan_to_num(np.asarray(targets, np.float32))
    count = marked.sum(1, keepdims=True)
    return np.divide(marked, count, out=np.zeros_like(marked), where=count > 0)


def _softmax_log_probs(head: Head, z: np.ndarray, task: Task) -> np.ndarray:
    log_p = LINKS["softmax"].log_probs(z)
    return log_p[:, 1:] if task.kind == "binary" else log_p


def _sigmoid_log_probs(head: Head, z: np.ndarray, task: Task) -> np.ndarray:
    return LINKS["sigmoid"].log_probs(z)


SOFTMAX_SPACE = Space(
    link="softmax",
    text=LINKS["softmax"].text,
    exclusive=True,
    shift_invariant=True,
    missing="none",
    outputs=lambda task: len(task.class_names),
    encode=_one_unit,
    log_probs=_softmax_log_probs,
)
"""One output per class, two for a yes/no task."""

SIGMOID_SPACE = Space(
    link="sigmoid",
    text=LINKS["sigmoid"].text,
    exclusive=False,
    shift_invariant=False,
    missing="cells",
    outputs=lambda task: task.n_outputs,
    encode=lambda task, targets: task.truth(targets),
    log_probs=_sigmoid_log_probs,
)
"""One output per label, one for a yes/no task."""
