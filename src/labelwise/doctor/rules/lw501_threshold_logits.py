"""LW501 threshold-logits."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW501",
    slug="threshold-logits",
    severity="error",
    what="Raw scores are compared with 0.5 as if they were probabilities.",
    why=(
        "On the logit scale 0.5 is a probability of 0.6225; one half is at 0. Recall falls silently (one "
        "published fix moved the metric from 54.79 to 56.06)."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 3)
def step(x, y):
    z = net(x)
    return F.binary_cross_entropy_with_logits(z, y), z > 0.5
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 3)
def step(x, y):
    z = net(x)
    return F.binary_cross_entropy_with_logits(z, y), z > 0
""",
    fix="Compare with 0, or apply the sigmoid first.",
    safety="`--unsafe-fixes` writes 0 for 0.5; that changes which labels are given, as it should.",
    misses=(
        "Models whose loss is not in the given files: a linear output trained with a squared error may "
        "rightly be cut at 0.5."
    ),
    source="facebookresearch/simmc#21, tensorflow/models#3269.",
)
