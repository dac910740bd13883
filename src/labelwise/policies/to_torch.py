"""A policy as a torch module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from labelwise.errors import need
from labelwise.policies.policy import Policy
from labelwise.policies.program import decide_program

__all__ = ["policy_module"]


def policy_module(policy: Policy) -> Any:
    """A `torch.nn.Module`: (N, C) scores -> answers (N, C) bool, probabilities (N, C) float64, caveats (N, 6) bool.

    A policy with unsure labels, or with sets, has them as further outputs, (N, C) bool, in this order.

    Args:
        policy: the policy; the columns of the caveats are in the order of `CAVEATS`.

    Raises:
        MissingExtra: where torch is not installed.
        OptionError: where the policy cannot be computed alike in torch.

    Example:
        >>> import torch
        >>> import labelwise as lw
        >>> y = np.arange(60) % 3
        >>> policy = lw.fit_policy(lw.Logits(np.eye(3)[y] * 4, lw.infer_task(y)), y)
        >>> answers, probabilities, caveats = policy_module(policy)(torch.tensor([[0.0, 2.0, 1.0]]))
        >>> answers.tolist()
        [[False, True, False]]
    """
    torch = need("torch", extra="train", purpose="a policy as a torch module")

    class PolicyModule(torch.nn.Module):
        """Labels, probabilities and caveats of raw scores."""

        def forward(self, scores: Any) -> Any:
            """Answers, probabilities, caveats of (N, C) scores."""
            return tuple(decide_program(policy, _Torch(torch, scores.device), scores.to(torch.float64)).values())

    return PolicyModule()


class _Torch:
    """The words of `Engine` in torch."""

    def __init__(self, torch: Any, device: Any):
        self.torch, self.device = torch, device
        self.twos = {
            "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "matmul": torch.matmul,
            "max": torch.maximum, "min": torch.minimum, "ge": torch.ge, "lt": torch.lt, "gt": torch.gt,
            "eq": torch.eq, "and": torch.logical_and, "or": torch.logical_or,
        }  # fmt: skip
        self.ones = {
            "exp": torch.exp, "log": torch.log, "abs": torch.abs, "round": torch.round, "not": torch.logical_not,
            "neg": torch.neg, "int": lambda a: a.to(torch.int64),
        }  # fmt: skip
        self.over_rows = {"max": torch.amax, "min": torch.amin, "sum": torch.sum}

    def constant(self, array: np.ndarray) -> Any:
        return self.torch.tensor(array, device=self.device)

    def two(self, name: str, a: Any, b: Any) -> Any:
        return self.twos[name](a, b)

    def one(self, name: str, a: Any) -> Any:
        return self.ones[name](a)

    def rows(self, name: str, a: Any) -> Any:
        return self.over_rows[name](a, dim=-1, keepdim=True)

    def where(self, test: Any, a: Any, b: Any) -> Any:
        return self.torch.where(test, a, b)

    def deeper(self, a: Any, axis: int) -> Any:
        return a.unsqueeze(axis)

    def flatter(self, a: Any) -> Any:
        return a.squeeze(-1)

    def pick(self, a: Any, columns: np.ndarray) -> Any:
        return a[..., self.constant(columns)]

    def sort(self, a: Any) -> Any:
        return self.torch.sort(a, dim=-1, descending=True).values

    def beside(self, values: list[Any]) -> Any:
        return self.torch.cat(values, dim=-1)

    def piece(self, name: str, body: Callable[..., Any], *values: Any) -> Any:
        return body(*values)

    def look_up(self, table: np.ndarray, index: Any) -> Any:
        return self.constant(table)[index]
