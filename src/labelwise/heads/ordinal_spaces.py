"""Spaces of ordered classes: a score and thresholds, levels, or steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from labelwise.heads.space import Space, shares
from labelwise.reference import ordinal
from labelwise.task import Task

if TYPE_CHECKING:
    from labelwise.heads.head import Head

__all__ = [
    "ADJACENT_SPACE",
    "CORAL_SPACE",
    "CORN_SPACE",
    "cumulative_shares",
    "gaps_of",
    "rank_shares",
    "threshold_space",
]


def _space(
    link: str,
    text: str,
    log_probs: Callable[[np.ndarray], np.ndarray],
    shift_invariant: bool = False,
    scored: bool = True,
) -> Space:
    """A space of ranks; `scored` where the first output is a score and the others are biases alone."""

    def ranks(task: Task) -> int:
        return len(task.class_names)

    def of_head(head: Head, outputs: np.ndarray, task: Task) -> np.ndarray:
        return log_probs(outputs)

    return Space(
        link=link,
        text=text,
        exclusive=True,
        shift_invariant=shift_invariant,
        missing="none",
        outputs=ranks if scored else lambda task: ranks(task) - 1,
        encode=lambda task, targets: np.asarray(targets, np.int64),
        log_probs=of_head,
        constants=(lambda task: ranks(task) - 1) if scored else lambda task: 0,
        least_classes=2,
    )


def threshold_space(link: str) -> Space:
    """Outputs (f, θ_0, δ_1 .. δ_{K-2}) with P(y ≤ k) = F(θ_k - f) and θ_k = θ_{k-1} + ln(1 + e^{δ_k}).

    Args:
        link: of F, ``logit``, ``probit`` or ``cloglog``.
    """
    return _space(
        f"cumulative {link}",
        "one score and thresholds that are in order by construction cut the line into ranks",
        lambda outputs: ordinal.cumulative_log_probs(outputs, link),
    )


ADJACENT_SPACE = _space(
    "adjacent logit",
    "one score, and a threshold between each two neighbours that says which of the two is likelier",
    ordinal.adjacent_log_probs,
    shift_invariant=True,
)
"""Outputs (f, θ_0 .. θ_{K-2}) with P(k) / P(k+1) = e^{θ_k - f}: valid in any order."""

CORAL_SPACE = _space(
    "levels",
    "one score and a bias for each level: the chance that the rank lies above it",
    ordinal.coral_log_probs,
)
"""Outputs (f, b_0 .. b_{K-2}) with P(y > k) = σ(f + b_k), the biases in descending order."""

CORN_SPACE = _space(
    "steps",
    "an output for each step: the chance to pass it, once it is reached",
    ordinal.corn_log_probs,
    scored=False,
)
"""Outputs z_0 .. z_{K-2} with P(y > k | y ≥ k) = σ(z_k)."""


def rank_shares(rows: np.ndarray) -> np.ndarray:
    """Shares of the ranks, none of them 0, with sum 1.

    Args:
        rows: (N, K) one-hot.
    """
    found = shares(rows)
    return found / found.sum()


def cumulative_shares(rows: np.ndarray) -> np.ndarray:
    """(K-1,) shares of rows at or below each rank but the last."""
    return np.cumsum(rank_shares(rows))[:-1]


def gaps_of(thresholds: np.ndarray) -> np.ndarray:
    """(θ_0, δ_1 ..) of ascending thresholds: δ = ln(e^{θ_k - θ_{k-1}} - 1).

    Example:
        >>> gaps_of(np.array([-1.0, -1.0 + np.log(2)])).round(6).tolist()
        [-1.0, 0.0]
    """
    apart = np.diff(thresholds)
    return np.concatenate([thresholds[:1], apart + np.log(-np.expm1(-apart))])
