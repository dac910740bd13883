"""LW809 constant-output."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW809",
    slug="constant-output",
    severity="error",
    what="The model gives the same output for every row.",
    why="It has not learnt, or its last layer cannot tell rows apart (softmax of one unit, dead ReLU).",
    fix="Look at the last layer and its activation.",
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="Batches of equal rows.",
    source="Array test F10.",
)
