"""A mergeable summary of scores: counts, sums and histograms of fixed size, whatever the number of rows.

States of parts add up (``a + b``) to the state of the whole, in any order. Counts are exact, so everything that depends
on counts alone is exact too; sums differ by rounding only. Rankings come from histograms on the log-odds scale, and
their error bound is computed and told. What needs rows (calibration maps, thresholds, mistakes) rests on a sample: the
rows with the smallest hashes of their own content, which is the same sample however the rows are cut into parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labelwise.auditing.verb import case_of
from labelwise.errors import InputError
from labelwise.kernels.blocks import in_parts, row_blocks
from labelwise.metrics.calibration import bin_counts
from labelwise.metrics.case import BINS, Case
from labelwise.metrics.probs import columns_of_truth, probabilities_of
from labelwise.scores import Scores
from labelwise.task import Task

__all__ = ["AuditState", "audit_state"]

SAMPLE_CELLS = 4_000_000
SAMPLE_ROWS = 20_000
LEVELS = 4096  # cells of the confidence histogram
CELLS = 1024  # cells of each class's or label's histogram
REACH = 24.0  # log-odds beyond this count in the outermost cells
EDGES = np.linspace(0, 1, BINS + 1)


@dataclass(frozen=True, eq=False)
class Sample:
    """The rows with the smallest hashes.

    Attributes:
        key: (k,) hashes, ascending.
        scores: (k, C) their scores.
        targets: their targets.
        ids: (k,) their ids as text.
    """

    key: np.ndarray
    scores: np.ndarray
    targets: np.ndarray
    ids: np.ndarray

    def merged(self, other: Sample) -> Sample:
        """The smallest hashes of both; rows of equal hash in an order that does not depend on who comes first."""
        key = np.concatenate([self.key, other.key])
        ids = np.concatenate([self.ids, other.ids])
        order = np.lexsort((ids, key))[: sample_rows(self.scores.shape[1])]
        scores, targets = (
            np.concatenate(pair)[order] for pair in ((self.scores, other.scores), (self.targets, other.targets))
        )
        return Sample(key[order], scores, targets, ids[order])


@dataclass(frozen=True, eq=False)
class AuditState:
    """What is kept of any number of rows.

    Attributes:
        task: the task.
        kind: kind of scores.
        counts: whole numbers by name, exact under addition.
        sums: sums by name, exact up to rounding.
        sample: some rows.
        grouped: True where rows came in groups: intervals that take rows as independent are then left out.
        weighted: True where rows came with weights, which are not kept: every row counts once.

    Example:
        >>> import labelwise as lw
        >>> y = np.array([0, 1, 1, 2])
        >>> scores = lw.Logits(np.eye(3)[[0, 1, 2, 2]] * 3, lw.infer_task(y))
        >>> part = audit_state(scores, y)
        >>> (part + part).audit().metrics["accuracy"].value
        0.75
    """

    task: Task
    kind: str
    counts: dict[str, np.ndarray]
    sums: dict[str, np.ndarray]
    sample: Sample = field(repr=False)
    grouped: bool = False
    weighted: bool = False

    def __add__(self, other: AuditState) -> AuditState:
        if (self.task.kind, self.task.class_names, self.kind) != (other.task.kind, other.task.class_names, other.kind):
            raise InputError(
                f"parts of one kind: {self.task}, {self.kind}",
                f"{other.task}, {other.kind}",
                "files with the same classes in the same order, and one kind of scores",
            )
        return AuditState(
            self.task,
            self.kind,
            {name: value + other.counts[name] for name, value in self.counts.items()},
            {name: value + other.sums[name] for name, value in self.sums.items()},
            self.sample.merged(other.sample),
            self.grouped or other.grouped,
            self.weighted or other.weighted,
        )

    @property
    def n(self) -> int:
        """Rows with a known truth."""
        return int(self.counts["rows"][0])

    def audit(self, *, seed: int = 0, resamples: int = 1000) -> Any:
        """The audit of all rows summed up here; what is approximate says so."""
        from labelwise.auditing.from_state import audit_of

        return audit_of(self, seed=seed, resamples=resamples)


def audit_state(scores: Scores, y: Any, *, ids: Any = None, groups: Any = None) -> AuditState:
    """Sum up rows for an audit of more rows than memory holds.

    Args:
        scores: `Logits`, `LogProbs` or `Probs` of N rows, with their task.
        y: labels of the same rows, as in `audit`.
        ids: (N,) names of the rows.
        groups: (N,) groups; they are not kept, but intervals that would ignore them are left out.

    Returns:
        A state; states add up, and `AuditState.audit` gives the audit of their sum.

    Raises:
        InputError: where scores and labels do not fit each other.
    """
    case = case_of(scores, y, ids=ids, groups=groups, allow_no_truth=True)
    counts, sums = (_labels if case.several else _classes)(case)
    counts["rows"] = np.array([case.n, len(case.known) - case.n])
    counts |= _levels(case)
    counts |= _histograms(case)
    grouped, weighted = case.groups is not None, scores.weights is not None
    return AuditState(scores.task, scores.kind, counts, sums, _sample(case), grouped, weighted)


def sample_rows(width: int) -> int:
    """Rows of a sample."""
    return max(200, min(SAMPLE_ROWS, SAMPLE_CELLS // max(width, 1)))


def _classes(case: Case) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    known, rows = case.known, case.rows
    nll, brier = rows.nll[known], rows.brier[known]
    finite = np.isfinite(nll)
    confidence = rows.confidence[known]
    bins = bin_counts(confidence, case.right, EDGES)
    by_class = case.class_bins
    width = case.n_classes
    off = np.abs(rows.decision[known] - case.targets[known])
    counts = {
        "confusion": case.confusion,
        "among_five": np.array([(rows.rank[known] < 5).sum()]),
        "below_half": np.array([(rows.confidence < 0.5).sum()]),
        "infinite": np.array([(~finite).sum()]),
        "bin_count": bins.count.astype(np.int64),
        "bin_correct": bins.correct.astype(np.int64),
        "class_count": by_class.count.astype(np.int64),
        "class_correct": by_class.correct.astype(np.int64),
        "off_by": np.bincount(off, minlength=width),
    }
    sums = {
        "nll": _moments(nll[finite]),
        "brier": _moments(brier),
        "bin_confidence": bins.confidence,
        "bin_squares": bins.squares,
        "class_confidence": by_class.confidence,
    }
    return counts, sums


def _labels(case: Case) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    c, known = case.cells, case.known
    total = c.due + c.given
    f = (2 * c.hits[total > 0]) / total[total > 0]
    finite = np.isfinite(c.nll)
    counts = {
        "exact": np.array([case.right.sum()]).astype(np.int64),
        "none_given": np.array([(c.given[known] == 0).sum()]),
        "infinite": np.array([(~finite).sum()]),
        "kinds": np.array(_kinds(case)),
        **{name: getattr(c, name).astype(np.int64) for name in ("tp", "fp", "fn", "cells")},
        "missed_together": c.missed_together.astype(np.int64),
        "added_together": c.added_together.astype(np.int64),
        "class_count": c.bins.count.astype(np.int64),
        "class_correct": c.bins.correct.astype(np.int64),
        "bin_count": bin_counts(case.answer_prob, case.right, EDGES).count.astype(np.int64),
    }
    sums = {
        "nll": _pair_moments(c.nll[finite], c.known[finite]),
        "brier": _pair_moments(c.brier, c.known),
        "wrong": _pair_moments(c.wrong, c.known),
        "due": _pair_moments(c.due, c.known),
        "f_samples": _moments(f),
        "f_micro": _pair_moments(2 * c.hits, total),
        "seen": _moments(c.due[known]),
        "expected": _moments(c.expected[known]),
        "class_confidence": c.bins.confidence,
    }
    return counts, sums


def _kinds(case: Case) -> list[int]:
    from labelwise.auditing.mistakes import mistake_counts

    return list(mistake_counts(case).values())


def _moments(values: np.ndarray) -> np.ndarray:
    """Count, sum, sum of squares."""
    return np.array([len(values), values.sum(), (values * values).sum()], np.float64)


def _pair_moments(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Rows, and what the variance of a ratio of sums needs: x, m, xx, xm, mm."""
    return np.array(
        [len(top), top.sum(), bottom.sum(), (top * top).sum(), (top * bottom).sum(), (bottom * bottom).sum()]
    )


