"""Loss of a linear layer over very many labels, with its gradients, for autograd."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from labelwise.errors import OptionError
from labelwise.heads.chunked.losses import Loss
from labelwise.heads.chunked.positives import Positives
from labelwise.heads.chunked.walk import Chunk, Layer, gradients, plan_of

__all__ = ["rows_of"]


def rows_of(
    layer: Layer, positives: Positives, loss: Loss, unknown: Positives | None = None, chunk: Chunk = None
) -> Tensor:
    """(N,) losses of the rows, differentiable once by x, weight and bias."""
    return _Rows.apply(layer.x, layer.weight, layer.bias, positives, loss, unknown, chunk)


class _Rows(torch.autograd.Function):
    """Nothing of the size of the logits is kept: `backward` walks again, with the true upstream weights."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, *fixed: Any) -> Tensor:
        positives, loss, unknown, chunk = fixed
        layer = Layer(x, weight, bias)
        plan = plan_of(layer, positives, unknown, chunk)
        with torch.autocast(x.device.type, enabled=False):
            rows, state = loss.rows(layer, plan)
        ctx.plan, ctx.loss = plan, loss
        ctx.save_for_backward(x, weight, bias, *state)
        return rows

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise OptionError(
                "second gradients of a chunked loss",
                "backward with create_graph=True",
                "first gradients only; or the head's own loss on logits that fit in memory",
            )
        x, weight, bias, *state = ctx.saved_tensors
        layer = Layer(x, weight, bias)
        weights = upstream[0].to(layer.dtype)
        with torch.autocast(x.device.type, enabled=False):
            dx, dw, db = gradients(
                layer,
                ctx.plan,
                lambda tile: ctx.loss.slopes(tile, ctx.plan, weights, tuple(state)),
                ctx.needs_input_grad[:3],
            )
        return dx, dw, db, None, None, None, None
