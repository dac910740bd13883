"""Figures of answers, one per objective: the higher the better, None where undefined."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from labelwise.decisions.tuning import Settings
from labelwise.metrics.counts import label_counts

__all__ = [
    "Value",
    "cost",
    "labelwise",
    "macro_f",
    "mean_precision",
    "mean_recall",
    "micro_f",
    "rank",
    "samples_f",
    "strict",
    "sure_share",
    "utility",
    "youden",
]

Unsure = np.ndarray | None


class Value(Protocol):
    """A figure of (N, C) answers beside their truth (nan where not known); an unsure cell is one that is not given."""

    def __call__(self, answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
        """The figure, None where undefined."""
        ...


def strict(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
    """Strict accuracy: rows with all known labels right."""
    known = ~np.isnan(t)
    rows = known.any(1)
    if not rows.any():
        return None
    return float(((answers == (t == 1)) | ~known).all(1)[rows].mean())


def labelwise(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
    """Label-wise accuracy: right cells."""
    known = ~np.isnan(t)
    return float((answers == (t == 1))[known].mean()) if known.any() else None


def macro_f(beta: float) -> Value:
    """F-beta of each label that occurs, averaged."""

    def value(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
        c = label_counts(answers, t)
        due = c.tp + c.fn > 0
        f = (1 + beta**2) * c.tp[due] / ((1 + beta**2) * c.tp[due] + beta**2 * c.fn[due] + c.fp[due])
        return float(f.mean()) if due.any() else None

    return value


def micro_f(beta: float) -> Value:
    """F-beta of all cells together."""

    def value(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
        c = label_counts(answers, t)
        tp, fp, fn = c.tp.sum(), c.fp.sum(), c.fn.sum()
        return float((1 + beta**2) * tp / ((1 + beta**2) * tp + beta**2 * fn + fp)) if tp + fp + fn else None

    return value


def samples_f(beta: float) -> Value:
    """F-beta of each row, averaged; a row that is rightly empty counts 1."""

    def value(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
        known = ~np.isnan(t)
        rows = known.any(1)
        if not rows.any():
            return None
        yes, given = (t == 1)[rows], (answers & known)[rows]
        below = beta**2 * yes.sum(1) + given.sum(1)
        hits = (1 + beta**2) * (yes & given).sum(1)
        return float(np.where(below > 0, hits / np.maximum(below, 1e-12), 1.0).mean())

    return value


def mean_recall(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
    """Balanced accuracy: recall, averaged over the labels that occur."""
    c = label_counts(answers, t)
    due = c.tp + c.fn > 0
    return float((c.tp[due] / (c.tp + c.fn)[due]).mean()) if due.any() else None


def mean_precision(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
    """Precision, averaged over the labels that are given at all."""
    c = label_counts(answers, t)
    given = c.tp + c.fp > 0
    return float((c.tp[given] / (c.tp + c.fp)[given]).mean()) if given.any() else None


def youden(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
    """Youden's index, averaged over labels: recall less the share of false alarms."""
    c = label_counts(answers, t)
    both = (c.tp + c.fn > 0) & (c.tn + c.fp > 0)
    if not both.any():
        return None
    return float((c.tp[both] / (c.tp + c.fn)[both] + c.tn[both] / (c.tn + c.fp)[both] - 1).mean())


def rank(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
    """Mean distance between the ranks given and true, negative; of the rows that are answered."""
    rows = ~np.isnan(t).any(1) & answers.any(1)
    return float(-np.abs(answers[rows].argmax(1) - t[rows].argmax(1)).mean()) if rows.any() else None


def cost(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
    """Mean cost of a row, negative."""
    costs = np.asarray(settings.costs, np.float64)
    known = ~np.isnan(t)
    if not known.any():
        return None
    if settings.exclusive:
        rows = known.all(1)
        return float(-costs[t[rows].argmax(1), answers[rows].argmax(1)].mean())
    pair = np.broadcast_to(costs, (t.shape[1], 2))
    spent = pair[:, 0] * (answers & (t == 0)) + pair[:, 1] * (~answers & (t == 1))
    return float(-spent.sum(1)[known.any(1)].mean())


def utility(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
    """Mean utility of a row; without an answer that of the column beyond the classes."""
    useful, known = np.asarray(settings.utilities, np.float64), ~np.isnan(t)
    if not known.any():
        return None
    if settings.exclusive:
        rows = known.all(1)
        given = np.where(answers[rows].any(1), answers[rows].argmax(1), useful.shape[1] - 1)
        return float(useful[t[rows].argmax(1), given].mean())
    useful = np.broadcast_to(useful, (t.shape[1], useful.shape[1]))
    unsure = np.zeros(t.shape, bool) if unsure is None else unsure
    no = ~answers & ~unsure
    cells = (answers & (t == 1), answers & (t == 0), no & (t == 1), no & (t == 0), unsure & known)
    got = sum(where * useful[:, kind] for kind, where in enumerate(cells[: useful.shape[1]]))
    return float(np.asarray(got).sum(1)[known.any(1)].mean())


def sure_share(answers: np.ndarray, t: np.ndarray, settings: Settings, unsure: Unsure = None) -> float | None:
    """Share of cells that are answered by yes or no."""
    known = ~np.isnan(t)
    if not known.any():
        return None
    return 1.0 if unsure is None else float(1 - unsure[known].mean())
