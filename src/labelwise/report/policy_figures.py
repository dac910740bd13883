"""What the page of a policy draws, as plain numbers: prepare here, draw there.

The calibration is fitted again in folds, so that what it does to probabilities is judged on rows it was not fitted on;
the rule and the caveats are those of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelwise.auditing.result import ReliabilityFigure, RiskFigure
from labelwise.calibration.select import FOLDS, fold_of_rows, known_rows
from labelwise.calibration.table import CALIBRATORS
from labelwise.decisions.caution import as_chance, confidence
from labelwise.decisions.rows import log_shares, sigmoid
from labelwise.errors import InputError
from labelwise.io.targets import encode_targets
from labelwise.metrics.calibration import ece, reliability
from labelwise.metrics.selective import risk_coverage
from labelwise.policies.policy import Policy
from labelwise.scores import Scores
from labelwise.task import Task

__all__ = ["LabelCurve", "Point", "PolicyFigures", "policy_figures"]

STEPS = 41
ENDS = (0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class LabelCurve:
    """A label's precision, recall and F1 at every threshold from 0 to `end`.

    Attributes:
        threshold: (S,) thresholds, rising.
        precision, recall, f1: at each of them; None where undefined.
        end: the last threshold that is drawn: beyond it is next to nothing.
        positives: rows that have the label.
        chosen: the policy's threshold, None where it never gives the label.
        at: precision, recall and F1 at the chosen threshold.
    """

    threshold: tuple[float, ...]
    precision: tuple[float | None, ...]
    recall: tuple[float | None, ...]
    f1: tuple[float | None, ...]
    end: float
    positives: int
    chosen: float | None
    at: tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Point:
    """Rows at or above a level of confidence: their share, and the share of errors among them."""

    confidence: float
    coverage: float
    risk: float | None


@dataclass(frozen=True)
class PolicyFigures:
    """What a policy's page draws.

    Attributes:
        rows: rows with known truth.
        held_out: True where calibrated probabilities are those of folds that took no part in the fit.
        before, after: reliability of the scores as they are, and calibrated.
        ece_before, ece_after: their calibration errors (15 bins).
        risk: share of wrong answers among the surest rows.
        chosen: the point from which on rows are without the caveat ``low_confidence``; None without that caveat.
        labels: threshold curves by label; empty where the rule has no thresholds.
    """

    rows: int
    held_out: bool
    before: ReliabilityFigure
    after: ReliabilityFigure
    ece_before: float | None
    ece_after: float | None
    risk: RiskFigure
    chosen: Point | None
    labels: Mapping[str, LabelCurve]


def policy_figures(policy: Policy, scores: Scores, y: Any) -> PolicyFigures:
    """Everything that a policy's page draws, of labelled rows.

    Args:
        policy: the policy.
        scores: the scores that it was fitted on; never changed.
        y: their labels, as in `fit_policy`.

    Raises:
        InputError: where the scores are not the policy's kind or task, or no label is known.

    Example:
        >>> import labelwise as lw
        >>> y = np.arange(60) % 3
        >>> scores = lw.Logits(np.eye(3)[y] * 4, lw.infer_task(y))
        >>> policy_figures(lw.fit_policy(scores, y), scores, y).risk.risk[-1]
        0.0
    """
    task = policy.task
    if scores.kind != policy.score_kind or scores.task.column_names != task.column_names:
        raise InputError(f"{policy.score_kind} for {task}", f"{scores.kind} for {scores.task}", "the policy's scores")
    z, truth, rows = known_rows(scores, encode_targets(y, task), policy.trained_with)
    fold = fold_of_rows(len(z), None if scores.groups is None else np.asarray(scores.groups)[rows], policy.seed)
    held = len(z) >= 2 * FOLDS and len(np.unique(fold)) > 1
    logits = _held_out(policy, z, truth, fold) if held else policy.calibration.logits(z)
    cells = truth if truth.ndim == 2 else task.truth(truth)
    as_they_are, calibrated = _said(z, cells, task), _said(logits, cells, task)
    sure, right = _sureness(policy, logits, cells)
    return PolicyFigures(
        rows=len(z),
        held_out=held,
        before=ReliabilityFigure(**_tuples(reliability(*as_they_are))),
        after=ReliabilityFigure(**_tuples(reliability(*calibrated))),
        ece_before=ece(*as_they_are),
        ece_after=ece(*calibrated),
        risk=RiskFigure(**_tuples(risk_coverage(sure, right).thinned())),
        chosen=_chosen(policy, sure, right),
        labels=_curves(policy, sigmoid(logits), cells),
    )


def _held_out(policy: Policy, z: np.ndarray, y: np.ndarray, fold: np.ndarray) -> np.ndarray:
    out = np.empty_like(z)
    for part in np.unique(fold):
        test = fold == part
        out[test] = CALIBRATORS[policy.calibration.name].fit(z[~test], y[~test]).logits(z[test])
    return out


def _said(z: np.ndarray, cells: np.ndarray, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and whether they came true: of the top class, of yes, or of every cell."""
    if task.kind in ("multiclass", "ordinal"):
        top = z.argmax(1)
        return np.exp(log_shares(z).max(1)), cells[np.arange(len(z)), top]
    known = ~np.isnan(cells)
    return sigmoid(z)[known], cells[known]


