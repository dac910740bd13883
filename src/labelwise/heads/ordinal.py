"""Heads of ordered classes with a score and thresholds: cumulative link, all-threshold, immediate-threshold, CORAL.

All compute in float64: thresholds far from zero and close to each other would be lost in float32, and the few outputs
of ordered classes cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from labelwise.heads.head import Head
from labelwise.heads.ordinal_spaces import (
    ADJACENT_SPACE,
    CORAL_SPACE,
    CORN_SPACE,
    cumulative_shares,
    gaps_of,
    rank_shares,
    threshold_space,
)
from labelwise.heads.setting import Setting
from labelwise.heads.space import SOFTMAX_SPACE
from labelwise.reference import ordinal
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "ALL_THRESHOLD",
    "CORAL",
    "CORN",
    "CUMULATIVE_CLOGLOG",
    "CUMULATIVE_LOGIT",
    "CUMULATIVE_PROBIT",
    "IMMEDIATE_THRESHOLD",
    "ORDINAL_SOFT",
    "SQUARED_EMD",
]

Rows = Callable[["Head", "Tensor", "Tensor"], "Tensor"]


def _in_float64(loss: Rows) -> Rows:
    def rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
        return loss(head, logits.double(), targets).to(logits.dtype)

    return rows


def _ranks(rows: np.ndarray) -> np.ndarray:
    return rows.argmax(1)


# ------------------------------------------------------------------ a score and thresholds


def _thresholds(z: Tensor) -> Tensor:
    import torch

    from labelwise.heads.ordinal_links import softplus

    return torch.cat([z[:, 1:2], softplus(z[:, 2:])], dim=1).cumsum(1)


def _cumulative_rows(head: Head, z: Tensor, y: Tensor, link: str) -> Tensor:
    import torch

    from labelwise.heads.ordinal_links import CUMULATIVE

    f, ranks, at = CUMULATIVE[link], z.shape[1], y[:, None]
    x = _thresholds(z) - z[:, :1]
    low, high = (x.gather(1, k)[:, 0] for k in ((at - 1).clamp(min=0), at.clamp(max=ranks - 2)))
    none = torch.zeros_like(z[:, :1])
    gap = torch.cat([none, z[:, 2:], none], dim=1).gather(1, at)[:, 0]
    # The two ends have one threshold and no gap; what a rank between makes of them is not taken, and must be finite.
    first, last = y == 0, y == ranks - 1
    inside = ~(first | last)
    between = f.between(torch.where(inside, low, -1), torch.where(inside, high, 1), gap)
    return torch.where(first, f.below(high), torch.where(last, f.above(low), between))


def _cumulative_prior(head: Head, task: Task, rows: np.ndarray, quantile: Callable[[np.ndarray], np.ndarray]):
    """Score 0, and the thresholds that give every rank its share."""
    return np.concatenate([[0.0], gaps_of(quantile(cumulative_shares(rows)))])


def _logit(p: np.ndarray) -> np.ndarray:
    return np.log(p) - np.log1p(-p)


def _probit(p: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri

    return np.asarray(ndtri(p))


def _cumulative_head(link: str, title: str, quantile: Callable, formula: str, when: str, **elsewhere: str) -> Head:
    return Head(
        name=f"cumulative_{link}",
        title=title,
        space=threshold_space(link),
        loss_name=f"cumulative {link} likelihood",
        reductions=("row",),
        rules={"ordinal": "argmax"},
        formula=formula,
        when=when,
        when_not="classes whose order says little: one score cannot make a class likely between two unlikely ones",
        source="McCullagh 1980, section 2; thresholds in order by their gaps",
        elsewhere=elsewhere,
        _rows=_in_float64(partial(_cumulative_rows, link=link)),
        _oracle=lambda head, z, rows: ordinal.cumulative_link(z, _ranks(rows), link),
        _prior=partial(_cumulative_prior, quantile=quantile),
    )


CUMULATIVE_LOGIT = _cumulative_head(
    "logit",
    "cumulative logit (proportional odds)",
    _logit,
    "-ln(σ(θ_y - f) - σ(θ_{y-1} - f)), with θ_k = θ_{k-1} + ln(1 + e^{δ_k}); without the missing term at the ends",
    "ordered classes, one direction from low to high, and probabilities that can be read",
    statsmodels="OrderedModel(distr='logit')",
    spacecutter="LogisticCumulativeLink with CumulativeLinkLoss",
    dlordinal="CLM(link_function='logit') with NLLLoss of its logarithm",
    R="MASS::polr",
)

CUMULATIVE_PROBIT = _cumulative_head(
    "probit",
    "cumulative probit (ordered probit)",
    _probit,
    "-ln(Φ(θ_y - f) - Φ(θ_{y-1} - f)), with θ_k = θ_{k-1} + ln(1 + e^{δ_k}); beyond ±38 along the tangent",
    "ranks are cuts of a measurement with normal noise; mistakes far off are punished by their square",
    statsmodels="OrderedModel(distr='probit')",
    dlordinal="CLM(link_function='probit') with NLLLoss of its logarithm",
    R="MASS::polr(method='probit')",
)

CUMULATIVE_CLOGLOG = _cumulative_head(
    "cloglog",
    "cumulative complementary log-log (proportional hazards)",
    lambda p: np.log(-np.log1p(-p)),
    "-ln(F(θ_y - f) - F(θ_{y-1} - f)), F(x) = 1 - e^{-e^x}; -ln(1 - F) beyond x = 7 along the tangent",
    "ranks are times or stages at which something ends: the score scales the hazard of ending",
    dlordinal="CLM(link_function='cloglog') with NLLLoss of its logarithm",
    R="MASS::polr(method='cloglog')",
)


def _penalties(x: Tensor, y: Tensor) -> Tensor:
    """ln(1 + e^x) of the thresholds that should lie below the score, ln(1 + e^-x) of the others."""
    import torch

    from labelwise.heads.ordinal_links import softplus

    holds = y[:, None] <= torch.arange(x.shape[1], device=x.device)
    return softplus(torch.where(holds, -x, x))


def _all_threshold_rows(head: Head, z: Tensor, y: Tensor) -> Tensor:
    return _penalties(_thresholds(z) - z[:, :1], y).sum(1)


ALL_THRESHOLD = Head(
    name="all_threshold",
    title="all-threshold, logistic",
    space=threshold_space("logit"),
    loss_name="all-threshold loss",
    reductions=("row",),
    rules={"ordinal": "median"},
    formula="Σ_{k<y} ln(1 + e^{θ_k - f}) + Σ_{k≥y} ln(1 + e^{f - θ_k}), with θ_k = θ_{k-1} + ln(1 + e^{δ_k})",
    when="ordered classes judged by how many ranks an answer is off: the loss is a bound of that distance",
    when_not="the most probable class is wanted, or chances of single classes rather than of 'at most this one'",
    source="Rennie & Srebro 2005, section 3.3",
    elsewhere={"mord": "LogisticAT", "coral-pytorch": "coral_loss is the same loss with free biases b = -θ"},
    _rows=_in_float64(_all_threshold_rows),
    _oracle=lambda head, z, rows: ordinal.all_threshold(z, _ranks(rows)),
    _prior=partial(_cumulative_prior, quantile=_logit),
)


def _immediate_rows(head: Head, z: Tensor, y: Tensor) -> Tensor:
    import torch

    k, at = torch.arange(z.shape[1] - 1, device=z.device), y[:, None]
    return torch.where((k == at - 1) | (k == at), _penalties(z[:, 1:] - z[:, :1], y), 0).sum(1)


def _neighbours_prior(head: Head, task: Task, rows: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], -np.diff(np.log(rank_shares(rows)))])


IMMEDIATE_THRESHOLD = Head(
    name="immediate_threshold",
    title="immediate-threshold, logistic",
    space=ADJACENT_SPACE,
    loss_name="immediate-threshold loss",
    reductions=("row",),
    rules={"ordinal": "argmax"},
    formula="ln(1 + e^{θ_{y-1} - f}) + ln(1 + e^{f - θ_y}), without the missing term at the ends",
    when="ordered classes judged by whether the class is met; thresholds compare neighbours, so any order is valid",
    when_not="answers far off should cost more: beyond the neighbours the loss does not look",
    source="Rennie & Srebro 2005, section 3.2; as chances: adjacent-categories logits (Agresti 2010, section 4.1)",
    elsewhere={"mord": "LogisticIT"},
    _rows=_in_float64(_immediate_rows),
    _oracle=lambda head, z, rows: ordinal.immediate_threshold(z, _ranks(rows)),
    _prior=_neighbours_prior,
)


def _coral_rows(head: Head, z: Tensor, y: Tensor) -> Tensor:
    return _penalties(-z[:, :1] - z[:, 1:], y).sum(1)


CORAL = Head(
    name="coral",
    title="CORAL",
    space=CORAL_SPACE,
    loss_name="binary cross-entropy of the levels",
    reductions=("row",),
    rules={"ordinal": "median"},
    formula="Σ_k ln(1 + e^{f + b_k}) - [y > k] (f + b_k)",
    when="results of papers that use it are to be met; its optimum is that of all_threshold with b = -θ",
    when_not="probabilities are wanted during training: until the biases are in order they are read as if they were",
    source="Cao, Mirjalili & Raschka 2020 (arXiv 1901.07884); biases put in order as Chernozhukov et al. 2010 do",
    elsewhere={
        "coral-pytorch": "CoralLayer with coral_loss",
        "coral-ordinal": "CoralOrdinal with OrdinalCrossEntropy (Keras)",
    },
    _rows=_in_float64(_coral_rows),
    _oracle=lambda head, z, rows: ordinal.coral(z, _ranks(rows)),
    _prior=lambda head, task, rows: np.concatenate([[0.0], -_logit(cumulative_shares(rows))]),
)


# ------------------------------------------------------------------ steps


def _corn_rows(head: Head, z: Tensor, y: Tensor) -> Tensor:
    import torch

    reached = torch.arange(z.shape[1], device=z.device) <= y[:, None]
    return torch.where(reached, _penalties(-z, y), 0).sum(1)


def _corn_prior(head: Head, task: Task, rows: np.ndarray) -> np.ndarray:
    p = rank_shares(rows)
    above = np.cumsum(p[::-1])[::-1][1:]
    return np.log(above) - np.log(p[:-1])


CORN = Head(
    name="corn",
    title="CORN",
    space=CORN_SPACE,
    loss_name="likelihood of the steps",
    reductions=("row",),
    rules={"ordinal": "median"},
    formula="Σ_{k<y} ln(1 + e^{-z_k}) + ln(1 + e^{z_y}), the last not for y = K-1",
    when="ordered classes whose steps depend on different things: each has weights of its own",
    when_not="few rows in the upper classes: each step learns from the rows that reach it alone",
    source="Shi, Cao & Raschka 2021 (arXiv 2111.08851), as the exact likelihood: summed per row",
    elsewhere={
        "coral-pytorch": "corn_loss, divided by the reached steps of the batch, on which its scale depends",
        "dlordinal": "CORNLoss, divided likewise",
        "coral-ordinal": "CornOrdinalCrossEntropy, divided by the number of classes (Keras)",
    },
    _rows=_in_float64(_corn_rows),
    _oracle=lambda head, z, rows: ordinal.corn(z, _ranks(rows)),
    _prior=_corn_prior,
)


# ------------------------------------------------------------------ softmax


def _emd_rows(head: Head, z: Tensor, y: Tensor) -> Tensor:
    import torch

    log_p = torch.log_softmax(z, dim=1)
    holds = y[:, None] <= torch.arange(z.shape[1], device=z.device)
    squared = (log_p.exp().cumsum(1) - holds.to(z.dtype)).square().sum(1)
    weight = head["cross_entropy"]
    return squared - weight * log_p.gather(1, y[:, None])[:, 0] if weight else squared


SQUARED_EMD = Head(
    name="squared_emd",
    title="softmax + squared earth mover's distance",
    space=SOFTMAX_SPACE,
    loss_name="squared earth mover's distance",
    reductions=("row",),
    rules={"ordinal": "median"},
    formula="Σ_k (Σ_{j≤k} p_j - [y ≤ k])² + w · (-ln p_y), p the softmax, w = cross_entropy",
    when="ordered classes judged by the ranked probability score, which this loss is; no line of thresholds is assumed",
    when_not="alone on hard data: a confidently wrong softmax has no gradient; cross_entropy=0.1 brings one",
    source="Hou, Yu & Samaras 2016 (arXiv 1611.05916); Epstein 1969 (ranked probability score)",
    elsewhere={"dlordinal": "EMDLoss"},
    settings=(Setting("cross_entropy", 0.0, "weight of a cross-entropy that is added; 0 for none"),),
    bounded_gradient=True,
    _rows=_in_float64(_emd_rows),
    _oracle=lambda head, z, rows: ordinal.squared_emd(z, _ranks(rows), head["cross_entropy"]),
    _prior=lambda head, task, rows: np.log(rank_shares(rows)),
)


def _soft_rows(head: Head, z: Tensor, y: Tensor) -> Tensor:
    import torch

    apart = (torch.arange(z.shape[1], device=z.device) - y[:, None]).abs()
    shares = torch.softmax(-head["alpha"] * apart.to(z.dtype), dim=1)
    return -(shares * torch.log_softmax(z, dim=1)).sum(1)


ORDINAL_SOFT = Head(
    name="ordinal_soft",
    title="softmax + soft ordinal targets",
    space=SOFTMAX_SPACE,
    loss_name="cross-entropy on soft ranks",
    reductions=("row",),
    rules={"ordinal": "argmax"},
    formula="-Σ_k t_k ln p_k, t_k = e^{-α|k - y|} / Σ_j e^{-α|j - y|}, p the softmax; its floor is the entropy of t",
    when="ordered classes with labels that are themselves unsure by a rank; nothing but the targets changes",
    when_not="probabilities are wanted: they are as spread as the targets, not as the labels",
    source="Díaz & Marathe 2019 (SORD, CVPR), equation 3",
    elsewhere={"dlordinal": "SORDLoss"},
    settings=(Setting("alpha", 1.0, "how quickly targets fall off with the distance in ranks", above_low=True),),
    _rows=_in_float64(_soft_rows),
    _oracle=lambda head, z, rows: ordinal.ordinal_soft(z, _ranks(rows), head["alpha"]),
    _prior=lambda head, task, rows: np.log(
        rank_shares(rows) @ ordinal.ordinal_shares(np.arange(rows.shape[1]), rows.shape[1], head["alpha"])
    ),
    _proper=lambda head: False,
)
