"""LW403 softmax-wrong-dim."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW403",
    slug="softmax-wrong-dim",
    severity="error",
    what="Softmax over the rows of the batch, or without saying over which axis.",
    why=(
        "Each column sums to 1 over the batch instead of each row over the classes: a row's answer depends on"
        " its neighbours, and a single row always gets 1. Without dim, torch picks axis 0 for inputs of 1 or "
        "3 axes."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def accuracy(z, y):
    p = F.softmax(z, dim=0)
    return (p.argmax(dim=1) == y).float().mean()
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def accuracy(z, y):
    p = F.softmax(z, dim=1)
    return (p.argmax(dim=1) == y).float().mean()
""",
    fix="dim=-1 (or dim=1 for classes in axis 1).",
    safety=(
        "`--unsafe-fixes` writes dim=-1 where no dim was given; that changes the result for inputs of 3 axes or more."
    ),
    misses="Batches that cannot be told from single rows: softmax(dim=0) of one state is right.",
    source="perone/euclidesdb#2, MicrosoftDocs/pytorchfundamentals#21, d2l-ai/d2l-en#2274.",
)
