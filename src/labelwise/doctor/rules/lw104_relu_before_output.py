"""LW104 relu-before-output."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW104",
    slug="relu-before-output",
    severity="warning",
    what="The scores pass through ReLU before the loss.",
    why=(
        "Every negative score becomes 0 and gets no gradient: with sigmoid no probability falls below 0.5, "
        "with softmax all 'unlikely' classes tie. A row in which all scores are negative is stuck."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
fc = nn.Linear(8, 3)
def step(x, y):
    return F.cross_entropy(F.relu(fc(x)), y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
fc = nn.Linear(8, 3)
def step(x, y):
    return F.cross_entropy(fc(x), y)
""",
    fix="Drop the activation of the last layer.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses=(
        "ReLU written as torch.maximum with an unknown bound; pooling over places after ReLU is right and not reported."
    ),
    source="keras-team/keras#12096.",
)
