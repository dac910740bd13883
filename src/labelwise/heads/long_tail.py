"""Long tails: softmax whose logits carry the share of each class while it learns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from labelwise import reference
from labelwise.heads.class_shares import bind_log_shares, log_shares, taken_as
from labelwise.heads.head import Head
from labelwise.heads.setting import Setting
from labelwise.heads.space import SOFTMAX_SPACE, of_targets
from labelwise.task import Task

if TYPE_CHECKING:
    from torch import Tensor


def _rows(head: Head, logits: Tensor, targets: Tensor) -> Tensor:
    log_p = (logits + head["tau"] * taken_as(head, logits)).log_softmax(-1)
    return -of_targets(log_p, targets)


def _log_probs(head: Head, z: np.ndarray, task: Task) -> np.ndarray:
    """As it was trained, with the shares, or as if every class occurred alike."""
    plain = head["reading"] == "plain"
    return SOFTMAX_SPACE.log_probs(head, z + head["tau"] * head.taken("log_shares") if plain else z, task)


LOGIT_ADJUSTED = Head(
    name="logit_adjusted",
    title="softmax + logit-adjusted cross-entropy",
    space=replace(SOFTMAX_SPACE, log_probs=_log_probs),
    loss_name="logit-adjusted cross-entropy",
    reductions=("row",),
    rules={"binary": "argmax", "multiclass": "argmax", "ordinal": "argmax"},
    formula="cross-entropy of z + τ ln π, with π_j the share of class j in the training rows; read without it",
    when="few classes have most of the rows, and a rare class matters as much as a common one (balanced accuracy)",
    when_not="plain accuracy or true probabilities are wanted: then reading=plain, or softmax itself",
    source="Menon et al. 2021 (arXiv 2007.07314); for τ = 1 the balanced softmax of Ren et al. 2020 (arXiv 2007.10740)",
    elsewhere={},
    settings=(
        Setting("tau", 1.0, "factor on the log shares; 0 is softmax"),
        Setting(
            "reading",
            "balanced",
            "balanced: probabilities as if every class occurred alike; plain: as they occur in the training rows",
            words=("balanced", "plain"),
        ),
    ),
    _rows=_rows,
    _oracle=lambda head, z, t: reference.softmax_ce(z + head["tau"] * head.taken("log_shares"), t),
    _prior=lambda head, task, rows: (1 - head["tau"]) * log_shares(rows),
    _bind=bind_log_shares,
    _proper=lambda head: head["reading"] == "plain" or head["tau"] == 0,
)
