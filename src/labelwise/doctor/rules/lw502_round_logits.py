"""LW502 round-logits."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW502",
    slug="round-logits",
    severity="error",
    what="Raw scores are rounded to get 0/1 labels.",
    why=(
        "round gives any whole number (-3, 2 ...), and splits at 0.5 where one half is at 0: accuracy counts "
        "most confident answers as wrong."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 1)
def step(x, y):
    z = net(x)
    return F.binary_cross_entropy_with_logits(z, y), torch.round(z)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 1)
def step(x, y):
    z = net(x)
    return F.binary_cross_entropy_with_logits(z, y), torch.round(torch.sigmoid(z))
""",
    fix="Round the sigmoid of the scores, or compare the scores with 0.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Models whose loss is not in the given files.",
    source="ilivans/tf-rnn-attention#3.",
)
