"""Policies of every task, small and fitted on simulated scores."""

from __future__ import annotations

import functools

import numpy as np

import labelwise as lw

OPTIONS = {
    "binary": {"objective": "macro_f1", "low_confidence": 0.7},
    "multiclass": {"objective": "balanced_accuracy", "risk": 0.45, "sets": "aps", "close_call": 0.1},
    "ordinal": {"objective": "rank_error", "low_confidence": 0.6},
    "multilabel": {"objective": "macro_f1", "at_least_one": True, "low_confidence": 0.6},
}


@functools.cache
def fitted(kind: str, classes: int = 4, rows: int = 500, names: tuple[str, ...] = (), **options):
    """A policy with the scores and labels that it was fitted on; scores are too sure."""
    rng = np.random.default_rng(classes)
    columns = names or tuple(f"class {i}" for i in range(classes))
    columns = columns[:2] if kind == "binary" else columns
    task = lw.Task(kind, columns, ("simulated",))
    z = rng.normal(size=(rows, task.n_outputs)) * 1.5
    if kind in ("binary", "multilabel"):
        z -= np.linspace(0, 3, task.n_outputs)
        y = (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(float)
        y = y[:, 0].astype(int) if kind == "binary" else y
    else:
        y = (z + rng.gumbel(size=z.shape)).argmax(1)
    scores = lw.Logits(z * 2, task)
    return lw.fit_policy(scores, y, **(options or OPTIONS[kind])), scores, y
