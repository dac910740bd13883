"""Planted causes: data sets and arms that differ in one known thing, to see whether the attribution names it.

Every switch that is not planted is already right in both arms, or held equal. `CAUSES` is a table: a cause is a name,
the optimiser and grid, the backbone, and head b as planted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from labelwise.comparison.result import Why
from labelwise.comparison.switches import OTHER_RATE, OWN_RATE, Arm
from labelwise.comparison.trials import SeedRun
from labelwise.comparison.why import attribute, lattice_trials
from labelwise.heads import HEADS
from labelwise.task import Labels, read_labels
from labelwise.training.backbones import Backbone
from labelwise.training.inputs import as_batch, scaler
from labelwise.training.loop import Budget, Parts, Trial, train_stack
from labelwise.training.splits import draw_split

SOFTMAX = HEADS["softmax"]
SIGMOID = HEADS["sigmoid"].with_settings(reduction="sum_labels", bias="prior")
"""The sigmoid head done right."""

SGD_GRID, ADAM_GRID = (0.01, 0.03, 0.1, 0.3), (0.001, 0.003, 0.01, 0.03)
LINEAR, MLP = Backbone("linear", "", hidden=()), Backbone("mlp", "", hidden=(64,))


@dataclass(frozen=True)
class World:
    """A generated data set.

    Attributes:
        classes: number of classes.
        rows: number of rows.
        noise: deviation of the features around the class centres (which lie about 1.4 apart).
        imbalance: ratio of the commonest class to the rarest.
        seed: of the generator.
    """

    classes: int
    rows: int
    noise: float
    imbalance: float
    seed: int

    def __str__(self) -> str:
        return f"{self.classes} classes, {self.rows} rows, noise {self.noise:g}, imbalance {self.imbalance:g}"


@dataclass(frozen=True)
class Cause:
    """One thing that differs between the arms.

    Attributes:
        name: the switch (or ``loss``, or ``nothing``) that is planted.
        make: world -> (features, labels).
        worlds: the data sets.
        optimiser: its name.
        rates: the grid that own rates are tuned on.
        backbone: what comes before the heads.
        epochs: passes.
        arm: head b as planted.
        stream: added to the seed of b's first weights and order of batches: 0 for paired, else independent.
    """

    name: str
    make: Callable[[World], tuple[np.ndarray, np.ndarray]]
    worlds: tuple[World, ...]
    optimiser: str
    rates: tuple[float, ...]
    backbone: Backbone
    epochs: int
    arm: Arm
    stream: int = 0


def blobs(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian classes around random centres, 32 features."""
    rng = np.random.default_rng([world.seed, world.classes])
    centres = rng.normal(size=(world.classes, 32)) / np.sqrt(16)
    shares = np.geomspace(1, 1 / world.imbalance, world.classes)
    y = np.concatenate([np.arange(world.classes).repeat(8), _drawn(rng, shares, world.rows - 8 * world.classes)])
    return centres[y] + world.noise * rng.normal(size=(len(y), 32)) / np.sqrt(16), y


