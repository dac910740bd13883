"""Softmax with cross-entropy: classes that exclude each other share one unit of probability."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from labelwise import reference
from labelwise.heads.class_shares import bind_log_shares, log_shares, taken_as
from labelwise.heads.head import LARGE, Head
from labelwise.heads.setting import Setting
from labelwise.heads.space import SOFTMAX_SPACE, of_targets, shares
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor


def _rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    import torch

    smoothing = head["label_smoothing"]
    if logits.numel() > LARGE and smoothing == 0 and head["class_weight"] == "none":
        from labelwise.heads import cells

        return cells.cross_entropy(logits, targets)
    log_p = torch.log_softmax(logits, dim=-1)
    if head["class_weight"] == "balanced":
        log_p = log_p * torch.exp(-taken_as(head, logits)) / logits.shape[-1]
    loss = -of_targets(log_p, targets)
    if smoothing == 0:
        return loss
    mass = 1 if targets.dim() == 1 else targets.to(log_p.dtype).sum(-1)
    return (1 - smoothing) * loss - smoothing * mass * log_p.mean(-1)


def _oracle(head: Head, z: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    smoothed = (1 - head["label_smoothing"]) * t + head["label_smoothing"] * t.mean(-1, keepdims=True)
    if head["class_weight"] == "balanced":
        smoothed = smoothed * np.exp(-head.taken("log_shares")) / t.shape[-1]
    return reference.softmax_ce(z, smoothed)


def _prior(head: Head, task: Task, rows: np.ndarray) -> np.ndarray:
    """The log of the smoothed shares, plus that of the weights."""
    share, smoothing = shares(rows), head["label_smoothing"]
    best = np.log((1 - smoothing) * share + smoothing * share.mean())
    return best - log_shares(rows) if head["class_weight"] == "balanced" else best


def _log_probs(head: Head, z: np.ndarray, task: Task) -> np.ndarray:
    """A weight w moves the best logit by ln w = -ln share; corrected, it is taken back."""
    moved = head["class_weight"] == "balanced" and head["corrected"] == "yes"
    return SOFTMAX_SPACE.log_probs(head, z + head.taken("log_shares") if moved else z, task)


SOFTMAX = Head(
    name="softmax",
    title="softmax + cross-entropy",
    space=replace(SOFTMAX_SPACE, log_probs=_log_probs),
    loss_name="cross-entropy",
    reductions=("row",),
    rules={"binary": "argmax", "multiclass": "argmax", "ordinal": "argmax", "multilabel": "per_label"},
    formula="ln Σ_j e^{z_j} - Σ_j t_j z_j, with t the class (or y / Σy for several labels; no labels: 0); "
    "label smoothing ε: t becomes (1 - ε) t + ε / C",
    when="every row has exactly one class, and one of the classes is always right",
    when_not="a row may have no label or several, or inputs of no known class must be recognised as such",
    source="Bridle 1990; for several labels Mahajan et al. 2018 (arXiv 1805.00932); label smoothing Szegedy et al. "
    "2016 (arXiv 1512.00567)",
    elsewhere={
        "PyTorch": "nn.CrossEntropyLoss (takes logits)",
        "Keras": "SparseCategoricalCrossentropy(from_logits=True)",
        "TensorFlow": "tf.nn.sparse_softmax_cross_entropy_with_logits",
        "Caffe": "SoftmaxWithLoss",
        "fastai": "CrossEntropyLossFlat (chosen for one label column)",
        "timm": "SoftTargetCrossEntropy, LabelSmoothingCrossEntropy",
        "optax": "softmax_cross_entropy",
    },
    settings=(
        Setting(
            "label_smoothing",
            0.0,
            "share ε of each row's unit that goes to all classes alike, the right one among them (as PyTorch and timm)",
            high=0.999,
        ),
        Setting(
            "class_weight",
            "none",
            "balanced weighs each class by 1 / (C share), from the training rows; the loss is still a mean over rows",
            words=("none", "balanced"),
        ),
        Setting(
            "corrected",
            "no",
            "yes takes the class weights back from the probabilities: z + ln share; no leaves them as trained",
            words=("no", "yes"),
        ),
    ),
    _rows=_rows,
    _oracle=_oracle,
    _prior=_prior,
    _bind=lambda head, task, targets: (
        bind_log_shares(head, task, targets) if head["class_weight"] == "balanced" else {}
    ),
    _proper=lambda head: (
        head["label_smoothing"] == 0 and (head["class_weight"] == "none" or head["corrected"] == "yes")
    ),
)
