"""Audits of every task, small and made of simulated scores."""

from __future__ import annotations

import functools

import numpy as np

from labelwise.auditing import audit
from labelwise.auditing.result import Audit
from labelwise.scores import Logits, Probs
from labelwise.task import Task


@functools.cache
def audited(kind: str = "multiclass", classes: int = 4, rows: int = 150, *, names: tuple[str, ...] = ()) -> Audit:
    """An audit of simulated scores that are too sure and know something."""
    rng = np.random.default_rng(classes)
    columns = tuple(names) or tuple(f"class {i}" for i in range(classes))
    task = Task(kind, columns, ("simulated",))
    if kind == "multilabel":
        y = (rng.random((rows, classes)) < 0.4).astype(float)
        return audit(Logits(rng.normal(0, 2, y.shape) + 2 * y - 1, task), y, resamples=50)
    y = rng.integers(0, classes, rows)
    if kind == "binary":
        return audit(Logits(rng.normal(0, 2, rows) + 3 * y - 1, task), y, resamples=50)
    scores = rng.normal(0, 2, (rows, classes)) + 4 * np.eye(classes)[y]
    return audit(Logits(scores, task), y, resamples=50)


@functools.cache
def with_everything(names: tuple[str, ...] = ()) -> Audit:
    """With weights, unknown inputs, another file, and class 3 that never occurs."""
    rng = np.random.default_rng(1)
    task = Task("multiclass", names or ("a", "b", "c", "d"), ("simulated",))
    y = rng.integers(0, 3, 200)
    one, two = (Logits(rng.normal(0, s, (200, 4)) + 4 * np.eye(4)[y], task) for s in (1.5, 3.0))
    one = Logits(one.array, task, weights=rng.gamma(1.0, size=200))
    return audit(one, y, against=two, unknown=Logits(rng.normal(0, 1.5, (60, 4)), task), resamples=50)


@functools.cache
def undefined() -> Audit:
    """Everything right, one class only, a probability of 0 and 1: much is undefined."""
    task = Task("multiclass", ("only", "never"), ("simulated",))
    return audit(Probs(np.tile([1.0, 0.0], (30, 1)), task), np.zeros(30, int), resamples=50)
