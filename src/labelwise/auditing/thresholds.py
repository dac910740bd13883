"""The best threshold of every label for several objectives, and how much of it is luck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.auditing.calibration import FOLDS, folds
from labelwise.auditing.result import Threshold
from labelwise.kernels.blocks import in_parts
from labelwise.kernels.columns import Sweep, sweep
from labelwise.metrics.case import Case

__all__ = ["OBJECTIVES", "best_thresholds"]

MOST_CELLS = 25_000_000
FLOOR = 0.9
Counts = tuple[float, float, float, float]  # tp, fp, fn, tn


@dataclass(frozen=True)
class Objective:
    """What a threshold is chosen for.

    Attributes:
        title: in words.
        choose: the value of every candidate of a sweep, -inf where it is not allowed.
        value: the same figure from counts, None where undefined.
        floor: the figure that has a floor, from counts; None where there is none.
    """

    title: str
    choose: Callable[[Sweep], np.ndarray]
    value: Callable[[Counts], float | None]
    floor: Callable[[Counts], float | None] | None = None


def _share(top: float, bottom: float) -> float | None:
    return top / bottom if bottom else None


def _precision(c: Counts) -> float | None:
    return _share(c[0], c[0] + c[1])


def _recall(c: Counts) -> float | None:
    return _share(c[0], c[0] + c[2])


OBJECTIVES: dict[str, Objective] = {
    "f1": Objective(
        "best F1",
        lambda s: 2 * s.hits / (s.hits + s.false + len(s.pos)),
        lambda c: _share(2 * c[0], 2 * c[0] + c[1] + c[2]),
    ),
    "accuracy": Objective(
        "most cells right",
        lambda s: (s.hits + s.below) / (len(s.pos) + len(s.neg)),
        lambda c: _share(c[0] + c[3], sum(c)),
    ),
    "precision_90": Objective(
        "most found at a precision of at least 90 %",
        lambda s: np.where(s.hits >= FLOOR * (s.hits + s.false) - 1e-9, s.hits / len(s.pos), -np.inf),
        _recall,
        _precision,
    ),
    "recall_90": Objective(
        "most precise at a recall of at least 90 %",
        lambda s: np.where(s.hits >= FLOOR * len(s.pos) - 1e-9, s.hits / (s.hits + s.false), -np.inf),
        _precision,
        _recall,
    ),
}
"""What thresholds are tuned for, by name."""


def best_thresholds(case: Case) -> dict[str, dict[str, Threshold]]:
    """Label -> objective -> best threshold in sample, with its out-of-fold figure.

    Five folds, rows of a group together: the threshold of four folds is applied to the fifth, and the counts of all
    five are pooled. The gap between `value` and `out_of_fold` is the optimism of tuning and judging on the same rows.
    """
    if case.scores.array.size > MOST_CELLS or case.n < 2 * FOLDS:
        return {}
    names = case.scores.task.column_names
    rows = np.flatnonzero(case.known)
    fold = folds(case, rows)
    out: list[dict[str, Threshold]] = [{} for _ in names]

    def job(part: slice) -> None:
        for column in range(part.start, part.stop):
            scores, truth = _column(case, rows, column)
            out[column] = _label(case, scores, truth, fold)

    in_parts(job, len(names), least=max(1, 200_000 // len(rows)))
    return dict(zip(names, out, strict=True))


def _column(case: Case, rows: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
    scores = case.scores.array[rows, column]
    if case.ranking_offset is not None:
        scores = scores - case.ranking_offset[rows]
    if case.several:
        return scores, np.asarray(case.targets[rows, column], np.float64)
    positive = 1 if case.scores.task.kind == "binary" else column
    return scores, (case.targets[rows] == positive).astype(np.float64)


def _label(case: Case, scores: np.ndarray, truth: np.ndarray, fold: np.ndarray) -> dict[str, Threshold]:
    whole = sweep(scores, truth)
    if not len(whole.pos):
        none = Threshold(None, None, None, why="the label never occurs")
        return dict.fromkeys(OBJECTIVES, none)
    parts = [
        (sweep(scores[fold != k], truth[fold != k]), sweep(scores[fold == k], truth[fold == k])) for k in range(FOLDS)
    ]
    return {name: _objective(case, objective, whole, parts) for name, objective in OBJECTIVES.items()}


def _objective(case: Case, objective: Objective, whole: Sweep, parts: list[tuple[Sweep, Sweep]]) -> Threshold:
    limit = _best(objective, whole)
    if limit is None:
        return Threshold(None, None, None, why=f"no threshold reaches {FLOOR:.0%} on these rows")
    value = objective.value(_counts(whole, limit))
    pooled, refused = np.zeros(4), 0
    for fitted, test in parts:
        chosen = _best(objective, fitted) if len(fitted.pos) else None
        refused += chosen is None
        pooled += _counts(test, np.inf if chosen is None else chosen)
    tp, fp, fn, tn = (float(v) for v in pooled)
    held = objective.value((tp, fp, fn, tn))
    floor = objective.floor((tp, fp, fn, tn)) if objective.floor else None
    why = f"in {refused} of {FOLDS} folds no threshold could be chosen" if refused else None
    if limit == np.inf:
        return Threshold(None, value, held, floor, why or "never giving the label is best")
    return Threshold(_as_probability(case, limit), value, held, floor, why)


def _best(objective: Objective, s: Sweep) -> float | None:
    """The best candidate's threshold; inf where answering no to all is better still; None where none is allowed."""
    values = objective.choose(s)
    best = int(values.argmax())
    if values[best] == -np.inf:
        return None
    nothing = objective.value((0.0, 0.0, float(len(s.pos)), float(len(s.neg)))) if objective.floor is None else None
    if nothing is not None and nothing > values[best]:
        return np.inf
    return s.threshold(best)


def _counts(s: Sweep, limit: float) -> Counts:
    fn, tn = int(np.searchsorted(s.pos, limit, "left")), int(np.searchsorted(s.neg, limit, "left"))
    return float(len(s.pos) - fn), float(len(s.neg) - tn), float(fn), float(tn)


def _as_probability(case: Case, limit: float) -> float:
    if case.scores.kind == "probabilities":
        return float(limit)
    if case.scores.kind == "log-probabilities" or case.ranking_offset is not None:
        return float(np.exp(min(limit, 0)))
    return float(1 / (1 + np.exp(-limit)))
