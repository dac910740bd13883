"""FORMS: which heads have a chunked form, and how it is made of their settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from labelwise.errors import OptionError, choose
from labelwise.heads import Head, head_from
from labelwise.heads.chunked.losses import CellLoss, Loss, SoftmaxLoss, ZlprLoss
from labelwise.heads.chunked.positives import Positives
from labelwise.heads.sides import Side

__all__ = ["FORMS", "Form", "first_bias", "loss_from"]


@dataclass(frozen=True)
class Form:
    """The chunked form of a head.

    Attributes:
        make: (head, 1 or one over the number of labels) -> the loss over tiles.
        settings: settings of the head that the loss depends on.
        aside: settings that it does not depend on; any other is refused.
    """

    make: Callable[[Head, float], Loss]
    settings: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


FORMS: dict[str, Form] = {
    "sigmoid": Form(
        make=lambda head, share: CellLoss(no=Side(), yes=Side(weight=head["pos_weight"]), share=share),
        settings=("pos_weight",),
        aside=("corrected",),
    ),
    "focal": Form(
        make=lambda head, share: CellLoss(
            no=Side(weight=1 - head["alpha"], gamma=head["gamma"]),
            yes=Side(weight=head["alpha"], gamma=head["gamma"]),
            share=share,
        ),
        settings=("alpha", "gamma"),
        aside=("corrected",),
    ),
    "asl": Form(
        make=lambda head, share: CellLoss(
            no=Side(gamma=head["gamma_neg"], margin=head["margin"]), yes=Side(gamma=head["gamma_pos"]), share=share
        ),
        settings=("gamma_pos", "gamma_neg", "margin"),
    ),
    "softmax": Form(make=lambda head, share: SoftmaxLoss()),
    "zlpr": Form(make=lambda head, share: ZlprLoss()),
}


def loss_from(loss: str | Head | Loss, n_labels: int) -> Loss:
    """The loss over tiles that a head, given as in `head_from`, stands for; or one's own.

    Raises:
        OptionError: where the head has no chunked form, or a setting that the form does not have.
    """
    if not isinstance(loss, str | Head):
        return loss
    head = head_from(loss)
    form = FORMS[choose(head.name, FORMS, what="head with a chunked form")]
    for name, value in head.values.items():
        if name not in form.settings + form.aside:
            raise OptionError(
                f"the chunked form of {head.spec}", f"{name}={value}", f"{head.name} without {name}, or HEADS on logits"
            )
    return form.make(head, 1 / n_labels if head.reduction == "mean_labels" else 1.0)


def first_bias(loss: str | Head | Loss, n_labels: int, positives: Positives | None) -> Tensor:
    """First bias of the layer, (n_labels,) float64: zero, or the best constants for a head with ``bias=prior``.

    Raises:
        OptionError: where a prior is wanted without labels to take it from, or of a loss whose labels cannot be told
            apart.

    Example:
        >>> from labelwise.heads.chunked import positives_from
        >>> first_bias("sigmoid(bias=prior)", 3, positives_from([[0], [0, 1], [0]])).round(decimals=2).tolist()
        [1.95, -0.51, -1.95]
    """
    head = head_from(loss) if isinstance(loss, str | Head) else None
    if head is None or head.bias == "zero":
        return torch.zeros(n_labels, dtype=torch.float64)
    if positives is None:
        raise OptionError(f"the first bias of {head.spec}", "no labels of the training rows", "positives=")
    form = loss_from(head, n_labels)
    if not isinstance(form, CellLoss | SoftmaxLoss):
        raise OptionError(f"the first bias of {head.spec}", "labels that depend on each other", "bias=zero")
    each = 1.0 / positives.counts[positives.rows] if isinstance(form, SoftmaxLoss) else positives.labels.new_ones(())
    mass = torch.zeros(n_labels, dtype=torch.float64, device=positives.labels.device)
    mass.index_add_(0, positives.labels, each.double().expand(len(positives.labels)))
    # Kept off 0 and 1 by half a row, as for any head.
    return form.best_bias((mass + 0.5) / (len(positives) + 1))
