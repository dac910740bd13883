"""Answering only when sure: the risk-coverage curve and its areas.

Rows are taken from the most to the least confident; the risk at a coverage is the share of errors among those taken.
Rows of equal confidence are taken in random order, and the curve is the average over such orders, so that the order of
the file decides nothing. Everything is computed from right and wrong counts per level of confidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from labelwise.errors import InputError

__all__ = ["RiskCoverage", "augrc", "aurc", "coverage_at_risk", "excess_aurc", "risk_coverage"]

LEVELS = 16_384  # looked at together: what is computed of them stays in the cache


@dataclass(frozen=True)
class RiskCoverage:
    """The risk-coverage curve, one point per distinct confidence, ready to draw.

    Attributes:
        confidence: (M,) lowest confidence that is still answered, falling.
        coverage: (M,) share of rows answered.
        risk: (M,) share of errors among them.
    """

    confidence: np.ndarray
    coverage: np.ndarray
    risk: np.ndarray

    def thinned(self, points: int = 200) -> RiskCoverage:
        """At most so many points, evenly spread over coverage, both ends kept."""
        if len(self.coverage) <= points:
            return self
        keep = np.unique(
            np.searchsorted(self.coverage, np.linspace(self.coverage[0], 1, points)).clip(0, len(self.risk) - 1)
        )
        return RiskCoverage(self.confidence[keep], self.coverage[keep], self.risk[keep])

    def to_dict(self) -> dict[str, list[Any]]:
        """Plain lists."""
        return {name: getattr(self, name).tolist() for name in ("confidence", "coverage", "risk")}


def levels(confidence: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct confidences from high to low with the right and the wrong rows at each."""
    c, y = np.asarray(confidence), np.asarray(correct)
    if c.ndim != 1 or c.shape != y.shape:
        raise InputError("confidences and outcomes of one length", f"shapes {c.shape} and {y.shape}", "(N,) and (N,)")
    if np.isnan(c).any():
        raise InputError("confidences", f"nan at row {int(np.isnan(c).argmax())}", "rows without an answer left out")
    known = ~np.isnan(y)
    if not known.all():
        c, y = c[known], y[known]
    order = np.argsort(c)[::-1]  # rows of one level are added up, so their order does not matter
    c, y = c[order], y[order]
    del order
    if not len(c):
        return c, np.empty(0), np.empty(0)
    first = np.flatnonzero(np.concatenate([[True], c[1:] != c[:-1]]))
    c, right = c[first], np.add.reduceat(y, first, dtype=np.float64)
    return c, right, np.diff(np.append(first, len(y))) - right


def risk_coverage(confidence: np.ndarray, correct: np.ndarray) -> RiskCoverage:
    """Risk at every coverage that a confidence threshold can reach.

    Args:
        confidence: (N,) numbers, higher means surer; any monotone scale.
        correct: (N,) 1 where the answer is right, 0 where wrong, nan for "not known".

    Returns:
        The curve.

    Raises:
        InputError: where the lengths differ or a confidence is nan.

    Example:
        >>> risk_coverage([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1]).risk.round(3).tolist()
        [0.0, 0.0, 0.333, 0.25]

    Source: El-Yaniv and Wiener (2010).
    """
    c, right, wrong = levels(confidence, correct)
    taken = np.cumsum(right + wrong)
    return RiskCoverage(c, taken / max(taken[-1] if len(taken) else 1, 1), np.cumsum(wrong) / taken)


def aurc(confidence: np.ndarray, correct: np.ndarray) -> float | None:
    """Area under the risk-coverage curve: the mean risk over coverages 1/N, 2/N, ..., 1.

    Args, errors as in `risk_coverage`. None without rows.

    Example:
        >>> round(aurc([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1]), 4)
        0.1458

    Source: Geifman, Uziel and El-Yaniv (2019), equation 3.
    """
    _, right, wrong = levels(confidence, correct)
    return float(aurc_of_counts(right, wrong)) if len(right) else None


