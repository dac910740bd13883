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
        tune: (probs, truth, task) of the validation rows -> thresholds, (C,) or empty where the rule has none.
        answers: (probs, thresholds, task) -> (N, C) bool.
        kinds: task kinds it is for; empty for all.
    """

    name: str
    title: str
    text: str
    tune: Callable[[np.ndarray, np.ndarray, Task], np.ndarray]
    answers: Callable[[np.ndarray, np.ndarray, Task], np.ndarray]
    kinds: tuple[str, ...] = ()


def argmax_answers(probs: np.ndarray, thresholds: np.ndarray, task: Task) -> np.ndarray:
    """The most probable label of each row and no other; for a yes/no task, yes from one half.

    Of equally probable labels the first is taken.

    Example:
        >>> from labelwise import infer_task
        >>> argmax_answers(np.array([[0.3, 0.1, 0.1, 0.5]]), np.empty(0), infer_task([0, 1, 2, 3])).astype(int).tolist()
        [[0, 0, 0, 1]]
    """
    if task.kind == "binary":
        return probs >= 0.5
    answers = np.zeros(probs.shape, bool)
    answers[np.arange(len(probs)), probs.argmax(1)] = True
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
