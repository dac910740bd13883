"""Tuning of rules: the best threshold of a label for a gain, exactly, by sorting once and trying every one.

Where a label has few positives, its truth is mixed with its calibrated probabilities before the sweep
(t = w y + (1 - w) p with w = P / (P + 200), P the label's positives): with many positives that is the exact optimum on
the rows, with few the plug-in rule that trusts the calibration, and between them something between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.decisions.rule import TunedRule
from labelwise.decisions.thresholds import best_strict_threshold
from labelwise.task import Task

__all__ = [
    "Settings",
    "Tune",
    "balanced",
    "best_cut",
    "each",
    "f_gain",
    "least_cost",
    "pooled",
    "right",
    "samples",
    "softened",
    "strict",
    "youden",
]

PRIOR_POSITIVES = 200
"""So many positives weigh as much as the calibrated probabilities do."""

Gain = Callable[[np.ndarray, np.ndarray, float, int], np.ndarray]


@dataclass(frozen=True)
class Settings:
    """What an objective may ask for besides the data.

    Attributes:
        costs: classes: ``costs[y][k]`` of answering k where y is right; labels: (cost of a false yes, of a missed one),
            the same for all or a pair per label.
        utilities: classes: ``utilities[y][k]`` of answering k where y is right, a column more for not answering;
            labels: (true yes, false yes, missed, true no), a fifth for being unsure, for all or a row per label.
        k: labels per row.
        level: the floor or ceiling of a certified objective.
        delta: probability that a certified promise may be broken.
        seed: of the cut in two of certified objectives.
        exclusive: True where a row has exactly one class, so that costs and utilities are a matrix.
    """

    costs: tuple[tuple[float, ...], ...] | None = None
    utilities: tuple[tuple[float, ...], ...] | None = None
    k: int | None = None
    level: float | None = None
    delta: float = 0.1
    seed: int = 0
    exclusive: bool = False


Tune = Callable[[np.ndarray, np.ndarray, Task, Settings], TunedRule]


def best_cut(p: np.ndarray, t: np.ndarray, gain: Gain) -> float | None:
    """The threshold with the largest gain, half-way to the next lower probability; None where giving none is best.

    Args:
        p: (n,) probabilities.
        t: (n,) truth from 0 to 1.
        gain: (true among the given, number given, all true, n) -> figure of giving the most probable ones.

    Example:
        >>> f1 = lambda hits, given, positives, n: 2 * hits / np.maximum(given + positives, 1e-12)
        >>> round(best_cut(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]), f1), 3)
        0.225
    """
    order = np.argsort(-p, kind="stable")
    ordered, total = p[order], float(t.sum())
    hits = np.concatenate([[0.0], np.cumsum(t[order])])
    given = np.arange(len(p) + 1)
    able = np.concatenate([[True], ordered[1:] < ordered[:-1], [True]])[: len(p) + 1]
    value = np.where(able, gain(hits, given, total, len(p)), -np.inf)
    top = np.flatnonzero(value >= value.max() - 1e-12)
    cuts = _cuts(ordered)
    chosen = top[np.abs(np.where(np.isinf(cuts[top]), 1.0, cuts[top]) - 0.5).argmin()]
    return None if chosen == 0 else float(cuts[chosen])


def softened(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Truth mixed with calibrated probabilities, the more the fewer positives there are."""
    positives = t.sum()
    weight = positives / (positives + PRIOR_POSITIVES)
    return weight * t + (1 - weight) * p


def _cuts(ordered: np.ndarray) -> np.ndarray:
    """Thresholds that give the first 0, 1, ... of descending probabilities."""
    nexts = np.append(ordered[1:], 0.0)
    middle = (ordered + nexts) / 2
    return np.concatenate([[np.inf], np.where(middle > nexts, middle, ordered)])


