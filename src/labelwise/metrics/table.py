"""METRICS: every metric of an audit as a value, one row each."""

from __future__ import annotations

from labelwise.metrics.case import Case
from labelwise.metrics.metric import Metric
from labelwise.metrics.spec import MetricSpec
from labelwise.metrics.table_answers import ANSWERS, RANKS
from labelwise.metrics.table_scores import CONFIDENCE, PROBABILITIES, RANKINGS

__all__ = ["METRICS", "metrics_of"]

METRICS: dict[str, MetricSpec] = {row.name: row for row in (*ANSWERS, *RANKS, *PROBABILITIES, *RANKINGS, *CONFIDENCE)}
"""Every metric by name, in the order of a report."""


def metrics_of(case: Case) -> dict[str, Metric]:
    """Every metric that applies to a case, in the order of the table."""
    return {name: row.fn(case) for name, row in METRICS.items() if case.scores.task.kind in row.tasks}
