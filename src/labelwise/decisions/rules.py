"""Decision rules: from probabilities to answers. Rows of `DECISION_RULES`; every head is judged under each of them.

A rule is tuned on validation rows and applied to others. A yes/no task has one column, whose answer is always given
(yes or no); there the rules differ in the threshold alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.decisions.thresholds import best_f1_threshold, best_labelwise_threshold, best_strict_threshold
from labelwise.task import Task

__all__ = ["DECISION_RULES", "DecisionRule", "argmax_answers", "rules_for"]


@dataclass(frozen=True)
class DecisionRule:
    """How probabilities become answers.

    Attributes:
        name: key in `DECISION_RULES`.
        title: for tables.
        text: what it does, in a sentence.
        tune: (probs, truth, task) of the validation rows -> thresholds, (C,) or empty where the rule has none; of
            ``expected_count`` its factor, C times.
        answers: (probs, thresholds, task) -> (N, C) bool.
        kinds: task kinds it is for; empty for all.
        cuts: False where what `tune` gives is not a threshold on the probabilities.
    """

    name: str
    title: str
    text: str
    tune: Callable[[np.ndarray, np.ndarray, Task], np.ndarray]
    answers: Callable[[np.ndarray, np.ndarray, Task], np.ndarray]
    kinds: tuple[str, ...] = ()
    cuts: bool = True


def argmax_answers(probs: np.ndarray, thresholds: np.ndarray, task: Task) -> np.ndarray:
    """The most probable label of each row and no other; for a yes/no task, yes from one half.

    Of equally probable labels the first is taken. Where labels are in groups, the most probable one of each group.

    Example:
        >>> from labelwise import infer_task
        >>> argmax_answers(np.array([[0.3, 0.1, 0.1, 0.5]]), np.empty(0), infer_task([0, 1, 2, 3])).astype(int).tolist()
        [[0, 0, 0, 1]]
    """
    if task.kind == "binary":
        return probs >= 0.5
    if task.kind == "grouped":
        return np.concatenate([_only(probs[:, part].argmax(1), probs[:, part]) for part in task.group_slices], axis=1)
    return _only(probs.argmax(1), probs)


def _median(probs: np.ndarray, thresholds: np.ndarray, task: Task) -> np.ndarray:
    """The first rank with half of the row's probability at or below it."""
    below = np.cumsum(probs, axis=1)
    return _only((below >= below[:, -1:] / 2).argmax(1), probs)


def _mean(probs: np.ndarray, thresholds: np.ndarray, task: Task) -> np.ndarray:
    """The rank nearest to the mean rank, of two the higher."""
    total = probs.sum(1)
    mean = np.divide(probs @ np.arange(probs.shape[1]), total, out=np.zeros_like(total), where=total > 0)
    return _only(np.floor(mean + 0.5).astype(int), probs)


def _only(ranks: np.ndarray, probs: np.ndarray) -> np.ndarray:
    return np.arange(probs.shape[1]) == ranks[:, None]


def _as_many_as_occur(probs: np.ndarray, truth: np.ndarray, task: Task) -> np.ndarray:
    """The factor on a row's sum of probabilities that makes the validation rows expect as many labels as they have."""
    known = ~np.isnan(truth)
    expected = probs[known].sum()
    return np.full(probs.shape[1], truth[known].sum() / expected if expected > 0 else 1.0)


def _expected_count(probs: np.ndarray, thresholds: np.ndarray, task: Task) -> np.ndarray:
    """The m most probable labels of each row, m its scaled sum of probabilities, rounded; of equal ones the first."""
    count = np.floor(thresholds[0] * probs.sum(1) + 0.5)
    order = np.argsort(-probs, axis=1, kind="stable")
    answers = np.zeros(probs.shape, bool)
    np.put_along_axis(answers, order, np.arange(probs.shape[1]) < count[:, None], axis=1)
    return answers


def _above(probs: np.ndarray, thresholds: np.ndarray, task: Task) -> np.ndarray:
    return probs >= thresholds


def _one(best: Callable) -> Callable[[np.ndarray, np.ndarray, Task], np.ndarray]:
    return lambda probs, truth, task: np.full(probs.shape[1], best(probs, truth).threshold)


def _per_label(probs: np.ndarray, truth: np.ndarray, task: Task) -> np.ndarray:
    return np.array([best_f1_threshold(p, y).threshold for p, y in zip(probs.T, truth.T, strict=True)])


DECISION_RULES: dict[str, DecisionRule] = {
    rule.name: rule
    for rule in (
        DecisionRule(
            "argmax",
            "argmax",
            "the most probable label, whatever its probability: always exactly one",
            lambda probs, truth, task: np.empty(0),
            argmax_answers,
        ),
        DecisionRule(
            "half",
            "0.5",
            "every label with a probability of at least one half: none, one or several",
            lambda probs, truth, task: np.full(probs.shape[1], 0.5),
            _above,
        ),
        DecisionRule(
            "labelwise_tuned",
            "tuned, label-wise",
            "one threshold for all labels, with the best label-wise accuracy on validation: what people commonly do",
            _one(best_labelwise_threshold),
            _above,
        ),
        DecisionRule(
            "strict_tuned",
            "tuned, strict",
            "one threshold for all labels, the one that gets most validation rows right as a whole",
            _one(best_strict_threshold),
            _above,
        ),
        DecisionRule(
            "per_label",
            "per label",
            "a threshold for each label, the one with its best F1 on validation",
            _per_label,
            _above,
        ),
        DecisionRule(
            "expected_count",
            "expected count",
            "as many of the most probable labels as the row's probabilities add up to, times one factor that makes "
            "validation rows expect as many as they have: also for probabilities that share one unit",
            _as_many_as_occur,
            _expected_count,
            kinds=("multilabel",),
            cuts=False,
        ),
        DecisionRule(
            "median",
            "median",
            "the first rank with half of the probability at or below it: best for the distance in ranks",
            lambda probs, truth, task: np.empty(0),
            _median,
            kinds=("ordinal",),
        ),
        DecisionRule(
            "mean",
            "mean",
            "the rank nearest to the mean of the probabilities: best for the squared distance in ranks",
            lambda probs, truth, task: np.empty(0),
            _mean,
            kinds=("ordinal",),
        ),
    )
}


def rules_for(task: Task) -> dict[str, DecisionRule]:
    """The rows of `DECISION_RULES` that make sense for a task.

    Example:
        >>> from labelwise import infer_task
        >>> "argmax" in rules_for(infer_task([0, 1, 2]))
        True
    """
    return {name: rule for name, rule in DECISION_RULES.items() if not rule.kinds or task.kind in rule.kinds}
