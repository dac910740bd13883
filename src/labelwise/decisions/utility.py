"""The answer with the highest expected utility, abstaining among the answers."""

from __future__ import annotations

import numpy as np

from labelwise.decisions.rule import TunedRule
from labelwise.decisions.tuning import Settings
from labelwise.task import Task

__all__ = ["most_useful", "useful_band"]


def most_useful(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    """For classes the answer with the highest expected utility; for labels the thresholds at which answers change."""
    useful = np.asarray(settings.utilities, np.float64)
    if task.kind in ("multiclass", "ordinal"):
        return TunedRule("least_cost", costs=tuple(tuple(row) for row in (-useful + 0.0).tolist()))
    useful = np.broadcast_to(useful, (p.shape[1], useful.shape[1]))
    yes, no = zip(*(useful_band(row) for row in useful), strict=True)
    return TunedRule("thresholds", thresholds=yes, unsure_from=no if useful.shape[1] == 5 else None)


def useful_band(utilities: np.ndarray) -> tuple[float | None, float]:
    """From which probability a yes is most useful (None: never), and below which a no is (0: never).

    A yes is worth p TP + (1 - p) FP, a no p FN + (1 - p) TN, and being unsure U, whatever the probability p.

    Args:
        utilities: of a true yes, a false yes, a missed label, a true no, and, where that is an answer, of being unsure.

    Example:
        >>> useful_band(np.array([1.0, -4.0, -1.0, 0.0, -0.5]))
        (0.7, 0.5)
        >>> useful_band(np.array([1.0, -4.0, -1.0, 0.0]))
        (0.6666666666666666, 0.6666666666666666)

    Source: Chow (1970), On optimum recognition error and reject tradeoff, for unequal costs.
    """
    true_yes, false_yes, missed, true_no = utilities[:4]
    middle = (true_no - false_yes) / (true_no - false_yes + true_yes - missed)
    if len(utilities) == 4:
        return float(middle), float(middle)
    high = (utilities[4] - false_yes) / (true_yes - false_yes)
    low = (true_no - utilities[4]) / (true_no - missed)
    if low >= high:  # being unsure is never the best
        return float(middle), float(middle)
    return None if high > 1 else float(max(high, 0.0)), float(min(max(low, 0.0), 1.0))
