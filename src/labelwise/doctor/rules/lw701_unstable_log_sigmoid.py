"""LW701 unstable-log-sigmoid."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW701",
    slug="unstable-log-sigmoid",
    severity="note",
    what="The logarithm of a sigmoid.",
    why=("In float32 the sigmoid is exactly 0 below -104 and 1 above 17.33: log gives -inf, and the gradient nan."),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def f(z):
    return torch.log(torch.sigmoid(z))
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def f(z):
    return F.logsigmoid(z)
""",
    fix="logsigmoid(z), and logsigmoid(-z) for log(1 - sigmoid(z)).",
    safety=(
        "`--fix` writes F.logsigmoid where torch's functional module is at hand: the same value, without the overflow."
    ),
    misses="Sigmoids computed in code outside of the given files.",
    source="timm/loss/asymmetric_loss.py and optax show the stable form.",
)
