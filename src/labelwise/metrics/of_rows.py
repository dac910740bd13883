"""Figures that are means of one number per row, and their intervals, with or without groups of rows."""

from __future__ import annotations

import numpy as np

from labelwise.metrics.case import Case
from labelwise.metrics.intervals import bootstrap_groups, percentile, t_interval, wilson, z_of
from labelwise.metrics.metric import Metric

__all__ = ["from_influence", "mean", "rate", "ratio"]


def mean(case: Case, values: np.ndarray, what: str) -> Metric:
    """Mean over rows: Student's interval, or a bootstrap of whole groups.

    Args:
        case: for the groups, the level and the resamples.
        values: (N,) one number per row of the case; nan is left out.
        what: what an infinite value means, for the reason.
    """
    known = ~np.isnan(values)
    n = int(known.sum())
    if not n:
        return Metric.undefined("no row has a known truth")
    if np.isinf(values[known]).any():
        rows = np.flatnonzero(known & np.isinf(values))
        return Metric.undefined(f"infinite: {len(rows)} rows {what}, first row {rows[0]}", n)
    value = float(values[known].mean())
    if case.groups is None:
        low, high = t_interval(values[known], case.level)
    else:
        low, high = _of_groups(case, np.stack([np.where(known, values, 0), known.astype(float)], 1))
    return Metric(value, low, high, n, None if low is not None else "one row has no spread")


def rate(case: Case, hits: np.ndarray) -> Metric:
    """Share of rows: Wilson's interval, or a bootstrap of whole groups."""
    known = ~np.isnan(hits)
    n, k = int(known.sum()), float(hits[known].sum())
    if not n:
        return Metric.undefined("no row has a known truth")
    if case.groups is None:
        low, high = (float(v) for v in wilson(k, n, case.level))
    else:
        low, high = _of_groups(case, np.stack([np.where(known, hits, 0), known.astype(float)], 1))
    return Metric(k / n, low, high, n)


def ratio(case: Case, top: np.ndarray, bottom: np.ndarray, what: str = "") -> Metric:
    """Sum of `top` over sum of `bottom`, rows (or groups) drawn together: cells of one row are not independent."""
    total = float(bottom.sum())
    if not total:
        return Metric.undefined("no cell has a known truth")
    if np.isinf(top).any():
        rows = np.flatnonzero(np.isinf(top))
        return Metric.undefined(f"infinite: {len(rows)} rows {what}, first row {rows[0]}", int(total))
    value = float(top.sum() / total)
    return from_influence(case, value, (top - value * bottom) / total, int(total))


def from_influence(case: Case, value: float, influence: np.ndarray, n: int, bounds: tuple[float, float] | None = None):
    """Normal interval from what each row contributes to the figure's error (the delta method), summed over groups."""
    if case.groups is not None:
        influence = np.bincount(case.groups, influence)
    size = len(influence)
    if size < 2:
        return Metric(value, n=n, why="one row has no spread")
    half = z_of(case.level) * float(np.sqrt(((influence - influence.mean()) ** 2).sum() * size / (size - 1)))
    low, high = value - half, value + half
    if bounds is not None:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    return Metric(value, low, high, n)


def _of_groups(case: Case, per_row: np.ndarray) -> tuple[float, float] | tuple[None, None]:
    assert case.groups is not None
    totals = np.stack([np.bincount(case.groups, column) for column in per_row.T], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        draws = bootstrap_groups(totals, lambda t: t[:, 0] / t[:, 1], case.resamples, case.seed)
    return percentile(draws, case.level)
