"""Asymmetric loss: labels that do not hold are let go long before those that do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labelwise import reference
from labelwise.heads.head import Head
from labelwise.heads.per_label import best_logits, rows_of_sides
from labelwise.heads.setting import Setting
from labelwise.heads.space import SIGMOID_SPACE

if TYPE_CHECKING:
    from torch import Tensor


def _settings(head: Head) -> tuple[float, float, float]:
    return head["gamma_pos"], head["gamma_neg"], head["margin"]


def _rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    from labelwise.heads.sides import Side

    gamma_pos, gamma_neg, margin = _settings(head)
    return rows_of_sides(head, logits, targets, no=Side(gamma=gamma_neg, margin=margin), yes=Side(gamma=gamma_pos))


ASL = Head(
    name="asl",
    title="sigmoid + asymmetric loss",
    space=SIGMOID_SPACE,
    loss_name="asymmetric loss",
    reductions=("sum_labels", "mean_labels"),
    rules={"binary": "strict_tuned", "multiclass": "argmax", "ordinal": "argmax", "multilabel": "per_label"},
    formula="Σ_j y_j (1 - p_j)^γ₊ (-ln p_j) + (1 - y_j) q_j^γ₋ (-ln(1 - q_j)), p = σ(z), q = max(p - m, 0) (over L for "
    "mean_labels); unknown labels left out",
    when="many labels of which few hold in a row, some of them not marked though they hold: sure negatives are let go",
    when_not="the probabilities are to be believed, or 0.5 is to be the threshold: both are moved",
    source="Ridnik et al. 2021 (arXiv 2009.14119), equations 5 to 7, gradient through the weights too",
    elsewhere={
        "timm": "AsymmetricLossMultiLabel (no gradient where a label that holds is surely denied)",
        "mmpretrain": "AsymmetricLoss",
    },
    settings=(
        Setting("gamma_pos", 1.0, "γ₊, how much labels that hold are let go when nearly right"),
        Setting("gamma_neg", 4.0, "γ₋, the same of labels that do not hold"),
        Setting("margin", 0.05, "m, the probability below which a label that does not hold costs nothing", high=0.99),
    ),
    bounded_gradient=True,
    _rows=_rows,
    _oracle=lambda head, z, y: reference.asymmetric(z, y, head.reduction, *_settings(head)),
    _prior=best_logits,
    _proper=lambda head: _settings(head) == (0, 0, 0),
)
