"""LW807 duplicate-rows."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW807",
    slug="duplicate-rows",
    severity="warning",
    what="Rows with different ids have exactly the same scores.",
    why=(
        "The same input was counted several times, perhaps in both splits: intervals are too narrow and the "
        "score too good."
    ),
    fix="Remove duplicates; give groups so that no group is cut by a split.",
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="Discrete features repeat rows honestly.",
    source="Array test F23.",
)