def line(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Classes side by side on a line that overlap: no class between two others can be told from the rest linearly."""
    rng = np.random.default_rng([world.seed, world.classes, 1])
    shares = np.geomspace(1, 1 / world.imbalance, world.classes)
    y = np.concatenate([np.arange(world.classes).repeat(8), _drawn(rng, shares, world.rows - 8 * world.classes)])
    x = y + world.noise * rng.normal(size=len(y))
    return np.stack([x, *rng.normal(size=(3, len(y)))], axis=1), y


def _drawn(rng: np.random.Generator, shares: np.ndarray, rows: int) -> np.ndarray:
    return rng.choice(len(shares), rows, p=shares / shares.sum())


def _worlds(sizes: str, noise: tuple[float, ...] = (0.6, 0.9), seed: int = 0) -> tuple[World, ...]:
    found = []
    for number, size in enumerate(sizes.split()):
        classes, rows = map(int, size.split("x"))
        imbalance = (1.0, 4.0)[number % 2]
        found.append(World(classes, rows, noise[number // 2 % len(noise)], imbalance, seed + number))
    return tuple(found)


def _planted(**changes: object) -> Arm:
    return replace(Arm(SIGMOID, OWN_RATE, "argmax", "strict_accuracy"), **changes)  # type: ignore[arg-type]


CAUSES = (
    Cause(
        "reduction",
        blobs,
        _worlds("10x2000 20x3000 37x3700 50x4000 100x6000 15x1500 30x3000 60x5000"),
        "sgd",
        (0.03,),
        MLP,
        6,
        _planted(head=SIGMOID.with_settings(reduction="mean_labels"), rate=OTHER_RATE),
    ),
    Cause(
        "bias",
        blobs,
        _worlds("20x2000 37x3700 50x4000 100x6000 30x2000 60x4000 80x5000 40x3000"),
        "adam",
        (0.001,),
        MLP,
        4,
        _planted(head=SIGMOID.with_settings(bias="zero"), rate=OTHER_RATE),
    ),
    Cause(
        "learning_rate",
        blobs,
        _worlds("5x1000 10x2000 20x3000 37x3700 50x4000 100x6000 8x800 30x3000"),
        "sgd",
        SGD_GRID,
        MLP,
        6,
        _planted(rate=0.0003),
    ),
    Cause(
        "decision",
        blobs,
        _worlds("5x1000 10x2000 20x3000 37x3700 50x4000 100x6000 8x800 30x3000", (1.2, 1.6)),
        "adam",
        ADAM_GRID,
        LINEAR,
        10,
        _planted(rule="labelwise_tuned"),
    ),
    Cause(
        "metric",
        blobs,
        _worlds("5x1000 10x2000 20x3000 37x3700 50x4000 100x6000 8x800 30x3000", (1.2, 1.6)),
        "adam",
        ADAM_GRID,
        LINEAR,
        10,
        _planted(metric="labelwise_accuracy"),
    ),
    Cause(
        "loss",
        line,
        _worlds("5x1500 6x2000 7x2000 8x2500 10x3000 12x3000 5x1000 9x3000", (0.5, 0.7)),
        "adam",
        (0.01, 0.03, 0.1),
        LINEAR,
        15,
        _planted(),
    ),
    Cause(
        "nothing",
        blobs,
        tuple(
            World(classes, 100 * classes, noise, imbalance, 10 * classes + number)
            for classes in (5, 10, 20)
            for number, (noise, imbalance) in enumerate(((0.9, 1.0), (0.9, 4.0), (1.2, 1.0), (1.2, 4.0), (1.6, 1.0)))
        )
        + tuple(World(6, 900, 1.2, 2.0, 500 + number) for number in range(85)),
        "adam",
        (0.01,),
        MLP,
        8,
        _planted(head=SOFTMAX),
        stream=1000,
    ),
)


def explain_world(cause: Cause, world: World, seeds: int = 5) -> Why:
    """Train both arms on a world and share out their gap."""
    features, y = cause.make(world)
    labels = read_labels(y)
    a = Arm(SOFTMAX, OWN_RATE, "argmax", "strict_accuracy")
    of_a = [Trial(SOFTMAX, rate) for rate in cause.rates]
    of_b = lattice_trials(cause.arm, cause.rates, labels.task)
    runs_a, runs_b = [], []
    for seed in range(seeds):
        if cause.stream:
            runs_a.append(_train(cause, features, labels, of_a, seed, seed))
            runs_b.append(_train(cause, features, labels, of_b, seed, seed + cause.stream))
        else:
            both = _train(cause, features, labels, list({t.key: t for t in of_a + of_b}.values()), seed, seed)
            runs_a.append(both)
            runs_b.append(both)
    return attribute(
        a,
        cause.arm,
        runs_a,
        runs_b,
        cause.rates,
        labels.task,
        labels.targets,
        optimiser=cause.optimiser,
        margin=0.01,
    )


def _train(cause: Cause, features: np.ndarray, labels: Labels, trials: list[Trial], seed: int, stream: int) -> SeedRun:
    split = draw_split(labels, seed)
    scale = scaler(features[split.train])
    rows = {name: as_batch(scale(features[getattr(split, name)])) for name in ("train", "validation", "test")}
    parts = Parts(
        labels.task,
        rows.pop("train"),
        labels.targets[split.train],
        rows,
        labels.targets[split.validation],
    )
    budget = Budget(cause.epochs, 64, cause.optimiser)
    found = train_stack(trials, parts, backbone=cause.backbone, budget=budget, seed=stream)
    return SeedRun(seed, split, {t.key: o for t, o in zip(trials, found, strict=True)})
