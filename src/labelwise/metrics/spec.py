"""A metric as a value: what it is called, where it applies, how it is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from labelwise.metrics.case import Case
from labelwise.metrics.metric import Metric

__all__ = ["ALL", "MANY", "ONE", "ORDERED", "MetricSpec"]

ONE = ("binary", "multiclass", "ordinal")
MANY = ("multilabel",)
ALL = (*ONE, *MANY)
ORDERED = ("ordinal",)


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
