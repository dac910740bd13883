"""The protocol of a fair comparison: what every head gets, stated before anything is trained.

Paired by seed: the same split, the same first weights below the head, the same order of batches. Equal tuning budget:
the same grid of learning rates, chosen on validation. The test part is judged once, at the chosen rate.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from labelwise.errors import OptionError, choose
from labelwise.heads import HEADS, Head, head_from
from labelwise.io.dataset import Dataset
from labelwise.task import Task
from labelwise.training.backbones import Backbone, backbone_from, source_text
from labelwise.training.loop import Budget, Trial
from labelwise.training.optimisers import OPTIMISERS

__all__ = ["Protocol", "make_protocol"]

STEPS_PER_EPOCH = 100


@dataclass(frozen=True)
class Protocol:
    """Everything that decides the result, besides the data.

    Attributes:
        heads: what is compared.
        seeds: one paired repetition each.
        rates: the grid of learning rates, ascending, the same for every head.
        backbone: what comes before the heads.
        budget: epochs, batch size, optimiser.
        features: ``package.module:function`` of a frozen encoder, or None.
        device: where it trains.
        apart: True where each head is also trained with one network for each group.
    """

    heads: tuple[Head, ...]
    seeds: tuple[int, ...]
    rates: tuple[float, ...]
    backbone: Backbone
    budget: Budget
    features: str | None
    device: str
    apart: bool = False

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every head at every rate: what one seed trains."""
        return tuple(Trial(head, rate) for head in self.heads for rate in self.rates)

    def stacks(self, extra: Sequence[Trial] = ()) -> list[tuple[str, int, tuple[Trial, ...]]]:
        """(name, seed, trials trained together) of everything to train.

        All trials of a seed make one stack, the extra ones another; one by one where the backbone cannot be stacked.
        """
        if not self.backbone.stackable:
            each = (*self.trials, *extra)
            return [(f"seed-{seed}-{trial.key}", seed, (trial,)) for seed in self.seeds for trial in each]
        found = []
        for seed in self.seeds:
            found.append((f"seed-{seed}", seed, self.trials))
            if extra:
                told = hashlib.sha256("\n".join(trial.key for trial in extra).encode()).hexdigest()[:8]
                found.append((f"seed-{seed}-{told}", seed, tuple(extra)))
        return found

    def seconds(self, trials: int, inputs: int, outputs: int, rows: int) -> float:
        """A rough cost of training so many more trials per seed, on two cores; it decides only defaults."""
        widths = (inputs, *(self.backbone.hidden or ()), outputs)
        weights = sum(a * b for a, b in pairwise(widths))
        steps = len(self.seeds) * self.budget.epochs * math.ceil(rows / self.budget.batch_size)
        return steps * (1e-3 + trials * self.budget.batch_size * weights * 6 / 3e10)

    def settings(self) -> dict[str, Any]:
        """As plain values, defaults included."""
        return {
            "heads": [h.spec for h in self.heads],
            "seeds": list(self.seeds),
            "backbone": self.backbone.name,
            "features": self.features,
            "optimiser": self.budget.optimiser,
            "rates": list(self.rates),
            "epochs": self.budget.epochs,
            "batch_size": self.budget.batch_size,
            "device": self.device,
            **({"apart": True} if self.apart else {}),
        }


def make_protocol(
    dataset: Dataset,
    *,
    heads: Sequence[str | Head],
    seeds: int | Sequence[int],
    seed: int,
    backbone: str,
    features: str | None,
    optimiser: str,
    rates: Sequence[float] | None,
    epochs: int,
    batch_size: int | None,
    device: str,
    apart: bool,
) -> Protocol:
    """Check what was asked for and fill in what was left open.

    Raises:
        OptionError: where a name is unknown, a number out of range, or a head does not fit the task.
    """
    if isinstance(heads, str):
        raise OptionError("heads as a list", f"the text {heads!r}", f"heads=[{heads!r}]")
    chosen = tuple(head for asked in heads for head in _named(asked, dataset.task))
    _check_heads(chosen, dataset.task)
    if seed and not isinstance(seeds, int):
        raise OptionError(f"seed {seed}", f"seeds {list(seeds)}, which are listed one by one", "one of the two")
    listed = tuple(range(seed, seed + seeds)) if isinstance(seeds, int) else tuple(int(s) for s in seeds)
    if not listed or len(set(listed)) != len(listed) or min(listed) < 0:
        raise OptionError("seeds", f"{seeds}", "at least one seed, each once, none negative")
    choose(optimiser, OPTIMISERS, what="optimiser")
    grid = tuple(sorted(OPTIMISERS[optimiser].rates if rates is None else map(float, rates)))
    if not grid or len(set(grid)) != len(grid) or not all(0 < r < np.inf for r in grid):
        raise OptionError("learning rates", f"{rates}", "positive numbers, each once, e.g. 0.001,0.01,0.1")
    if epochs < 1:
        raise OptionError("epochs", str(epochs), "at least 1")
    if batch_size is not None and batch_size < 1:
        raise OptionError("a batch size", str(batch_size), "at least 1")
    body = backbone_from(backbone)
    if body.images and not dataset.is_image and features is None:
        raise OptionError(
            f"backbone {body.name}, which needs images",
            f"rows of {dataset.features.shape[1]} features",
            "backbone mlp or linear, or images of shape (N, H, W[, channels])",
        )
    size = batch_size or _batch_size(dataset.n_rows)
    return Protocol(chosen, listed, grid, body, Budget(epochs, size, optimiser), features, _device(device), apart)


def identity(protocol: Protocol, dataset: Dataset, ood: Dataset | None, versions: dict[str, str]) -> str:
    """One text for everything that decides the numbers: a run is continued only where it is the same."""
    told = {
        "settings": protocol.settings(),
        "code": [source_text(path) for path in (protocol.features, protocol.backbone.name) if path and ":" in path],
        "data": dataset.digest,
        "ood": None if ood is None else ood.digest,
        "versions": {k: versions[k] for k in ("labelwise", "numpy", "torch")},
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _named(asked: str | Head, task: Task) -> tuple[Head, ...]:
    """The head asked for; ``all`` stands for every head that fits the task, with its customary settings."""
    if asked == "all":
        return tuple(head for head in HEADS.values() if head.fits(task))
    return (head_from(asked),)


def _check_heads(heads: tuple[Head, ...], task: Task) -> None:
    if not heads:
        raise OptionError("heads to compare", "none", f"some of: {', '.join(HEADS)}")
    twice = {h.spec for h in heads if sum(h.spec == other.spec for other in heads) > 1}
    if twice:
        raise OptionError("different heads", f"{sorted(twice)[0]} twice", "each head (with its settings) once")
    for head in heads:
        if not head.fits(task):
            fitting = [name for name, h in HEADS.items() if h.fits(task)]
            raise OptionError(
                f"head {head.name} for the task {task}",
                f"a head for {', '.join(head.rules)} tasks; {'; '.join(task.evidence)}",
                f"heads that fit: {', '.join(fitting)}",
            )


def _batch_size(rows: int) -> int:
    """A power of two from 64 to 1024 that makes about a hundred steps an epoch."""
    wanted = 0.6 * rows / STEPS_PER_EPOCH
    return int(np.clip(2 ** round(np.log2(max(wanted, 1))), 64, 1024))


def _device(name: str) -> str:
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise OptionError(f"device {name!r}", str(error).splitlines()[0], "cpu, cuda, or auto") from None
    return name
