"""LW504 blind-threshold."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW504",
    slug="blind-threshold",
    severity="note",
    what="Several labels share the threshold 0.5, which nothing has tuned.",
    why=("0.5 is best only for calibrated probabilities and equal costs; rare labels are then hardly ever given."),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 5)
def predict(x):
    return torch.sigmoid(net(x)) > 0.5
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 5)
def predict(x, thresholds):
    return torch.sigmoid(net(x)) > thresholds
""",
    fix="Tune one threshold per label on validation data.",
    safety="Not fixed: it is advice.",
    misses="Everything but the literal 0.5.",
    source="fastai/fastai#2619.",
    on=False,
)
