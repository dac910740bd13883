"""The best threshold of every label for several objectives, and how much of it is luck.

The figures are those that `decisions.tuning.best_cut` reaches, which sorts pairs of score and truth anew for every
figure; here one sort of a column serves all figures, the whole and every fold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelwise.auditing.calibration import FOLDS, folds
from labelwise.auditing.folded import Fit, FoldedColumn, folded_column
from labelwise.auditing.result import Threshold
from labelwise.decisions.tuning import Gain, f_gain, right
from labelwise.kernels.blocks import in_parts
from labelwise.metrics.case import Case

__all__ = ["MOST_ROWS", "OBJECTIVES", "best_thresholds"]

MOST_ROWS = 4_000_000
"""Of more rows a seeded sample is tuned on, so that the memory for sorting a column is bounded."""
COLUMNS = 16  # gathered together: a cache line of float32
FLOOR = 0.9


def precision(hits: np.ndarray, given: np.ndarray, total: float, n: int) -> np.ndarray:
    """Share of the given that is true, nan where none is given."""
    return hits / np.where(given > 0, given, np.nan)


def recall(hits: np.ndarray, given: np.ndarray, total: float, n: int) -> np.ndarray:
    """Share of the true that is given."""
    return hits / total


@dataclass(frozen=True)
class Objective:
    """What a threshold is chosen for.

    Attributes:
        title: in words.
        gain: the figure, as `decisions.tuning` has its gains.
        floor: a figure that must reach `FLOOR`, or None.
    """

    title: str
    gain: Gain
    floor: Gain | None = None


OBJECTIVES: dict[str, Objective] = {
    "f1": Objective("best F1", f_gain(1.0)),
    "accuracy": Objective("most cells right", right),
    "precision_90": Objective("most found at a precision of at least 90 %", recall, precision),
    "recall_90": Objective("most precise at a recall of at least 90 %", precision, recall),
}
"""What thresholds are tuned for, by name."""


def best_thresholds(case: Case) -> dict[str, dict[str, Threshold]]:
    """Label -> objective -> best threshold in sample, with its out-of-fold figure.

    Five folds, rows of a group together: the threshold of four folds is applied to the fifth, and the counts of all
    five are pooled. The gap between `value` and `out_of_fold` is the optimism of tuning and judging on the same rows.
    Every threshold is tried, of any number of cells: columns are sorted one by one, a few at a time in memory.
    """
    rows = np.flatnonzero(case.known)
    if len(rows) < 2 * FOLDS:
        return {}
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(case.seed).choice(rows, MOST_ROWS, replace=False))
    fold = folds(case, rows).astype(np.int64)
    names = case.scores.task.column_names
    all_rows = len(rows) == len(case.scores)
    out: list[dict[str, Threshold]] = [{} for _ in names]

    def job(part: slice) -> None:
        for start in range(part.start, part.stop, COLUMNS):
            columns = slice(start, min(start + COLUMNS, part.stop))
            array = case.scores.array[:, columns]
            block = np.ascontiguousarray((array if all_rows else array[rows]).T)
            for scores, column in zip(block, range(columns.start, columns.stop), strict=True):
                out[column] = _label(case, scores, rows, column, fold)

    in_parts(job, len(names), least=max(1, 200_000 // len(rows)))
    return dict(zip(names, out, strict=True))


def _label(case: Case, scores: np.ndarray, rows: np.ndarray, column: int, fold: np.ndarray) -> dict[str, Threshold]:
    if case.ranking_offset is not None:
        scores = scores - case.ranking_offset[rows]
    if case.several:
        truth = case.targets[rows, column]
        known = ~np.isnan(truth)
        scores, truth, fold = scores[known], truth[known] > 0.5, fold[known]
    else:
        truth = case.targets[rows] == (1 if case.scores.task.kind == "binary" else column)
    if not truth.any():
        return dict.fromkeys(OBJECTIVES, Threshold(None, None, None, why="the label never occurs"))
    found = folded_column(scores, truth, fold, FOLDS)
    fits = [found.fit(without) for without in (None, *range(FOLDS))]
    return {name: _objective(case, objective, found, fits) for name, objective in OBJECTIVES.items()}


def _objective(case: Case, objective: Objective, column: FoldedColumn, fits: list[Fit]) -> Threshold:
    best, value = _best(objective, fits[0])
    if best is None:
        return Threshold(None, None, None, why=f"no threshold reaches {FLOOR:.0%} on these rows")
    pooled, refused = np.zeros(4), 0
    for fold, fit in enumerate(fits[1:]):
        chosen, _ = _best(objective, fit)
        refused += chosen is None
        if chosen is None or chosen < 0:
            pooled += (0, 0, column.total[1, fold], column.total[0, fold])
        else:
            pooled += column.on_fold(chosen, fold)
    held = _value(objective.gain, pooled)
    floor = _value(objective.floor, pooled) if objective.floor else None
    why = f"in {refused} of {FOLDS} folds no threshold could be chosen" if refused else None
    if best < 0:
        return Threshold(None, value, held, floor, why or "never giving the label is best")
    return Threshold(_as_probability(case, column.threshold(best, None)), value, held, floor, why)


def _best(objective: Objective, fit: Fit) -> tuple[int | None, float]:
    """The best candidate, and its value; -1 where giving the label to none is better still, None where none may be."""
    able, about = fit.able, (fit.hits, fit.given, fit.positives, fit.rows)
    if not fit.positives:
        return None, 0.0
    if objective.floor is not None:
        able = able & (objective.floor(*about) >= FLOOR - 1e-12)
    values = np.where(able, objective.gain(*about), -np.inf)
    best = int(values.argmax())
    if values[best] == -np.inf:
        return None, 0.0
    if objective.floor is None:
        nothing = float(objective.gain(np.zeros(1), np.zeros(1), fit.positives, fit.rows)[0])
        if nothing > values[best]:
            return -1, nothing
    return best, float(values[best])


def _value(gain: Gain, counts: np.ndarray) -> float | None:
    """A figure of tp, fp, fn, tn; None where undefined."""
    tp, fp, fn, _ = counts
    value = float(gain(np.array([tp]), np.array([tp + fp]), float(tp + fn), int(counts.sum()))[0])
    return None if np.isnan(value) else value


def _as_probability(case: Case, limit: float) -> float:
    if case.scores.kind == "probabilities":
        return float(limit)
    if case.scores.kind == "log-probabilities" or case.ranking_offset is not None:
        return float(np.exp(min(limit, 0)))
    return float(1 / (1 + np.exp(-np.clip(limit, -700, 700))))
