"""Scores and labels -> a policy: calibrate, tune, judge on rows that took no part, write down what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

import numpy as np

from labelwise.calibration.select import fold_of_rows, known_rows, select_calibration
from labelwise.errors import InputError, OptionError
from labelwise.io.files import sha256_of
from labelwise.io.targets import encode_targets
from labelwise.policies.cautions import caveat_rates, set_caution
from labelwise.policies.certified import calibrated_apart, promises_of, with_promises
from labelwise.policies.options import objective_of, structure_of
from labelwise.policies.policy import Policy
from labelwise.policies.problem import Problem, judged
from labelwise.scores import Scores

__all__ = ["fit_policy"]


def fit_policy(
    scores: Scores,
    y: Any,
    *,
    objective: str = "accuracy",
    calibrators: Sequence[str] | None = None,
    costs: Any = None,
    utilities: Any = None,
    k: int | None = None,
    level: float | None = None,
    delta: float = 0.1,
    exactly_one: bool = False,
    at_least_one: bool = False,
    at_most: int | None = None,
    groups: Sequence[Sequence[str]] = (),
    sure: float | None = None,
    sure_error: float | None = None,
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
        utilities: for ``"utility"``: a (C, C) matrix with ``utilities[y][k]`` of answering k where y is right, or a
            (C, C + 1) one, whose last column is not answering; for labels (true yes, false yes, missed one, true no),
            with a fifth number for being unsure, or an array of such rows.
        k: for ``"top_k"``: labels per row.
        level: for ``"precision_floor"`` and ``"recall_floor"``: the least precision or recall of each label, certified
            with probability 1 - `delta` for each; for ``"yes_no_unsure"`` the least precision of each label's yes, and
            of its no; for ``"few_misses"``: the largest mean share of its labels that a row misses. The calibration is
            then none or a temperature, which keep the order of scores; other `calibrators` that are named get a third
            of the rows for themselves.
        delta: probability that a certified promise may be broken.
        exactly_one: of several labels the most probable one is given, always and alone.
        at_least_one: where no label reaches its threshold, the most probable one is given.
        at_most: no more labels than that.
        groups: lists of label names of which at most one is given.
        sure: a label is yes or no only where at least this share of such answers is right, among the yes and among the
            no; between its two thresholds it is unsure, a third answer. Above 0.5.
        sure_error: instead, the largest share of wrong answers of a label among its yes and no together.
        low_confidence: caveat below this probability of the answer (several labels: of the least sure one given);
            "auto" is 0.5 where a row has one of several classes, and no such caveat elsewhere.
        coverage: instead of a level of probability: the share of rows to be left without the caveat
            ``low_confidence``. Here and for `risk` the answer of several labels is the whole row, every yes and no.
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
            "objective": objective, "calibrators": calibrators, "costs": costs, "utilities": utilities, "k": k,
            "level": level, "delta": delta, "sure": sure, "sure_error": sure_error,
            "exactly_one": exactly_one, "at_least_one": at_least_one, "at_most": at_most, "groups": groups,
            "low_confidence": low_confidence if risk is None else None, "coverage": coverage,
            "close_call": close_call, "out_of_domain": out_of_domain, "one_expected": one_expected,
            "trained_with": trained_with, "seed": seed,
        }  # fmt: skip
        policy = with_promises(fit_policy, scores, targets, promises, options)
        if risk is not None and policy.rule.unsure_from is not None:
            raise OptionError("a risk of the rows answered", "labels that may be unsure", "one of the two")
        return policy
    goal, settings = objective_of(
        objective, task, costs=costs, utilities=utilities, k=k, level=level, delta=delta, seed=seed
    )
    structure = structure_of(
        task,
        goal,
        exactly_one=exactly_one,
        at_least_one=at_least_one,
        at_most=at_most,
        groups=groups,
        sure=sure,
        sure_error=sure_error,
    )
    calibrating = tuning = scores, targets
    if goal.certify is not None:
        calibrators, calibrating, tuning = calibrated_apart(calibrators, scores, targets, seed)
    selection = select_calibration(*calibrating, calibrators=calibrators, seed=seed, trained_with=trained_with)
    z, truth, rows = known_rows(*tuning, trained_with)
    calibration, own = selection.calibration, np.arange(len(z))
    problem = Problem(z, truth, task, calibration.name, goal, settings, structure)
    rule = problem.tune(calibration, own)
    logits = calibration.logits(z)
    answers = rule.answers(logits, task)
    caution = set_caution(
        task,
        scores.kind,
        z,
        logits,
        answers,
        low_confidence=low_confidence,
        coverage=coverage,
        close_call=close_call,
        out_of_domain=out_of_domain,
        one_expected=one_expected,
    )
    fold = fold_of_rows(len(z), None if scores.groups is None else np.asarray(scores.groups)[rows], seed)
    report = judged(problem, calibration, rule, fold) | {
        "calibration": {"why": selection.why, "candidates": [asdict(c) for c in selection.candidates]},
        "caveat_rates": caveat_rates(caution.caveats(z, logits, answers, task, rule.unsure(logits))),
        "seed": seed,
    }
    return Policy(
        task,
        scores.kind,
        calibration,
        rule,
        caution,
        objective,
        len(known_rows(scores, targets, trained_with)[2]),
        sha256_of({"scores": scores.array, "targets": targets}),
        seed,
        trained_with,
        None,
        report,
    )
