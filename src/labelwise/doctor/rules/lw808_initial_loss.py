"""LW808 initial-loss."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW808",
    slug="initial-loss",
    severity="note",
    what="The loss at initialisation is far from what theory says.",
    why=(
        "An untrained head should score ln C (softmax) or ln 2 (sigmoid, per label); far above means badly "
        "scaled scores or labels, far below a leak."
    ),
    fix="Check the last layer's initial weights, the labels and the loss.",
    safety="Not fixed: the arrays say what happened, not in which line.",
    misses="Pretrained heads.",
    source="Expected loss of a uniform answer.",
)
