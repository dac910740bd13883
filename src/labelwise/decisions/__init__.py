"""Decisions: rules from probabilities to answers, their tuning, and the kinds of mistakes."""

from labelwise.decisions.mistakes import KINDS, OVERCONFIDENT, mistake_kinds, top_confidence
from labelwise.decisions.rules import DECISION_RULES, DecisionRule, argmax_answers, rules_for
from labelwise.decisions.thresholds import best_f1_threshold, best_labelwise_threshold, best_strict_threshold

__all__ = [
    "DECISION_RULES",
    "KINDS",
    "OVERCONFIDENT",
    "DecisionRule",
    "argmax_answers",
    "best_f1_threshold",
    "best_labelwise_threshold",
    "best_strict_threshold",
    "mistake_kinds",
    "rules_for",
    "top_confidence",
]
