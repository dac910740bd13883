"""LW805 prior-offset."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW805",
    slug="prior-offset",
    severity="note",
    what="The mean probability is far from the share of positives, by one constant on the logit scale.",
    why=("Weights (pos_weight, class weights) or resampling move the odds by their factor w: the offset is -ln w."),
    fix="Add the offset to the logits, or calibrate.",
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="Both causes look alike; the mending is the same.",
    source="Array test F21: the optimum of weighted BCE has odds times w.",
)
