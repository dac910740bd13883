"""LW804 miscalibrated."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW804",
    slug="miscalibrated",
    severity="note",
    what="The probabilities are far too sure, or not sure enough.",
    why=("The temperature that fits held-out rows is below 0.6 or above 1.7: stated confidence and accuracy differ."),
    fix="Calibrate on held-out data (temperature scaling).",
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="A shift between training and this data gives the same sign.",
    source="Array test F20.",
)