def each(gain: Gain) -> Tune:
    """A threshold for each label, for a gain."""

    def tune(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
        return TunedRule(
            "thresholds", thresholds=tuple(_cut_of_column(p[:, j], t[:, j], gain) for j in range(p.shape[1]))
        )

    return tune


def _cut_of_column(p: np.ndarray, t: np.ndarray, gain: Gain) -> float | None:
    known = ~np.isnan(t)
    if not known.any():
        return 0.5
    return best_cut(p[known], softened(p[known], t[known]), gain)


def pooled(gain: Gain) -> Tune:
    """One threshold for all labels, for a gain of all cells together."""

    def tune(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
        return TunedRule("thresholds", thresholds=(_cut_of_column(p.ravel(), t.ravel(), gain),) * p.shape[1])

    return tune


def strict(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    """One threshold for all labels that gets most rows right as a whole; for a yes/no question one half."""
    if task.kind == "binary":  # on calibrated probabilities nothing is better, and nothing needs tuning
        return TunedRule("thresholds", thresholds=(0.5,))
    return TunedRule("thresholds", thresholds=(min(best_strict_threshold(p, t).threshold, 1.0),) * p.shape[1])


def samples(beta: float) -> Tune:
    """One threshold for all labels with the best mean F of the rows: every cell's step of its row's F, in order."""

    def tune(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
        known = ~np.isnan(t)
        shown = np.where(known, p, -1.0)  # cells that are not known come last and change nothing
        order = np.argsort(-shown, axis=1, kind="stable")
        truth = np.take_along_axis(np.where(known, t, 0), order, 1)
        ordered, there = np.take_along_axis(shown, order, 1), np.take_along_axis(known, order, 1)
        hits, given = truth.cumsum(1), there.cumsum(1)
        due = truth.sum(1, keepdims=True)
        f = (1 + beta**2) * hits / (beta**2 * due + given).clip(1)
        start = np.where(due[:, 0] == 0, 1.0, 0.0)  # nothing due, nothing given: right
        steps = np.diff(np.concatenate([start[:, None], f], axis=1), axis=1)
        cells = ordered[there]
        by = np.argsort(-cells, kind="stable")
        total = np.concatenate([[0.0], np.cumsum(steps[there][by])])
        cells = cells[by]
        able = np.concatenate([[True], cells[1:] < cells[:-1], [True]])[: len(cells) + 1]
        best = int(np.where(able, total, -np.inf).argmax())
        cut = _cuts(cells)[best]
        return TunedRule("thresholds", thresholds=(None if np.isinf(cut) else float(cut),) * p.shape[1])

    return tune


def balanced(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    """The highest probability after dividing by the share of each class (one more row of each counted in)."""
    counts = np.nansum(t, axis=0)
    share = (counts + 1) / (counts.sum() + len(counts))
    return TunedRule("highest", offsets=tuple((-np.log(share)).tolist()))


def least_cost(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    """The answer with the least expected cost; for a label yes from c_false / (c_false + c_missed)."""
    if task.kind in ("multiclass", "ordinal"):
        return TunedRule("least_cost", costs=settings.costs)
    costs = np.broadcast_to(np.asarray(settings.costs, np.float64), (p.shape[1], 2))
    share = costs[:, 0] / costs.sum(1)
    return TunedRule("thresholds", thresholds=tuple(share.tolist()))


def f_gain(beta: float) -> Gain:
    """F-beta of a label."""
    return lambda hits, given, total, n: (1 + beta**2) * hits / np.maximum(beta**2 * total + given, 1e-12)


def right(hits: np.ndarray, given: np.ndarray, total: float, n: int) -> np.ndarray:
    """Share of right cells."""
    return (hits + (n - given) - (total - hits)) / n


def youden(hits: np.ndarray, given: np.ndarray, total: float, n: int) -> np.ndarray:
    """Recall less the share of false alarms."""
    return hits / max(total, 1e-12) - (given - hits) / max(n - total, 1e-12)
