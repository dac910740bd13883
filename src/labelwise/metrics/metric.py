"""One figure with its interval, its n, and the reason where it is undefined."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Metric"]


@dataclass(frozen=True)
class Metric:
    """A figure as it may be quoted: value, interval, number of items, reason.

    Attributes:
        value: the figure, or None where it is undefined.
        low: lower end of the interval, or None where there is none.
        high: upper end of the interval, or None.
        n: items the figure rests on: rows, cells, or positives, as the metric says.
        why: the reason for a missing value or interval, or what was left out.

    Example:
        >>> print(Metric(0.5, 0.25, 0.75, n=12))
        0.5000 [0.2500, 0.7500] (n = 12)
        >>> print(Metric.undefined("no positives", n=12))
        undefined: no positives (n = 12)
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    why: str | None = None

    @classmethod
    def undefined(cls, why: str, n: int = 0) -> Metric:
        """A figure that does not exist, with the reason."""
        return cls(None, n=n, why=why)

    def to_dict(self) -> dict[str, Any]:
        """``{value, low, high, n, why}``; an infinite value stays a float (JSON writers say how they spell it)."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n, "why": self.why}

    def __str__(self) -> str:
        if self.value is None:
            return f"undefined: {self.why} (n = {self.n})"
        shown = f"{self.value:.4f}"
        if self.low is not None and self.high is not None and not math.isnan(self.low):
            shown += f" [{self.low:.4f}, {self.high:.4f}]"
        return f"{shown} (n = {self.n})"
