"""Symmetric divergences between target probabilities and sigmoids, label by label."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from labelwise import reference
from labelwise.heads.head import Head
from labelwise.heads.per_label import best_logits, known_cells, reduced
from labelwise.heads.setting import Setting
from labelwise.heads.space import SIGMOID_SPACE

if TYPE_CHECKING:
    from torch import Tensor

EPS = Setting(
    "eps", 1e-3, "targets are kept this far from 0 and 1, where the logarithm has no end", high=0.499, above_low=True
)


def _clipped(y: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """P, 1 - P, ln P and ln(1 - P), each exact at the clipped ends, where float32 would lose digits of 1 - (1 - ε)."""
    import torch

    low, high = y <= eps, y >= 1 - eps
    inner = torch.where(low | high, 0.5, y)

    def ends(at_low: float, at_high: float, between: Tensor) -> Tensor:
        return torch.where(low, at_low, torch.where(high, at_high, between))

    return (
        ends(eps, 1 - eps, inner),
        ends(1 - eps, eps, 1 - inner),
        ends(math.log(eps), math.log1p(-eps), inner.log()),
        ends(math.log1p(-eps), math.log(eps), torch.log1p(-inner)),
    )


def _gap(z: Tensor, p: Tensor, rest: Tensor) -> Tensor:
    """P - σ(z), of two small numbers at either end."""
    import torch

    return torch.where(z > 0, torch.sigmoid(-z) - rest, p - torch.sigmoid(z))


def _rows(ratio: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[[Head, Tensor, Tensor], Tensor]:
    """Σ_j (P_j - σ(z_j)) times a log ratio of (ln P, ln(1 - P), z) with the same sign."""

    def rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
        import torch

        known, y = known_cells(logits, targets)
        p, rest, log_p, log_rest = _clipped(y, head["eps"])
        cells = _gap(logits, p, rest) * ratio(log_p, log_rest, logits)
        return reduced(head, torch.where(known, cells, 0).sum(-1), logits.shape[-1])

    return rows


def _log_ratio(log_p: Tensor, log_rest: Tensor, z: Tensor) -> Tensor:
    from torch.nn.functional import logsigmoid

    return log_p - logsigmoid(z)


ABS_KL = Head(
    name="abs_kl",
    title="sigmoid + absolute KL",
    space=SIGMOID_SPACE,
    loss_name="absolute KL",
    reductions=("sum_labels", "mean_labels"),
    rules={"multilabel": "per_label"},
    formula="Σ_j |P_j - Q_j| |ln P_j / Q_j| = Σ_j (P_j - Q_j)(ln P_j - ln Q_j), Q = σ(z), P = y kept in [ε, 1 - ε] "
    "(over L for mean_labels); unknown labels left out",
    when="targets are levels of their own that need not sum to 1, and both directions of KL are to count",
    when_not="targets are yes and no: a sure wrong yes has no gradient; binary_jeffreys mends that",
    source="asked for as it stands; the same as Jeffreys' divergence (Jeffreys 1946) of vectors that need not sum to 1",
    elsewhere={"optax": "generalized_kl_divergence is one direction of it"},
    settings=(EPS,),
    bounded_gradient=True,
    _rows=_rows(_log_ratio),
    _oracle=lambda head, z, y: reference.abs_kl(z, y, head.reduction, head["eps"]),
    _prior=best_logits,
    _proper=lambda head: False,
)


BINARY_JEFFREYS = Head(
    name="binary_jeffreys",
    title="sigmoid + binary Jeffreys divergence",
    space=SIGMOID_SPACE,
    loss_name="binary Jeffreys divergence",
    reductions=("sum_labels", "mean_labels"),
    rules={"multilabel": "half"},
    formula="Σ_j (P_j - σ(z_j))(logit P_j - z_j), P = y kept in [ε, 1 - ε] (over L for mean_labels); unknown "
    "labels left out",
    when="targets are probabilities, such as shares of annotators, and both directions of KL are to count for yes and "
    "for no",
    when_not="targets are yes and no and the probabilities are to be believed: what they become depends on ε",
    source="Jeffreys 1946, of each label as a pair of yes and no",
    elsewhere={},
    settings=(EPS,),
    _rows=_rows(lambda log_p, log_rest, z: log_p - log_rest - z),
    _oracle=lambda head, z, y: reference.binary_jeffreys(z, y, head.reduction, head["eps"]),
    _prior=best_logits,
    _proper=lambda head: False,
)
