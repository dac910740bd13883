"""Caveats: why an answer should be taken with a pinch of salt. Rows of `CAVEATS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.decisions.rows import log_shares, sigmoid
from labelwise.decisions.snap import cut_of, log_cut_of, snap
from labelwise.task import Task

__all__ = ["CAVEATS", "FAMILIARITY", "Caution", "as_chance", "confidence"]

CAVEATS = {
    "low_confidence": "the answer's probability is below the level wanted",
    "no_label": "no label is given",
    "several_labels": "several labels are given where one was expected",
    "close_call": "the two most probable classes are nearly equal",
    "out_of_domain": "the raw scores are unlike those of the known rows",
    "unsure": "a label is neither surely there nor surely absent",
}
"""Every caveat, with what it says; a row's caveats are listed in this order."""


def _energy(z: np.ndarray) -> np.ndarray:
    top = z.max(1)
    return top + np.log(np.exp(z - top[:, None]).sum(1))


FAMILIARITY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "max_logit": lambda z: z.max(1),
    "energy": _energy,
    "joint_energy": lambda z: np.logaddexp(0, z).sum(1),
}
"""Scores of raw logits that are higher for known inputs.

Source: Hendrycks et al. (2022); Liu et al. (2020); Wang et al. (2021) for several labels.
"""


@dataclass(frozen=True)
class Caution:
    """When a row gets which caveat.

    Attributes:
        low_confidence: below this probability of the answer; None for no such caveat.
        close_call: below this difference of the two highest probabilities.
        familiarity: key of `FAMILIARITY`, or None.
        unfamiliar_below: below this value of it, inputs are called out of domain.
        one_expected: True where several labels are a caveat.
        whole_row: of several labels, True where the answer is the row with all its yes and no, False where it is the
            least sure of the labels given.
    """

    low_confidence: float | None = None
    close_call: float | None = None
    familiarity: str | None = None
    unfamiliar_below: float | None = None
    one_expected: bool = False
    whole_row: bool = False

    def caveats(
        self, raw: np.ndarray, logits: np.ndarray, answers: np.ndarray, task: Task, unsure: np.ndarray | None = None
    ) -> np.ndarray:
        """(N, len(CAVEATS)) bool, in the order of `CAVEATS`.

        Args:
            raw: (N, C) logits before calibration.
            logits: (N, C) calibrated logits.
            answers: (N, C) bool.
            task: the task.
            unsure: (N, C) bool, None where answers are yes or no.
        """
        out = np.zeros((len(raw), len(CAVEATS)), bool)
        if self.low_confidence is not None:
            below = log_cut_of if self.whole_row or task.kind in ("multiclass", "ordinal") else cut_of
            out[:, 0] = confidence(logits, answers, task, self.whole_row) < below(self.low_confidence)
        count = answers.sum(1)
        if task.kind != "binary":
            out[:, 1] = count == 0
        if task.kind == "multilabel":
            out[:, 2] = (count > 1) & self.one_expected
        if self.close_call is not None:
            two = np.sort(snap(np.exp(log_shares(logits))), axis=1)[:, -2:]
            out[:, 3] = snap(two[:, 1] - two[:, 0]) < snap(np.asarray(self.close_call))
        if self.familiarity is not None:
            out[:, 4] = snap(FAMILIARITY[self.familiarity](raw)) < snap(np.asarray(self.unfamiliar_below))
        if unsure is not None:
            out[:, 5] = unsure.any(1)
        return out


def confidence(logits: np.ndarray, answers: np.ndarray, task: Task, whole_row: bool = False) -> np.ndarray:
    """(N,) how sure the answers are, on a scale that does not saturate.

    One class per row: the log-probability of the class given. A yes/no question: the logit of the answer given. Several
    labels: the logit of the least sure of the labels given, where none is, of the least sure of those withheld; of the
    whole row the log-probability that every yes and every no is right, labels being independent given the row.
    """
    if task.kind in ("multiclass", "ordinal"):
        return snap(np.where(answers, log_shares(logits), -np.inf).max(1))
    if task.kind == "binary":
        return snap(np.where(answers, logits, -logits)[:, 0])
    if whole_row:
        return snap(-np.logaddexp(0, np.where(answers, -logits, logits)).sum(1))
    given = np.where(answers, logits, np.inf).min(1)
    return snap(np.where(answers.any(1), given, (-logits).min(1)))


def as_chance(sure: np.ndarray, task: Task, whole_row: bool = False) -> np.ndarray:
    """Values of `confidence` as probabilities."""
    return np.exp(sure) if whole_row or task.kind in ("multiclass", "ordinal") else sigmoid(sure)
