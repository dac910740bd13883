"""Answers against truth, counted: strict and label-wise accuracy, F1, the confusion matrix.

Answers and truth are matrices with one column per label (one column for a yes/no task). A nan in the truth means "not
known": the cell takes part in nothing, and is never read as "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from labelwise.errors import InputError, choose

__all__ = [
    "LabelCounts",
    "confusion",
    "f1",
    "f_rows",
    "label_counts",
    "labelwise_accuracy",
    "labelwise_baseline",
    "strict_accuracy",
    "strict_rows",
]


@dataclass(frozen=True)
class LabelCounts:
    """Hits and misses per label, over the known cells.

    Attributes:
        tp: (L,) true and answered.
        fp: (L,) answered but not true.
        fn: (L,) true but not answered.
        tn: (L,) neither.
    """

    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    tn: np.ndarray

    @property
    def f1(self) -> np.ndarray:
        """(L,) F1 per label, nan where a label is neither true nor answered anywhere."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def precision(self) -> np.ndarray:
        """(L,) share of answers that are true, nan where nothing was answered."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> np.ndarray:
        """(L,) share of true cells that were answered, nan where nothing is true."""
        return _ratio(self.tp, self.tp + self.fn)


def label_counts(answers: np.ndarray, truth: np.ndarray) -> LabelCounts:
    """Count hits and misses of every label over the known cells.

    Args:
        answers: (N, L) or (N,) booleans or 0/1.
        truth: the same shape; 0/1 with nan for "not known".

    Returns:
        (L,) int64 counts.

    Raises:
        InputError: where the shapes differ.

    Example:
        >>> c = label_counts([[1, 0], [1, 1]], [[1, 0], [0, float("nan")]])
        >>> c.tp.tolist(), c.fp.tolist(), c.tn.tolist()
        ([1, 0], [1, 0], [0, 1])
    """
    given, true, known = _cells(answers, truth)
    tp = (given & true & known).sum(0)
    fp = (given & ~true & known).sum(0)
    fn = (~given & true & known).sum(0)
    return LabelCounts(tp, fp, fn, known.sum(0) - tp - fp - fn)


def strict_rows(answers: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Whether all known cells of each row are right.

    Args:
        answers: (N, L) or (N,) booleans or 0/1.
        truth: the same shape; 0/1 with nan for "not known".

    Returns:
        (N,) float64 of 1 and 0; nan where no cell of the row is known.

    Raises:
        InputError: where the shapes differ.

    Example:
        >>> strict_rows([[1, 0], [1, 1]], [[1, 0], [1, 0]]).tolist()
        [1.0, 0.0]

    Source: subset accuracy, e.g. scikit-learn `accuracy_score` on indicator matrices.
    """
    given, true, known = _cells(answers, truth)
    right = ((given == true) | ~known).all(1).astype(np.float64)
    right[~known.any(1)] = np.nan
    return right


def strict_accuracy(answers: np.ndarray, truth: np.ndarray) -> float | None:
    """Share of rows with all known labels right: plain accuracy where a row has one label, exact match otherwise.

    Args and errors as in `strict_rows`. None where no row has a known label.

    Example:
        >>> strict_accuracy([[1, 1, 0, 1]], [[1, 0, 0, 0]])
        0.0
    """
    return _mean(strict_rows(answers, truth))


def labelwise_accuracy(answers: np.ndarray, truth: np.ndarray) -> float | None:
    """Share of known row-label cells that are right; always to be shown beside `labelwise_baseline`.

    Args and errors as in `strict_rows`. None where no cell is known.

    Example:
        >>> labelwise_accuracy([[1, 1, 0, 0]], [[1, 0, 0, 0]])
        0.75

    Source: 1 - Hamming loss.
    """
    given, true, known = _cells(answers, truth)
    return float(((given == true) & known).sum() / known.sum()) if known.any() else None


