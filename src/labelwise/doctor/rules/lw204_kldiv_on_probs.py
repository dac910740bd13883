"""LW204 kldiv-on-probs."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW204",
    slug="kldiv-on-probs",
    severity="error",
    what="KLDivLoss gets probabilities or raw scores as its first argument, where it wants log-probabilities.",
    why=(
        "kl_div(p, q) = q (log q - p): the value is no divergence, can be negative, and its gradient does not"
        " pull p to q."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def kd(s, t):
    return F.kl_div(F.softmax(s, dim=1), F.softmax(t, dim=1))
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def kd(s, t):
    return F.kl_div(F.log_softmax(s, dim=1), F.softmax(t, dim=1), reduction='batchmean')
""",
    fix="Pass log_softmax as the input and softmax as the target.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses=(
        "Probabilities built by hand from an unknown formula; a target of the wrong kind, except in the live check."
    ),
    source="microsoft/ProDA#20.",
)
