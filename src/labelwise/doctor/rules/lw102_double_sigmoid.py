"""LW102 double-sigmoid."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW102",
    slug="double-sigmoid",
    severity="warning",
    what="Sigmoid outputs go into a loss that applies the sigmoid itself.",
    why=(
        "It still trains: the outer sigmoid sees only [0, 1], so no probability leaves [0.5, 0.7311] and the "
        "loss stays above 0.3133 for positive and 0.6931 for negative labels. Thresholds and calibration are "
        "meaningless."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(z, y):
    return F.binary_cross_entropy_with_logits(torch.sigmoid(z), y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(z, y):
    return F.binary_cross_entropy_with_logits(z, y)
""",
    fix="Give BCEWithLogitsLoss the raw scores, or use BCELoss on the sigmoid's output (less exact).",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses=("Losses or activations chosen at run time (configuration, command line, registries with unknown keys)."),
    source="Lightning-AI/pytorch-lightning#7096, itakurah/focal-loss-pytorch#5.",
)
