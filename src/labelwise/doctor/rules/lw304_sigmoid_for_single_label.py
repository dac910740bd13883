"""LW304 sigmoid-for-single-label."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW304",
    slug="sigmoid-for-single-label",
    severity="note",
    what="Rows of independent probabilities for a task in which every row has exactly one class.",
    why=(
        "One-vs-rest training is legitimate, and the argmax is unaffected by dividing each row by its sum; "
        "but the numbers are not class probabilities, and a threshold leaves rows without a class or with "
        "several."
    ),
    fix="Decide by argmax; calibrate or normalise before the probabilities are used.",
    safety="Not fixed: it may be meant.",
    misses="None known.",
    source="Array test F8.",
)
