"""Scores and labels -> a policy: calibrate, tune, judge on rows that took no part, write down what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from labelwise.calibration.calibration import Calibration
from labelwise.calibration.select import FOLDS, fold_of_rows, known_rows, select_calibration
from labelwise.calibration.table import CALIBRATORS
from labelwise.decisions.caution import CAVEATS, FAMILIARITY, Caution, confidence
from labelwise.decisions.objectives import OBJECTIVES, Objective
from labelwise.decisions.rows import log_shares, sigmoid
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.tuning import PRIOR_POSITIVES, Settings
from labelwise.errors import InputError, OptionError
from labelwise.io.files import sha256_of
from labelwise.io.targets import encode_targets
from labelwise.policies.certified import order_keeping, promises_of, with_promises
from labelwise.policies.options import Structure, level_of, objective_of, structure_of
from labelwise.policies.policy import Policy
from labelwise.scores import Scores
from labelwise.task import Task

__all__ = ["fit_policy"]


@dataclass(frozen=True, eq=False)
class _Problem:
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
        return self.y if self.y.ndim == 2 else self.task.truth(self.y)

    def fit(self, rows: np.ndarray) -> tuple[Calibration, TunedRule]:
        calibration = CALIBRATORS[self.calibrator].fit(self.z[rows], self.y[rows])
        return calibration, self.tune(calibration, rows)

    def tune(self, calibration: Calibration, rows: np.ndarray) -> TunedRule:
        tune = self.objective.tune_for(self.task)
        assert tune is not None
        probs = probabilities(calibration.logits(self.z[rows]), self.task)
        return self.structure.on(tune(probs, self.truth[rows].astype(np.float64), self.task, self.settings))


def fit_policy(
    scores: Scores,
    y: Any,
    *,
    objective: str = "accuracy",
    calibrators: Sequence[str] | None = None,
    costs: Any = None,
    k: int | None = None,
    level: float | None = None,
    delta: float = 0.1,
    exactly_one: bool = False,
    at_least_one: bool = False,
    at_most: int | None = None,
    groups: Sequence[Sequence[str]] = (),
    low_confidence: float | Literal["auto"] | None = "auto",
    coverage: float | None = None,
    risk: float | None = None,
    sets: str | None = None,
    set_coverage: float | None = None,
    set_per_class: bool = False,
    close_call: float | None = None,
    out_of_domain: float | None = None,
    one_expected: bool = False,
    trained_with: Literal["softmax"] | None = None,
    seed: int = 0,
) -> Policy:
    """Fit everything between scores and decisions, and say what it is worth on rows that took no part.

    Args:
        scores: `Logits`, `LogProbs` or `Probs` of N rows that the model was not trained on; never changed.
        y: their labels: (N,) class names or indices (nan, None or -1: not known), or for several labels (N, L) 0/1
            with nan; or `Labels`, whose targets are taken as they are.
        objective: what decisions are tuned for, a key of `OBJECTIVES`, e.g. ``"accuracy"``, ``"macro_f1"``, ``"cost"``.
        calibrators: those to choose among, default all for the task; scores as they are always take part.
        costs: for ``"cost"``: a (C, C) matrix with ``costs[y][k]`` of answering k where y is right; for labels
            (cost of a false yes, cost of a missed one), or an (L, 2) array of such pairs.
        k: for ``"top_k"``: labels per row.
        level: for ``"precision_floor"`` and ``"recall_floor"``: the least precision or recall of each label, certified
            with probability 1 - `delta` for each; for ``"few_misses"``: the largest mean share of its labels that a row
            misses. The calibration is then none or a temperature, which keep the order of scores.
        delta: probability that a certified promise may be broken.
        exactly_one: of several labels the most probable one is given, always and alone.
        at_least_one: where no label reaches its threshold, the most probable one is given.
        at_most: no more labels than that.
        groups: lists of label names of which at most one is given.
        low_confidence: caveat below this probability of the answer (several labels: of the least sure one given);
            "auto" is 0.5 where a row has one of several classes, and no such caveat elsewhere.
        coverage: instead of a level of probability: the share of rows to be left without the caveat
            ``low_confidence``.
        risk: instead of either: rows without the caveat err at most at this rate, with probability 1 - `delta`. Half of
            the rows then only test this and take part in nothing else.
        sets: ``"lac"``, ``"aps"`` or ``"raps"``: beside its answer each row gets a set of classes, which holds the true
            one with probability `set_coverage`. Half of the rows then only set its limits.
        set_coverage: of the sets, default 0.9.
        set_per_class: True for that promise class by class, which takes more rows.
        close_call: caveat where the two highest probabilities differ by less.
        out_of_domain: share of the known rows that may be called out of domain; the level is set on raw logits (energy;
            for several labels joint energy), before calibration.
        one_expected: of several labels one is expected: more than one is a caveat.
        trained_with: ``"softmax"`` where scores of several labels come from a softmax head.
        seed: of the folds.

    Returns:
        The policy; its `report` holds ``value_in_sample``, ``value_out_of_fold`` and ``cross_metrics``.

    Raises:
        InputError: where scores and labels do not fit each other, or hold no truth.
        OptionError: where a setting makes no sense for the task, or would have no effect.

    Example:
        >>> import labelwise as lw
        >>> rng = np.random.default_rng(0)
        >>> y = rng.random((400, 3)) < [0.1, 0.3, 0.5]
        >>> scores = lw.Logits(rng.normal(size=(400, 3)) + 3 * y - 2, lw.Task("multilabel", ("a", "b", "c")))
        >>> policy = lw.fit_policy(scores, y, objective="macro_f1", at_least_one=True)
        >>> policy.decide(scores).labels[:3]
        [['b', 'c'], ['a'], ['c']]
        >>> policy.report["value_out_of_fold"] < policy.report["value_in_sample"] + 0.02
        True

    Source: the calibrators' and objectives' own; out-of-fold figures after Stone (1974).
    """
    if not isinstance(scores, Scores):
        raise InputError(
            "scores of a stated kind",
            type(scores).__name__,
            "labelwise.Logits(array, task), Probs or LogProbs, with task = labelwise.infer_task(y)",
        )
    if scores.weights is not None:
        raise OptionError(
            "a policy of weighted rows", "scores with weights", "scores without weights: every row counts once"
        )
    task = scores.task
    targets = encode_targets(y, task)
    promises = promises_of(task, risk, sets, set_coverage, set_per_class)
    if promises is not None:
        if risk is not None and (coverage is not None or low_confidence != "auto"):
            raise OptionError("a caveat for low confidence", "risk beside coverage or low_confidence", "one of them")
        options = {
            "objective": objective, "calibrators": calibrators, "costs": costs, "k": k, "level": level, "delta": delta,
            "exactly_one": exactly_one, "at_least_one": at_least_one, "at_most": at_most, "groups": groups,
            "low_confidence": low_confidence if risk is None else None, "coverage": coverage,
            "close_call": close_call, "out_of_domain": out_of_domain, "one_expected": one_expected,
            "trained_with": trained_with, "seed": seed,
        }  # fmt: skip
        return with_promises(fit_policy, scores, targets, promises, options)
    goal, settings = objective_of(objective, task, costs=costs, k=k, level=level, delta=delta, seed=seed)
    if goal.certify is not None:
        calibrators = order_keeping(calibrators, scores)
    structure = structure_of(task, goal, exactly_one, at_least_one, at_most, groups)
    selection = select_calibration(scores, targets, calibrators=calibrators, seed=seed, trained_with=trained_with)
    z, truth, rows = known_rows(scores, targets, trained_with)
    problem = _Problem(z, truth, task, selection.calibration.name, goal, settings, structure)
    everything = np.arange(len(z))
    rule = problem.tune(selection.calibration, everything)
    logits = selection.calibration.logits(z)
    answers = rule.answers(logits, task)
    caution = _caution(
        task, scores.kind, z, logits, answers, low_confidence, coverage, close_call, out_of_domain, one_expected
    )
    fold = fold_of_rows(len(z), None if scores.groups is None else np.asarray(scores.groups)[rows], seed)
    report = _report(problem, selection.calibration, answers, rule, fold) | {
        "calibration": {"why": selection.why, "candidates": [asdict(c) for c in selection.candidates]},
        "caveat_rates": _caveat_rates(caution, z, logits, answers, task),
        "seed": seed,
    }
    return Policy(
        task,
        scores.kind,
        selection.calibration,
        rule,
        caution,
        objective,
        len(z),
        sha256_of({"scores": scores.array, "targets": targets}),
        seed,
        trained_with,
        None,
        report,
    )


def probabilities(logits: np.ndarray, task: Task) -> np.ndarray:
    """Probabilities of calibrated logits, by the link of the task."""
    return np.exp(log_shares(logits)) if task.kind in ("multiclass", "ordinal") else sigmoid(logits)


def _caution(
    task: Task,
    kind: str,
    z: np.ndarray,
    logits: np.ndarray,
    answers: np.ndarray,
    low_confidence: float | Literal["auto"] | None,
    coverage: float | None,
    close_call: float | None,
    out_of_domain: float | None,
    one_expected: bool,
) -> Caution:
    several_classes = task.kind in ("multiclass", "ordinal")
    level = (0.5 if several_classes else None) if low_confidence == "auto" else low_confidence
    if coverage is not None:
        if low_confidence != "auto":
            raise OptionError("a caveat for low confidence", "both low_confidence and coverage", "one of the two")
        level_of(coverage, "coverage")
        sure = confidence(logits, answers, task)
        cut = float(np.quantile(sure, 1 - coverage, method="lower"))
        level = float(np.exp(cut) if several_classes else 1 / (1 + np.exp(-cut)))
    level = None if level is None else level_of(level, "low_confidence")
    if close_call is not None and not several_classes:
        raise OptionError("a caveat for close calls", f"the task {task}", "a task with one of several classes per row")
    if one_expected and task.kind != "multilabel":
        raise OptionError("one label expected", f"the task {task}, which gives one anyway", "no such setting")
    familiarity = below = None
    if out_of_domain is not None:
        if task.kind == "binary" or kind != "logits":
            raise OptionError(
                "a caveat for inputs out of domain",
                f"{kind} of the task {task}",
                "logits of several classes or labels: one column, or probabilities, have lost the scale that tells",
            )
        familiarity = "energy" if several_classes else "joint_energy"
        below = float(np.quantile(FAMILIARITY[familiarity](z), level_of(out_of_domain, "out_of_domain")))
    close_call = None if close_call is None else level_of(close_call, "close_call")
    return Caution(level, close_call, familiarity, below, one_expected)


def _report(
    problem: _Problem, calibration: Calibration, answers: np.ndarray, rule: TunedRule, fold: np.ndarray
) -> dict[str, Any]:
    """Figures in sample and out of fold, for the objective and for what it costs elsewhere."""
    truth, task = problem.truth, problem.task
    held = plain = None
    if len(truth) >= 2 * FOLDS and len(np.unique(fold)) > 1:
        held, plain = np.zeros(answers.shape, bool), np.zeros(answers.shape, bool)
        usual = TunedRule("highest") if task.exclusive and task.kind != "binary" else _half(task)
        for part in np.unique(fold):
            test = fold == part
            refitted, fitted = problem.fit(np.flatnonzero(~test))
            logits = refitted.logits(problem.z[test])
            held[test], plain[test] = fitted.answers(logits, task), usual.answers(logits, task)

    def figures(objective: Objective) -> dict[str, Any]:
        value = objective.value
        return {
            "title": objective.title,
            "in_sample": value(answers, truth, problem.settings),
            "out_of_fold": None if held is None else value(held, truth, problem.settings),
            "usual_rule": None if plain is None else value(plain, truth, problem.settings),
        }

    certify = problem.objective.certify
    probs = probabilities(calibration.logits(problem.z), task)
    names = [n for n, o in OBJECTIVES.items() if o.tune_for(task) and not o.needs and n != "expected_count"]
    goal = figures(problem.objective)
    return {
        "objective": problem.objective.name,
        "value_in_sample": goal["in_sample"],
        "value_out_of_fold": goal["out_of_fold"],
        "value_usual_rule": goal["usual_rule"],
        "cross_metrics": {name: figures(OBJECTIVES[name]) for name in names},
        "thresholds": _explained(problem, rule),
        "certificates": [] if certify is None else [asdict(c) for c in certify(probs, truth, task, problem.settings)],
    }


def _half(task: Task) -> TunedRule:
    return TunedRule("thresholds", thresholds=(0.5,) * task.n_outputs)


def _explained(problem: _Problem, rule: TunedRule) -> list[Mapping[str, Any]]:
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


def _caveat_rates(
    caution: Caution, z: np.ndarray, logits: np.ndarray, answers: np.ndarray, task: Task
) -> dict[str, float]:
    rates = caution.caveats(z, logits, answers, task).mean(0)
    return {name: float(rate) for name, rate in zip(CAVEATS, rates, strict=True)}
