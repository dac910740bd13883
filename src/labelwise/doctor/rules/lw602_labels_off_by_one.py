"""LW602 labels-off-by-one."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW602",
    slug="labels-off-by-one",
    severity="warning",
    what="Labels are not numbered from 0 to C - 1.",
    why=(
        "On the CPU torch raises at label C; on a GPU it is a device assert; older TensorFlow gave a silent "
        "loss of 0. Where C + 1 outputs hide it, one output is never trained."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
y = torch.tensor([1, 2, 3, 4, 5])
loss = F.cross_entropy(nn.Linear(4, 5)(torch.randn(5, 4)), y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
y = torch.tensor([1, 2, 3, 4, 5]) - 1
loss = F.cross_entropy(nn.Linear(4, 5)(torch.randn(5, 4)), y)
""",
    fix="Subtract the lowest label, or map names to 0 ... C - 1.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Labels read from files.",
    source="pytorch/pytorch#15666, PaddlePaddle/Paddle#27095, tensorflow/tensorflow#3739.",
)
