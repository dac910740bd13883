"""LW203 nll-on-logits."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW203",
    slug="nll-on-logits",
    severity="error",
    what="NLLLoss gets raw scores where it wants log-probabilities.",
    why=(
        "The loss is minus the true class's score and has no lower bound: it falls for ever while nothing is "
        "learnt about the other classes."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 3)
def step(x, y):
    return F.nll_loss(net(x), y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 3)
def step(x, y):
    return F.cross_entropy(net(x), y)
""",
    fix="Use CrossEntropyLoss, or put log_softmax before NLLLoss.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Networks whose last layer is not in the given files.",
    source="pytorch/pytorch#12703 (an example in the documentation).",
)
