"""Figures over seeds, and differences paired by seed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from labelwise.comparison.judge import HeadRun
from labelwise.comparison.result import Difference, MetricInfo, Value
from labelwise.metrics import t_interval

__all__ = ["differences", "over_seeds"]

ONE_SEED = "one seed: no interval"
INFINITE = "infinite: something true was given the probability 0"


def over_seeds(
    values: Sequence[float | None], why: str = "undefined", bounds: tuple[float, float] = (-np.inf, np.inf)
) -> Value:
    """Mean over seeds with Student's t interval.

    Args:
        values: one number per seed, None where undefined.
        why: the reason for None.
        bounds: what the figure can take; the interval is cut there.

    Example:
        >>> over_seeds([0.5, 0.75, 1.0], bounds=(0, 1)).high
        1.0
        >>> over_seeds([None, None], "no positives").why
        'no positives'
    """
    known = [v for v in values if v is not None]
    if not np.isfinite(known).all():
        return Value(None, n=0, why=INFINITE)
    if not known:
        return Value(None, n=0, why=why)
    mean = float(np.mean(known))
    note = (
        f"undefined for {len(values) - len(known)} of {len(values)} seeds: {why}" if len(known) < len(values) else None
    )
    low, high = t_interval(np.array(known))
    if low is None or high is None:
        return Value(mean, n=len(known), why=note or ONE_SEED)
    return Value(mean, max(low, bounds[0]), min(high, bounds[1]), len(known), note)


def differences(
    runs: dict[str, list[HeadRun]], metrics: dict[str, MetricInfo], rules: Sequence[str], own: dict[str, str]
) -> tuple[Difference, ...]:
    """Every pair of heads under every rule, and each under its own; seed by seed.

    Args:
        runs: head -> its runs, in the order of the seeds.
        metrics: the figures, with their direction.
        rules: names of the rules.
        own: head -> the rule that matches it.
    """
    found = []
    for a, b in combinations(runs, 2):
        for rule in (*rules, "own"):
            rule_a, rule_b = (own[a], own[b]) if rule == "own" else (rule, rule)
            for metric, info in metrics.items():
                if info.better == "neither":
                    continue
                pairs = [
                    (x.figures[rule_a][metric], y.figures[rule_b][metric])
                    for x, y in zip(runs[a], runs[b], strict=True)
                ]
                found.append(_difference(a, b, rule, metric, info, pairs))
    return tuple(found)


def _difference(a: str, b: str, rule: str, metric: str, info: MetricInfo, pairs: list) -> Difference:
    gaps = [x - y for x, y in pairs if x is not None and y is not None and np.isfinite(x) and np.isfinite(y)]
    value = over_seeds(gaps, f"{metric} is undefined or infinite for one of the two")
    verdict = None
    if value.low is not None and value.high is not None and value.low * value.high > 0:
        verdict = a if (value.low > 0) == (info.better == "higher") else b
    return Difference(a, b, rule, metric, value.value, value.low, value.high, value.n, verdict, tuple(gaps), value.why)
