"""Networks of a stack: T trials of one seed, whose first weights below the head are the same.

Both kinds give logits of shape (T, N, width) and list their parameters with the trials as the first axis (a module:
without it, T = 1). The head's weights start at zero, so that every logit starts at its bias and the first loss is
exactly the one the head promises.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from labelwise.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import torch
    from torch import Tensor, nn

    from labelwise.training.backbones import Backbone

__all__ = ["Network", "build_network"]


class Network(Protocol):
    """T networks of one shape."""

    parameters: list[Tensor]

    def logits(self, batch: Tensor) -> Tensor:
        """(N, ...) inputs -> (T, N, width) logits."""
        ...

    def per_trial(self, values: Tensor) -> list[Tensor]:
        """(T,) values, one tensor per parameter, shaped to broadcast to it."""
        ...

    def training(self, on: bool) -> None:
        """Switch between training and evaluation."""
        ...


class StackedChain:
    """T chains of linear layers with rectified units between them, multiplied in one call per layer."""

    def __init__(self, n_inputs: int, hidden: tuple[int, ...], biases: Tensor, seed: int, keep: Tensor | None):
        import torch

        trials, width = biases.shape
        self.keep = keep  # (T, 1, width) factors of the last weights, or None
        draw = torch.Generator().manual_seed(seed)
        self.parameters: list[Tensor] = []
        for fan_in, fan_out in zip((n_inputs, *hidden), hidden, strict=False):
            bound = 1 / math.sqrt(fan_in)  # torch.nn.Linear's own first weights
            weight = torch.empty(1, fan_in, fan_out).uniform_(-bound, bound, generator=draw)
            offset = torch.empty(1, 1, fan_out).uniform_(-bound, bound, generator=draw)
            self.parameters += [weight.repeat(trials, 1, 1), offset.repeat(trials, 1, 1)]
        last = hidden[-1] if hidden else n_inputs
        self.parameters += [
            torch.zeros(trials, last, width),
            biases[:, None, :].to(torch.get_default_dtype(), copy=True),
        ]
        self.parameters = [p.to(biases.device).requires_grad_() for p in self.parameters]

    def logits(self, batch: Tensor) -> Tensor:
        import torch

        trials = self.parameters[0].shape[0]
        out = batch.flatten(1).expand(trials, -1, -1)
        for layer in range(0, len(self.parameters), 2):
            if layer:
                out = out.relu()
            weight = self.parameters[layer]
            if self.keep is not None and layer + 2 == len(self.parameters):
                weight = weight * self.keep
            out = torch.baddbmm(self.parameters[layer + 1], out, weight)
        return out

    def per_trial(self, values: Tensor) -> list[Tensor]:
        return [values[:, None, None]] * len(self.parameters)

    def training(self, on: bool) -> None:
        """Chains behave alike in both."""


class ModuleNetwork:
    """One torch module followed by a linear layer: a stack of one trial."""

    def __init__(self, backbone: Backbone, shape: tuple[int, ...], biases: Tensor, seed: int, keep: Tensor | None):
        import torch

        self.keep = None if keep is None else keep[0]
        assert backbone.factory is not None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # for the first call too: a lazy layer draws its weights there
            self.module, features = _tried(backbone.name, backbone.factory, shape, biases.device)
        self.weight = torch.zeros(features.shape[1], biases.shape[1], device=biases.device, requires_grad=True)
        self.bias = biases[0].to(torch.get_default_dtype(), copy=True).requires_grad_()
        body = [p for p in self.module.parameters() if p.requires_grad]
        self.parameters = [*body, self.weight, self.bias]

    def logits(self, batch: Tensor) -> Tensor:
        import torch

        weight = self.weight if self.keep is None else self.weight * self.keep
        return torch.addmm(self.bias, self.module(batch), weight)[None]

    def per_trial(self, values: Tensor) -> list[Tensor]:
        return [values[0]] * len(self.parameters)

    def training(self, on: bool) -> None:
        self.module.train(on)


def _tried(
    name: str, factory: Callable[[tuple[int, ...]], nn.Module], shape: tuple[int, ...], device: torch.device
) -> tuple[nn.Module, Tensor]:
    """A backbone's module and the features it gives for two rows of zeros."""
    import torch

    module = factory(shape)
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"a torch module from the backbone {name}", f"a {type(module).__name__}", "return the module")
    module.to(device).eval()
    try:
        with torch.no_grad():
            features = module(torch.zeros(2, *shape, device=device))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise InputError(
            f"the backbone {name} on a batch of 2 rows of shape {shape}",
            f"{type(error).__name__}: {str(error).splitlines()[0]}",
            "a backbone for rows of this shape",
        ) from error
    if not isinstance(features, torch.Tensor) or features.dim() != 2 or len(features) != 2:
        raise InputError(
            f"features of shape (N, F) from the backbone {name}",
            f"{tuple(features.shape) if isinstance(features, torch.Tensor) else type(features).__name__} "
            f"for a batch of 2 rows of shape {shape}",
            "a module that ends in flattened features, without the last layer: labelwise adds the head",
        )
    return module, features


def build_network(
    backbone: Backbone, shape: tuple[int, ...], biases: Tensor, seed: int, weightless: np.ndarray | None = None
) -> Network:
    """T networks with the same first weights, drawn from `seed`.

    Args:
        backbone: what comes before the head.
        shape: shape of one input row.
        biases: (T, width) first biases of the heads.
        seed: of the first weights below the head.
        weightless: (T, width) True for outputs that are biases alone, or None.
    """
    import torch

    keep = None if weightless is None else torch.from_numpy(~weightless)[:, None, :].to(biases.device, torch.float32)
    if backbone.hidden is not None:
        return StackedChain(math.prod(shape), backbone.hidden, biases, seed, keep)
    return ModuleNetwork(backbone, shape, biases, seed, keep)
