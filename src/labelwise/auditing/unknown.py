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
from labelwise.metrics.intervals import delong, percentile, placements, wilson, z_of
from labelwise.metrics.metric import Metric
from labelwise.metrics.probs import probabilities_of
from labelwise.metrics.ranking import auroc, fpr_at_tpr
from labelwise.scores import Scores

__all__ = ["SCORES", "unknown_inputs"]

KEPT = 0.95
"""Share of the known inputs that are to pass."""


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
    judged = {
        name: UnknownScore(s.title, _auroc(case, known[name], strange[name]), _fpr(case, known[name], strange[name]))
        for name, s in used.items()
    }
    confidence = _top(other)
    answered = int((confidence >= 0.5).sum())
    low, high = wilson(answered, len(scores), case.level)
    rate = Metric(answered / len(scores), float(low), float(high), len(scores))
    return Unknown(len(scores), rate, float(confidence.mean()), judged)


def _auroc(case: Case, known: np.ndarray, strange: np.ndarray) -> Metric:
    """DeLong's interval; of grouped known inputs with their placements summed over groups."""
    both, label = np.concatenate([known, strange]), np.repeat([1, 0], [len(known), len(strange)])
    value = auroc(both, label)
    assert value is not None
    if case.groups is None:
        low, high = delong(both, label, case.level)
        return Metric(value, low, high, len(both), None if low is not None else "told apart without error")
    of_known, of_strange = placements(both, label)
    part = np.bincount(case.groups, (of_known - value) / len(known))
    spread = (part**2).sum() * len(part) / max(len(part) - 1, 1) + of_strange.var() / len(strange)
    half = z_of(case.level) * float(np.sqrt(spread))
    return Metric(value, max(value - half, 0.0), min(value + half, 1.0), len(both))


def _fpr(case: Case, known: np.ndarray, strange: np.ndarray) -> Metric:
    """Share of unknown inputs that pass where 95 % of the known ones do; both shares are of a sample.

    The limit is the k-th lowest of n known scores. In a resample it is the score at the level of a Beta(k, n + 1 - k)
    variable; of the unknown inputs at or above it, a binomial number is drawn. Never narrower than Wilson's interval,
    which takes the limit as given.
    """
    value = fpr_at_tpr(np.concatenate([known, strange]), np.repeat([1, 0], [len(known), len(strange)]), KEPT)
    assert value is not None
    if case.groups is not None:
        return Metric(value, n=len(strange), why="no interval: its formula takes rows as independent")
    n, m = len(known), len(strange)
    kept = int(np.ceil(KEPT * n - 1e-9))
    rng = np.random.default_rng(case.seed)
    limit = np.sort(known)[(rng.beta(n - kept + 1, kept, case.resamples) * n).astype(np.int64).clip(0, n - 1)]
    share = 1 - np.searchsorted(np.sort(strange), limit, "left") / m
    drawn = percentile(rng.binomial(m, share) / m, case.level)
    given = wilson(round(value * m), m, case.level)
    low, high = (float(end) for end in (min(drawn[0], given[0]), max(drawn[1], given[1])))  # type: ignore[type-var]
    return Metric(value, low, high, m)


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
