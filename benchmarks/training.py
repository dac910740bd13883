"""Speed of training, as ratios taken in one process: stacked trials, and a single one, against what people write.

    python benchmarks/training.py [--repeats 9] [--epochs 10]

Ten MLP trials on digits (64-128-10, batches of 64, Adam) are trained in one stack and one after the other; one trial is
compared with a bare PyTorch loop (nn.Sequential, torch.optim.Adam, the same batches). Repeats are interleaved, so that
a busy machine slows all of them alike; medians are compared. Wanted: 3.5 and 0.9.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch

from labelwise.heads import HEADS
from labelwise.io.dataset import read_dataset
from labelwise.training.backbones import BACKBONES
from labelwise.training.inputs import as_batch, scaler
from labelwise.training.loop import Budget, Parts, Trial, train_stack
from labelwise.training.optimisers import OPTIMISERS
from labelwise.training.splits import draw_split

BATCH, HIDDEN = 64, 128
TRIALS = [Trial(HEADS[head], rate) for head in ("softmax", "sigmoid") for rate in OPTIMISERS["adam"].rates[1:6]]


def digits() -> Parts:
    """Training and validation rows of the first seed."""
    data = read_dataset("digits")
    split = draw_split(data.labels, 0)
    rows = data.features.reshape(data.n_rows, -1)
    scale = scaler(rows[split.train])
    validation = as_batch(scale(rows[split.validation]))
    return Parts(
        data.task,
        as_batch(scale(rows[split.train])),
        data.targets[split.train],
        {"validation": validation},
        data.targets[split.validation],
    )


def ours(trials: list[Trial], parts: Parts, epochs: int) -> None:
    """Train a stack."""
    train_stack(trials, parts, backbone=BACKBONES["mlp"], budget=Budget(epochs, BATCH, "adam"), seed=0)


def bare(parts: Parts, epochs: int) -> None:
    """The loop of the tutorials, with the validation loss after each epoch that ours has too."""
    inputs, classes = parts.train.shape[1], len(parts.task.class_names)
    net = torch.nn.Sequential(torch.nn.Linear(inputs, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, classes))
    optimiser = torch.optim.Adam(net.parameters(), lr=0.001)
    loss_of = torch.nn.CrossEntropyLoss()
    targets, validation_targets = torch.from_numpy(parts.train_targets), torch.from_numpy(parts.validation_targets)
    for epoch in range(epochs):
        order = torch.from_numpy(np.random.default_rng([0, epoch]).permutation(len(targets)))
        for batch in order.split(BATCH):
            optimiser.zero_grad()
            loss_of(net(parts.train[batch]), targets[batch]).backward()
            optimiser.step()
        with torch.no_grad():
            loss_of(net(parts.others["validation"]), validation_targets).item()


def main() -> None:
    """Time and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repeats", type=int, default=9)
    options.add_argument("--epochs", type=int, default=10)
    told = options.parse_args()
    parts = digits()
    ways: dict[str, tuple[int, Callable[[], None]]] = {
        "ten in one stack": (10, lambda: ours(TRIALS, parts, told.epochs)),
        "ten one after the other": (10, lambda: [ours([t], parts, told.epochs) for t in TRIALS]),
        "one": (1, lambda: ours(TRIALS[:1], parts, told.epochs)),
        "one, bare PyTorch": (1, lambda: bare(parts, told.epochs)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for repeat in range(told.repeats + 1):
        for name, (_, run) in ways.items():
            began = time.perf_counter()
            run()
            if repeat:  # the first round warms up
                seconds[name].append(time.perf_counter() - began)
    rows = len(parts.train) * told.epochs
    speed = {name: ways[name][0] * rows / median(times) for name, times in seconds.items()}
    for name, per_second in speed.items():
        print(f"{name:24} {per_second:12,.0f} samples/s")
    stacked = speed["ten in one stack"] / speed["ten one after the other"]
    single = speed["one"] / speed["one, bare PyTorch"]
    print(f"stacked against one after the other: {stacked:.2f} (wanted 3.5)")
    print(f"one against bare PyTorch:            {single:.2f} (wanted 0.9)")


if __name__ == "__main__":
    main()
