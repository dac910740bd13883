"""A linear layer and its loss over very many labels, without ever holding the N x L logits.

`Linear` is the module, `loss` and `loss_rows` the functions, `top_labels` the answers. Labels are given as indices of
those that hold. Tiles of the logits are computed, turned into losses or slopes in place, multiplied into the gradients
and forgotten; plain torch, on any device. Not offered, and refused: second gradients, soft targets, class weights.
"""

from __future__ import annotations

from labelwise.errors import need

need("torch", extra="train", purpose="losses over very many labels")

from labelwise.heads.chunked.api import loss, loss_rows, top_labels  # noqa: E402
from labelwise.heads.chunked.linear import Linear  # noqa: E402
from labelwise.heads.chunked.losses import CellLoss  # noqa: E402
from labelwise.heads.chunked.positives import Positives, positives_from  # noqa: E402

__all__ = ["CellLoss", "Linear", "Positives", "loss", "loss_rows", "positives_from", "top_labels"]
