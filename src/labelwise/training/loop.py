"""The loop: a stack of trials, trained on the same rows in the same order, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labelwise.heads import Head
from labelwise.heads.setting import number_text
from labelwise.task import Task
from labelwise.training.backbones import Backbone
from labelwise.training.networks import Network, build_network
from labelwise.training.optimisers import OPTIMISERS

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Budget", "Outcome", "Parts", "Trial", "train_stack"]

EVALUATION_ROWS = 2048


@dataclass(frozen=True)
class Trial:
    """One head at one learning rate."""

    head: Head
    rate: float

    @property
    def key(self) -> str:
        """Unique name of the trial within its stack."""
        return f"{self.head.spec}@{number_text(self.rate)}"


@dataclass(frozen=True)
class Budget:
    """What every trial gets, the same for each head."""

    epochs: int
    batch_size: int
    optimiser: str


@dataclass(frozen=True)
class Parts:
    """Inputs and targets of one seed: tensors on the device that trains.

    Attributes:
        task: the task.
        train: inputs of the training rows.
        train_targets: (N,) or (N, L) targets of the training rows, as `task.Labels` has them.
        others: part name -> inputs whose logits are wanted after training (validation, test, ood).
        validation_targets: targets of ``others["validation"]``.
    """

    task: Task
    train: Tensor
    train_targets: np.ndarray
    others: dict[str, Tensor]
    validation_targets: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """What one trial gave.

    Attributes:
        expected_loss: loss before the first step by the head's formula.
        initial_loss: the same as seen on all training rows.
        gradient_norm: Euclidean norm of d loss / d logits over the first batch.
        history: (epochs, 2) training loss (mean over the epoch's batches) and validation loss after each epoch.
        logits: part name -> (N, n_outputs) float32 logits at the end.
    """

    expected_loss: float
    initial_loss: float
    gradient_norm: float
    history: np.ndarray
    logits: dict[str, np.ndarray]

    @property
    def diverged(self) -> bool:
        """True where the loss or a logit is no longer a number."""
        return not (np.isfinite(self.history).all() and all(np.isfinite(z).all() for z in self.logits.values()))


def train_stack(
    trials: Sequence[Trial],
    parts: Parts,
    *,
    backbone: Backbone,
    budget: Budget,
    seed: int,
    progress: Callable[[int], None] = lambda epoch: None,
) -> list[Outcome]:
    """Train all trials on the same batches, each with its own head and rate, and return their outcomes in order.

    Args:
        trials: heads and rates; more than one only for a backbone that can be stacked.
        parts: inputs and targets.
        backbone: what comes before the heads; its first weights are the same for every trial.
        budget: epochs, batch size, optimiser.
        seed: of first weights and order of batches.
        progress: called after each epoch with its number.

    Returns:
        One outcome per trial.
    """
    import torch

    stack = _Stack(trials, parts, backbone, seed)
    step = OPTIMISERS[budget.optimiser].start(stack.network.parameters, stack.rates())
    initial = stack.losses(parts.train, stack.train_targets)
    history = np.empty((budget.epochs, 2, len(trials)))
    gradient_norm = np.empty(len(trials))
    rows = len(parts.train)
    sizes = batch_sizes(rows, budget.batch_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for epoch in range(budget.epochs):
            order = torch.from_numpy(np.random.default_rng([seed, epoch]).permutation(rows)).to(parts.train.device)
            # gathered once: the batches are then slices of it
            inputs = parts.train[order].split(sizes)
            targets = list(zip(*(t[order].split(sizes) for t in stack.train_targets), strict=True))
            if epoch == 0:
                gradient_norm = stack.gradient_norms(inputs[0], targets[0])
            stack.network.training(True)
            told = []
            for batch, target in zip(inputs, targets, strict=True):
                losses = stack.batch_losses(stack.network.logits(batch), target)
                gradients = torch.autograd.grad(losses.sum(), stack.network.parameters, materialize_grads=True)
                step(list(gradients))
                told.append(losses.detach())
            history[epoch, 0] = np.average(torch.stack(told).double().cpu().numpy(), axis=0, weights=sizes)
            history[epoch, 1] = stack.losses(parts.others["validation"], stack.validation_targets)
            progress(epoch + 1)
    ends = {name: stack.logits(inputs) for name, inputs in parts.others.items()}
    return [
        Outcome(
            expected_loss=stack.expected_losses[trial.head.spec],
            initial_loss=float(initial[t]),
            gradient_norm=float(gradient_norm[t]),
            history=history[:, :, t].copy(),
            logits={name: z[t, :, : trial.head.n_outputs(parts.task)].copy() for name, z in ends.items()},
        )
        for t, trial in enumerate(trials)
    ]


def batch_sizes(rows: int, size: int) -> list[int]:
    """Rows of each batch: `size`, and a smaller last one; a last row alone joins the batch before it.

    A batch of one row has no variance, which normalising backbones need.

    Example:
        >>> batch_sizes(10, 4), batch_sizes(9, 4)
        ([4, 4, 2], [4, 5])
    """
    found = [min(size, rows - start) for start in range(0, rows, size)]
    if size > 1 and len(found) > 1 and found[-1] == 1:
        found[-2:] = [size + 1]
    return found


def _weightless(constants: Sequence[tuple[int, int]], width: int) -> np.ndarray | None:
    """(T, width) True for outputs that are biases alone; None where no trial has any."""
    if not any(count for _, count in constants):
        return None
    place = np.arange(width)
    return np.stack([(place >= outputs - count) & (place < outputs) for outputs, count in constants])


class _Stack:
    """Trials, their network, and their targets grouped by loss, so that each loss is computed once a batch."""

    def __init__(self, trials: Sequence[Trial], parts: Parts, backbone: Backbone, seed: int):
        import torch

        self.device = parts.train.device
        task, targets = parts.task, parts.train_targets
        own = {t.head.spec: t.head for t in trials}  # a head starts alike at every rate
        starts = {spec: head.initial_bias(task, targets) for spec, head in own.items()}
        self.expected_losses = {spec: head.initial_loss(task, targets) for spec, head in own.items()}
        width = max(map(len, starts.values()))
        biases = np.zeros((len(trials), width))
        for row, trial in zip(biases, trials, strict=True):
            bias = starts[trial.head.spec]
            row[: len(bias)] = bias
        constants = [(len(starts[t.head.spec]), t.head.space.constants(task)) for t in trials]
        shape = tuple(parts.train.shape[1:])
        self.network: Network = build_network(
            backbone, shape, torch.from_numpy(biases).to(self.device), seed, _weightless(constants, width)
        )
        by_loss: dict[str, list[int]] = {}
        for t, trial in enumerate(trials):
            by_loss.setdefault(trial.head.loss_spec, []).append(t)
        self.rate_of_trial = [t.rate for t in trials]
        self.members = [torch.tensor(m, device=self.device) for m in by_loss.values()]
        self.heads = [trials[m[0]].head.bind(task, targets) for m in by_loss.values()]
        self.widths = [head.n_outputs(task) for head in self.heads]
        self.place = torch.cat(self.members).argsort()
        self.train_targets = self._encode(task, targets)
        self.validation_targets = self._encode(task, parts.validation_targets)

    def _encode(self, task: Task, targets: np.ndarray) -> list[Tensor]:
        import torch

        return [torch.from_numpy(head.encode(task, targets)).to(self.device) for head in self.heads]

    def rates(self) -> list[Tensor]:
        import torch

        rates = torch.tensor(self.rate_of_trial, dtype=torch.float32, device=self.device)
        return self.network.per_trial(rates)

    def gradient_norms(self, inputs: Tensor, targets: Sequence[Tensor]) -> np.ndarray:
        """(T,) norms of d loss / d logits over one batch."""
        import torch

        self.network.training(False)
        logits = self.network.logits(inputs).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(self.batch_losses(logits, targets).sum(), logits)
        return gradient.flatten(1).norm(dim=1).double().cpu().numpy()

    def batch_losses(self, logits: Tensor, targets: Sequence[Tensor]) -> Tensor:
        """(T,) mean losses of (T, N, width) logits."""
        import torch

        found = []
        for head, members, width, target in zip(self.heads, self.members, self.widths, targets, strict=True):
            z = logits[members, :, :width] if len(self.heads) > 1 else logits[:, :, :width]
            repeated = target.expand(len(members), *target.shape).flatten(0, 1)
            rows = head.loss_rows(z.flatten(0, 1), repeated)
            found.append(rows.view(len(members), -1).mean(1))
        return torch.cat(found)[self.place] if len(found) > 1 else found[0]

    def losses(self, inputs: Tensor, targets: list[Tensor]) -> np.ndarray:
        """(T,) mean losses over all rows, without gradients."""
        import torch

        total = np.zeros(len(self.rate_of_trial))
        self.network.training(False)
        with torch.no_grad():
            for start in range(0, len(inputs), EVALUATION_ROWS):
                part = slice(start, start + EVALUATION_ROWS)
                logits = self.network.logits(inputs[part])
                means = self.batch_losses(logits, [t[part] for t in targets])
                total += means.double().cpu().numpy() * logits.shape[1]
        return total / max(len(inputs), 1)

    def logits(self, inputs: Tensor) -> np.ndarray:
        """(T, N, width) float32 logits."""
        import torch

        self.network.training(False)
        with torch.no_grad():
            found = [self.network.logits(part).cpu() for part in inputs.split(EVALUATION_ROWS)]
        return torch.cat(found, dim=1).float().numpy()
