"""Inputs of no known class: does any score of the model tell them from the known ones?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.auditing.calibration import logits_of
from labelwise.auditing.result import Unknown, UnknownScore
from labelwise.decisions.caution import FAMILIARITY
from labelwise.errors import InputError
from labelwise.kernels.blocks import row_blocks
from labelwise.metrics.case import Case
from labelwise.metrics.intervals import delong, wilson
from labelwise.metrics.metric import Metric
from labelwise.metrics.probs import probabilities_of
from labelwise.metrics.ranking import auroc, fpr_at_tpr
from labelwise.scores import Scores

__all__ = ["SCORES", "unknown_inputs"]


@dataclass(frozen=True)
class KnownScore:
    """A score that should be higher for known inputs.

    Attributes:
        title: in words.
        several: True for independent labels, False for classes that exclude each other.
        needs_logits: True where it says nothing on probabilities, which have lost the scale.
        fn: (n, C) logits and probabilities -> (n,) scores.
    """

    title: str
    several: bool
    needs_logits: bool
    fn: Callable[[np.ndarray, np.ndarray], np.ndarray]


def _familiar(name: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return lambda z, p: FAMILIARITY[name](z)


def _negative_entropy(z: np.ndarray, p: np.ndarray) -> np.ndarray:
    return (p * np.log(np.maximum(p, 1e-300))).sum(1)


SCORES: dict[str, KnownScore] = {
    "msp": KnownScore("highest probability (Hendrycks and Gimpel 2017)", False, False, lambda z, p: p.max(1)),
    "entropy": KnownScore("negative entropy", False, False, _negative_entropy),
    "max_logit": KnownScore("highest logit (Hendrycks et al. 2022)", False, True, _familiar("max_logit")),
    "energy": KnownScore("energy, the log-sum-exp of the logits (Liu et al. 2020)", False, True, _familiar("energy")),
    "max_probability": KnownScore("highest probability of a label", True, False, lambda z, p: p.max(1)),
    "max_label_logit": KnownScore("highest logit of a label", True, True, _familiar("max_logit")),
    "joint_energy": KnownScore(
        "joint energy, the sum of softplus over labels (Wang et al. 2021)",
        True,
        False,
        _familiar("joint_energy"),
    ),
}
"""Scores that may tell known from unknown inputs, all from raw logits, before any calibration."""


def unknown_inputs(case: Case, scores: Scores) -> Unknown:
    """Judge how the model treats inputs that belong to none of its classes.

    Args:
        case: the known inputs.
        scores: scores of the same model on the unknown inputs.

    Returns:
        How often and how surely they are answered all the same, and AUROC and FPR at 95 % of each score.

    Raises:
        InputError: where the two score arrays are not of one kind and width.
    """
    if scores.kind != case.scores.kind or scores.array.shape[1] != case.scores.array.shape[1]:
        raise InputError(
            f"unknown inputs scored like the known ones: {case.scores.kind} of {case.scores.array.shape[1]} columns",
            f"{scores.kind} of {scores.array.shape[1]} columns",
            "scores of the same model, saved the same way",
        )
    other = Case(scores, _no_targets(case, len(scores)), level=case.level)
    several = case.several or case.scores.task.kind == "binary"
    used = {
        name: s
        for name, s in SCORES.items()
        if s.several == several and not (s.needs_logits and case.scores.kind != "logits")
    }
    known, strange = _values(case, used), _values(other, used)
    label = np.repeat([1, 0], [len(case.scores), len(scores)])
    judged = {}
    for name, s in used.items():
        both = np.concatenate([known[name], strange[name]])
        low, high = delong(both, label, case.level)
        judged[name] = UnknownScore(
            s.title,
            Metric(auroc(both, label), low, high, len(both), None if low is not None else "told apart without error"),
            _fpr(known[name], strange[name], case.level),
        )
    confidence = _top(other)
    answered = int((confidence >= 0.5).sum())
    low, high = wilson(answered, len(scores), case.level)
    rate = Metric(answered / len(scores), float(low), float(high), len(scores))
    return Unknown(len(scores), rate, float(confidence.mean()), judged)


def _fpr(known: np.ndarray, strange: np.ndarray, level: float) -> Metric:
    value = fpr_at_tpr(np.concatenate([known, strange]), np.repeat([1, 0], [len(known), len(strange)]))
    assert value is not None
    low, high = wilson(round(value * len(strange)), len(strange), level)
    return Metric(value, float(low), float(high), len(strange))


def _values(case: Case, used: dict[str, KnownScore]) -> dict[str, np.ndarray]:
    n, width = case.scores.array.shape
    out = {name: np.empty(n) for name in used}
    for rows in row_blocks(slice(0, n), width * 2):
        z, p = logits_of(case, rows), probabilities_of(case, rows)
        for name, s in used.items():
            out[name][rows] = s.fn(z, p)
    return out


def _top(case: Case) -> np.ndarray:
    n, width = case.scores.array.shape
    out = np.empty(n)
    for rows in row_blocks(slice(0, n), width * 2):
        out[rows] = probabilities_of(case, rows).max(1)
    return out


def _no_targets(case: Case, n: int) -> np.ndarray:
    return np.full((n, case.n_classes), np.nan) if case.several else np.full(n, -1)
