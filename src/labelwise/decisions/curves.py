"""What one threshold for every label does, at many thresholds at once, by sorting rows instead of trying each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from labelwise.task import Task

__all__ = ["ThresholdShares", "threshold_shares"]


class ThresholdShares(NamedTuple):
    """Shares of rows (label-wise accuracy: of cells) at each threshold."""

    strict_accuracy: np.ndarray
    labelwise_accuracy: np.ndarray
    no_label_rate: np.ndarray
    several_labels_rate: np.ndarray
    wrong_label_rate: np.ndarray


def threshold_shares(probs: np.ndarray, truth: np.ndarray, thresholds: np.ndarray, task: Task) -> ThresholdShares:
    """Judge ``probs >= t`` for each threshold t.

    A wrong label is, where classes exclude each other, exactly one label that is not the right one; for several labels
    at least one that does not belong.

    Args:
        probs: (N, C) probabilities.
        truth: (N, C) 0/1, nan where not known.
        thresholds: (T,) thresholds.
        task: the task.

    Returns:
        Five arrays of length T. For a yes/no task an answer is always given: no and several are 0.
    """
    rows, known = len(probs), ~np.isnan(truth)
    lowest_due = np.where(truth == 1, probs, np.inf).min(1, initial=np.inf)
    highest_not = np.where(truth == 0, probs, -np.inf).max(1, initial=-np.inf)
    strict = _at_least(lowest_due, thresholds) - _at_least(np.minimum(lowest_due, highest_not), thresholds)
    asked = known.any(1)
    strict = strict - (~asked).sum()  # where nothing is known, nothing is right or wrong
    cells = max(int(known.sum()), 1)
    due, not_due = probs[truth == 1], probs[truth == 0]
    right = _at_least(due, thresholds) + len(not_due) - _at_least(not_due, thresholds)
    if task.kind == "binary":
        none = several = np.zeros(len(thresholds))
        wrong = asked.sum() - strict
    else:
        two = np.sort(probs, axis=1)[:, -2:]
        top, second = two[:, -1], two[:, 0]
        given, several = _at_least(top, thresholds), _at_least(second, thresholds)
        none = rows - given
        wrong = given - several - strict if task.exclusive else _at_least(highest_not, thresholds)
    return ThresholdShares(strict / max(asked.sum(), 1), right / cells, none / rows, several / rows, wrong / rows)


def _at_least(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """How many values are at least t, for each t."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left").astype(np.float64)
