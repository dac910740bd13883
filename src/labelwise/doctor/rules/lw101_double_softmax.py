"""LW101 double-softmax."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW101",
    slug="double-softmax",
    severity="warning",
    what="Softmax outputs go into a loss (or a function) that applies softmax itself.",
    why=(
        "It still trains, and the argmax is often as good; the probabilities are lost. The loss cannot fall "
        "below ln(1 + (C-1)/e): 0.5514 for 3 classes, 1.4612 for 10, 3.6222 for 100, and the top probability "
        "cannot pass e/(e+C-1), 0.23 for 10 classes."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(model, x, y):
    p = F.softmax(model(x), dim=1)
    return F.cross_entropy(p, y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(model, x, y):
    return F.cross_entropy(model(x), y)
""",
    fix="Give the loss the raw scores; apply softmax only where probabilities are shown or saved.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses=(
        "Losses or activations chosen at run time (configuration, command line, registries with unknown "
        "keys). A softmax reached through a container whose items are not known."
    ),
    source=(
        "jindongwang/Deep-learning-activity-recognition#10, Lightning-Universe/lightning-bolts#654; the floor"
        " is the outer softmax's minimum on [0, 1]."
    ),
)