def _sureness(policy: Policy, logits: np.ndarray, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How sure each answer is, as a probability, and whether it is right as a whole (nan where that is not known)."""
    answers = policy.rule.answers(logits, policy.task)
    task, caution = policy.task, policy.caution
    whole_row = task.kind == "multilabel" and (caution.whole_row or caution.low_confidence is None)
    sure = as_chance(confidence(logits, answers, task, whole_row), task, whole_row)
    right = (answers == (cells == 1)).all(1)
    return sure, np.where(np.isnan(cells).any(1), np.nan, right)


def _chosen(policy: Policy, sure: np.ndarray, right: np.ndarray) -> Point | None:
    level = policy.caution.low_confidence
    if level is None:
        return None
    kept = (sure >= level) & ~np.isnan(right)
    return Point(
        level, float(kept.sum() / (~np.isnan(right)).sum()), float(1 - right[kept].mean()) if kept.any() else None
    )


def _curves(policy: Policy, p: np.ndarray, cells: np.ndarray) -> dict[str, LabelCurve]:
    thresholds = policy.rule.thresholds
    if thresholds is None:
        return {}
    return {name: _curve(p[:, j], cells[:, j], thresholds[j]) for j, name in enumerate(policy.task.column_names)}


def _curve(p: np.ndarray, t: np.ndarray, chosen: float | None) -> LabelCurve:
    known = ~np.isnan(t)
    yes, no = np.sort(p[known & (t == 1)]), np.sort(p[known & (t == 0)])
    wanted = max(1.5 * (chosen or 0), float(np.quantile(p[known], 0.995)) if known.any() else 1.0)
    end = next((end for end in ENDS if end >= wanted), 1.0)
    steps = np.linspace(0, end, STEPS)
    at = np.array([*steps, *([] if chosen is None else [chosen])])
    hits = len(yes) - np.searchsorted(yes, at, side="left")
    given = hits + len(no) - np.searchsorted(no, at, side="left")
    figures = [
        tuple(float(a / b) if b else None for a, b in zip(top, bottom, strict=True))
        for top, bottom in ((hits, given), (hits, np.full(len(at), len(yes))), (2 * hits, given + len(yes)))
    ]
    precision, recall, f1 = (values[:STEPS] for values in figures)
    here = (None, None, None) if chosen is None else (figures[0][-1], figures[1][-1], figures[2][-1])
    return LabelCurve(tuple(steps.tolist()), precision, recall, f1, end, len(yes), chosen, here)


def _tuples(curve: Any) -> dict[str, Any]:
    return {name: tuple(values) for name, values in curve.to_dict().items()}
