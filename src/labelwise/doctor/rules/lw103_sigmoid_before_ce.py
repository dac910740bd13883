"""LW103 sigmoid-before-ce."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW103",
    slug="sigmoid-before-ce",
    severity="warning",
    what="Sigmoid outputs go into cross-entropy, which applies softmax to them.",
    why=(
        "It still trains: scores squeezed into [0, 1] give softmax ratios of at most e, so the loss cannot "
        "fall below ln(1 + (C-1)/e), 1.4612 for 10 classes, and gradients vanish where the sigmoid saturates."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(z, y):
    return F.cross_entropy(torch.sigmoid(z), y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(z, y):
    return F.cross_entropy(z, y)
""",
    fix=(
        "Give cross-entropy the raw scores; or keep the sigmoid and use binary cross-entropy if labels are independent."
    ),
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses=("Losses or activations chosen at run time (configuration, command line, registries with unknown keys)."),
    source="Array test F2 (softmax box without F1); seen in course code.",
)
