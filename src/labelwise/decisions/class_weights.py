"""Weights of exclusive classes for macro F: the class with the highest log-probability plus its offset.

Coordinate ascent: with all other offsets held, a class's offset decides how many rows go over to it, in the order of
how far it is behind; each crossing changes the F of two classes, so that one sort gives the macro F of every offset,
exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from labelwise.decisions.rows import only
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.tuning import Settings, Tune, softened
from labelwise.decisions.values import macro_f
from labelwise.task import Task

__all__ = ["class_weights"]

PASSES, LEAST_GAIN = 6, 1e-9
SMALLEST = 1e-300
STRENGTHS, FOLDS = (0.0, 0.5, 1.0), 3


def class_weights(beta: float) -> Tune:
    """Offsets of classes for the highest macro F-beta, found class by class and shrunk as held-out rows say.

    In three folds, drawn by the seed, offsets of the other rows are taken not at all, by half, or as they are; what is
    best there on average is done to the offsets of all rows, if it helps in every fold.

    Example:
        >>> from labelwise import Task
        >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]] * 1000)
        >>> t = np.array([[1, 0], [1, 0], [0, 1], [0, 1]] * 1000)
        >>> rule = class_weights(1.0)(p, t, Task("multiclass", ("a", "b")), Settings())
        >>> rule.answers(np.log(p[:4]), Task("multiclass", ("a", "b"))).argmax(1).tolist()
        [0, 0, 1, 1]

    Source: Narasimhan et al. (2015), Consistent multiclass algorithms for complex performance measures, for the form.
    """

    def tune(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
        known = ~np.isnan(t).any(1)
        p, t = p[known], t[known]
        log_p = np.log(np.maximum(p, SMALLEST))
        offsets = _ascended(log_p, p, t, beta)
        fold = np.random.default_rng(settings.seed).permutation(len(p)) % FOLDS
        figures = np.zeros((FOLDS, len(STRENGTHS)))
        for k in range(FOLDS):
            fit, test = fold != k, fold == k
            if not (test.any() and fit.any()):
                return TunedRule("highest", offsets=(0.0,) * p.shape[1])
            found = _ascended(log_p[fit], p[fit], t[fit], beta)
            for place, strength in enumerate(STRENGTHS):
                answers = only((log_p[test] + strength * found).argmax(1), p.shape[1])
                figures[k, place] = macro_f(beta)(answers, t[test], settings) or 0.0
        best = int(figures.mean(0).argmax())
        helps = (figures[:, best] > figures[:, 0]).all()
        return TunedRule("highest", offsets=tuple((offsets * (STRENGTHS[best] if helps else 0.0)).tolist()))

    return tune


@dataclass(eq=False)
class _Leaders:
    """The two highest values of each row, kept up while columns change."""

    u: np.ndarray
    place: np.ndarray = field(init=False)
    value: np.ndarray = field(init=False)

    def __post_init__(self):
        self.place, self.value = np.zeros((2, len(self.u)), int), np.zeros((2, len(self.u)))
        self._look(np.arange(len(self.u)))

    def _look(self, rows: np.ndarray) -> None:
        u, line = self.u[rows], np.arange(len(rows))
        for order in range(2):
            self.place[order, rows] = best = u.argmax(1)
            self.value[order, rows] = u[line, best]
            u[line, best] = -np.inf

    def besides(self, c: int) -> tuple[np.ndarray, np.ndarray]:
        """The highest of the other columns: where, and how high."""
        own = self.place[0] == c
        return np.where(own, self.place[1], self.place[0]), np.where(own, self.value[1], self.value[0])

    def add(self, c: int, amount: float) -> None:
        """Raise a column."""
        self.u[:, c] += amount
        self._look(np.flatnonzero((self.place == c).any(0) | (self.u[:, c] >= self.value[1])))


def _ascended(log_p: np.ndarray, p: np.ndarray, t: np.ndarray, beta: float) -> np.ndarray:
    """Offsets, 0 on average, from which no single change helps on these rows (or after so many passes)."""
    soft = np.column_stack([softened(p[:, c], t[:, c]) for c in range(p.shape[1])])
    offsets, leaders, value = np.zeros(p.shape[1]), _Leaders(log_p.copy()), -np.inf
    for _ in range(PASSES):
        before = value
        for c in range(p.shape[1]):
            offset, value = _best_offset(leaders.besides(c), log_p[:, c], soft, offsets[c], c, beta)
            leaders.add(c, offset - offsets[c])
            offsets[c] = offset
        if value <= before + LEAST_GAIN:
            break
    return offsets - offsets.mean()


def _best_offset(
    others: tuple[np.ndarray, np.ndarray], own_log_p: np.ndarray, soft: np.ndarray, now: float, c: int, beta: float
) -> tuple[float, float]:
    """The offset of a class with the highest sum of F, nearest to what it is now, and that sum.

    Args:
        others: for each row the highest of the other classes: which, and how high with its offset.
        own_log_p: (n,) log-probabilities of the class.
        soft: (n, C) truth from 0 to 1.
        now: its offset.
        c: the class.
        beta: of F.
    """
    n, (rival, high) = len(own_log_p), others
    behind = high - own_log_p
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
    chosen = top[np.abs(ends[top] - now).argmin()]
    return float(ends[chosen]), float(total[chosen])


def _f(hits: np.ndarray | float, given: np.ndarray | int, due: np.ndarray | float, beta: float) -> np.ndarray:
    return (1 + beta**2) * np.asarray(hits) / np.maximum(beta**2 * np.asarray(due) + given, 1e-12)
