"""The last layer over very many labels as a torch module."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from labelwise.heads import Head
from labelwise.heads.chunked.api import loss, loss_rows, top_labels
from labelwise.heads.chunked.forms import first_bias, loss_from
from labelwise.heads.chunked.losses import Loss
from labelwise.heads.chunked.positives import positives_from
from labelwise.heads.chunked.walk import Chunk

__all__ = ["Linear"]


class Linear(nn.Module):
    """A linear layer and its loss in one module; the N x L logits never exist.

    The weights start at zero, so that the first loss is that of the bias alone. Its parameters have the names and
    shapes of `torch.nn.Linear`, so a state dict fits either.

    Args:
        in_features: D.
        n_labels: L.
        head: as in `loss_rows`; with ``bias=prior`` (not zlpr) the first bias comes from `positives`.
        positives: labels of the training rows, for ``bias=prior``.
        chunk: as in `loss_rows`.
        device: of the parameters.
        dtype: of the parameters.

    Example:
        >>> layer = Linear(8, 100_000, "softmax")
        >>> layer(torch.randn(4, 8), [[3], [99_999], [5, 6], [0]])  # ln 100000, the loss before the first step
        tensor(11.512..., grad_fn=...)
    """

    def __init__(
        self,
        in_features: int,
        n_labels: int,
        head: str | Head | Loss = "sigmoid",
        *,
        positives: Any = None,
        chunk: Chunk = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ):
        super().__init__()
        loss_from(head, n_labels)  # says now what it would have to refuse at the first batch
        self.head, self.chunk = head, chunk
        first = first_bias(head, n_labels, None if positives is None else positives_from(positives))
        self.weight = nn.Parameter(torch.zeros(n_labels, in_features, device=device, dtype=dtype))
        self.bias = nn.Parameter(first.to(self.weight))

    def forward(self, x: Tensor, positives: Any, unknown: Any = None) -> Tensor:
        """Mean loss of the rows: a scalar to call backward on."""
        return loss(x, self.weight, self.bias, positives, self.head, unknown=unknown, chunk=self.chunk)

    def loss_rows(self, x: Tensor, positives: Any, unknown: Any = None) -> Tensor:
        """(N,) losses of the rows."""
        return loss_rows(x, self.weight, self.bias, positives, self.head, unknown=unknown, chunk=self.chunk)

    def top_labels(self, x: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """(N, k) largest logits of each row and their labels."""
        return top_labels(x, self.weight, self.bias, k, chunk=self.chunk)

    def extra_repr(self) -> str:
        """Sizes and head, for the printed module."""
        return f"{self.weight.shape[1]}, {len(self.weight)}, {self.head}"
