"""Figures of a merged state whose interval needs rows: the spread is that of the sample, scaled to all rows.

The spread of a figure falls with the square root of the rows, and its constant is the same for a random sample as for
the whole. So the distances from the sample's figure to the ends of its interval, times sqrt(k / n), are those of the
whole; what binning may have changed is added on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from labelwise.metrics.metric import Metric

__all__ = ["Binned", "told", "with_spread", "without_interval"]


@dataclass(frozen=True)
class Binned:
    """A figure of all rows without an interval of its own.

    Attributes:
        value: the figure, None where undefined.
        n: items it rests on.
        bound: how far it may be off because of the bins; 0 where it is exact.
        how: the bins, in words; empty where there are none.
        why: why it is undefined, or what was left out.
        rare: classes with too few rows in the sample for the spread of this figure.
    """

    value: float | None
    n: int
    bound: float = 0.0
    how: str = ""
    why: str | None = None
    rare: int = 0


def with_spread(figure: Binned, sampled: Metric, rows: int, n: int) -> Metric:
    """The figure with the interval that a sample of it has, scaled.

    Args:
        figure: of all rows.
        sampled: the same figure on the sample, with its interval.
        rows: rows of the sample.
        n: rows in all.

    Example:
        >>> with_spread(Binned(0.75, 400), Metric(0.76, 0.70, 0.82, 100), 100, 400).low
        0.72
    """
    if figure.value is None:
        return Metric.undefined(figure.why or "undefined", figure.n)
    told_of = [figure.how] if figure.how else []
    low, high = None, None
    if figure.rare:
        told_of.append(f"no interval: the sample holds too few rows of {figure.rare} classes")
    elif sampled.value is None or sampled.low is None or sampled.high is None:
        told_of.append(sampled.why or "no interval")
    else:
        share = (rows / n) ** 0.5
        low = max(figure.value - (sampled.value - sampled.low) * share - figure.bound, 0.0)
        high = min(figure.value + (sampled.high - sampled.value) * share + figure.bound, 1.0)
        if rows < n:
            told_of.append(f"its interval has the spread of a sample of {rows} rows")
    if figure.why:
        told_of.append(figure.why)
    return Metric(figure.value, low, high, figure.n, "; ".join(told_of) or None)


def told(metric: Metric, rows: int, n: int) -> Metric:
    """A figure of the sample alone, which says so."""
    if rows == n:
        return metric
    why = f"from a sample of {rows} of {n} rows"
    return replace(metric, why=f"{metric.why}; {why}" if metric.why else why)


def without_interval(metric: Metric) -> Metric:
    """The same without an interval, where rows came in groups that were not kept."""
    if metric.low is None or metric.low == metric.high:
        return metric
    return replace(metric, low=None, high=None, why="no interval: a merged state does not keep groups")
