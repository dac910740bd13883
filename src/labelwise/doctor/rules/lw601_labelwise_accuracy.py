"""LW601 labelwise-accuracy."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW601",
    slug="labelwise-accuracy",
    severity="warning",
    what="Accuracy is counted over row-label cells.",
    why=(
        "With C classes of which one holds, answering nothing at all already gives 1 - 1/C: 0.90 for 10 "
        "classes, 0.95 for 20. Such figures have invalidated weeks of results."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 5)
def evaluate(x, y):
    accuracy = ((torch.sigmoid(net(x)) > 0.5).float() == F.one_hot(y, 5)).float().mean()
    return accuracy
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 5)
def evaluate(x, y):
    accuracy = (net(x).argmax(1) == y).float().mean()
    return accuracy
""",
    fix=(
        "Compare the arg max (one class per row) or whole rows (several labels); or say that it is label-"
        "wise, beside the do-nothing baseline."
    ),
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Multi-label metrics that are named so (hamming, per label) are not reported.",
    source="keras-team/keras#3098, #5335; frlim/data2040_final#1.",
)
