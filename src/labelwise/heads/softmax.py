"""The softmax family: classes that exclude each other share one unit of probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelwise import reference
from labelwise.heads.head import Head
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor


def _rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    import torch

    log_p = torch.log_softmax(logits, dim=-1)
    if targets.dim() == 1:
        return -log_p.gather(1, targets[:, None])[:, 0]
    return -(log_p * targets).sum(-1)


def _encode(task: Task, targets: np.ndarray) -> np.ndarray:
    """Class indices as they are; several labels as equal shares of one unit, rows without labels as zeros."""
    if task.kind != "multilabel":
        return np.asarray(targets, np.int64)
    marked = np.nan_to_num(np.asarray(targets, np.float32))
    count = marked.sum(1, keepdims=True)
    return np.divide(marked, count, out=np.zeros_like(marked), where=count > 0)


def _outputs(task: Task) -> int:
    return len(task.class_names)


def _prior(head: Head, shares: np.ndarray) -> np.ndarray:
    return np.log(shares)


def _oracle(head: Head, z: np.ndarray, t: np.ndarray) -> np.ndarray:
    return reference.softmax_ce(z, t)


def _oracle_gradient(head: Head, z: np.ndarray, t: np.ndarray) -> np.ndarray:
    return reference.softmax_ce_gradient(z, t)


SOFTMAX = Head(
    name="softmax",
    title="softmax + cross-entropy",
    link="softmax",
    loss_name="cross-entropy",
    reduction="row",
    reductions=("row",),
    rules={"binary": "argmax", "multiclass": "argmax", "ordinal": "argmax", "multilabel": "per_label"},
    formula="ln Σ_j e^{z_j} - Σ_j t_j z_j, with t the class (or y / Σy for several labels; no labels: 0)",
    when="every row has exactly one class, and one of the classes is always right",
    when_not="a row may have no label or several, or inputs of no known class must be recognised as such",
    source="Bridle 1990; for several labels Mahajan et al. 2018 (arXiv 1805.00932)",
    elsewhere={
        "PyTorch": "nn.CrossEntropyLoss (takes logits)",
        "Keras": "SparseCategoricalCrossentropy(from_logits=True)",
        "TensorFlow": "tf.nn.sparse_softmax_cross_entropy_with_logits",
        "Caffe": "SoftmaxWithLoss",
        "fastai": "CrossEntropyLossFlat (chosen for one label column)",
    },
    _rows=_rows,
    _encode=_encode,
    _prior=_prior,
    _oracle=_oracle,
    _oracle_gradient=_oracle_gradient,
    _outputs=_outputs,
)
