"""Weights of exclusive classes for macro F: the class with the highest log-probability plus its offset.

Coordinate ascent: with all other offsets held, a class's offset decides how many rows go over to it, in the order of
how far it is behind; each crossing changes the F of two classes, so that one sort gives the macro F of every offset,
exactly.
"""

from __future__ import annotations

import numpy as np

from labelwise.decisions.rule import TunedRule
from labelwise.decisions.tuning import Settings, Tune, softened
from labelwise.task import Task

__all__ = ["class_weights"]

PASSES, LEAST_GAIN = 6, 1e-9
SMALLEST = 1e-300


def class_weights(beta: float) -> Tune:
    """Offsets of classes for the highest macro F-beta on the rows, found class by class from two starts.

    Example:
        >>> from labelwise import Task
        >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]] * 100)
        >>> t = np.array([[1, 0], [1, 0], [0, 1], [0, 1]] * 100)
        >>> rule = class_weights(1.0)(p, t, Task("multiclass", ("a", "b")), Settings())
        >>> rule.answers(np.log(p[:4]), Task("multiclass", ("a", "b"))).argmax(1).tolist()
        [0, 0, 1, 1]

    Source: Narasimhan et al. (2015), Consistent multiclass algorithms for complex performance measures, for the form.
    """

    def tune(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
        known = ~np.isnan(t).any(1)
        p, t = p[known], t[known]
        soft = np.column_stack([softened(p[:, c], t[:, c]) for c in range(p.shape[1])])
        log_p = np.log(np.maximum(p, SMALLEST))
        share = (t.sum(0) + 1) / (len(t) + p.shape[1])
        starts = (np.zeros(p.shape[1]), -np.log(share))
        offsets, _ = max((_ascended(log_p, soft, start, beta) for start in starts), key=lambda found: found[1])
        return TunedRule("highest", offsets=tuple((offsets - offsets.mean()).tolist()))

    return tune


def _ascended(log_p: np.ndarray, soft: np.ndarray, offsets: np.ndarray, beta: float) -> tuple[np.ndarray, float]:
    """Offsets from which no single change helps (or after so many passes), and their sum of F."""
    offsets, value = offsets.copy(), -np.inf
    for _ in range(PASSES):
        before = value
        for c in range(log_p.shape[1]):
            offsets[c], value = _best_offset(log_p, soft, offsets, c, beta)
        if value <= before + LEAST_GAIN:
            break
    return offsets, value


def _best_offset(log_p: np.ndarray, soft: np.ndarray, offsets: np.ndarray, c: int, beta: float) -> tuple[float, float]:
    n = len(log_p)
    u = log_p + offsets
    u[:, c] = -np.inf
    rival = u.argmax(1)
    behind = u[np.arange(n), rival] - log_p[:, c]
    order = np.argsort(behind, kind="stable")
    behind, rival, rows = behind[order], rival[order], order
    due = soft.sum(0)
    own = np.concatenate([[0.0], soft[rows, c].cumsum()])
    f_own = _f(own, np.arange(n + 1), due[c], beta)
    # what the rivals lose, row by row: their hits and answers before and after each crossing
    by = np.argsort(rival, kind="stable")
    hits, start = soft[rows, rival][by], np.searchsorted(rival[by], np.arange(len(due)))
    totals = np.bincount(rival, soft[rows, rival], len(due))
    counts = np.bincount(rival, minlength=len(due))
    gone = np.cumsum(hits) - hits
    gone -= gone[np.minimum(start, n - 1)][rival[by]]
    place, owner = np.arange(n) - start[rival[by]], rival[by]
    before = _f(totals[owner] - gone, counts[owner] - place, due[owner], beta)
    after = _f(totals[owner] - gone - hits, counts[owner] - place - 1, due[owner], beta)
    change = np.empty(n)
    change[by] = after - before
    total = f_own + _f(totals, counts, due, beta).sum() - _f(0.0, 0, due[c], beta)
    total += np.concatenate([[0.0], change.cumsum()])
    able = np.concatenate([[True], behind[1:] > behind[:-1], [True]])
    total = np.where(able, total, -np.inf)
    ends = np.concatenate([[behind[0] - 1.0], (behind[1:] + behind[:-1]) / 2, [behind[-1] + 1.0]])
    top = np.flatnonzero(total >= total.max() - LEAST_GAIN)
    chosen = top[np.abs(ends[top] - offsets[c]).argmin()]
    return float(ends[chosen]), float(total[chosen])


def _f(hits: np.ndarray | float, given: np.ndarray | int, due: np.ndarray | float, beta: float) -> np.ndarray:
    return (1 + beta**2) * np.asarray(hits) / np.maximum(beta**2 * np.asarray(due) + given, 1e-12)
