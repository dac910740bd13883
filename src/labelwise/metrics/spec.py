"""A metric as a value: what it is called, where it applies, how it is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from labelwise.metrics.case import Case
from labelwise.metrics.metric import Metric

__all__ = [
    "ALL",
    "CELLS",
    "DELTA",
    "MANY",
    "NONE",
    "ONE",
    "ORDERED",
    "STUDENT",
    "WILSON",
    "MetricSpec",
    "either",
]

ONE = ("binary", "multiclass", "ordinal")
MANY = ("multilabel",)
ALL = (*ONE, *MANY)
ORDERED = ("ordinal",)

CELLS = "multinomial bootstrap of the confusion cells"
WILSON = "Wilson"
STUDENT = "Student's t"
DELTA = "delta method over rows"
NONE = "none, the reason is told"


@dataclass(frozen=True)
class MetricSpec:
    """A metric: what it is called, where it applies, how it is computed.

    Attributes:
        name: scikit-learn's where it has one.
        title: what it says, in a few words.
        tasks: kinds of task it applies to.
        needs: ``decisions`` (the answers alone) or ``scores``.
        better: ``higher``, ``lower`` or ``neither`` (a fact, or a baseline).
        fn: takes a `Case`, gives a `Metric`.
        interval: how its interval is made.
        source: paper or library whose definition it follows.
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    needs: Literal["decisions", "scores"]
    better: Literal["higher", "lower", "neither"]
    fn: Callable[[Case], Metric]
    interval: str
    source: str


def either(one: Callable[[Case], Metric], many: Callable[[Case], Metric]) -> Callable[[Case], Metric]:
    """One metric, computed apart for one class per row and for several labels."""
    return lambda case: (many if case.several else one)(case)
