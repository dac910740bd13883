"""LW603 target-dtype-shape."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW603",
    slug="target-dtype-shape",
    severity="warning",
    what=("The targets' shape or type does not fit: (N,) against (N, 1), or integers where floats are wanted."),
    why=(
        "(N,) == (N, 1) is an N x N matrix: its mean is the chance agreement, sum over k of share(pred=k) "
        "share(y=k), not the accuracy. No error is raised."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def accuracy(z, y):
    pred = z.argmax(dim=1)
    return (pred == y.view(-1, 1)).float().mean()
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def accuracy(z, y):
    pred = z.argmax(dim=1)
    return (pred == y).float().mean()
""",
    fix="Squeeze one side, or give both the same shape.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Shapes that depend on the data.",
    source="Array test F25; seen in course code.",
)
