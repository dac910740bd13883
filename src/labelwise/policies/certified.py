"""Policies with promises: what may be calibrated beside them, and rows kept apart to test them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from labelwise.calibration.inputs import calibration_logits
from labelwise.decisions.caution import confidence
from labelwise.decisions.certificates import halves, selective_risk
from labelwise.decisions.rule import sigmoid
from labelwise.errors import OptionError
from labelwise.io.files import sha256_of
from labelwise.policies.policy import Policy
from labelwise.scores import Scores
from labelwise.task import Labels

__all__ = ["order_keeping", "with_certified_risk"]

KEEPING = ("identity", "temperature")


def order_keeping(calibrators: Sequence[str] | None, scores: Scores) -> Sequence[str]:
    """The calibrators that keep the order of all scores, whatever the labels: what thresholds are certified beside."""
    _refuse_groups(scores)
    other = [name for name in calibrators or () if name not in KEEPING]
    if other:
        raise OptionError(
            "certified thresholds", f"calibrator {other[0]!r}", f"one that keeps every order: {', '.join(KEEPING)}"
        )
    return calibrators or KEEPING


def with_certified_risk(
    fit: Callable[..., Policy], scores: Scores, targets: np.ndarray, risk: float, options: Mapping[str, Any]
) -> Policy:
    """A policy fitted on one half of the rows, its level of confidence certified on the other.

    Args:
        fit: `fit_policy`.
        scores: of all rows.
        targets: of all rows.
        risk: the most errors among rows without the caveat.
        options: of `fit`, without a level of confidence.
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
    sure = confidence(logits, answers, task)
    sure = np.exp(sure) if task.kind in ("multiclass", "ordinal") else sigmoid(sure)
    level, certificate = selective_risk(sure, (answers == (truth[second] == 1)).all(1), risk, options["delta"])
    caution = replace(fitted.caution, low_confidence=1.0 if level is None else max(level, np.finfo(float).tiny))
    rates = caution.caveats(raw, logits, answers, task).mean(0)
    report = dict(fitted.report)
    report["certificates"] = [*report["certificates"], asdict(replace(certificate, threshold=level))]
    report["caveat_rates"] = {name: float(rate) for name, rate in zip(report["caveat_rates"], rates, strict=True)}
    digest = sha256_of({"scores": scores.array, "targets": targets})
    return replace(fitted, caution=caution, report=report, rows=len(known), data_sha256=digest)


def _refuse_groups(scores: Scores) -> None:
    if scores.groups is not None:
        raise OptionError(
            "a certificate",
            "rows in groups, which are not independent of each other",
            "one row of each group, without groups",
        )
