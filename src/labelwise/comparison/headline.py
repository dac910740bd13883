"""What a comparison is about, for each kind of task: the figure of its answer, the rule, and how a rate is chosen.

The learning rate is chosen by a score that no loss owns: it depends neither on a threshold nor on a loss's scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.decisions import DECISION_RULES
from labelwise.metrics import mean_average_precision, strict_accuracy
from labelwise.task import Task

__all__ = ["Headline", "headline_of"]


@dataclass(frozen=True)
class Headline:
    """What heads are compared by first.

    Attributes:
        metric: key in `FIGURES`.
        rule: key in `DECISION_RULES`, the same for every head.
        how: the rule in words, after "better" or "level"; ``{both}`` stands for both or all.
        score: (probs, truth, task) of validation rows -> what a rate is chosen by, None where undefined.
        selection: that score in words.
    """

    metric: str
    rule: str
    how: str
    score: Callable[[np.ndarray, np.ndarray, Task], float | None]
    selection: str


def _right_rows(probs: np.ndarray, truth: np.ndarray, task: Task) -> float | None:
    return strict_accuracy(_answers("argmax", probs, task), truth)


def _right_groups(probs: np.ndarray, truth: np.ndarray, task: Task) -> float | None:
    given = _answers("argmax", probs, task)
    known = truth == 1
    return float(given[known].mean()) if known.any() else None


def _closeness(probs: np.ndarray, truth: np.ndarray, task: Task) -> float | None:
    """1 where every row is met, 0 where every row is off by all ranks."""
    if not len(probs):
        return None
    apart = np.abs(_answers("median", probs, task).argmax(1) - truth.argmax(1))
    return 1 - float(apart.mean()) / (probs.shape[1] - 1)


def _answers(rule: str, probs: np.ndarray, task: Task) -> np.ndarray:
    return DECISION_RULES[rule].answers(probs, np.empty(0), task)


_ONE_CLASS = Headline(
    "strict_accuracy",
    "argmax",
    "when {both} answer with the most probable class",
    _right_rows,
    "strict accuracy of the argmax",
)

_HEADLINES = {
    "binary": _ONE_CLASS,
    "multiclass": _ONE_CLASS,
    "multilabel": Headline(
        "macro_f1",
        "per_label",
        "with a threshold tuned for each label",
        lambda probs, truth, task: mean_average_precision(probs, truth),
        "mean average precision",
    ),
    "ordinal": Headline(
        "rank_mae",
        "median",
        "when {both} answer with the median rank",
        _closeness,
        "1 - rank MAE / (K - 1) of the median",
    ),
    "grouped": Headline(
        "strict_accuracy",
        "argmax",
        "when {both} answer each group with its most probable class, every known group of a row right",
        _right_groups,
        "share of the known groups that the argmax has right",
    ),
}


def headline_of(task: Task) -> Headline:
    """The headline for a task's kind.

    Example:
        >>> from labelwise import infer_task
        >>> headline_of(infer_task([0, 1, 2, 1], ordered=True)).metric
        'rank_mae'
    """
    return _HEADLINES[task.kind]
