"""The sigmoid family: each label is a yes/no question of its own."""

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
    from torch.nn.functional import logsigmoid

    known = ~targets.isnan()
    yes = torch.where(known, targets, 0).to(logits.dtype)
    # Both tails by logsigmoid: a difference of two large numbers would lose the small losses, softplus its threshold.
    cells = -(head.pos_weight * yes * logsigmoid(logits) + (1 - yes) * logsigmoid(-logits))
    total = torch.where(known, cells, 0).sum(-1)
    return total / logits.shape[-1] if head.reduction == "mean_labels" else total


def _encode(task: Task, targets: np.ndarray) -> np.ndarray:
    return task.truth(targets)


def _outputs(task: Task) -> int:
    return task.n_outputs


def _prior(head: Head, shares: np.ndarray) -> np.ndarray:
    """The logit that is best for every row alike: of a weighted loss, log-odds + ln w."""
    return np.log(shares) - np.log1p(-shares) + np.log(head.pos_weight)


def _oracle(head: Head, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return reference.sigmoid_bce(z, y, head.reduction, head.pos_weight)


def _oracle_gradient(head: Head, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return reference.sigmoid_bce_gradient(z, y, head.reduction, head.pos_weight)


SIGMOID = Head(
    name="sigmoid",
    title="sigmoid + binary cross-entropy",
    link="sigmoid",
    loss_name="binary cross-entropy",
    reduction="mean_labels",
    reductions=("mean_labels", "sum_labels"),
    rules={"binary": "half", "multiclass": "half", "ordinal": "half", "multilabel": "half"},
    formula="Σ_j w y_j ln(1 + e^{-z_j}) + (1 - y_j) ln(1 + e^{z_j}) (over L for mean_labels); unknown labels left out",
    when="a row may have no label, one, or several; or each class must be able to say no on its own",
    when_not="exactly one class is right and only the best answer matters: softmax uses that knowledge",
    source="Cox 1958; the reductions are those of PyTorch (mean) and of Caffe and timm (sum)",
    elsewhere={
        "PyTorch": "nn.BCEWithLogitsLoss (mean over cells; takes logits)",
        "Keras": "BinaryCrossentropy(from_logits=True)",
        "TensorFlow": "tf.nn.sigmoid_cross_entropy_with_logits",
        "Caffe": "SigmoidCrossEntropyLoss",
        "fastai": "BCEWithLogitsLossFlat (chosen for lists of labels)",
        "timm": "BinaryCrossEntropy(sum_classes=True) for sum_labels",
    },
    _rows=_rows,
    _encode=_encode,
    _prior=_prior,
    _oracle=_oracle,
    _oracle_gradient=_oracle_gradient,
    _outputs=_outputs,
    weighted=True,
)
