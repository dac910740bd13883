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
def train(x, y):
    return F.binary_cross_entropy_with_logits(net(x), y)
def predict(x):
    return torch.sigmoid(net(x)) > 0.5
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(8, 5)
def train(x, y):
    return F.binary_cross_entropy_with_logits(net(x), y)
def predict(x, thresholds):
    return torch.sigmoid(net(x)) > thresholds
""",
    fix="Tune one threshold per label on validation data.",
    safety="Not fixed: it is advice.",
    misses="Thresholds other than 0.5, and heads whose loss is not seen (a gate over features is no decision).",
    source="fastai/fastai#2619.",
    off_because=(
        "One half is a choice that can be right, and the code cannot show whether the probabilities are calibrated. "
        "`labelwise audit` and `labelwise fit` answer that from scores."
    ),
)