def excess_aurc(confidence: np.ndarray, correct: np.ndarray) -> float | None:
    """AURC minus that of the best possible order, in which all errors come last.

    Args, errors as in `risk_coverage`. None without rows.

    Example:
        >>> round(excess_aurc([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1]), 4)
        0.0833

    Source: Geifman, Uziel and El-Yaniv (2019), equation 4 (exact sum, not its logarithmic approximation).
    """
    _, right, wrong = levels(confidence, correct)
    return float(excess_of_counts(right, wrong)) if len(right) else None


def augrc(confidence: np.ndarray, correct: np.ndarray) -> float | None:
    """Area under the generalised risk: the chance of a silent error, averaged over coverages.

    Args, errors as in `risk_coverage`. None without rows.

    Example:
        >>> augrc([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1])
        0.09375

    Source: Traub et al. (2024), equation 7: (1 - AUROC of confidence) acc (1 - acc) + (1 - acc)^2 / 2.
    """
    _, right, wrong = levels(confidence, correct)
    return float(augrc_of_counts(right, wrong)) if len(right) else None


def coverage_at_risk(confidence: np.ndarray, correct: np.ndarray, risk: float) -> float | None:
    """Largest share of rows that a confidence threshold can answer with at most the wanted risk on these rows.

    Args:
        confidence: (N,) numbers, higher means surer.
        correct: (N,) 1, 0, or nan for "not known".
        risk: wanted share of errors among the answered.

    Returns:
        The coverage, 0 where no threshold keeps the risk, None without rows.

    Raises:
        InputError: where the lengths differ or a confidence is nan.

    Example:
        >>> coverage_at_risk([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1], 0.1)
        0.5
    """
    curve = risk_coverage(confidence, correct)
    if not len(curve.risk):
        return None
    kept = curve.coverage[curve.risk <= risk]
    return float(kept[-1]) if len(kept) else 0.0


def aurc_of_counts(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """AURC from counts per level, most confident first; leading axes are kept.

    Within a level of m rows after n0 rows with e0 errors the expected risk at n0 + k rows is (e0 + k r) / (n0 + k), r
    the level's own error rate; its sum is r m + (e0 - r n0) (H(n0 + m) - H(n0)), with H the harmonic numbers.
    """
    total = (right.sum(-1) + wrong.sum(-1)).astype(np.int64)
    harmonic = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, int(np.max(total)) + 1))])
    risks = np.zeros(total.shape)
    seen = np.zeros((2, *total.shape, 1))  # right and wrong in the levels before
    for start in range(0, right.shape[-1], LEVELS):
        part = slice(start, start + LEVELS)
        hits, errors = seen[0] + np.cumsum(right[..., part], -1), seen[1] + np.cumsum(wrong[..., part], -1)
        seen = np.stack([hits[..., -1:], errors[..., -1:]])
        after = (hits + errors).astype(np.int64)
        before = after - (right[..., part] + wrong[..., part]).astype(np.int64)
        rate = wrong[..., part] / np.maximum(after - before, 1)
        risks += ((errors - wrong[..., part] - rate * before) * (harmonic[after] - harmonic[before])).sum(-1)
    return (risks + wrong.sum(-1)) / total


def excess_of_counts(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """AURC minus that of the best order, from counts per level."""
    best = aurc_of_counts(
        np.stack([right.sum(-1), 0 * right.sum(-1)], -1), np.stack([0 * wrong.sum(-1), wrong.sum(-1)], -1)
    )
    return aurc_of_counts(right, wrong) - best


def augrc_of_counts(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """AUGRC from counts per level, most confident first; leading axes are kept."""
    after = right.sum(-1, keepdims=True) - np.cumsum(right, -1)
    pairs = (wrong * (after + right / 2)).sum(-1)
    errors = wrong.sum(-1)
    return (pairs + errors**2 / 2) / (right.sum(-1) + errors) ** 2


def micro_places(confidence: np.ndarray, most: int = 1024) -> tuple[np.ndarray, int]:
    """Level of each row, from the most confident, in at most so many levels of nearly equal size; ties stay together.

    It is the ground of a bootstrap: the areas depend on the rows through the counts at each level only.
    """
    _, level, count = np.unique(-np.asarray(confidence), return_inverse=True, return_counts=True)
    if len(count) <= most:
        return level, len(count)
    coarse = ((np.cumsum(count) - 1) * most // len(level)).astype(np.int64)
    return coarse[level], most
