"""LW402 argmax-one-column."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW402",
    slug="argmax-one-column",
    severity="error",
    what="The arg max over one column.",
    why=(
        "It is 0 for every row: the model never answers the positive class, and the accuracy is the share of negatives."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())
def predict(x):
    return net(x).argmax(dim=1)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())
def predict(x):
    return (net(x) > 0.5).long()
""",
    fix="Compare the probability with a threshold (or the raw score with 0).",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Scores from models outside of the given files.",
    source="interpretml/interpret-community#451.",
)
