"""What a rule can be: rows of `RULE_FORMS`, each a handful of comparisons on calibrated logits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labelwise.decisions.row_f import best_counts
from labelwise.decisions.rows import log_shares, only, ranks, sigmoid
from labelwise.decisions.snap import cut_of, snap
from labelwise.kernels.blocks import row_blocks

if TYPE_CHECKING:
    from labelwise.decisions.rule import TunedRule

__all__ = ["CLASSES", "FULL", "RULE_FORMS", "RuleForm", "set_matrix"]

CLASSES, LABELS = ("multiclass", "ordinal"), ("multilabel",)
STRUCTURE = ("at_least_one", "at_most", "groups")
FULL = 64.0
"""Logits beyond it are as sure as can be; sums of so many of them on the grid of `snap` are exact."""


@dataclass(frozen=True)
class RuleForm:
    """A way of making calibrated logits answers.

    Attributes:
        name: key in `RULE_FORMS`.
        text: what is answered.
        answers: (rule, (N, C) logits) -> (N, C) bool, before any structure.
        tasks: kinds of task that it is for.
        needs: fields of `TunedRule` that it cannot do without.
        may: fields that it may have besides.
    """

    name: str
    text: str
    answers: Callable[[TunedRule, np.ndarray], np.ndarray]
    tasks: tuple[str, ...]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


def _highest(rule: TunedRule, logits: np.ndarray) -> np.ndarray:
    u = snap(log_shares(logits))
    if rule.offsets is not None:
        u += rule.offsets
    return only(u.argmax(1), u.shape[1])


def _least_cost(rule: TunedRule, logits: np.ndarray) -> np.ndarray:
    expected = snap(np.exp(log_shares(logits)) @ np.asarray(rule.costs))
    return only(expected.argmin(1), logits.shape[1])  # a column more than classes is no answer


def _thresholds(rule: TunedRule, logits: np.ndarray) -> np.ndarray:
    return snap(logits) >= np.array([cut_of(t) for t in rule.thresholds or ()])


def _top_k(rule: TunedRule, logits: np.ndarray) -> np.ndarray:
    return ranks(snap(logits)) < (rule.k or 0)


def _expected_count(rule: TunedRule, logits: np.ndarray) -> np.ndarray:
    return ranks(snap(logits)) < np.rint(snap(sigmoid(logits).sum(1)))[:, None]


def _row_f(rule: TunedRule, logits: np.ndarray) -> np.ndarray:
    return ranks(snap(logits)) < best_counts(sigmoid(logits), rule.beta or 1.0)[:, None]


def set_matrix(sets: tuple[tuple[int, ...], ...], width: int) -> np.ndarray:
    """(S, L) float 0/1: which labels are in which set."""
    out = np.zeros((len(sets), width))
    for row, columns in enumerate(sets):
        out[row, list(columns)] = 1
    return out


def _known_sets(rule: TunedRule, logits: np.ndarray) -> np.ndarray:
    members = set_matrix(rule.sets or (), logits.shape[1])
    favour, u = snap(np.asarray(rule.offsets)), np.clip(snap(logits), -FULL, FULL)
    out = np.empty(logits.shape, bool)
    for rows in row_blocks(slice(0, len(u)), len(members)):
        out[rows] = members[(u[rows] @ members.T + favour).argmax(1)] == 1
    return out


RULE_FORMS: dict[str, RuleForm] = {
    form.name: form
    for form in (
        RuleForm(
            "highest",
            "the class with the highest log-probability plus its offset; of several labels the most probable one",
            _highest,
            (*CLASSES, *LABELS),
            may=("offsets",),
        ),
        RuleForm(
            "least_cost",
            "the class with the least expected cost; none where a column more than classes, not answering, costs less",
            _least_cost,
            CLASSES,
            needs=("costs",),
        ),
        RuleForm(
            "thresholds",
            "every label whose probability reaches its threshold; unsure from a second, lower one",
            _thresholds,
            ("binary", *LABELS),
            needs=("thresholds",),
            may=("unsure_from", *STRUCTURE),
        ),
        RuleForm("top_k", "the k most probable labels", _top_k, LABELS, needs=("k",)),
        RuleForm(
            "expected_count",
            "as many of the most probable labels as are expected: the rounded sum of their probabilities",
            _expected_count,
            LABELS,
            may=STRUCTURE,
        ),
        RuleForm(
            "row_f",
            "as many of the most probable labels as have the highest expected F-beta of the row",
            _row_f,
            LABELS,
            needs=("beta",),
            may=STRUCTURE,
        ),
        RuleForm(
            "known_sets",
            "of the sets of labels seen in the fitting rows the one with the highest sum of its logits plus its offset",
            _known_sets,
            LABELS,
            needs=("sets", "offsets"),
        ),
    )
}
"""What a rule can be, by name."""
