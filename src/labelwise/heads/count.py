"""Count times distribution: softmax says how the labels share a row, one more output how many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from labelwise import reference
from labelwise.heads.head import Head
from labelwise.heads.per_label import known_cells
from labelwise.heads.setting import Setting
from labelwise.heads.space import Space, shares
from labelwise.reference.count import STRAIGHT
from labelwise.scores import LINKS
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-6
"""A rate read as a probability is kept this far from 1: it may pass 1 without meaning certainty."""

LARGEST = 1e15
"""Counts beyond it count as that: the square of a larger one has no place in float32."""


def _log_rates(v: np.ndarray, log_count: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """ln λ_j = ln Z + ln p_j."""
    return LINKS["softmax"].log_probs(v[:, :-1]) + log_count(v[:, -1:])


def _log_softplus(a: np.ndarray) -> np.ndarray:
    """ln ln(1 + e^a), which is a itself far below 0."""
    return np.where(a < -30, a, np.log(reference.softplus(np.maximum(a, -30.0))))


def _as_mean(log_rates: np.ndarray) -> np.ndarray:
    """A rate as a probability: the mean of a label that is 0 or 1, kept below 1, which a rate may pass."""
    return np.minimum(log_rates, np.log1p(-LEAST))


def _as_chance(log_rates: np.ndarray) -> np.ndarray:
    """ln(1 - e^-λ): the chance that a Poisson count is not 0; λ itself where it is very small."""
    rates = np.exp(np.minimum(log_rates, 100.0))
    with np.errstate(divide="ignore"):
        return np.where(log_rates < -30, log_rates, np.log(-np.expm1(-rates)))


def _product_log_probs(head: Head, v: np.ndarray, task: Task) -> np.ndarray:
    return _as_mean(_log_rates(v, _log_softplus))


def _poisson_log_probs(head: Head, v: np.ndarray, task: Task) -> np.ndarray:
    log_rates = _log_rates(v, lambda a: reference.exponential_count(a)[1])
    return _as_mean(log_rates) if head["reading"] == "mean" else _as_chance(log_rates)


COUNT_SPACE = Space(
    link="softmax times count",
    text="the labels share one unit, which a count of its own multiplies: rates λ = Z p, the last output makes Z",
    exclusive=False,
    shift_invariant=False,
    missing="cells",
    outputs=lambda task: len(task.class_names) + 1,
    encode=lambda task, targets: task.truth(targets),
    log_probs=_product_log_probs,
)
"""One output per label and a last one for their number."""


def _start(inverse: Callable[[float], float]) -> Callable[[Head, Task, np.ndarray], np.ndarray]:
    """The outputs whose rates are the shares of the labels."""

    def prior(head: Head, task: Task, rows: np.ndarray) -> np.ndarray:
        share = shares(rows)
        return np.append(np.log(share / share.sum()), inverse(share.sum()))

    return prior


def _softplus_count(a: Tensor) -> Tensor:
    from torch.nn.functional import logsigmoid

    return -logsigmoid(-a.clamp(max=LARGEST))


def _known_part(z: Tensor, known: Tensor) -> Tensor:
    """What share of the softmax the known columns are, from its smaller side, which keeps the digits."""
    import torch

    p = z.softmax(-1)
    rest = torch.where(known, 0, p).sum(-1)
    return torch.where(rest < 0.5, 1 - rest, torch.where(known, p, 0).sum(-1))


# ------------------------------------------------------------------ Poisson


def _poisson_rows(head: Head, v: Tensor, targets: Tensor) -> Tensor:
    z, a = v[:, :-1], v[:, -1]
    known, y = known_cells(v, targets)
    log_p = z.log_softmax(-1)
    below, over = a.clamp(max=STRAIGHT), (a - STRAIGHT).clamp(min=0)
    count, log_count = below.exp() * (1 + over), below + over.log1p()
    return count * _known_part(z, known) - y.sum(-1) * log_count - (y * log_p).sum(-1)


COUNT_POISSON = Head(
    name="count_poisson",
    title="softmax × count + Poisson likelihood",
    space=replace(COUNT_SPACE, log_probs=_poisson_log_probs),
    loss_name="Poisson negative log-likelihood",
    reductions=("row",),
    rules={"multilabel": "half"},
    formula="Z - k ln Z + k CE(y / k, p) = Σ_j λ_j - y_j ln λ_j, λ = Z p, Z = e^a, p = softmax(z), k = Σ_j y_j; "
    "unknown labels left out; no labels: Z",
    when="how many labels a row has matters by itself, and softmax knowledge of which go together is to be kept",
    when_not="a label holds almost always: a rate has room above 1, a yes/no label has not",
    source="a count beside a softmax, as often asked for; weighed so it is the likelihood of a Poisson count per label "
    "(multinomial-Poisson transformation, Baker 1994)",
    elsewhere={
        "PyTorch": "nn.PoissonNLLLoss(log_input=True) on ln λ, summed over labels",
        "TensorFlow": "tf.nn.log_poisson_loss on ln λ",
        "Keras": "Poisson on λ (mean over labels)",
    },
    settings=(
        Setting(
            "reading",
            "chance",
            "chance: 1 - e^-λ, that a Poisson count is not 0 (one half at λ = ln 2); mean: λ itself, kept below 1",
            words=("chance", "mean"),
        ),
    ),
    _rows=_poisson_rows,
    _oracle=lambda head, v, y: reference.count_poisson(v, y),
    _prior=_start(np.log),
    _proper=lambda head: head["reading"] == "mean",
)


# ------------------------------------------------------------------ distribution and count apart


def _kl_rows(head: Head, v: Tensor, targets: Tensor) -> Tensor:
    import torch

    z, known, y = v[:, :-1], *known_cells(v, targets)
    k = y.sum(-1)
    t = y / torch.where(k > 0, k, 1)[:, None]
    log_p = torch.where(known, z.masked_fill(~known, -1e30).log_softmax(-1), 0)
    gap = torch.where(known.any(-1), _softplus_count(v[:, -1]) * _known_part(z, known) - k, 0)
    return torch.xlogy(t, t).sum(-1) - (t * log_p).sum(-1) + head["count_weight"] * gap.square()


COUNT_KL_MSE = Head(
    name="count_kl_mse",
    title="softmax × count + KL and squared count",
    space=COUNT_SPACE,
    loss_name="KL + squared error of the count",
    reductions=("row",),
    rules={"multilabel": "expected_count"},
    formula="KL(y / k ‖ p) + w (Z - k)², Z = ln(1 + e^a), p = softmax(z), k = Σ_j y_j; unknown labels left out of all "
    "three; no labels: the second part alone",
    when="which labels and how many are two questions, to be weighed against each other by hand",
    when_not="one weight must suit rows of few and of many labels: count_poisson weighs each row by itself",
    source="a count beside a softmax, as often asked for; no paper is known to us",
    elsewhere={},
    settings=(Setting("count_weight", 1.0, "w, weight of the squared error of the count", above_low=True),),
    _rows=_kl_rows,
    _oracle=lambda head, v, y: reference.count_kl(v, y, head["count_weight"]),
    _proper=lambda head: False,
)


# ------------------------------------------------------------------ product


def _product_rows(head: Head, v: Tensor, targets: Tensor) -> Tensor:
    import torch

    known, y = known_cells(v, targets)
    rates = _softplus_count(v[:, -1:]) * v[:, :-1].softmax(-1)
    return torch.where(known, rates - y, 0).square().sum(-1)


COUNT_PRODUCT = Head(
    name="count_product",
    title="softmax × count + squared error",
    space=COUNT_SPACE,
    loss_name="squared error of rates",
    reductions=("row",),
    rules={"multilabel": "expected_count"},
    formula="Σ_j (Z p_j - y_j)², Z = ln(1 + e^a), p = softmax(z); unknown labels left out; no labels: Z² Σ_j p_j²",
    when="counts of labels are to be learnt with a loss in which no cell pulls without bound",
    when_not="training from random weights over many labels: where a share is near 0 so is its gradient",
    source="the product of a softmax and a count, as often asked for; no paper is known to us",
    elsewhere={"PyTorch": "nn.MSELoss(reduction='sum') of Z softmax(z) and y, per row"},
    bounded_gradient=True,
    _rows=_product_rows,
    _oracle=lambda head, v, y: reference.count_product(v, y),
    _prior=_start(lambda total: float(np.log(np.expm1(total)))),
)
