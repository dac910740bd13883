"""Training what the protocol plans: stack by stack, continuing where an earlier run stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelwise.comparison.folder import RunFolder
from labelwise.comparison.protocol import Protocol
from labelwise.errors import InputError
from labelwise.io.dataset import Dataset
from labelwise.io.files import write_atomically
from labelwise.training.backbones import import_object, source_text
from labelwise.training.inputs import as_batch, scaler
from labelwise.training.loop import Outcome, Parts, Trial, train_stack
from labelwise.training.splits import Split, draw_split

__all__ = ["Progress", "SeedRun", "encode_features", "parts_of", "run_trials"]

Progress = Callable[[int, int, str], None]
"""Called with (epochs done, epochs in all, what is being trained)."""


@dataclass(frozen=True)
class SeedRun:
    """One seed: its split and the outcome of every trial, by `Trial.key`."""

    seed: int
    split: Split
    outcomes: dict[str, Outcome]


def run_trials(
    dataset: Dataset,
    protocol: Protocol,
    extra: Sequence[Trial],
    ood: Dataset | None,
    folder: RunFolder | None,
    progress: Progress,
) -> list[SeedRun]:
    """Train every head at every rate for every seed, or load what is trained already.

    Args:
        dataset: the data.
        protocol: what to train.
        extra: more trials for each seed, stacked apart, so that they change nothing of the others.
        ood: inputs of no known class, or None.
        folder: where finished stacks are kept, or None.
        progress: told of each epoch.

    Returns:
        One `SeedRun` per seed. The result does not depend on interruptions: a stack is always trained as a whole.
    """
    splits = {seed: _split(dataset, seed) for seed in protocol.seeds}
    outcomes: dict[int, dict[str, Outcome]] = {seed: {} for seed in protocol.seeds}
    stacks = protocol.stacks(extra)
    total = len(stacks) * protocol.budget.epochs
    parts: tuple[int, Parts] | None = None
    for number, (name, seed, trials) in enumerate(stacks):
        before = number * protocol.budget.epochs
        text = f"seed {seed}: " + (f"{len(trials)} trials at once" if protocol.backbone.stackable else trials[0].key)
        found = folder.load(name, trials) if folder else None
        if found is None:
            if parts is None or parts[0] != seed:
                parts = seed, parts_of(dataset, splits[seed], ood, protocol.device)
            progress(before, total, text)
            found = train_stack(
                trials,
                parts[1],
                backbone=protocol.backbone,
                budget=protocol.budget,
                seed=seed,
                progress=lambda epoch, before=before, text=text: progress(before + epoch, total, text),
            )
            if folder:
                folder.save(name, trials, found)
        else:
            progress(before + protocol.budget.epochs, total, text + " (kept)")
        outcomes[seed].update(zip((t.key for t in trials), found, strict=True))
    return [SeedRun(seed, splits[seed], outcomes[seed]) for seed in protocol.seeds]


def encode_features(
    encoder: str, dataset: Dataset, ood: Dataset | None, folder: RunFolder | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Features of a frozen encoder for the data and the unknown inputs, computed once and kept in the run folder.

    Args:
        encoder: ``package.module:function`` from features (N, ...) to (N, F).
        dataset: the data.
        ood: inputs of no known class, or None.
        folder: where they are kept.
    """
    function = import_object(encoder, "a function that computes features")
    return _encoded(function, encoder, dataset, folder), None if ood is None else _encoded(
        function, encoder, ood, folder
    )


def _encoded(function: Callable[..., Any], name: str, dataset: Dataset, folder: RunFolder | None) -> np.ndarray:
    key = hashlib.sha256(f"{name}\n{source_text(name)}\n{dataset.digest}".encode()).hexdigest()[:16]
    file = folder.path / f"features-{key}.npy" if folder else None
    if file and file.exists():
        return np.load(file, allow_pickle=False)
    features = np.asarray(function(dataset.features))
    if features.ndim != 2 or len(features) != dataset.n_rows or features.dtype.kind not in "fiu":
        raise InputError(
            f"features of shape ({dataset.n_rows}, F) from {name}",
            f"shape {features.shape}, dtype {features.dtype}",
            "a function that returns one row of numbers for each row it is given",
        )
    features = features.astype(np.float32)
    bad = np.argwhere(~np.isfinite(features))
    if len(bad):
        raise InputError(
            f"finite features from {name}", f"{features[tuple(bad[0])]} at row {bad[0][0]}", "features that are numbers"
        )
    if file:

        def write(part) -> None:
            with open(part, "wb") as handle:
                np.save(handle, features, allow_pickle=False)

        write_atomically(file, write)
    return features


def _split(dataset: Dataset, seed: int) -> Split:
    assert dataset.labels is not None
    return draw_split(dataset.labels, seed, groups=dataset.groups, test_rows=dataset.test_rows)


def parts_of(dataset: Dataset, split: Split, ood: Dataset | None, device: str) -> Parts:
    """Inputs of the parts of a split as tensors on the device, scaled by the training rows."""
    scale = scaler(dataset.features[split.train])

    def tensor(features: np.ndarray):
        return as_batch(scale(features)).to(device)

    others = {"validation": tensor(dataset.features[split.validation]), "test": tensor(dataset.features[split.test])}
    if ood is not None:
        others["ood"] = tensor(ood.features)
    return Parts(
        dataset.task,
        tensor(dataset.features[split.train]),
        dataset.targets[split.train],
        others,
        dataset.targets[split.validation],
    )
