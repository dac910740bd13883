"""Softmax with cross-entropy: classes that exclude each other share one unit of probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelwise import reference
from labelwise.heads.head import Head
from labelwise.heads.space import SOFTMAX_SPACE, shares

if TYPE_CHECKING:
    from torch import Tensor


def _rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    import torch

    log_p = torch.log_softmax(logits, dim=-1)
    if targets.dim() == 1:
        return -log_p.gather(1, targets[:, None])[:, 0]
    return -(log_p * targets).sum(-1)


SOFTMAX = Head(
    name="softmax",
    title="softmax + cross-entropy",
    space=SOFTMAX_SPACE,
    loss_name="cross-entropy",
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
    _oracle=lambda head, z, t: reference.softmax_ce(z, t),
    _prior=lambda head, task, rows: np.log(shares(rows)),
)
