"""Policies of every kind of task, fitted once."""

from types import SimpleNamespace

import numpy as np
import pytest

import labelwise as lw
from labelwise.policies.to_numpy import policy_source
from labelwise.scores import LINKS

TASKS = {
    "binary": lw.Task("binary", ("no", "yes")),
    "multiclass": lw.Task("multiclass", tuple("abcd")),
    "ordinal": lw.Task("ordinal", ("low", "mid", "high")),
    "multilabel": lw.Task("multilabel", tuple("abcdef")),
}


def problem(kind: str, n: int, seed: int = 0):
    """Over-sure logits and their truth."""
    rng, task = np.random.default_rng(seed), TASKS[kind]
    z = rng.normal(size=(n, task.n_outputs)) * 1.5 - (1 if kind == "multilabel" else 0)
    if kind in ("binary", "multilabel"):
        y = (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(float)
        y = y[:, 0].astype(int) if kind == "binary" else y
    else:
        p = np.exp(LINKS["softmax"].log_probs(z))
        y = (p.cumsum(1) < rng.random((n, 1))).sum(1).clip(max=task.n_outputs - 1)
    return lw.Logits(z * 2.5, task), y


def numpy_file(policy: lw.Policy) -> SimpleNamespace:
    """The policy's file that needs numpy alone, run."""
    namespace = {}
    exec(policy_source(policy), namespace)
    return SimpleNamespace(**namespace)


@pytest.fixture(scope="session")
def policies() -> dict[str, lw.Policy]:
    """A policy for each kind of task, with all the caveats it may have."""
    several = {"low_confidence": 0.6, "close_call": 0.1, "out_of_domain": 0.05}
    return {
        "binary": lw.fit_policy(*problem("binary", 400), objective="macro_f1", low_confidence=0.7),
        "multiclass": lw.fit_policy(*problem("multiclass", 400), objective="balanced_accuracy", **several),
        "ordinal": lw.fit_policy(*problem("ordinal", 400), objective="rank_error", **several),
        "multilabel": lw.fit_policy(
            *problem("multilabel", 400),
            objective="macro_f1",
            at_least_one=True,
            at_most=3,
            groups=[("a", "b")],
            out_of_domain=0.05,
            one_expected=True,
        ),
    }
