"""LW801 not-probabilities."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW801",
    slug="not-probabilities",
    severity="error",
    what="Saved scores lie outside of 0..1, or are percentages, or log-probabilities.",
    why=(
        "Thresholds, calibration and log loss computed from them are wrong; raw scores need a link, "
        "percentages a division by 100, log-probabilities exp."
    ),
    fix="Save what you say you save; `--repair` writes the corrected array where the kind is certain.",
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="Raw scores that all lie in 0..1 cannot be told from probabilities.",
    source="Array tests F5 and F6.",
)
