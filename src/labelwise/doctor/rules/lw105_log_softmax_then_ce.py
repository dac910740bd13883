"""LW105 log-softmax-then-ce."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW105",
    slug="log-softmax-then-ce",
    severity="note",
    what="Log-softmax outputs go into cross-entropy, which applies log-softmax again.",
    why=("Harmless: log-softmax of log-probabilities changes nothing. It costs a little time and misleads readers."),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(z, y):
    return F.cross_entropy(F.log_softmax(z, dim=1), y)
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def step(z, y):
    return F.nll_loss(F.log_softmax(z, dim=1), y)
""",
    fix="Use NLLLoss, or give cross-entropy the raw scores.",
    safety="Not fixed: nothing is wrong with the numbers.",
    misses=("Losses or activations chosen at run time (configuration, command line, registries with unknown keys)."),
    source="DSKSD/DeepNLP-models-Pytorch#2 (reported as a bug, and none).",
    off_because=(
        "The code is right; it is listed so that nobody has to wonder whether it is double-softmax. Select it to "
        "tidy up."
    ),
)
