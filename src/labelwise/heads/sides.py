"""Sides: the two halves of a yes/no loss, their value and slope per cell in few passes over a block.

Every loss that judges each cell alone is a pair of sides, one for the labels that hold and one for those that do not.
A side is a function of u, the logit of being wrong: u = z where the label does not hold, u = -z where it does:

    w · p_m^γ · -ln(1 - p_m),   p_m = max(σ(u) - m, 0)

    loss                  no                           yes
    binary cross-entropy  w = 1                        w = pos_weight
    focal                 w = 1 - α, γ                 w = α, γ
    asymmetric            γ = gamma_neg, m = margin    γ = gamma_pos
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

__all__ = ["BLOCK", "Side", "power_"]

BLOCK = 1 << 17
"""Cells of one block: its few temporaries stay in the cache of a core."""


@dataclass(frozen=True)
class Side:
    """One half of a yes/no loss: w · p_m^γ · -ln(1 - p_m) with p_m = max(σ(u) - m, 0).

    `value` and `slope` are quick and not differentiable; they stay finite for infinite u, which counts as ±1e25.
    `plain` is the same value of finite u for autograd, with finite first and second gradients.

    Attributes:
        weight: w.
        gamma: γ, how much cells that are nearly right are left out.
        margin: m, the probability below which a cell has no loss.

    Example:
        >>> Side(gamma=4.0, margin=0.05).value(torch.zeros(1, dtype=torch.float64)).item()  # .45⁴ · -ln .55
        0.0245...
    """

    weight: float = 1.0
    gamma: float = 0.0
    margin: float = 0.0

    def value(self, u: Tensor) -> Tensor:
        """Loss of each cell."""
        if self.margin:
            over = torch.sigmoid(u).sub_(self.margin).clamp_(min=0)
            # 1 - p_m, never below the margin, so that its logarithm is safe
            log_rest = torch.sigmoid(-u).add_(self.margin).clamp_(max=1).log_()
            return power_(over, self.gamma).mul_(log_rest).mul_(-self.weight)
        loss = _softplus(u)
        if self.gamma:
            loss.mul_(power_(torch.sigmoid(u), self.gamma))
        return _times(loss, self.weight)

    def slope(self, u: Tensor) -> Tensor:
        """d `value` / du."""
        p = torch.sigmoid(u)
        if not self.margin and not self.gamma:
            return _times(p, self.weight)
        right = torch.sigmoid(-u)  # 1 - p would lose the small ones
        if not self.margin:
            change = _softplus(u).mul_(right).mul_(self.gamma).add_(p)
            return _times(power_(p, self.gamma).mul_(change), self.weight)
        over, rest = (p - self.margin).clamp_(min=0), (right + self.margin).clamp_(max=1)
        change = torch.div(over, rest).sub_(rest.log_(), alpha=self.gamma).mul_(p).mul_(right)
        # Where p_m is 0 so is the change; the power, infinite there for γ < 1, must only not be.
        over = over if self.gamma >= 1 else over.clamp_(min=1e-30)
        return _times(power_(over, self.gamma - 1).mul_(change), self.weight)

    def plain(self, u: Tensor) -> Tensor:
        """Loss of each cell by the formula, for autograd."""
        if not self.margin and not self.gamma:
            return -self.weight * logsigmoid(-u)
        if not self.margin:
            # In log space the power has finite gradients for every γ.
            return -self.weight * torch.exp(self.gamma * logsigmoid(u)) * logsigmoid(-u)
        p = torch.sigmoid(u)
        counts = p > self.margin
        over = torch.where(counts, p - self.margin, 0.5)
        rest = torch.where(counts, torch.sigmoid(-u) + self.margin, 0.5)
        return torch.where(counts, -self.weight * over**self.gamma * torch.log(rest), 0.0)


def _softplus(u: Tensor) -> Tensor:
    """ln(1 + e^u), exact in both tails; infinity counts as 1e25."""
    return u.abs().neg_().exp_().log1p_().add_(u.clamp(0, 1e25))


def power_(x: Tensor, exponent: float) -> Tensor:
    """x^exponent for x ≥ 0, in place; the usual exponents by products, which are many times quicker than `pow`."""
    if exponent in (0, 1, 2, 3):
        return x.pow_(exponent)
    return x.square_().square_() if exponent == 4 else x.log_().mul_(exponent).exp_()


def _times(x: Tensor, weight: float) -> Tensor:
    return x if weight == 1 else x.mul_(weight)
