"""What is wrong or odd with the scores: refused where nothing can be said, a finding where the audit goes on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from labelwise.auditing.result import Finding
from labelwise.errors import InputError
from labelwise.kernels.blocks import row_blocks
from labelwise.metrics.case import Case
from labelwise.scores import Scores

__all__ = ["findings_of", "refuse_infinite"]

SUM_TOLERANCE = 1e-3
FEW_ROWS = 100
DOCTOR_CELLS = 500_000
"""The doctor reads so many cells at most."""


def refuse_infinite(scores: Scores) -> None:
    """Refuse logits that are infinite, and any score of +inf; a log-probability of -inf is a probability of 0.

    Raises:
        InputError: with the first bad row and column.
    """
    if scores.kind == "probabilities":
        return
    array = scores.array
    for rows in row_blocks(slice(0, len(array)), array.shape[1]):
        bad = np.isinf(array[rows]) if scores.kind == "logits" else np.isposinf(array[rows])
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise InputError(
                f"{scores.kind} that are finite",
                f"{array[rows][row, column]} first at row {rows.start + row}, column {column} "
                f"({scores.task.column_names[column]})",
                "the scores as the model gave them; a class that was masked out gets a large negative number",
            )


def findings_of(case: Case) -> list[Finding]:
    """Findings on scores and truth that a reader of the figures should know."""
    found = [*_sums(case), *_truth(case), *_suspicious(case), *_signs(case)]
    if 0 < case.n < FEW_ROWS:
        found.append(
            Finding(
                "few_rows", "warning", f"only {case.n} rows: the intervals are wide, and the bootstrap ones too narrow."
            )
        )
    return found


def _sums(case: Case) -> list[Finding]:
    scores = case.scores
    if scores.task.kind not in ("multiclass", "ordinal") or scores.kind == "logits":
        return []
    off, worst, first = 0, 0.0, -1
    for rows in row_blocks(slice(0, len(scores)), scores.array.shape[1]):
        p = scores.array[rows].astype(np.float64)
        gap = np.abs((p if scores.kind == "probabilities" else np.exp(p)).sum(1) - 1)
        bad = gap > SUM_TOLERANCE
        if bad.any() and first < 0:
            first = rows.start + int(bad.argmax())
        off, worst = off + int(bad.sum()), max(worst, float(gap.max()))
    if not off:
        return []
    return [
        Finding(
            "rows_do_not_sum_to_one",
            "error" if off > 0.01 * len(scores) else "warning",
            f"the {scores.kind} of {off} rows do not sum to 1 (first row {first}, largest gap {worst:.3g}); they are "
            "counted as if divided by their sum. Scores of independent labels (sigmoid) need a 0/1 matrix of labels; "
            "raw scores are logits.",
        )
    ]


def _truth(case: Case) -> list[Finding]:
    found = []
    missing = len(case.known) - case.n
    if missing:
        found.append(Finding("missing_labels", "note", f"{missing} rows have no known label and are left out."))
    names = case.scores.task.class_names
    if case.several:
        truth = np.asarray(case.targets, np.float64)
        positives = np.nansum(truth, axis=0)
        cells = int(np.isnan(truth).sum())
        if case.n > 1 and not cells and (truth.sum(1) == 1).all():
            text = "every row has exactly one label: if it cannot have more, read them as classes (--task multiclass)."
            found.append(Finding("one_label_per_row", "note", text))
        if cells:
            found.append(Finding("unknown_cells", "note", f"{cells} cells are not known; they take part in nothing."))
    else:
        positives = np.bincount(case.targets[case.known], minlength=len(names))
    absent = [names[i] for i in np.flatnonzero(positives == 0)]
    if absent:
        shown = ", ".join(absent[:5]) + (" ..." if len(absent) > 5 else "")
        text = f"{len(absent)} of {len(names)} classes never occur in the labels ({shown}): nothing is known of them."
        found.append(Finding("absent_classes", "warning", text))
    few = int(((positives > 0) & (positives < 10)).sum())
    if few:
        found.append(
            Finding("rare_classes", "note", f"classes with fewer than 10 rows: {few}; their own figures are loose.")
        )
    return found


def _signs(case: Case) -> list[Finding]:
    """Signs that mistakes leave in scores, of a sample of the rows: the doctor's errors and warnings."""
    from labelwise.doctor import check_scores

    rows = np.flatnonzero(case.known)
    most = max(1, DOCTOR_CELLS // max(case.scores.array.shape[1], 1))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(case.seed).choice(rows, most, replace=False))
    scores = replace(case.scores, array=case.scores.array[rows], ids=None, groups=None, weights=None)
    signs = check_scores(scores, np.asarray(case.targets)[rows])
    return [Finding(s.slug, s.severity, s.message) for s in signs if s.severity in ("error", "warning")]


def _suspicious(case: Case) -> list[Finding]:
    array = case.scores.array
    if case.scores.kind != "logits" or not array.size:
        return []
    if array.min() < 0 or array.max() > 1:
        return []
    if case.several or case.scores.task.kind == "binary":
        what = "look like probabilities"
    elif np.allclose(array[:1000].sum(1), 1, atol=1e-3):
        what = "sum to 1 in every row: they look like probabilities"
    else:
        return []
    return [Finding("logits_look_like_probabilities", "error", f"the logits lie between 0 and 1 and {what}.")]
