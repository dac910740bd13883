"""LW802 threshold-does-not-fit."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW802",
    slug="threshold-does-not-fit",
    severity="note",
    what="At the threshold, far more rows have no label (or several) than the truth has.",
    why=("If the probabilities were calibrated, a row would have as many labels as its probabilities sum to."),
    fix=("Tune the threshold, decide by top-k of the expected count, or look for a softmax on a multi-label task."),
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="Rare labels with honestly low probabilities.",
    source="Array test F15.",
)
