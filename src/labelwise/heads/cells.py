"""Losses of rows from logits in blocks that stay in the cache: the quick way, for heads and for one's own loop.

The formula written in torch makes a fresh array of the size of the logits for every step and keeps most of them for the
backward. Here a block of cells goes through all steps before the next one, and nothing but the logits is kept: the
backward computes the slopes from them. A first gradient costs one array, its own. Second gradients (`create_graph`)
take the plain formula instead. Half precision is computed in float32, infinite logits count as ±1e25, and cells whose
target is nan are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labelwise.errors import InputError
from labelwise.heads.per_label import known_cells
from labelwise.heads.sides import BLOCK, Side
from labelwise.heads.space import of_targets

__all__ = ["asl", "bce", "cells", "cross_entropy", "focal", "plain_rows"]


def bce(logits: Tensor, targets: Tensor, pos_weight: float = 1.0) -> Tensor:
    """Binary cross-entropy of each row, summed over its labels.

    Args:
        logits: (N, L), any float dtype.
        targets: (N, L) in [0, 1]; nan for unknown.
        pos_weight: factor on the labels that hold.

    Returns:
        (N,) in float32, or float64 for float64 logits.

    Raises:
        InputError: where the shapes differ.

    Example:
        >>> bce(torch.zeros(1, 3), torch.tensor([[1.0, 0.0, torch.nan]]))  # 2 ln 2
        tensor([1.3863])
    """
    return cells(logits, targets, no=Side(), yes=Side(weight=pos_weight))


def focal(logits: Tensor, targets: Tensor, gamma: float = 2.0, alpha: float = 0.25) -> Tensor:
    """Sigmoid focal loss of each row, summed over its labels; arguments and result as in `bce`.

    Example:
        >>> focal(torch.tensor([[1.5, -0.5, 0.25, -2.0]]), torch.tensor([[1, 0, 1, 0]]))
        tensor([0.0813])

    Source: Lin et al. 2017 (arXiv 1708.02002), equation 5.
    """
    return cells(logits, targets, no=Side(1 - alpha, gamma), yes=Side(alpha, gamma))


def asl(
    logits: Tensor, targets: Tensor, gamma_pos: float = 1.0, gamma_neg: float = 4.0, margin: float = 0.05
) -> Tensor:
    """Asymmetric loss of each row, summed over its labels; arguments and result as in `bce`.

    Example:
        >>> asl(torch.tensor([[1.5, -0.5, 0.25, -2.0]]), torch.tensor([[1, 0, 1, 0]]))
        tensor([0.2935])

    Source: Ridnik et al. 2021 (arXiv 2009.14119), equations 5 to 7.
    """
    return cells(logits, targets, no=Side(gamma=gamma_neg, margin=margin), yes=Side(gamma=gamma_pos))


def cells(logits: Tensor, targets: Tensor, no: Side, yes: Side) -> Tensor:
    """Σ_j y_j yes(-z_j) + (1 - y_j) no(z_j) of each row, for any pair of sides; arguments and result as in `bce`."""
    if logits.dim() != 2 or targets.shape != logits.shape:
        raise _shapes(logits, targets, "targets of the same shape (N, L)")
    if targets.requires_grad or torch.compiler.is_compiling():
        return plain_rows(_read(logits), targets, no, yes)
    return _Cells.apply(logits, targets, no, yes)


class _Cells(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor, no: Side, yes: Side) -> Tensor:
        ctx.save_for_backward(logits, targets)
        ctx.sides = no, yes
        rows = torch.zeros(len(logits), dtype=_dtype(logits), device=logits.device)
        for part in _blocks(logits):
            u = logits[part].to(rows.dtype)
            values = _mark(no.value(u), u, targets[part], lambda u: no.value(u), lambda u: yes.value(-u))
            rows[part[0]] += values.sum(1)
        return rows

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        logits, targets = ctx.saved_tensors
        no, yes = ctx.sides
        if torch.is_grad_enabled():
            rows = plain_rows(_read(logits), targets, no, yes)
            return *torch.autograd.grad(rows, logits, upstream, create_graph=True), *_NONE
        gradient = torch.empty_like(logits)
        for part in _blocks(logits):
            u = logits[part].to(_dtype(logits))
            slopes = _mark(no.slope(u), u, targets[part], lambda u: no.slope(u), lambda u: yes.slope(-u).neg_())
            torch.mul(slopes, upstream[0][part[0], None], out=gradient[part])
        return gradient, *_NONE


_NONE = (None, None, None)


def _mark(no_cells: Tensor, u: Tensor, targets: Tensor, no: Any, yes: Any) -> Tensor:
    """Write y·yes + (1 - y)·no over the cells where y is not 0, usually few; 0 where it is nan."""
    targets = targets.reshape(-1)
    at = _nonzero(targets)
    many = 4 * len(at) > len(targets)
    y, z = (targets, u.reshape(-1)) if many else (targets[at], u.reshape(-1)[at])
    y = y.to(u.dtype)
    other = no_cells.view(-1) if many else no(z)
    mixed = torch.where(y.isnan(), 0, (1 - y) * other + y * yes(z))
    if many:
        return mixed.view(no_cells.shape)
    no_cells.view(-1)[at] = mixed
    return no_cells


def _nonzero(values: Tensor) -> Tensor:
    """Where they are not 0; numpy is ten times quicker at it where it can be asked."""
    if values.device.type != "cpu" or values.dtype == torch.bfloat16:
        return values.nonzero()[:, 0]
    return torch.from_numpy(np.flatnonzero(values.numpy() != 0))


def plain_rows(z: Tensor, targets: Tensor, no: Side, yes: Side) -> Tensor:
    """The same by the formula, of finite logits in the precision they are given: for few cells, and for autograd."""
    known, y = known_cells(z, targets)
    return torch.where(known, y * yes.plain(-z) + (1 - y) * no.plain(z), 0).sum(-1)


def _dtype(logits: Tensor) -> torch.dtype:
    return torch.promote_types(logits.dtype, torch.float32)


def _read(logits: Tensor) -> Tensor:
    return logits.to(_dtype(logits)).clamp(-1e25, 1e25)


def _blocks(logits: Tensor) -> Iterator[tuple[slice, slice]]:
    """Blocks of whole rows, or of parts of a row where one row is more than a block."""
    n, width = logits.shape
    across = max(min(width, BLOCK), 1)
    down = max(BLOCK // across, 1)
    for top in range(0, n, down):
        for left in range(0, width, across):
            yield slice(top, top + down), slice(left, left + across)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Softmax cross-entropy of each row.

    Args:
        logits: (N, C), any float dtype.
        targets: (N,) class indices, or (N, C) shares, whose sum weighs the row.

    Returns:
        (N,) in float32, or float64 for float64 logits.

    Raises:
        InputError: where the shapes do not fit.

    Example:
        >>> cross_entropy(torch.zeros(1, 37), torch.tensor([5]))  # ln 37
        tensor([3.6109])
    """
    if logits.dim() != 2 or targets.shape not in (logits.shape, logits.shape[:1]):
        raise _shapes(logits, targets, "class indices (N,) or shares (N, C)")
    if targets.requires_grad or torch.compiler.is_compiling():
        return _plain_cross_entropy(logits, targets)
    return _CrossEntropy.apply(logits, targets)


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor) -> Tensor:
        rows, top, total = (torch.empty(len(logits), dtype=_dtype(logits), device=logits.device) for _ in range(3))
        for part in _row_blocks(logits):
            z = _read(logits[part])
            top[part] = z.amax(1)
            z.sub_(top[part, None])
            t = targets[part]
            own = of_targets(z, t)
            total[part] = z.exp_().sum(1)
            rows[part] = total[part].log() * (1 if t.dim() == 1 else t.sum(1)) - own
        ctx.save_for_backward(logits, targets, top, total)
        return rows

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        logits, targets, top, total = ctx.saved_tensors
        if torch.is_grad_enabled():
            return *torch.autograd.grad(
                _plain_cross_entropy(logits, targets), logits, upstream, create_graph=True
            ), None
        gradient = torch.empty_like(logits)
        weights = upstream[0]
        for part in _row_blocks(logits):
            p = _read(logits[part]).sub_(top[part, None]).exp_()
            t, w = targets[part], weights[part, None]
            if t.dim() == 1:
                p.mul_(w / total[part, None]).scatter_add_(1, t[:, None], -w)
            else:
                p.mul_(w * t.sum(1, keepdim=True) / total[part, None]).addcmul_(t.to(p.dtype), w, value=-1)
            gradient[part] = p
        return gradient, None


def _shapes(logits: Tensor, targets: Tensor, instead: str) -> InputError:
    return InputError(
        "the loss of rows of logits", f"logits {tuple(logits.shape)}, targets {tuple(targets.shape)}", instead
    )


def _row_blocks(logits: Tensor) -> Iterator[slice]:
    down = max(BLOCK // max(logits.shape[1], 1), 1)
    return (slice(top, top + down) for top in range(0, len(logits), down))


def _plain_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return -of_targets(_read(logits).log_softmax(-1), targets)
