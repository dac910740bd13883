"""Policies with promises: what may be calibrated beside them, and rows kept apart to test them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from labelwise.calibration.inputs import calibration_logits
from labelwise.decisions.caution import as_chance, confidence
from labelwise.decisions.certificates import Certificate, halves, selective_risk
from labelwise.decisions.rows import log_shares
from labelwise.decisions.sets import SET_SCORES, SetRule, fit_sets, place_of
from labelwise.errors import OptionError, choose
from labelwise.io.files import sha256_of
from labelwise.policies.policy import Policy
from labelwise.scores import Scores
from labelwise.task import Labels, Task

__all__ = ["Promises", "calibrated_apart", "promises_of", "with_promises"]

KEEPING = ("identity", "temperature")
APART = 3
"""One row of so many is for calibrators that do not."""
COVERAGE = 0.9
"""Of sets, where none is asked for."""


@dataclass(frozen=True)
class Promises:
    """What is promised on rows that take part in nothing else.

    Attributes:
        risk: the most errors among rows without the caveat ``low_confidence``, or None.
        sets: key of `SET_SCORES`, or None.
        coverage: of the sets.
        per_class: True where the sets cover each class so often.
    """

    risk: float | None
    sets: str | None
    coverage: float
    per_class: bool


def promises_of(
    task: Task, risk: float | None, sets: str | None, coverage: float | None, per_class: bool
) -> Promises | None:
    """The promises asked for, checked; None where there are none."""
    if sets is None and (coverage is not None or per_class):
        name = "set_per_class" if coverage is None else "set_coverage"
        raise OptionError("sets of classes", f"{name} without sets", f"sets with it: {', '.join(SET_SCORES)}")
    if sets is not None:
        choose(sets, SET_SCORES, what="score of sets")
        if task.kind not in ("multiclass", "ordinal"):
            raise OptionError(
                "sets of classes",
                f"the task {task}",
                'one of several classes per row; for labels objective="few_misses"',
            )
    coverage = COVERAGE if coverage is None else coverage
    if not 0 < coverage < 1:
        raise OptionError("coverage of sets", f"set_coverage={coverage!r}", "a number between 0 and 1")
    if risk is not None and not 0 < risk < 1:
        raise OptionError("risk", f"risk={risk!r}", "a number between 0 and 1")
    return None if risk is None and sets is None else Promises(risk, sets, coverage, per_class)


Part = tuple[Scores, np.ndarray]


def calibrated_apart(
    calibrators: Sequence[str] | None, scores: Scores, targets: np.ndarray, seed: int
) -> tuple[Sequence[str], Part, Part]:
    """Calibrators beside which thresholds can be certified, the rows to fit them on, and those for the thresholds.

    Those that keep the order of all scores whatever the labels may see every row; others get a third for themselves.
    """
    _refuse_groups(scores)
    if set(calibrators or KEEPING) <= set(KEEPING):
        return calibrators or KEEPING, (scores, targets), (scores, targets)
    order = np.random.default_rng([seed, APART]).permutation(len(scores))
    first, rest = (np.sort(part) for part in np.split(order, [len(order) // APART]))
    some = lambda rows: (type(scores)(scores.array[rows], scores.task), targets[rows])  # noqa: E731
    return calibrators or (), some(first), some(rest)


def with_promises(
    fit: Callable[..., Policy], scores: Scores, targets: np.ndarray, promises: Promises, options: Mapping[str, Any]
) -> Policy:
    """A policy fitted on one half of the rows, its promises tested on the other.

    Args:
        fit: `fit_policy`.
        scores: of all rows.
        targets: of all rows.
        promises: what is promised.
        options: of `fit`, without promises.
    """
    _refuse_groups(scores)
    task = scores.task
    truth = task.truth(targets)
    known = np.flatnonzero(~np.isnan(truth).any(1))
    first, second = (known[half] for half in halves(len(known), options["seed"]))
    fitted = fit(type(scores)(scores.array[first], task), Labels(task, targets[first]), **options)
    raw = calibration_logits(type(scores)(scores.array[second], task), trained_with=fitted.trained_with)
    logits = fitted.calibration.logits(raw)
    answers = fitted.rule.answers(logits, task)
    report, caution, sets = dict(fitted.report), fitted.caution, None
    certificates = list(report["certificates"])
    if promises.risk is not None:
        right = (answers == (truth[second] == 1)).all(1)
        level, certificate = _certified_risk(logits, answers, right, promises.risk, options["delta"], task)
        certificates.append(asdict(certificate))
        level = 1.0 if level is None else level
        caution = replace(caution, low_confidence=level, whole_row=task.kind == "multilabel")
    if promises.sets is not None:
        probs, classes = np.exp(log_shares(logits)), targets[second]
        sets = fit_sets(probs, classes, coverage=promises.coverage, score=promises.sets, per_class=promises.per_class)
        certificates += map(asdict, _of_sets(sets, task))
        report["sets"] = _sizes(sets.sets(probs))
    rates = caution.caveats(raw, logits, answers, task, fitted.rule.unsure(logits)).mean(0)
    report["certificates"] = certificates
    report["caveat_rates"] = {name: float(rate) for name, rate in zip(report["caveat_rates"], rates, strict=True)}
    digest = sha256_of({"scores": scores.array, "targets": targets})
    return replace(fitted, caution=caution, sets=sets, report=report, rows=len(known), data_sha256=digest)


def _certified_risk(
    logits: np.ndarray, answers: np.ndarray, right: np.ndarray, risk: float, delta: float, task: Task
) -> tuple[float | None, Certificate]:
    whole_row = task.kind == "multilabel"
    sure = as_chance(confidence(logits, answers, task, whole_row), task, whole_row)
    level, certificate = selective_risk(sure, right, risk, delta)
    level = None if level is None else max(level, np.finfo(float).tiny)
    return level, replace(certificate, threshold=level)


def _of_sets(rule: SetRule, task: Task) -> list[Certificate]:
    """A certificate for each limit: the k-th smallest of n scores covers k / (n + 1), on average."""
    names = task.class_names if rule.per_class else (None,)
    found = []
    for name, limit, n in zip(names, rule.limits, rule.n, strict=rule.per_class):
        place = place_of(n, rule.coverage)
        if limit is None:
            why = f"{n} rows cannot promise a coverage of {rule.coverage:g}: every set holds {name or 'every class'}"
            found.append(Certificate("coverage", name, rule.coverage, None, None, 0, n, None, why))
        else:
            found.append(Certificate("coverage", name, rule.coverage, None, limit, place, n, place / (n + 1)))
    return found


def _sizes(members: np.ndarray) -> dict[str, float]:
    """How large sets are on the rows that set their limits."""
    size = members.sum(1)
    return {"mean_size": float(size.mean()), "single": float((size == 1).mean()), "empty": float((size == 0).mean())}


def _refuse_groups(scores: Scores) -> None:
    if scores.groups is not None:
        raise OptionError(
            "a certificate",
            "rows in groups, which are not independent of each other",
            "one row of each group, without groups",
        )
