"""A head as a torch module: the last layer, its loss and its probabilities, for a training loop of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from labelwise.errors import OptionError
from labelwise.heads.head import Head
from labelwise.task import Task

__all__ = ["HeadModule"]


class HeadModule(nn.Module):
    """A linear layer with a head's first bias, loss and probabilities; made by `Head.module`.

    The weights start at zero, so that the first loss is exactly `Head.initial_loss`. Outputs that are biases alone
    (thresholds of ordinal heads) have no weights.

    Attributes:
        head: the head, bound to the training rows where they were given.
        task: the task.
        weight: (n_outputs - constants, in_features).
        bias: (n_outputs,).
    """

    def __init__(self, head: Head, in_features: int, task: Task, targets: np.ndarray | None = None):
        super().__init__()
        if not head.fits(task):
            raise OptionError(
                f"head {head.name} for the task {task}", f"a head for {', '.join(head.rules)} tasks", "a head that fits"
            )
        if targets is None and head.bias != "zero":
            raise OptionError(
                f"the head {head.spec}", "no training targets", "module(in_features, task, targets), or bias=zero"
            )
        self.head, self.task = (head if targets is None else head.bind(task, targets)), task
        first = np.zeros(head.n_outputs(task)) if targets is None else head.initial_bias(task, targets)
        varying = len(first) - head.space.constants(task)
        self.weight = nn.Parameter(torch.zeros(varying, in_features))
        self.bias = nn.Parameter(torch.tensor(first, dtype=torch.get_default_dtype()))

    def forward(self, features: Tensor) -> Tensor:
        """(N, in_features) -> (N, n_outputs) raw outputs."""
        varying = len(self.weight)
        out = nn.functional.linear(features, self.weight, self.bias[:varying])
        if varying == len(self.bias):
            return out
        return torch.cat([out, self.bias[varying:].to(out.dtype).expand(*out.shape[:-1], -1)], dim=-1)

    def encode(self, targets: Any) -> Tensor:
        """Targets as `task.Labels` has them -> what `loss` takes, on the module's device."""
        return torch.from_numpy(self.head.encode(self.task, np.asarray(targets))).to(self.bias.device)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean loss of the rows: a scalar to call backward on."""
        return self.head.loss(outputs, targets)

    def log_probs(self, outputs: Tensor) -> np.ndarray:
        """(N, task.n_outputs) float64 log-probabilities of the classes or labels."""
        return self.head.log_probs(outputs.detach().cpu().double().numpy(), self.task)

    def extra_repr(self) -> str:
        """What torch prints in the brackets."""
        return f"{self.head.spec}, in_features={self.weight.shape[1]}, outputs={len(self.bias)}"
