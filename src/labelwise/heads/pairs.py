"""Losses that set the labels that hold against those that do not: ZLPR and two-way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labelwise import reference
from labelwise.heads.head import Head
from labelwise.heads.per_label import known_cells
from labelwise.heads.setting import Setting
from labelwise.heads.space import SIGMOID_SPACE

if TYPE_CHECKING:
    from torch import Tensor

NOTHING = -1e30
"""Stands for ln 0: below every logit, and no difference of two of them is nan."""


def _sides(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Which cells are on the side of no and of yes, and ln((1 - y) e^z), `NOTHING` elsewhere, and its twin."""
    import torch

    known, y = known_cells(logits, targets)
    no, yes = known & (y < 1), known & (y > 0)
    return (
        no,
        yes,
        torch.where(no, logits + torch.log1p(-torch.where(no, y, 0)), NOTHING),
        torch.where(yes, torch.where(yes, y, 1).log() - logits, NOTHING),
    )


def _softplus(x: Tensor) -> Tensor:
    from torch.nn.functional import logsigmoid

    return -logsigmoid(-x)


def _zlpr_rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    _, _, no, yes = _sides(logits, targets)
    return _softplus(no.logsumexp(-1)) + _softplus(yes.logsumexp(-1))


ZLPR = Head(
    name="zlpr",
    title="sigmoid + ZLPR",
    space=SIGMOID_SPACE,
    loss_name="ZLPR",
    reductions=("row",),
    rules={"multilabel": "half"},
    formula="ln(1 + Σ_no e^{z_j}) + ln(1 + Σ_yes e^{-z_j}); unknown labels left out; no labels: the first part alone",
    when="labels are to compete for their place on the right side of 0, and the scale must not grow with their number",
    when_not="the probabilities are to be believed: the best constant is half the log-odds, so rare labels look likely",
    source="Su et al. 2022 (arXiv 2208.02955)",
    elsewhere={"timm": "ZlprLoss", "bert4keras": "multilabel_categorical_crossentropy"},
    _rows=_zlpr_rows,
    _oracle=lambda head, z, y: reference.zlpr(z, y),
    _proper=lambda head: False,
)


def _two_way_rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    import torch

    warmth = head["temperature"]
    some, others, no, _ = _sides(logits, targets)
    _, _, _, yes = _sides(logits / warmth, targets)
    both = some.any(-1) & others.any(-1)
    gap = torch.where(both, no.logsumexp(-1) + warmth * yes.logsumexp(-1), 0)
    return torch.where(both, _softplus(gap), 0)


TWO_WAY = Head(
    name="two_way",
    title="sigmoid + two-way loss",
    space=replace(SIGMOID_SPACE, shift_invariant=True),
    loss_name="two-way loss",
    reductions=("row",),
    rules={"multilabel": "per_label"},
    formula="ln(1 + e^s), s = ln Σ_no e^{z_j} + T ln Σ_yes e^{-z_j / T}: the half that goes over the labels of a row "
    "(the paper adds one over the rows of a batch); unknown labels left out; no labels, or all of them: 0",
    when="the order of a row's labels is what counts: those that hold above those that do not",
    when_not="rows without labels must be told from others, or one threshold is to serve all: a row's level is free",
    source="Kobayashi 2023 (CVPR, Two-way multi-label loss), the sample-wise half",
    elsewhere={"timm": "TwoWayLoss (adds the half over the rows of a batch)"},
    settings=(
        Setting("temperature", 4.0, "T, how much all labels that hold count beside the least of them", above_low=True),
    ),
    _rows=_two_way_rows,
    _oracle=lambda head, z, y: reference.two_way(z, y, head["temperature"]),
    _proper=lambda head: False,
)
