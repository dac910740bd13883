"""LW803 swapped-column."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW803",
    slug="swapped-column",
    severity="error",
    what=("The score ranks the classes the wrong way round (AUC below 0.5 by more than 3 standard errors)."),
    why="Either the column of the other class was saved (P[:, 0]), or the labels are flipped.",
    fix="Save P[:, 1], or flip the labels.",
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="Weak models near 0.5.",
    source="Array test F19.",
)
