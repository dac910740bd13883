"""LW303 ce-multihot."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW303",
    slug="ce-multihot",
    severity="warning",
    what="Cross-entropy gets targets with several ones per row.",
    why=(
        "The targets are read as probabilities that should sum to 1: rows with more labels weigh more, rows "
        "without labels not at all, and the best softmax shares one unit among the labels, so no threshold "
        "fits all rows."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
y = torch.randint(0, 2, (8, 6)).float()
loss = F.cross_entropy(nn.Linear(4, 6)(torch.randn(8, 4)), y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
y = torch.randint(0, 2, (8, 6)).float()
loss = F.binary_cross_entropy_with_logits(nn.Linear(4, 6)(torch.randn(8, 4)), y)
""",
    fix="Sigmoid with binary cross-entropy; or divide each row by its sum if one distribution is meant.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses=("Multi-hot labels made by code outside of the given files. One-hot and normalised targets are right."),
    source="wenliangdai/Modality-Transferable-MER#3, sungho-CoolG/FSCL#2.",
)
