"""LW810 head-gradient-scale."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW810",
    slug="head-gradient-scale",
    severity="note",
    what="One output of a model with several gets a gradient more than 100 times that of another, or none.",
    why=(
        "One learning rate cannot suit both: the weak head hardly learns while the strong one is unstable. A sum "
        "beside a mean over labels, or a loss that is left out, looks like this."
    ),
    fix="Weigh the losses, or give them the same reduction.",
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="Outputs that are not tensors in a tuple, list or dict.",
    source="The mean over C labels divides the gradient by C, the sum does not.",
)
