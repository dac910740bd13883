"""Losses over tiles: those that judge each cell alone, and those that weigh the cells of a row against each other.

Each has two functions. `rows` walks over the tiles once and gives the losses of the rows, with a state of a few numbers
per row; `slopes` overwrites a tile's logits with the derivative of the weighted rows by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from labelwise.heads.chunked.walk import Layer, Plan, Tile, walk
from labelwise.heads.sides import BLOCK, Side

__all__ = ["CellLoss", "Loss", "SoftmaxLoss", "ZlprLoss"]

State = tuple[Tensor, ...]


class Loss(Protocol):
    """What a walk needs to know of a loss."""

    def rows(self, layer: Layer, plan: Plan) -> tuple[Tensor, State]:
        """(N,) losses, and what `slopes` needs to know of every row."""
        ...

    def slopes(self, tile: Tile, plan: Plan, weights: Tensor, state: State) -> None:
        """Overwrite the tile's logits with the derivative of Σ weights · rows by them."""
        ...


@dataclass(frozen=True)
class CellLoss:
    """A sum over cells: `no` for the labels that do not hold, `yes` for those that do, nothing where unknown.

    Attributes:
        no: the side of u = z.
        yes: the side of u = -z.
        share: factor on the sum: 1, or one over the number of labels.
    """

    no: Side
    yes: Side
    share: float = 1.0

    def rows(self, layer: Layer, plan: Plan) -> tuple[Tensor, State]:
        """(N,) losses."""
        rows = torch.zeros(len(layer.x), dtype=layer.dtype, device=layer.x.device)
        for tile in walk(layer, plan):
            held = tile.flat[tile.at]
            for block in tile.flat.split(BLOCK):
                block.copy_(self.no.value(block))
            self._mark(tile, self.yes.value(-held))
            rows[tile.rows] += tile.z.sum(1)
        return rows.mul_(self.share), ()

    def slopes(self, tile: Tile, plan: Plan, weights: Tensor, state: State) -> None:
        """Derivative of Σ weights · rows."""
        held = tile.flat[tile.at]
        for block in tile.flat.split(BLOCK):
            block.copy_(self.no.slope(block))
        self._mark(tile, self.yes.slope(-held).neg_())
        tile.z.mul_(weights[tile.rows, None] * self.share)

    def best_bias(self, share: Tensor) -> Tensor:
        """The logits with the least mean loss, for the share of rows in which each label holds; by bisection."""
        low, high = torch.full_like(share, -50), torch.full_like(share, 50)
        for _ in range(60):
            middle = (low + high) / 2
            above = (1 - share) * self.no.slope(middle) > share * self.yes.slope(-middle)
            low, high = torch.where(above, low, middle), torch.where(above, middle, high)
        return (low + high) / 2

    @staticmethod
    def _mark(tile: Tile, values: Tensor) -> None:
        tile.flat[tile.at] = values
        if tile.unknown is not None:
            tile.flat[tile.unknown] = 0


@dataclass(frozen=True)
class SoftmaxLoss:
    """Cross-entropy of a softmax with equal shares of one unit for the labels that hold; rows without labels: 0."""

    def best_bias(self, share: Tensor) -> Tensor:
        """The logits with the least mean loss, for the share of the unit that each label has."""
        return share.log()

    def rows(self, layer: Layer, plan: Plan) -> tuple[Tensor, State]:
        """(N,) losses; state: maximum, Σ e^{z - maximum}."""
        held = torch.empty(len(plan.positives.rows), dtype=layer.dtype, device=layer.x.device)
        top = torch.full((len(layer.x),), -torch.inf, dtype=layer.dtype, device=layer.x.device)
        total = torch.zeros_like(top)
        for tile in walk(layer, plan):
            held[tile.which] = tile.flat[tile.at]
            _add(tile, top, total)
        labelled = plan.counts > 0
        short = (top[plan.positives.rows] - held) / plan.counts[plan.positives.rows]
        return torch.where(labelled, total.log(), 0).index_add_(0, plan.positives.rows, short), (top, total)

    def slopes(self, tile: Tile, plan: Plan, weights: Tensor, state: State) -> None:
        """Derivative of Σ weights · rows: p - 1/k for the labels that hold, p for the others."""
        top, total = (part[tile.rows, None] for part in state)
        counts = plan.counts[tile.rows, None]
        scale = weights[tile.rows, None]
        tile.z.sub_(top).exp_().mul_(torch.where(counts > 0, scale / total, 0))
        rows = plan.positives.rows[tile.which]
        tile.flat[tile.at] -= weights[rows] / plan.counts[rows]


@dataclass(frozen=True)
class ZlprLoss:
    """ln(1 + Σ e^z over labels that do not hold) + ln(1 + Σ e^-z over those that do)."""

    def rows(self, layer: Layer, plan: Plan) -> tuple[Tensor, State]:
        """(N,) losses; state: maximum and sum of either side, the 1 included."""
        held = torch.empty(len(plan.positives.rows), dtype=layer.dtype, device=layer.x.device)
        top = torch.zeros(len(layer.x), dtype=layer.dtype, device=layer.x.device)
        total = torch.zeros_like(top)
        for tile in walk(layer, plan):
            held[tile.which] = tile.flat[tile.at]
            tile.flat[tile.at] = -torch.inf
            _add(tile, top, total)
        index = plan.positives.rows
        high = torch.zeros_like(top).scatter_reduce_(0, index, -held, "amax")
        sum_held = torch.zeros_like(top).index_add_(0, index, (-held - high[index]).exp_())
        # The 1 of either sum is e^{-maximum} - 1 more than log1p adds: small losses keep their digits.
        total, sum_held = total + torch.expm1(-top), sum_held + torch.expm1(-high)
        rows = top + high + total.log1p() + sum_held.log1p()
        return rows, (top, total + 1, high, sum_held + 1)

    def slopes(self, tile: Tile, plan: Plan, weights: Tensor, state: State) -> None:
        """Derivative of Σ weights · rows."""
        held = tile.flat[tile.at]
        top, total, high, sum_held = state
        scale = weights / total
        tile.z.sub_(top[tile.rows, None]).exp_().mul_(scale[tile.rows, None])
        rows = plan.positives.rows[tile.which]
        tile.flat[tile.at] = (-held - high[rows]).exp_().mul_(weights[rows] / sum_held[rows]).neg_()


def _add(tile: Tile, top: Tensor, total: Tensor) -> None:
    """Add a tile's e^z to running sums Σ e^{z - top}, with the maximum so far taken out; both in place."""
    before = top[tile.rows]
    now = torch.maximum(before, tile.z.amax(1))
    total[tile.rows] = total[tile.rows] * (before - now).exp_() + tile.z.sub_(now[:, None]).exp_().sum(1)
    top[tile.rows] = now
