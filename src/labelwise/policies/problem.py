"""What tuning sees, and what it is worth: figures on its own rows, out of fold, and of the usual rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from labelwise.calibration.calibration import Calibration
from labelwise.calibration.select import FOLDS
from labelwise.calibration.table import CALIBRATORS
from labelwise.decisions.objectives import OBJECTIVES, Objective
from labelwise.decisions.rows import log_shares, sigmoid
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.tuning import PRIOR_POSITIVES, Settings
from labelwise.policies.options import Structure
from labelwise.task import Task

__all__ = ["Problem", "judged", "probabilities"]


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything that tuning sees: logits and truth of the known rows, and what is asked for."""

    z: np.ndarray
    y: np.ndarray
    task: Task
    calibrator: str
    objective: Objective
    settings: Settings
    structure: Structure

    @property
    def truth(self) -> np.ndarray:
        """(n, C) 0/1, nan where not known."""
        return self.y if self.y.ndim == 2 else self.task.truth(self.y)

    def fit(self, rows: np.ndarray) -> tuple[Calibration, TunedRule]:
        """Calibration and rule of some rows alone."""
        calibration = CALIBRATORS[self.calibrator].fit(self.z[rows], self.y[rows])
        return calibration, self.tune(calibration, rows)

    def tune(self, calibration: Calibration, rows: np.ndarray) -> TunedRule:
        """The rule of some rows beside a calibration."""
        tune = self.objective.tune_for(self.task)
        assert tune is not None
        probs = probabilities(calibration.logits(self.z[rows]), self.task)
        truth = self.truth[rows].astype(np.float64)
        return self.structure.on(tune(probs, truth, self.task, self.settings), probs, truth)


def probabilities(logits: np.ndarray, task: Task) -> np.ndarray:
    """Probabilities of calibrated logits, by the link of the task."""
    return np.exp(log_shares(logits)) if task.kind in ("multiclass", "ordinal") else sigmoid(logits)


@dataclass(frozen=True, eq=False)
class _Answered:
    """Answers of rows, and where they are unsure."""

    given: np.ndarray
    unsure: np.ndarray | None

    def value(self, objective: Objective, problem: Problem) -> float | None:
        return objective.value(self.given, problem.truth, problem.settings, self.unsure)


def judged(problem: Problem, calibration: Calibration, rule: TunedRule, fold: np.ndarray) -> dict[str, Any]:
    """Figures in sample and out of fold, for the objective and for what it costs elsewhere.

    Args:
        problem: the problem.
        calibration: as fitted.
        rule: as tuned.
        fold: (n,) a fold for each row.
    """
    truth, task, objective = problem.truth, problem.task, problem.objective
    logits = calibration.logits(problem.z)
    own = _Answered(rule.answers(logits, task), rule.unsure(logits))
    held, plain = _out_of_fold(problem, fold, rule) if len(truth) >= 2 * FOLDS else (None, None)

    def figures(objective: Objective) -> dict[str, Any]:
        return {
            "title": objective.title,
            "in_sample": own.value(objective, problem),
            "out_of_fold": None if held is None else held.value(objective, problem),
            "usual_rule": None if plain is None else plain.value(objective, problem),
        }

    goal, certify = figures(objective), objective.certify
    certificates = [] if certify is None else certify(probabilities(logits, task), truth, task, problem.settings)
    names = [n for n, o in OBJECTIVES.items() if o.tune_for(task) and not o.needs and o.judged_as is None]
    return {
        "objective": objective.name,
        "value_in_sample": goal["in_sample"],
        "value_out_of_fold": goal["out_of_fold"],
        "value_usual_rule": goal["usual_rule"],
        "cross_metrics": {name: figures(OBJECTIVES[name]) for name in names},
        "thresholds": _explained(problem, rule),
        "unsure": _bands(problem, rule, own, held),
        "certificates": [asdict(c) for c in certificates],
    }


def _out_of_fold(
    problem: Problem, fold: np.ndarray, rule: TunedRule
) -> tuple[_Answered, _Answered] | tuple[None, None]:
    """Answers of the procedure to rows that took no part in it, and those of the usual rule."""
    task, parts = problem.task, np.unique(fold)
    if len(parts) < 2:
        return None, None
    shape = (len(problem.z), task.n_outputs)
    held, plain, unsure = np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, bool)
    half = TunedRule("thresholds", thresholds=(0.5,) * task.n_outputs)
    usual = TunedRule("highest") if task.exclusive and task.kind != "binary" else half
    for part in parts:
        test = fold == part
        refitted, fitted = problem.fit(np.flatnonzero(~test))
        logits = refitted.logits(problem.z[test])
        held[test], plain[test] = fitted.answers(logits, task), usual.answers(logits, task)
        found = fitted.unsure(logits)
        unsure[test] = False if found is None else found
    return _Answered(held, None if rule.unsure_from is None else unsure), _Answered(plain, None)


def _explained(problem: Problem, rule: TunedRule) -> list[Mapping[str, Any]]:
    """Each label's threshold, and how much its truth weighed beside the calibrated probabilities."""
    if rule.thresholds is None:
        return []
    positives = np.nansum(problem.truth, axis=0)
    return [
        {
            "label": name,
            "threshold": threshold,
            "positives": int(count),
            "weight_of_truth": float(count / (count + PRIOR_POSITIVES)),
        }
        for name, threshold, count in zip(problem.task.column_names, rule.thresholds, positives, strict=True)
    ]


def _bands(problem: Problem, rule: TunedRule, own: _Answered, held: _Answered | None) -> list[Mapping[str, Any]]:
    """Each label's band: how many rows are answered, and how often rightly, out of fold where that is known."""
    judged = own if held is None else held
    if rule.unsure_from is None or rule.thresholds is None or judged.unsure is None:
        return []
    known = ~np.isnan(problem.truth)
    yes, unsure = judged.given & known, judged.unsure & known
    no, due = known & ~yes & ~unsure, problem.truth == 1
    share = lambda part, whole: float(part.sum() / whole.sum()) if whole.any() else None  # noqa: E731
    return [
        {
            "label": name,
            "yes_from": rule.thresholds[j],
            "no_below": rule.unsure_from[j],
            "yes": share(yes[:, j], known[:, j]),
            "no": share(no[:, j], known[:, j]),
            "unsure": share(unsure[:, j], known[:, j]),
            "precision_of_yes": share((yes & due)[:, j], yes[:, j]),
            "precision_of_no": share((no & ~due)[:, j], no[:, j]),
        }
        for j, name in enumerate(problem.task.column_names)
    ]
