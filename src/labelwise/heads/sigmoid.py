"""Sigmoid with binary cross-entropy: each label is a yes/no question of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from labelwise import reference
from labelwise.heads.head import Head
from labelwise.heads.per_label import rows_of_sides
from labelwise.heads.setting import Setting
from labelwise.heads.space import SIGMOID_SPACE, shares
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor


def _rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    from labelwise.heads.sides import Side

    return rows_of_sides(head, logits, targets, no=Side(), yes=Side(weight=head["pos_weight"]))


def _prior(head: Head, task: Task, rows: np.ndarray) -> np.ndarray:
    """The logit that is best for every row alike: of a weighted loss, log-odds + ln w."""
    rate = shares(rows)
    return np.log(rate) - np.log1p(-rate) + np.log(head["pos_weight"])


def _log_probs(head: Head, z: np.ndarray, task: Task) -> np.ndarray:
    """A weight w moves the best logit by ln w; corrected, it is taken back."""
    return SIGMOID_SPACE.log_probs(head, z - np.log(head["pos_weight"]) if head["corrected"] == "yes" else z, task)


SIGMOID = Head(
    name="sigmoid",
    title="sigmoid + binary cross-entropy",
    space=replace(SIGMOID_SPACE, log_probs=_log_probs),
    loss_name="binary cross-entropy",
    reductions=("mean_labels", "sum_labels"),
    rules={"binary": "half", "multiclass": "half", "ordinal": "half", "multilabel": "half", "grouped": "argmax"},
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
    settings=(
        Setting(
            "pos_weight",
            1.0,
            "factor on the loss of the labels that hold; 1 weighs yes and no alike",
            above_low=True,
        ),
        Setting(
            "corrected",
            "no",
            "yes takes the weight back from the probabilities: z - ln w; no leaves them as trained",
            words=("no", "yes"),
        ),
    ),
    _rows=_rows,
    _oracle=lambda head, z, y: reference.sigmoid_bce(z, y, head.reduction, head["pos_weight"]),
    _prior=_prior,
    _proper=lambda head: head["pos_weight"] == 1 or head["corrected"] == "yes",
)
