"""Figures over seeds, and differences paired by seed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec
import numpy as np

from labelwise.comparison.judge import HeadRun
from labelwise.comparison.paired import doubled_median_mcnemar, is_level, paired, seeds_to_resolve
from labelwise.comparison.result import EVERY_PAIR, Difference, MetricInfo, Value
from labelwise.metrics import holm, t_interval

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
    return Value(mean, float(max(low, bounds[0])), float(min(high, bounds[1])), len(known), note)


def differences(
    runs: dict[str, list[HeadRun]],
    metrics: dict[str, MetricInfo],
    rules: Sequence[str],
    own: dict[str, str],
    margin: float,
) -> tuple[Difference, ...]:
    """Every pair of heads (of more than `EVERY_PAIR`, each with the first) under every rule, and each under its own.

    Args:
        runs: head -> its runs, in the order of the seeds.
        metrics: the figures, with their direction.
        rules: names of the rules.
        own: head -> the rule that matches it.
        margin: a difference whose interval lies within it counts as level.
    """
    judged = [name for name, info in metrics.items() if info.better != "neither"]
    pairs = [p for p in combinations(runs, 2) if len(runs) <= EVERY_PAIR or p[0] == next(iter(runs))]
    found = []
    for rule in (*rules, "own"):
        of_rule = []
        for a, b in pairs:
            ruled = (own[a], own[b]) if rule == "own" else (rule, rule)
            of_rule += [_difference(a, b, rule, ruled, name, metrics[name], runs, margin) for name in judged]
        adjusted = holm(np.array([np.nan if d.p is None else d.p for d in of_rule]))
        found += [
            msgspec.structs.replace(d, p_holm=None if d.p is None else float(p))
            for d, p in zip(of_rule, adjusted, strict=True)
        ]
    return tuple(found)


def _difference(
    a: str,
    b: str,
    rule: str,
    ruled: tuple[str, str],
    metric: str,
    info: MetricInfo,
    runs: dict[str, list[HeadRun]],
    margin: float,
) -> Difference:
    pairs = [(x, y) for x, y in zip(runs[a], runs[b], strict=True)]
    values = [(x.figures[ruled[0]][metric], y.figures[ruled[1]][metric]) for x, y in pairs]
    gaps = [x - y for x, y in values if x is not None and y is not None and np.isfinite([x, y]).all()]
    found = paired(gaps)
    verdict, decide, why = None, None, None
    if found.mean is None:
        why = f"{metric} is undefined or infinite for one of the two"
    elif found.low is None or found.high is None:
        why = ONE_SEED
    elif found.low * found.high > 0:
        verdict = a if (found.low > 0) == (info.better == "higher") else b
    else:
        decide = seeds_to_resolve(gaps, abs(found.mean))
    rows = None
    if metric == "strict_accuracy":
        right = [
            [run.judged[rule].kinds == 0 for run in of_head]
            for of_head, rule in zip(zip(*pairs, strict=True), ruled, strict=True)
        ]
        rows = doubled_median_mcnemar(*right)
    return Difference(
        a=a,
        b=b,
        rule=rule,
        metric=metric,
        value=found.mean,
        low=found.low,
        high=found.high,
        n=found.n,
        verdict=verdict,
        level=is_level(found.low, found.high, margin),
        values=tuple(gaps),
        bca_low=found.bca_low,
        bca_high=found.bca_high,
        p=found.p,
        p_sign_flip=found.p_sign_flip,
        p_rows=rows,
        seeds_to_decide=decide,
        seeds_for_margin=seeds_to_resolve(gaps, margin),
        why=why,
    )