# ------------------------------------------------------------------ histograms


def _levels(case: Case) -> dict[str, np.ndarray]:
    """Right and wrong answers by confidence on the log-odds scale (of several labels: the log-probability's odds)."""
    confidence = case.confidence
    if case.several:
        with np.errstate(divide="ignore"):
            confidence = confidence - np.log(-np.expm1(np.minimum(confidence, -1e-300)))
    place = _place(confidence, LEVELS)
    return {
        "right_at": np.bincount(place[case.right == 1], minlength=LEVELS),
        "wrong_at": np.bincount(place[case.right == 0], minlength=LEVELS),
    }


def _place(log_odds: np.ndarray, cells: int) -> np.ndarray:
    scaled = (np.clip(log_odds, -REACH, REACH) + REACH) * ((cells - 1) / (2 * REACH))
    return scaled.astype(np.int64)


def _histograms(case: Case) -> dict[str, np.ndarray]:
    """Positives and negatives of every column by the log-odds of its probability."""
    width = case.scores.array.shape[1]

    def job(part: slice) -> np.ndarray:
        total = np.zeros(width * 2 * CELLS, np.int64)
        for rows in row_blocks(part, width * 8):
            log_odds, truth = _log_odds(case, rows), columns_of_truth(case, rows)
            known = ~np.isnan(truth)
            column = np.broadcast_to(np.arange(width) * (2 * CELLS), truth.shape)
            place = column + np.where(truth > 0.5, CELLS, 0) + _place(log_odds, CELLS)
            np.add(total, np.bincount(place[known], minlength=len(total)), out=total)
        return total

    counts = sum(in_parts(job, len(case.scores), least=max(1, 500_000 // width))).reshape(width, 2, CELLS)  # type: ignore[union-attr]
    return {"negatives_at": counts[:, 0], "positives_at": counts[:, 1]}


def _log_odds(case: Case, rows: slice) -> np.ndarray:
    if case.scores.kind == "logits" and (case.several or case.scores.task.kind == "binary"):
        return case.scores.array[rows].astype(np.float64)
    p = probabilities_of(case, rows)
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log1p(-np.minimum(p, 1))


# ------------------------------------------------------------------ the sample


def _sample(case: Case) -> Sample:
    key = np.concatenate([key for key in _keys(case)])
    ids = np.array([""] * len(key)) if case.scores.ids is None else np.asarray(case.scores.ids).astype(str)
    most = sample_rows(case.scores.array.shape[1])
    order = np.lexsort((ids, key))[:most]
    return Sample(key[order], case.scores.array[order].copy(), case.targets[order].copy(), ids[order])


def _keys(case: Case) -> Iterator[np.ndarray]:
    """A hash of each row's scores and targets: it depends on nothing but the row."""
    array = case.scores.array
    width = min(array.shape[1], 64)
    odd = np.random.default_rng(20260704).integers(0, 2**63, size=2 * width, dtype=np.uint64) * np.uint64(
        2
    ) + np.uint64(1)
    for rows in row_blocks(slice(0, len(array)), width * 2):
        bits = np.ascontiguousarray(array[rows, :width], np.float64).view(np.uint64)
        targets = np.asarray(case.targets[rows], np.float64).reshape(len(bits), -1)[:, :width]
        targets = np.where(np.isnan(targets), -7.0, targets).view(np.uint64)
        key = (bits * odd[:width]).sum(1) + (targets * odd[width : width + targets.shape[1]]).sum(1)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            key = (key ^ (key >> np.uint64(shift))) * np.uint64(factor)
        yield key ^ (key >> np.uint64(31))
