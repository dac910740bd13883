"""Saved scores read once: shape, precision, labels; and what a fingerprint says (`Hit`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from labelwise.errors import InputError

__all__ = ["Arrays", "Hit", "read_arrays"]


@dataclass(frozen=True)
class Hit:
    """One fingerprint that fired."""

    fingerprint: str
    code: str
    message: str
    repaired: np.ndarray | None = None


@dataclass(frozen=True)
class Arrays:
    """Scores with everything that the tests need.

    Attributes:
        p: (N, C) float64.
        eps: how far a saved value may lie from the computed one (half a step of its type or decimals).
        relative: the same as a share of the value, for float types; None for decimals.
        exact: False for float16 and for values rounded to decimals.
        kind: ``probs``, ``logits`` or ``log_probs`` as stated by the caller, or None.
        classes: (N,) class indices, where every row has one class; else None.
        matrix: (N, C) 0/1 with nan for "not known", where rows may have any labels, and for one column; else None.
        labels: the labels as given, or None.
        ids, decisions, logits, reported, threshold, validation, chosen: what else the caller has.
    """

    p: np.ndarray
    eps: float
    relative: float | None
    exact: bool
    kind: str | None
    classes: np.ndarray | None
    matrix: np.ndarray | None
    labels: np.ndarray | None
    ids: np.ndarray | None = None
    decisions: np.ndarray | None = None
    logits: np.ndarray | None = None
    reported: float | None = None
    threshold: float = 0.5
    validation: tuple[np.ndarray, np.ndarray] | None = None
    chosen: float | None = None

    @property
    def n(self) -> int:
        """Rows."""
        return self.p.shape[0]

    @property
    def c(self) -> int:
        """Columns."""
        return self.p.shape[1]

    @cached_property
    def in_range(self) -> bool:
        """All values can be probabilities."""
        return bool((self.p >= -self.eps).all() and (self.p <= 1 + self.eps).all())

    @cached_property
    def row_sums(self) -> np.ndarray:
        """(N,) sums."""
        return self.p.sum(1)

    @cached_property
    def sums_to_one(self) -> bool:
        """Every row sums to 1, as far as the precision tells."""
        return (
            self.c > 1
            and self.in_range
            and bool(np.abs(self.row_sums - 1).max() <= max(2e-6, self.eps * (self.c**0.5) * 4))
        )

    @cached_property
    def accuracy(self) -> float | None:
        """Share of rows whose highest score is the class."""
        if self.classes is None or self.c < 2:
            return None
        return float((self.p.argmax(1) == self.classes).mean())

    @cached_property
    def top(self) -> float:
        """Mean of the highest probability."""
        return float(self.p.max(1).mean())


def _precision(given: np.ndarray) -> tuple[float, float | None, bool]:
    """Half a step of the array's type or decimals: absolute, relative (or None), and whether it is fine."""
    values = given.astype(np.float64)
    finite = values[np.isfinite(values)]
    sample = finite.ravel()[:5000]
    for digits in range(1, 6):
        scaled = sample * 10.0**digits
        if sample.size and np.abs(scaled - np.round(scaled)).max() < 1e-3 and np.unique(sample).size > 2:
            return 0.5 * 10.0**-digits, None, False
    size = max(1.0, float(np.abs(sample).max())) if sample.size else 1.0
    if given.dtype == np.float16 or (
        sample.size and (sample == sample.astype(np.float16)).all() and np.unique(sample).size > 2
    ):
        return 5e-4 * size, 5e-4, False
    if given.dtype == np.float32 or (sample.size and (sample == sample.astype(np.float32)).all()):
        return 2e-7 * size, 2e-7, True
    return 1e-12 * size, 1e-12, True


def read_arrays(scores: Any, y: Any, kind: str | None, **more: Any) -> Arrays:
    """Check and read what the caller has.

    Raises:
        InputError: where the arrays are no scores and labels of the same rows.
    """
    kinds = {"probabilities": "probs", "logits": "logits", "log-probabilities": "log_probs"}
    if hasattr(scores, "array") and hasattr(scores, "task"):
        kind = kind or kinds.get(getattr(scores, "kind", ""))
        if more.get("ids") is None and scores.ids is not None:
            more["ids"] = scores.ids
        scores = scores.array
    given = np.asarray(scores)
    if given.dtype.kind not in "fiu" or given.ndim not in (1, 2) or given.size == 0:
        raise InputError(
            "scores of shape (N,) or (N, C)",
            f"{given.dtype} of shape {given.shape}",
            "a float array, one row per example",
        )
    if np.isnan(given.astype(np.float64)).any():
        row = int(np.argwhere(np.isnan(np.atleast_2d(given.astype(np.float64))))[0][0])
        raise InputError("scores that are numbers", f"nan, first at row {row}", "the scores as the model gave them")
    eps, relative, exact = _precision(given)
    p = given.astype(np.float64)
    p = p[:, None] if p.ndim == 1 else p
    classes, matrix, labels = _labels(y, p)
    for name in ("ids", "decisions", "logits"):
        if more.get(name) is not None:
            more[name] = np.asarray(more[name])
            if len(more[name]) != len(p):
                raise InputError(f"{len(p)} {name}, one per row", f"{len(more[name])}", "arrays of one length")
    if more.get("validation") is not None:
        more["validation"] = tuple(np.asarray(a, dtype=np.float64) for a in more["validation"])
    return Arrays(p, eps, relative, exact, kind, classes, matrix, labels, **more)


def _labels(y: Any, p: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    if y is None:
        return None, None, None
    labels = np.asarray(y)
    if labels.dtype.kind not in "fiub" or labels.ndim not in (1, 2) or len(labels) != len(p):
        raise InputError(
            f"labels of {len(p)} rows as numbers",
            f"{labels.dtype} of shape {labels.shape}",
            "(N,) class indices, or (N, L) 0/1 with nan for not known",
        )
    labels = labels.astype(np.float64)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    c = p.shape[1]
    if labels.ndim == 2:
        if labels.shape[1] != c:
            raise InputError(f"labels with {c} columns", f"shape {labels.shape}", "one column per score column")
        one_hot = bool(np.isin(labels, (0, 1)).all() and (labels.sum(1) == 1).all())
        return (labels.argmax(1) if one_hot else None), (None if one_hot else labels), labels
    if c == 1:
        return None, labels[:, None], labels
    known = not np.isnan(labels).any() and bool((labels == np.round(labels)).all())
    return (labels.astype(np.int64) if known else None), None, labels
