"""LW202 nll-on-softmax."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW202",
    slug="nll-on-softmax",
    severity="error",
    what="NLLLoss gets probabilities where it wants log-probabilities.",
    why=(
        "It still trains: the loss is minus the probability of the true class, between -1 and 0. Errors are "
        "hardly punished, and the loss value means nothing."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(z, y):
    return F.nll_loss(F.softmax(z, dim=1), y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(z, y):
    return F.nll_loss(F.log_softmax(z, dim=1), y)
""",
    fix="Use CrossEntropyLoss on the raw scores, or NLLLoss on log_softmax.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Code that takes the logarithm in between is right; skorch takes it itself.",
    source="midas-research/man-sf-emnlp#2, AnubhavGupta3377/Text-Classification-Models-Pytorch#9.",
)