def labelwise_baseline(truth: np.ndarray) -> float | None:
    """Label-wise accuracy of answering nothing at all: the share of known cells that are 0.

    Args:
        truth: (N, L) or (N,); 0/1 with nan for "not known".

    Returns:
        The share; 1 - 1/C where each row has one of C classes. None where no cell is known.

    Example:
        >>> labelwise_baseline([[1, 0, 0, 0]])
        0.75
    """
    return labelwise_accuracy(np.zeros_like(np.asarray(truth), dtype=bool), truth)


def f1(answers: np.ndarray, truth: np.ndarray, average: Literal["macro", "micro", "samples"]) -> float | None:
    """F1 = 2 tp / (2 tp + fp + fn), averaged over labels, pooled over cells, or averaged over rows.

    Args:
        answers: (N, L) or (N,) booleans or 0/1.
        truth: the same shape; 0/1 with nan for "not known".
        average: ``macro`` (mean over labels), ``micro`` (pooled) or ``samples`` (mean over rows). A label (or row)
            with nothing true and nothing answered has no F1 and is left out.

    Returns:
        The figure, None where nothing is left to average.

    Raises:
        InputError: where the shapes differ.
        OptionError: where `average` is none of the three.

    Example:
        >>> f1([[1, 0], [1, 1]], [[1, 0], [0, 1]], "micro")
        0.8

    Source: scikit-learn `f1_score` with ``zero_division=nan`` (its default counts 0/0 as 0).
    """
    choose(average, ("macro", "micro", "samples"), what="average")
    if average == "samples":
        return _mean(f_rows(answers, truth))
    c = label_counts(answers, truth)
    if average == "macro":
        return _mean(c.f1)
    return _mean(_ratio(2 * c.tp.sum(keepdims=True), (2 * c.tp + c.fp + c.fn).sum(keepdims=True)))


def f_rows(answers: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """F1 of each row over its known labels.

    Args and errors as in `strict_rows`.

    Returns:
        (N,) float64, nan where a row has no true and no answered label.

    Example:
        >>> f_rows([[1, 1], [0, 0]], [[1, 0], [0, 0]]).round(4).tolist()
        [0.6667, nan]
    """
    given, true, known = _cells(answers, truth)
    hits = (given & true & known).sum(1)
    return _ratio(2 * hits, (given & known).sum(1) + (true & known).sum(1))


def confusion(truth_index: np.ndarray, decision_index: np.ndarray, n_classes: int) -> np.ndarray:
    """Count rows by true class and decision.

    Args:
        truth_index: (N,) class indices; negative means "not known" and is left out.
        decision_index: (N,) class indices; negative means "no answer" and is left out.
        n_classes: C.

    Returns:
        (C, C) int64, rows are the truth, columns the decision.

    Raises:
        InputError: where an index is C or more, or the lengths differ.

    Example:
        >>> confusion([0, 1, 1], [0, 1, 0], 2).tolist()
        [[1, 0], [1, 1]]
    """
    t, d = np.asarray(truth_index), np.asarray(decision_index)
    if t.shape != d.shape or t.ndim != 1:
        raise InputError("truth and decisions of one length", f"shapes {t.shape} and {d.shape}", "(N,) and (N,)")
    for name, index in (("truth", t), ("decision", d)):
        if index.size and index.max() >= n_classes:
            row = int(index.argmax())
            raise InputError(
                f"{name} indices below {n_classes}", f"{index[row]} at row {row}", "indices counted from 0"
            )
    known = (t >= 0) & (d >= 0)
    cells = t[known].astype(np.int64) * n_classes + d[known]
    return np.bincount(cells, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


def _cells(answers: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers, truth and "is known" as boolean matrices."""
    given, true = np.asarray(answers), np.asarray(truth)
    if given.shape != true.shape or given.ndim not in (1, 2):
        raise InputError("answers and truth of one shape", f"shapes {given.shape} and {true.shape}", "both (N, L)")
    if given.ndim == 1:
        given, true = given[:, None], true[:, None]
    known = ~np.isnan(true) if true.dtype.kind == "f" else np.ones(true.shape, bool)
    return given.astype(bool), known & (true > 0.5 if true.dtype.kind == "f" else true.astype(bool)), known


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=np.asarray(bottom) > 0)


def _mean(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None
