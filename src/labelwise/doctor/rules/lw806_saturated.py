"""LW806 saturated."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW806",
    slug="saturated",
    severity="note",
    what="Many probabilities are exactly 0 or 1.",
    why=(
        "The sigmoid in float32 is exactly 1 from z = 17.33, in float16 from 8.32: the order among the surest"
        " rows is lost, and their log loss is infinite if they are wrong."
    ),
    fix="Save the raw scores.",
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="Decision trees give exact 0 and 1 honestly.",
    source="Array test F22.",
)
