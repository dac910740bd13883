"""The verb: scores and labels in, an Audit out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from labelwise.auditing.calibration import calibration_gains
from labelwise.auditing.checks import findings_of, refuse_infinite
from labelwise.auditing.figures import figures_of, label_figures
from labelwise.auditing.mistakes import mistake_counts, mistake_details
from labelwise.auditing.paired import compare_cases
from labelwise.auditing.result import Audit, Finding
from labelwise.auditing.sureness import compare_confidences
from labelwise.auditing.thresholds import MOST_ROWS, best_thresholds
from labelwise.auditing.unknown import unknown_inputs
from labelwise.auditing.weighted import effective_rows, weighted_metrics
from labelwise.errors import InputError, OptionError
from labelwise.io.targets import encode_targets
from labelwise.metrics.case import Case
from labelwise.metrics.metric import Metric
from labelwise.metrics.table import metrics_of
from labelwise.scores import Scores

__all__ = ["audit", "case_of"]


def audit(
    scores: Scores,
    y: Any,
    *,
    ids: Any = None,
    groups: Any = None,
    seed: int = 0,
    unknown: Scores | None = None,
    against: Scores | None = None,
    resamples: int = 1000,
) -> Audit:
    """Say what saved scores really say: honest metrics, calibration, mistakes, thresholds.

    Args:
        scores: `Logits`, `LogProbs` or `Probs` of N rows, with their task; never changed. Where they have weights,
            `Audit.weighted` holds the figures in which rows count by them.
        y: labels of the same rows: (N,) class names or indices (nan, None or -1: not known), or for several labels
            (N, L) 0/1 with nan.
        ids: (N,) names of the rows, to find them again; default the row numbers.
        groups: (N,) rows of one group belong together: intervals and folds then keep groups whole.
        seed: of folds and resamples.
        unknown: scores of the same model on inputs of no known class.
        against: scores of another model on the same rows, for paired differences.
        resamples: draws of the bootstraps.

    Returns:
        The audit: frozen, prints well, `to_dict()` as in audit.json.

    Raises:
        InputError: where scores and labels do not fit each other, or hold what is no score.
        OptionError: where a setting makes no sense.

    Example:
        >>> import labelwise as lw
        >>> y = [0, 1, 1, 2]
        >>> result = audit(lw.Logits(np.eye(3)[[0, 1, 2, 2]] * 3, lw.infer_task(y)), y)
        >>> result.metrics["accuracy"].value
        0.75

    Source: the metrics' own sources are in `METRICS`.
    """
    if resamples < 50:
        raise OptionError("resamples of a bootstrap", f"resamples={resamples}", "50 or more, customarily 1000")
    case = case_of(scores, y, ids=ids, groups=groups, seed=seed, resamples=resamples)
    other = None
    if against is not None:
        other = case_of(against, y, ids=ids, groups=groups, seed=seed, resamples=resamples)
    return audit_case(case, unknown=unknown, against=other)


def case_of(
    scores: Scores,
    y: Any,
    *,
    ids: Any = None,
    groups: Any = None,
    seed: int = 0,
    resamples: int = 1000,
    allow_no_truth: bool = False,
) -> Case:
    """Scores with their encoded labels, checked.

    Args, errors: as in `audit`; with `allow_no_truth` a part of a larger whole may be without any known label.
    """
    if not isinstance(scores, Scores):
        raise InputError(
            "scores of a stated kind",
            f"{type(scores).__name__}{f' of shape {np.shape(scores)}' if np.ndim(scores) else ''}",
            "labelwise.Logits(array, task), Probs or LogProbs, with task = labelwise.infer_task(y)",
        )
    if scores.task.kind == "grouped":
        first, width = scores.task.groups[0], len(scores.task.groups[0].class_names)
        raise InputError(
            "scores of one question",
            f"the task {scores.task}: {', '.join(group.name for group in scores.task.groups)}",
            f"one audit for each question, of its columns alone: the first {width} columns with the labels of "
            f"{first.name}, and so on",
        )
    if not len(scores):
        raise InputError("scores of at least one row", "no rows", "the scores of the rows that have labels")
    scores = replace(
        scores,
        ids=scores.ids if ids is None else np.asarray(ids),
        groups=scores.groups if groups is None else np.asarray(groups),
    )
    refuse_infinite(scores)
    targets = encode_targets(y, scores.task)
    if len(targets) != len(scores):
        raise InputError(
            f"{len(scores)} labels, one per row of scores", f"{len(targets)} labels", "labels of the same rows"
        )
    case = Case(scores, targets, resamples=resamples, seed=seed)
    if not case.n and not allow_no_truth:
        raise InputError("labels", "every label is missing", "the labels of the rows, class names or indices")
    return case


def audit_case(case: Case, *, unknown: Scores | None = None, against: Case | None = None) -> Audit:
    """The audit of a checked case."""
    scores = case.scores
    findings = findings_of(case)
    weighted, told = _weighted(case)
    findings += told
    thresholds = best_thresholds(case)
    if not thresholds:
        text = f"thresholds per label are left out: {case.n} rows are too few for five folds."
        findings.append(Finding("no_thresholds", "note", text))
    if case.n > MOST_ROWS:
        text = f"thresholds are tuned on {MOST_ROWS} rows, drawn by the seed from {case.n}."
        findings.append(Finding("thresholds_sampled", "note", text))
    return Audit(
        task=scores.task.kind,
        kind=scores.kind,
        n=case.n,
        n_classes=case.n_classes,
        class_names=scores.task.class_names,
        metrics=metrics_of(case),
        weighted=weighted,
        confidences=compare_confidences(case),
        calibration=calibration_gains(case),
        thresholds=thresholds,
        mistakes=mistake_counts(case),
        mistake_details=mistake_details(case),
        labels=label_figures(case),
        findings=tuple(findings),
        figures=figures_of(case),
        unknown=None if unknown is None else unknown_inputs(case, unknown),
        against=None if against is None else compare_cases(case, against),
    )


def _weighted(case: Case) -> tuple[dict[str, Metric] | None, list[Finding]]:
    """Weighted figures where the rows' weights differ, and what to know of them."""
    if case.scores.weights is None:
        return None, []
    weights = np.asarray(case.scores.weights, np.float64)[case.known]
    if (weights == weights[0]).all():
        return None, [Finding("equal_weights", "note", "the weights of all rows are equal: they change nothing.")]
    text = (
        f"the file's weights count in the weighted figures alone ({effective_rows(weights)} of {case.n} rows' worth); "
        "everything else counts each row once."
    )
    return weighted_metrics(case), [Finding("weights_used", "note", text)]
