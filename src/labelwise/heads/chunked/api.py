"""Losses and best labels of a linear layer over very many labels, as functions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from labelwise.errors import InputError, OptionError
from labelwise.heads import Head
from labelwise.heads.chunked.forms import loss_from
from labelwise.heads.chunked.function import rows_of
from labelwise.heads.chunked.losses import CellLoss, Loss
from labelwise.heads.chunked.positives import Positives, positives_from
from labelwise.heads.chunked.walk import Chunk, Layer, plan_of, walk

__all__ = ["loss", "loss_rows", "top_labels"]


def loss_rows(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    positives: Any,
    head: str | Head | Loss = "sigmoid",
    *,
    unknown: Any = None,
    chunk: Chunk = None,
) -> Tensor:
    """Loss of each row of ``x @ weight.T + bias``, without ever holding these logits.

    The gradients of x, weight and bias are exact, for any upstream weights of the rows: the backward walks over the
    cells again. Beside the gradients themselves only one tile exists, whatever N and L. Half precision is computed and
    added up in float32, also under autocast.

    Args:
        x: (N, D) features, any float dtype, any device.
        weight: (L, D), as in `torch.nn.Linear`.
        bias: (L,) or None.
        positives: labels that hold, in any form `positives_from` takes; every other label does not hold.
        head: sigmoid, focal, asl, softmax or zlpr, with settings as in `head_from`; or one's own `CellLoss`.
            For softmax the labels of a row share one unit equally; rows without labels have loss 0.
        unknown: labels that are not known, in the same forms: left out of the loss (not for softmax and zlpr).
        chunk: (rows, labels) of a tile; None for 16 MiB of them. It changes the result by rounding only.

    Returns:
        (N,) in float32, or float64 where an input is.

    Raises:
        InputError: for shapes, devices or label indices that do not fit.
        OptionError: for a head without a chunked form; in the backward for ``create_graph=True``.

    Example:
        >>> x, weight = torch.ones(2, 3), torch.zeros(1000, 3)
        >>> loss_rows(x, weight, None, [[5, 7], []], "sigmoid(reduction=sum_labels)")  # 1000 ln 2
        tensor([693.147..., 693.147...])

    Source: the softmax's running maximum is Milakov and Gimelshein 2018 (arXiv 1805.02867).
    """
    layer, form = Layer(x, weight, bias), loss_from(head, max(len(weight), 1))
    _check_layer(layer)
    held = positives_from(positives)
    _check_marks("positives", held, layer)
    left_out = None if unknown is None else positives_from(unknown)
    if left_out is not None:
        _check_marks("unknown", left_out, layer)
        if not isinstance(form, CellLoss):
            raise OptionError(
                "unknown labels left out", f"{form}", "sigmoid, focal or asl, which judge each cell alone"
            )
        _check_apart(held, left_out, len(weight))
    if chunk is not None and (len(chunk) != 2 or min(chunk) < 1):
        raise OptionError("a chunk (rows, labels)", repr(chunk), "two positive integers, or None")
    return rows_of(layer, held, form, left_out, chunk)


def loss(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    positives: Any,
    head: str | Head | Loss = "sigmoid",
    *,
    unknown: Any = None,
    chunk: Chunk = None,
) -> Tensor:
    """Mean of `loss_rows`: a scalar to call backward on; 0 for no rows.

    Example:
        >>> loss(torch.ones(2, 3), torch.zeros(1000, 3), None, torch.tensor([5, 7]), "softmax")  # ln 1000
        tensor(6.907...)
    """
    rows = loss_rows(x, weight, bias, positives, head, unknown=unknown, chunk=chunk)
    return rows.sum() / max(len(rows), 1)


@torch.no_grad()
def top_labels(x: Tensor, weight: Tensor, bias: Tensor | None, k: int, *, chunk: Chunk = None) -> tuple[Tensor, Tensor]:
    """The k labels with the largest logits in each row, without ever holding all of them.

    Args:
        x: (N, D) features.
        weight: (L, D).
        bias: (L,) or None.
        k: how many, at most L.
        chunk: as in `loss_rows`.

    Returns:
        (N, k) logits, falling, and the (N, k) indices of their labels.

    Example:
        >>> top_labels(torch.eye(2), torch.tensor([[0.0, 3.0], [1.0, 2.0], [2.0, 1.0]]), None, 2)[1].tolist()
        [[2, 1], [0, 1]]
    """
    layer = Layer(x, weight, bias)
    _check_layer(layer)
    if not 1 <= k <= len(weight):
        raise OptionError(f"the {k} best of {len(weight)} labels", f"k={k}", f"k from 1 to {len(weight)}")
    best = torch.full((len(x), k), -torch.inf, dtype=layer.dtype, device=x.device)
    which = torch.zeros(len(x), k, dtype=torch.int64, device=x.device)
    none = positives_from((torch.zeros(len(x) + 1, dtype=torch.int64, device=x.device), which.new_zeros(0)))
    with torch.autocast(x.device.type, enabled=False):
        for tile in walk(layer, plan_of(layer, none, None, chunk)):
            z, at = tile.z.topk(min(k, tile.z.shape[1]))
            both = torch.cat([best[tile.rows], z], 1), torch.cat([which[tile.rows], at + tile.labels.start], 1)
            best[tile.rows], chosen = both[0].topk(k)
            which[tile.rows] = both[1].gather(1, chosen)
    return best, which


def _check_layer(layer: Layer) -> None:
    x, weight, bias = layer.x, layer.weight, layer.bias
    if x.dim() != 2 or weight.dim() != 2 or x.shape[1] != weight.shape[1] or len(weight) == 0:
        raise InputError(
            "features (N, D) and weights (L, D)",
            f"x {tuple(x.shape)}, weight {tuple(weight.shape)}",
            "x as rows of features, weight with one row per label, as in torch.nn.Linear",
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise InputError(f"a bias ({len(weight)},)", f"bias {tuple(bias.shape)}", "one number per label, or None")
    for name, tensor in (("x", x), ("weight", weight), ("bias", bias)):
        if tensor is not None and (not tensor.is_floating_point() or tensor.device != x.device):
            raise InputError(
                f"{name} as floats on the device of x", f"{tensor.dtype} on {tensor.device}", f"{name}.float()"
            )


def _check_marks(name: str, marks: Positives, layer: Layer) -> None:
    n, n_labels = len(layer.x), len(layer.weight)
    if marks.labels.device != layer.x.device:
        raise InputError(
            f"{name} on {layer.x.device}, the device of x", f"{name} on {marks.labels.device}", f"{name}.to(x.device)"
        )
    if len(marks) != n:
        raise InputError(f"{name} of {n} rows", f"{name} of {len(marks)} rows", "those of the rows of x: .take(rows)")
    if marks.at_least > n_labels and (too_large := (marks.labels >= n_labels).nonzero()).numel():
        bad = int(too_large[0])
        raise InputError(
            f"label indices below {n_labels}, the number of weight rows",
            f"{name}: {int(marks.labels[bad])} in row {int(marks.rows[bad])}",
            "indices counted from 0, and a weight row for every label",
        )


def _check_apart(positives: Positives, unknown: Positives, n_labels: int) -> None:
    cells = [marks.rows * n_labels + marks.labels for marks in (positives, unknown)]
    both = cells[1][torch.isin(cells[1], cells[0])]
    if both.numel():
        row, label = divmod(int(both[0]), n_labels)
        raise InputError(
            "labels either known to hold or not known", f"label {label} of row {row} in both", "each in one of them"
        )
