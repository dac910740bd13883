"""Losses as they were published, written the usual way in torch: what the heads are timed against."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def binary_cross_entropy(z: Tensor, y: Tensor, one: Tensor) -> Tensor:
    """torch's own, summed over labels; `one` is the class where there is one."""
    return functional.binary_cross_entropy_with_logits(z, y, reduction="sum") / len(z)


def focal(z: Tensor, y: Tensor, one: Tensor) -> Tensor:
    """arXiv 1708.02002."""
    p = z.sigmoid()
    right = p * y + (1 - p) * (1 - y)
    cells = functional.binary_cross_entropy_with_logits(z, y, reduction="none") * (1 - right) ** 2
    return ((0.25 * y + 0.75 * (1 - y)) * cells).sum() / len(z)


def asl(z: Tensor, y: Tensor, one: Tensor) -> Tensor:
    """arXiv 2009.14119: every step an array of the size of the logits."""
    p = z.sigmoid()
    q = (1 - p + 0.05).clamp(max=1)
    logs = y * p.clamp(min=1e-8).log() + (1 - y) * q.clamp(min=1e-8).log()
    right = p * y + q * (1 - y)
    return -(logs * (1 - right) ** (y + 4 * (1 - y))).sum() / len(z)
