"""Squared errors: of the softmax (Brier), of the sigmoids, of the outputs themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelwise import reference
from labelwise.heads.head import Head
from labelwise.heads.per_label import known_cells, reduced
from labelwise.heads.setting import Setting
from labelwise.heads.space import SIGMOID_SPACE, SOFTMAX_SPACE, Space, shares
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-6
"""Probabilities read off a straight line are kept this far from 0 and 1, which the line leaves."""

FARTHEST = 1e15
"""Outputs beyond it count as that: the square of a larger one has no place in float32."""


def _one_hot(logits: Tensor, targets: Tensor) -> Tensor:
    import torch

    if targets.dim() > 1:
        return targets.to(logits.dtype)
    return torch.zeros_like(logits).scatter(1, targets[:, None], 1.0)


def _brier_rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    return (logits.softmax(-1) - _one_hot(logits, targets)).square().sum(-1)


BRIER = Head(
    name="brier",
    title="softmax + squared error",
    space=SOFTMAX_SPACE,
    loss_name="Brier loss",
    reductions=("row",),
    rules={"binary": "argmax", "multiclass": "argmax", "ordinal": "argmax"},
    formula="Σ_j (p_j - t_j)², p = softmax(z), t the class",
    when="some labels are wrong: no row can cost more than 2, so none pulls without bound",
    when_not="many classes, or training from random weights: where a sure answer is wrong the gradient is gone",
    source="Brier 1950",
    elsewhere={
        "PyTorch": "nn.MSELoss of softmax(z) and one-hot targets, times C",
        "Keras": "MeanSquaredError on a softmax layer, times C",
        "Caffe": "EuclideanLoss on a Softmax layer (half of it)",
    },
    bounded_gradient=True,
    _rows=_brier_rows,
    _oracle=lambda head, z, t: reference.brier(z, t),
    _prior=lambda head, task, rows: np.log(shares(rows)),
)


def _sigmoid_rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    import torch

    known, y = known_cells(logits, targets)
    gap = (1 - y) * torch.sigmoid(logits) - y * torch.sigmoid(-logits)  # σ - y, exact at both ends
    return reduced(head, torch.where(known, gap, 0).square().sum(-1), logits.shape[-1])


def _log_odds(head: Head, task: Task, rows: np.ndarray) -> np.ndarray:
    rate = shares(rows)
    return np.log(rate) - np.log1p(-rate)


SIGMOID_MSE = Head(
    name="sigmoid_mse",
    title="sigmoid + squared error",
    space=SIGMOID_SPACE,
    loss_name="squared error of probabilities",
    reductions=("mean_labels", "sum_labels"),
    rules={"binary": "half", "multiclass": "half", "ordinal": "half", "multilabel": "half"},
    formula="Σ_j (σ(z_j) - y_j)² (over L for mean_labels); unknown labels left out",
    when="to see what a loss without a pull on sure mistakes does: the one many start with",
    when_not="many labels or rare ones: once every probability is near 0, so is every gradient, and training stops",
    source="Rumelhart, Hinton & Williams 1986, squared error of logistic units",
    elsewhere={
        "PyTorch": "nn.MSELoss of sigmoid(z)",
        "Keras": "MeanSquaredError on a sigmoid layer",
        "Caffe": "EuclideanLoss on a Sigmoid layer (half of it)",
    },
    bounded_gradient=True,
    _rows=_sigmoid_rows,
    _oracle=lambda head, z, y: reference.sigmoid_squared(z, y, head.reduction),
    _prior=_log_odds,
)


def _squared_rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    t, z = _one_hot(logits, targets), logits.clamp(-FARTHEST, FARTHEST)
    cells = head["rescale"] * t * (z - head["target"]).square() + (1 - t) * z.square()
    return reduced(head, cells.sum(-1), logits.shape[-1])


def _line_log_probs(head: Head, z: np.ndarray, task: Task) -> np.ndarray:
    """The chance at which z is the best output, u / (u + k (1 - u)) with u = z / M, kept inside, over their sum."""
    u = np.clip(z / head["target"], LEAST, 1 - LEAST)
    chance = u / (u + head["rescale"] * (1 - u))
    log_p = np.log(chance / chance.sum(1, keepdims=True))
    return log_p[:, 1:] if task.kind == "binary" else log_p


def _line_prior(head: Head, task: Task, rows: np.ndarray) -> np.ndarray:
    pull = head["rescale"] * shares(rows)
    return head["target"] * pull / (pull + 1 - shares(rows))


SQUARED = Head(
    name="squared",
    title="outputs + squared error",
    space=Space(
        link="straight line",
        text="the outputs themselves estimate the classes' probabilities, kept inside 0 and 1 and made to sum to 1",
        exclusive=True,
        shift_invariant=False,
        missing="none",
        outputs=SOFTMAX_SPACE.outputs,
        encode=SOFTMAX_SPACE.encode,
        log_probs=_line_log_probs,
    ),
    loss_name="squared error of outputs",
    reductions=("mean_labels", "sum_labels"),
    rules={"binary": "argmax", "multiclass": "argmax", "ordinal": "argmax"},
    formula="Σ_j k t_j (z_j - M)² + (1 - t_j) z_j² (over C for mean_labels), t the class; no softmax",
    when="exactly one class is right, and a loss as simple as can be is to stand beside cross-entropy",
    when_not="the probabilities are to be believed at the ends: an output below 0 or above M says no more than 0 or M",
    source="Hui & Belkin 2021 (arXiv 2006.07322); k and M from 42 classes up",
    elsewhere={
        "PyTorch": "nn.MSELoss of outputs and one-hot targets",
        "Keras": "MeanSquaredError without an activation",
        "Caffe": "EuclideanLoss (half of it)",
        "optax": "squared_error",
    },
    settings=(
        Setting(
            "rescale", 1.0, "k, weight of the right class; the paper takes 15 where there are many", above_low=True
        ),
        Setting(
            "target",
            1.0,
            "M, the output asked of the right class; the paper takes 30 where there are many",
            above_low=True,
        ),
    ),
    _rows=_squared_rows,
    _oracle=lambda head, z, t: reference.squared(z, t, head.reduction, head["rescale"], head["target"]),
    _prior=_line_prior,
)
