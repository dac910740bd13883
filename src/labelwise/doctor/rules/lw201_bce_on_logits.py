"""LW201 bce-on-logits."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW201",
    slug="bce-on-logits",
    severity="error",
    what="BCELoss gets raw scores where it wants probabilities.",
    why=(
        "On the CPU torch raises as soon as a score leaves [0, 1]; on a GPU it is a device assert; scores "
        "that happen to lie inside train a wrong loss in silence."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 1)
def step(x, y):
    return nn.BCELoss()(net(x), y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 1)
def step(x, y):
    return nn.BCEWithLogitsLoss()(net(x), y)
""",
    fix="Use BCEWithLogitsLoss on the raw scores.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Networks whose last layer is not in the given files.",
    source="yunlongdong/FCN-pytorch#7.",
)
