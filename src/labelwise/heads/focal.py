"""Focal losses: what is nearly right is left out, for the sigmoid and for the softmax."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from labelwise import reference
from labelwise.heads.head import Head
from labelwise.heads.per_label import best_logits, rows_of_sides
from labelwise.heads.setting import Setting
from labelwise.heads.space import SIGMOID_SPACE, SOFTMAX_SPACE, of_targets
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor

GAMMA = Setting("gamma", 2.0, "exponent of the probability of being wrong; 0 leaves nothing out")
CORRECTED = Setting(
    "corrected",
    "no",
    "yes reads the true chance off an output, which the loss pulls towards the middle; no takes the output as it is",
    words=("no", "yes"),
)


# ------------------------------------------------------------------ sigmoid


def _rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    from labelwise.heads.sides import Side

    gamma, alpha = head["gamma"], head["alpha"]
    return rows_of_sides(head, logits, targets, no=Side(1 - alpha, gamma), yes=Side(alpha, gamma))


def _log_slope(u: np.ndarray, gamma: float) -> np.ndarray:
    """ln of d/du σ(u)^γ softplus(u) = (γ + 1) ln σ(u) + ln(1 + γ σ(-u) softplus(u) / σ(u)), by its own parts only."""
    ratio = np.where(u < -30, 1.0, reference.softplus(u) / reference.sigmoid(np.maximum(u, -30.0)))
    return (gamma + 1) * reference.log_sigmoid(u) + np.log1p(gamma * reference.sigmoid(-u) * ratio)


def _log_probs(head: Head, z: np.ndarray, task: Task) -> np.ndarray:
    """Corrected: the chance of yes at which z is the best logit, no'/(no' + yes')."""
    if head["corrected"] == "no":
        return SIGMOID_SPACE.log_probs(head, z, task)
    alpha = min(max(head["alpha"], 1e-12), 1 - 1e-12)
    no = np.log1p(-alpha) + _log_slope(z, head["gamma"])
    return no - np.logaddexp(no, np.log(alpha) + _log_slope(-z, head["gamma"]))


FOCAL = Head(
    name="focal",
    title="sigmoid + focal loss",
    space=replace(SIGMOID_SPACE, log_probs=_log_probs),
    loss_name="focal loss",
    reductions=("sum_labels", "mean_labels"),
    rules={"binary": "strict_tuned", "multiclass": "argmax", "ordinal": "argmax", "multilabel": "per_label"},
    formula="Σ_j α y_j (1 - p_j)^γ (-ln p_j) + (1 - α)(1 - y_j) p_j^γ (-ln(1 - p_j)), p = σ(z) (over L for "
    "mean_labels); unknown labels left out",
    when="very many easy negatives, as in detection, drown the few labels that hold",
    when_not="the probabilities are to be believed as they come: they lie nearer the middle (corrected=yes undoes it)",
    source="Lin et al. 2017 (arXiv 1708.02002); the correction Charoenphakdee et al. 2021 (arXiv 2011.09172)",
    elsewhere={
        "torchvision": "ops.sigmoid_focal_loss",
        "Keras": "BinaryFocalCrossentropy(apply_class_balancing=True, from_logits=True)",
        "optax": "sigmoid_focal_loss",
        "mmpretrain": "FocalLoss",
    },
    settings=(
        GAMMA,
        Setting("alpha", 0.25, "weight of the labels that hold; the others have 1 - alpha", high=1.0),
        CORRECTED,
    ),
    _rows=_rows,
    _oracle=lambda head, z, y: reference.sigmoid_focal(z, y, head.reduction, head["gamma"], head["alpha"]),
    _prior=best_logits,
    _proper=lambda head: head["corrected"] == "yes" or (head["gamma"] == 0 and head["alpha"] == 0.5),
)


# ------------------------------------------------------------------ softmax


def _softmax_rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    import torch

    z = logits - logits.amax(-1, keepdim=True).detach()
    log_p = z.log_softmax(-1)
    # In log space the power has finite gradients for every γ, also where nothing is left of the other classes.
    cells = -torch.exp(head["gamma"] * _log_others(z, log_p)) * log_p
    return of_targets(cells, targets)


def _log_others(z: Tensor, log_p: Tensor) -> Tensor:
    """ln(1 - p_j): of the largest by adding up the others, of the rest, at most one half, by 1 - p_j."""
    import torch

    top = torch.zeros_like(z, dtype=torch.bool).scatter(1, z.argmax(-1, keepdim=True), True)
    others = z.masked_fill(top, -1e30).logsumexp(-1, keepdim=True) - z.logsumexp(-1, keepdim=True)
    return torch.where(top, others, torch.log1p(-log_p.exp().masked_fill(top, 0)))


def _softmax_log_probs(head: Head, z: np.ndarray, task: Task) -> np.ndarray:
    """Corrected: the shares at which p is the best answer, p / ((1 - p)^γ - γ (1 - p)^{γ-1} p ln p) over their sum."""
    if head["corrected"] == "yes":
        z = z - z.max(1, keepdims=True)
        log_p, log_rest = reference.log_softmax(z), reference.log_others(z)
        sure = np.where(log_rest < -30, 1.0, -np.exp(log_p) * log_p / np.exp(np.maximum(log_rest, -30.0)))
        z = log_p - head["gamma"] * log_rest - np.log1p(head["gamma"] * sure)
    return SOFTMAX_SPACE.log_probs(head, z, task)


SOFTMAX_FOCAL = Head(
    name="softmax_focal",
    title="softmax + focal loss",
    space=replace(SOFTMAX_SPACE, log_probs=_softmax_log_probs),
    loss_name="focal cross-entropy",
    reductions=("row",),
    rules={"binary": "argmax", "multiclass": "argmax", "ordinal": "argmax"},
    formula="(1 - p_t)^γ (-ln p_t), p = softmax(z), t the class",
    when="exactly one class is right, most rows are easy, and the network grows too sure of them",
    when_not="the probabilities are to be believed as they come: they lie nearer the middle (corrected=yes undoes it)",
    source="Lin et al. 2017 (arXiv 1708.02002); Mukhoti et al. 2020 (arXiv 2002.09437); the correction Charoenphakdee "
    "et al. 2021 (arXiv 2011.09172)",
    elsewhere={
        "Keras": "CategoricalFocalCrossentropy(alpha=1, from_logits=True)",
        "fastai": "FocalLossFlat",
        "timm": "AsymmetricLossSingleLabel(gamma_pos=gamma, eps=0)",
    },
    settings=(GAMMA, CORRECTED),
    _rows=_softmax_rows,
    _oracle=lambda head, z, t: reference.softmax_focal(z, t, head["gamma"]),
    _proper=lambda head: head["corrected"] == "yes" or head["gamma"] == 0,
)
