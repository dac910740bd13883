"""A tuned rule: from calibrated logits to answers. A few forms, each of them a handful of comparisons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelwise.decisions.snap import cut_of, snap
from labelwise.task import Task

__all__ = ["FORMS", "TunedRule", "log_shares", "sigmoid"]

FORMS = {
    "highest": "the class with the highest log-probability plus its offset",
    "least_cost": "the class with the least expected cost",
    "thresholds": "every label whose probability reaches its threshold",
    "top_k": "the k most probable labels",
    "expected_count": "as many of the most probable labels as are expected: the rounded sum of their probabilities",
}
"""What a rule can be, by name."""


@dataclass(frozen=True)
class TunedRule:
    """How calibrated logits become answers.

    Attributes:
        form: a key of `FORMS`.
        thresholds: per label, on the probability; None for never.
        offsets: per class, added to the log-probability.
        costs: ``costs[y][k]`` of answering k where y is right.
        k: number of labels.
        at_least_one: where no label reaches its threshold, the most probable one is given all the same.
        at_most: no more than so many labels: the most probable of those that reach their thresholds.
        groups: columns of which at most one is given: the most probable of those that reach their thresholds.
    """

    form: str
    thresholds: tuple[float | None, ...] | None = None
    offsets: tuple[float, ...] | None = None
    costs: tuple[tuple[float, ...], ...] | None = None
    k: int | None = None
    at_least_one: bool = False
    at_most: int | None = None
    groups: tuple[tuple[int, ...], ...] = ()

    def answers(self, logits: np.ndarray, task: Task) -> np.ndarray:
        """Answers of calibrated logits.

        Args:
            logits: (N, C) calibrated logits of the task's link.
            task: the task.

        Returns:
            (N, C) bool. Of equal values the first counts as the higher.
        """
        if self.form == "highest":
            u = snap(log_shares(logits))
            if self.offsets is not None:
                u += self.offsets
            return _only(u.argmax(1), u.shape)
        if self.form == "least_cost":
            expected = snap(np.exp(log_shares(logits)) @ np.asarray(self.costs))
            return _only(expected.argmin(1), expected.shape)
        u = snap(logits)
        if self.form == "top_k":
            return ranks(u) < (self.k or 0)
        if self.form == "expected_count":
            count = np.rint(snap(sigmoid(logits).sum(1)))
            return ranks(u) < np.maximum(count, 1 if self.at_least_one else 0)[:, None]
        given = u >= np.array([cut_of(t) for t in self.thresholds or ()])
        for group in self.groups:
            columns = list(group)
            inside = np.where(given[:, columns], u[:, columns], -np.inf)
            given[:, columns] &= _only(inside.argmax(1), inside.shape)
        if self.at_most is not None:
            given &= ranks(np.where(given, u, -np.inf)) < self.at_most
        if self.at_least_one:
            none = ~given.any(1)
            given[none] = _only(u[none].argmax(1), u[none].shape)
        return given


def log_shares(z: np.ndarray) -> np.ndarray:
    """Log-probabilities of softmax, row by row."""
    shifted = z - z.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-z), without overflow."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1 + e)


def ranks(u: np.ndarray) -> np.ndarray:
    """(N, C) the place of each value in its row, 0 for the highest; of equal ones the first is the higher."""
    order = np.argsort(-u, axis=1, kind="stable")
    out = np.empty_like(order)
    np.put_along_axis(out, order, np.arange(u.shape[1])[None, :], axis=1)
    return out


def _only(index: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(shape, bool)
    out[np.arange(shape[0]), index] = True
    return out
