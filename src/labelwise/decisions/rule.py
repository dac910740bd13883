"""A tuned rule: from calibrated logits to answers. A few forms, each of them a handful of comparisons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelwise.decisions.forms import RULE_FORMS
from labelwise.decisions.rows import only, ranks
from labelwise.decisions.snap import cut_of, snap
from labelwise.task import Task

__all__ = ["TunedRule"]


@dataclass(frozen=True)
class TunedRule:
    """How calibrated logits become answers.

    Attributes:
        form: a key of `RULE_FORMS`.
        thresholds: per label, on the probability; None for never.
        unsure_from: per label, on the probability: from here up to its threshold a label is unsure, below it a no; None
            where every answer is a yes or a no.
        offsets: per class, added to the log-probability; per known set, added to the sum of its logits.
        costs: ``costs[y][k]`` of answering k where y is right; a column more is not answering.
        k: number of labels.
        beta: of the F of a row.
        sets: known sets of labels, as columns.
        at_least_one: where no label is given, the most probable one is given all the same.
        at_most: no more than so many labels: the most probable of those that would be given.
        groups: columns of which at most one is given: the most probable of those that would be.
    """

    form: str
    thresholds: tuple[float | None, ...] | None = None
    unsure_from: tuple[float, ...] | None = None
    offsets: tuple[float, ...] | None = None
    costs: tuple[tuple[float, ...], ...] | None = None
    k: int | None = None
    beta: float | None = None
    sets: tuple[tuple[int, ...], ...] | None = None
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
        given = RULE_FORMS[self.form].answers(self, logits)
        if not (self.groups or self.at_most is not None or self.at_least_one):
            return given
        u = snap(logits)
        for group in self.groups:
            columns = list(group)
            inside = np.where(given[:, columns], u[:, columns], -np.inf)
            given[:, columns] &= only(inside.argmax(1), len(columns))
        if self.at_most is not None:
            given &= ranks(np.where(given, u, -np.inf)) < self.at_most
        if self.at_least_one:
            none = ~given.any(1)
            given[none] = only(u[none].argmax(1), u.shape[1])
        return given

    def unsure(self, logits: np.ndarray) -> np.ndarray | None:
        """(N, C) True where a label is neither surely there nor surely absent; None where the rule has no such answer.

        Args:
            logits: as in `answers`.

        Example:
            >>> rule = TunedRule("thresholds", thresholds=(0.9,), unsure_from=(0.2,))
            >>> rule.unsure(np.log([[0.1 / 0.9], [0.5 / 0.5], [0.95 / 0.05]])).tolist()
            [[False], [True], [False]]
        """
        if self.unsure_from is None:
            return None
        u = snap(logits)
        yes = np.array([cut_of(t) for t in self.thresholds or ()])
        return (u >= np.array([cut_of(t) for t in self.unsure_from])) & (u < yes)
