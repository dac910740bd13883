"""LW702 unstable-log-softmax."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW702",
    slug="unstable-log-softmax",
    severity="note",
    what="The logarithm of a softmax.",
    why=("A probability rounds to 0 (below 1e-45 in float32) and its logarithm is -inf; the loss becomes nan."),
    bad="""\
import torch, torch.nn as nn, torch.nn.functional as F
def f(z):
    return torch.log(F.softmax(z, dim=1))
""",
    good="""\
import torch, torch.nn as nn, torch.nn.functional as F
def f(z):
    return F.log_softmax(z, dim=1)
""",
    fix="log_softmax(z, dim).",
    safety=("`--fix` writes log_softmax where the two calls are nested: the same value, without the overflow."),
    misses="Softmaxes computed in code outside of the given files.",
    source="skorch-dev/skorch#481, zackchase/mxnet-the-straight-dope#3.",
)
