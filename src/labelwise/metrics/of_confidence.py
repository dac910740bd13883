"""Metrics of answering only when sure, for every task."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from labelwise.kernels.columns import auroc_influence
from labelwise.metrics.case import Case
from labelwise.metrics.intervals import delong, percentile
from labelwise.metrics.metric import Metric
from labelwise.metrics.of_rows import from_influence
from labelwise.metrics.ranking import auroc
from labelwise.metrics.selective import (
    augrc_of_counts,
    aurc_of_counts,
    coverage_at_risk,
    excess_of_counts,
    levels,
    micro_places,
)

WANTED_RISK = 0.05


def _area(of_counts: Callable[[np.ndarray, np.ndarray], np.ndarray], case: Case) -> Metric:
    if not case.n:
        return Metric.undefined("no row has a known truth")
    _, right, wrong = levels(case.confidence, case.right)
    place, size = micro_places(case.confidence)
    counts = case.draw_counts(place + size * (case.right == 0), 2 * size, min(case.resamples, 300))
    low, high = percentile(of_counts(counts[:, :size], counts[:, size:]), case.level)
    return Metric(float(of_counts(right, wrong)), low, high, case.n)


aurc = partial(_area, aurc_of_counts)
e_aurc = partial(_area, excess_of_counts)
augrc = partial(_area, augrc_of_counts)


def auroc_confidence(case: Case) -> Metric:
    """Chance that a right answer is surer than a wrong one."""
    value = auroc(case.confidence, case.right)
    if value is None:
        return Metric.undefined("all answers are right, or all wrong", case.n)
    if case.groups is None:
        low, high = delong(case.confidence, case.right, case.level)
        return Metric(value, low, high, case.n, None if low is not None else "too few errors, or told apart perfectly")
    influence = np.zeros(len(case.known))
    influence[case.known] = auroc_influence(case.confidence[:, None], case.right[:, None])
    return from_influence(case, value, influence, case.n, bounds=(0, 1))


def coverage_at_risk_5(case: Case) -> Metric:
    """Share of rows that can be answered with at most 5 % errors among them."""
    value = coverage_at_risk(case.confidence, case.right, WANTED_RISK)
    if value is None:
        return Metric.undefined("no row has a known truth")
    return Metric(value, n=case.n, why="no interval: chosen on these rows, expect a little more risk on new ones")
