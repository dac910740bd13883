"""Optimisers for stacked trials: each trial has its own learning rate, which torch's own do not offer.

The update of a single trial is that of torch.optim with the same settings (tested). The `_foreach` calls are those that
torch.optim itself makes: one call for all tensors of a network, which matters where a step takes microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["OPTIMISERS", "Optimiser"]

Step = Callable[[list["Tensor"]], None]


@dataclass(frozen=True)
class Optimiser:
    """An optimiser as a value.

    Attributes:
        name: key in `OPTIMISERS`.
        text: in a sentence.
        scale_free: True where the size of the loss does not matter.
        rates: the default grid of learning rates, wide enough for losses that differ by the number of classes.
        start: (parameters, rates as tensors that broadcast to them) -> a step that takes the gradients.
    """

    name: str
    text: str
    scale_free: bool
    rates: tuple[float, ...]
    start: Callable[[list[Tensor], list[Tensor]], Step]


def _torch() -> Any:
    """torch, untyped: its calls on lists of tensors are not in its stubs."""
    import torch

    return torch


def _sgd(parameters: list[Tensor], rates: list[Tensor]) -> Step:
    """SGD with momentum 0.9: v <- 0.9 v + g, w <- w - rate · v."""
    torch = _torch()
    speed = [torch.zeros_like(p) for p in parameters]

    @torch.no_grad()
    def step(gradients: list[Tensor]) -> None:
        torch._foreach_mul_(speed, 0.9)
        torch._foreach_add_(speed, gradients)
        torch._foreach_sub_(parameters, torch._foreach_mul(speed, rates))

    return step


def _adam(parameters: list[Tensor], rates: list[Tensor]) -> Step:
    """Adam (Kingma & Ba 2015, algorithm 1) with β = (0.9, 0.999) and ε = 1e-8."""
    torch = _torch()
    mean = [torch.zeros_like(p) for p in parameters]
    square = [torch.zeros_like(p) for p in parameters]
    taken = 0

    @torch.no_grad()
    def step(gradients: list[Tensor]) -> None:
        nonlocal taken
        taken += 1
        mean_left, square_left = 1 - 0.9**taken, 1 - 0.999**taken
        torch._foreach_lerp_(mean, gradients, 0.1)
        torch._foreach_mul_(square, 0.999)
        torch._foreach_addcmul_(square, gradients, gradients, value=0.001)
        width = torch._foreach_sqrt(square)
        torch._foreach_mul_(width, square_left**-0.5)
        torch._foreach_add_(width, 1e-8)
        change = torch._foreach_div(mean, width)
        torch._foreach_mul_(change, rates)
        torch._foreach_sub_(parameters, change, alpha=1 / mean_left)

    return step


OPTIMISERS: dict[str, Optimiser] = {
    o.name: o
    for o in (
        Optimiser("adam", "Adam", True, (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1), _adam),
        Optimiser("sgd", "SGD with momentum 0.9", False, (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0), _sgd),
    )
}
