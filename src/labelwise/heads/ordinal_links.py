"""Cumulative links in torch: -ln of the chance below, above and between thresholds; formulas in `reference.cumulative`.

Every function takes and gives float64 tensors of any one shape, with finite first and second gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from labelwise.reference.cumulative import HAZARD_EDGE, NODES, NORMAL_EDGE, NORMAL_HAZARD, WEIGHTS

__all__ = ["CUMULATIVE", "Cumulative", "softplus"]


def softplus(x: Tensor) -> Tensor:
    """ln(1 + e^x); torch's own rounds above a threshold."""
    return -logsigmoid(-x)


@dataclass(frozen=True)
class Cumulative:
    """One link: x -> -ln F(x); x -> -ln(1 - F(x)); (low, high, δ) -> -ln(F(high) - F(low))."""

    below: Callable[[Tensor], Tensor]
    above: Callable[[Tensor], Tensor]
    between: Callable[[Tensor, Tensor, Tensor], Tensor]


# ------------------------------------------------------------------ complementary log-log


def _hazard(x: Tensor) -> Tensor:
    beyond = torch.where(x > HAZARD_EDGE, x - HAZARD_EDGE, 0)
    return x.clamp(max=HAZARD_EDGE).exp() + math.exp(HAZARD_EDGE) * beyond


def _cloglog_below(x: Tensor) -> Tensor:
    w = x.clamp(-30, HAZARD_EDGE).exp()
    return torch.where(x < -30, -x, -(-torch.expm1(-w)).log())


# ------------------------------------------------------------------ probit


def _log_cdf(x: Tensor) -> Tensor:
    """ln Φ: by its own function on the left, by the complement where that is small, along the tangent beyond."""
    left = torch.special.log_ndtr(x.clamp(-NORMAL_EDGE, 5)) + NORMAL_HAZARD * torch.where(
        x < -NORMAL_EDGE, x + NORMAL_EDGE, 0
    )
    right = torch.log1p(-torch.erfc(x.clamp(min=5) / math.sqrt(2)) / 2)
    return torch.where(x < 5, left, right)


def _log_density(x: Tensor) -> Tensor:
    inner = x.clamp(-NORMAL_EDGE, NORMAL_EDGE)
    return -inner.square() / 2 - math.log(2 * math.pi) / 2 - NORMAL_HAZARD * (x - inner).abs()


def _probit_between(low: Tensor, high: Tensor, gap: Tensor) -> Tensor:
    width, middle = softplus(gap), (low + high) / 2
    narrow = width * (1 + middle.abs().clamp(max=NORMAL_EDGE)) <= 2
    near = _by_density(middle, torch.where(narrow, width, 1), gap)
    # What is not taken is given values that are far from every edge.
    right = middle > 0
    u = torch.where(narrow, 1, torch.where(right, -low, high))
    v = torch.where(narrow, -1, torch.where(right, -high, low))
    return torch.where(narrow, near, _by_tails(u, v, torch.where(narrow, 1, width)))


def _by_density(middle: Tensor, width: Tensor, gap: Tensor) -> Tensor:
    place, share = (torch.from_numpy(a).to(middle.device)[:, *[None] * middle.dim()] for a in (NODES, WEIGHTS / 2))
    at_middle = _log_density(middle)  # taken out first: far out the shares would be lost beside it
    mean = torch.logsumexp(_log_density(middle + width / 2 * place) - at_middle + share.log(), dim=0) + at_middle
    tiny = gap < -36
    return -torch.where(tiny, gap, torch.where(tiny, 1, width).log()) - mean


def _by_tails(u: Tensor, v: Tensor, width: Tensor) -> Tensor:
    log_u = _log_cdf(u)
    apart = torch.where(u < -NORMAL_EDGE, NORMAL_HAZARD * width, log_u - _log_cdf(v))
    return -log_u - (-torch.expm1(-apart)).log()


CUMULATIVE: dict[str, Cumulative] = {
    "logit": Cumulative(
        lambda x: softplus(-x),
        softplus,
        lambda low, high, gap: softplus(-high) + softplus(low) + softplus(-gap),
    ),
    "probit": Cumulative(lambda x: -_log_cdf(x), lambda x: -_log_cdf(-x), _probit_between),
    "cloglog": Cumulative(_cloglog_below, _hazard, lambda low, high, gap: _hazard(low) + _cloglog_below(low + gap)),
}
