"""The walk over the N x C cells of a linear layer, tile by tile: a tile is all that ever exists of the logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from labelwise.heads.chunked.positives import Positives

__all__ = ["Chunk", "Layer", "Marks", "Plan", "Tile", "gradients", "plan_of", "walk"]

Chunk = tuple[int, int] | None
"""Rows and labels of a tile, or None for the customary size."""

TILE_CELLS = 1 << 22
"""Cells of a tile: 16 MiB of float32, enough for multiplications at full speed."""
TILE_ROWS = 2048


@dataclass(frozen=True)
class Layer:
    """A linear layer and its inputs: x (N, D), weight (C, D), bias (C,) or None."""

    x: Tensor
    weight: Tensor
    bias: Tensor | None

    @property
    def dtype(self) -> torch.dtype:
        """What is computed in: float64 where an input is, otherwise float32."""
        return torch.promote_types(torch.promote_types(self.x.dtype, self.weight.dtype), torch.float32)


@dataclass(frozen=True)
class Marks:
    """Some cells, sorted by tile.

    Attributes:
        rows: (nnz,) row of each cell, as given.
        order: (nnz,) tile by tile, indices into `rows`.
        at: (nnz,) in the same order, position within the flat tile.
        bounds: first mark of each tile, and the end.
    """

    rows: Tensor
    order: Tensor
    at: Tensor
    bounds: list[int]


@dataclass(frozen=True)
class Plan:
    """How the cells are walked: edges of the row chunks and of the label chunks, marked cells by tile."""

    row_edges: list[int]
    label_edges: list[int]
    positives: Marks
    counts: Tensor
    unknown: Marks | None


@dataclass(frozen=True)
class Tile:
    """One tile of logits, to be overwritten at will.

    Attributes:
        rows: its rows.
        labels: its labels.
        z: (rows, labels) logits, contiguous.
        x: inputs of its rows.
        weight: weights of its labels.
        at: positions of its positives in `flat`.
        which: the same positives, as indices into the caller's labels.
        unknown: positions of its unknown labels in `flat`, or None.
    """

    rows: slice
    labels: slice
    z: Tensor
    x: Tensor
    weight: Tensor
    at: Tensor
    which: Tensor
    unknown: Tensor | None
    flat: Tensor = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "flat", self.z.view(-1))


def plan_of(layer: Layer, positives: Positives, unknown: Positives | None, chunk: Chunk) -> Plan:
    """Chunks for a layer, and the marked cells sorted into them."""
    n, c = len(layer.x), len(layer.weight)
    if chunk is None:
        rows = max(min(n, TILE_ROWS), 1)
        chunk = rows, max(min(c, TILE_CELLS // rows), 1)
    row_edges, label_edges = ([*range(0, size, step), size] for size, step in zip((n, c), chunk, strict=True))
    marked = [None if p is None else _marks(p, chunk, n, c) for p in (positives, unknown)]
    assert marked[0] is not None
    return Plan(row_edges, label_edges, marked[0], positives.counts, marked[1])


def _marks(positives: Positives, chunk: tuple[int, int], n: int, c: int) -> Marks:
    rows, labels = positives.rows, positives.labels
    down, across = (
        torch.div(index, step, rounding_mode="floor") for index, step in zip((rows, labels), chunk, strict=True)
    )
    tile, n_tiles = across * -(-n // chunk[0]) + down, -(-n // chunk[0]) * -(-c // chunk[1])
    order = tile.argsort(stable=True)
    width = (c - across * chunk[1]).clamp_(max=chunk[1])
    at = (rows - down * chunk[0]) * width + labels - across * chunk[1]
    counts = torch.bincount(tile, minlength=n_tiles)
    return Marks(rows, order, at[order], [0, *counts.cumsum(0).tolist()])


def walk(layer: Layer, plan: Plan) -> Iterator[Tile]:
    """Tiles of logits, label chunks outside, row chunks inside; all in one buffer, so each only until the next."""
    like = {"dtype": layer.dtype, "device": layer.x.device}
    heights, widths = ([b - a for a, b in pairwise(e)] or [0] for e in (plan.row_edges, plan.label_edges))
    buffer = torch.empty(max(heights) * max(widths), **like)
    tile = 0
    for first, last in pairwise(plan.label_edges):
        weight = layer.weight[first:last].to(layer.dtype)
        bias = None if layer.bias is None else layer.bias[first:last].to(layer.dtype)
        for top, bottom in pairwise(plan.row_edges):
            x = layer.x[top:bottom].to(layer.dtype)
            z = buffer[: (bottom - top) * (last - first)].view(bottom - top, last - first)
            torch.mm(x, weight.T, out=z) if bias is None else torch.addmm(bias, x, weight.T, out=z)
            mine = slice(plan.positives.bounds[tile], plan.positives.bounds[tile + 1])
            unknown = plan.unknown and plan.unknown.at[plan.unknown.bounds[tile] : plan.unknown.bounds[tile + 1]]
            at, which = plan.positives.at[mine], plan.positives.order[mine]
            yield Tile(slice(top, bottom), slice(first, last), z, x, weight, at, which, unknown)
            tile += 1


def gradients(
    layer: Layer, plan: Plan, slopes: Callable[[Tile], object], wanted: tuple[bool, bool, bool]
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Gradients of x, weight and bias, each where wanted.

    Args:
        layer: the layer.
        plan: its chunks.
        slopes: overwrites a tile's logits with the derivative by them.
        wanted: which of x, weight, bias.
    """
    like = {"dtype": layer.dtype, "device": layer.x.device}
    dx = torch.zeros(layer.x.shape, **like) if wanted[0] else None
    # Every label chunk is written whole when its rows are done; without rows there is nothing to write.
    dw = (torch.empty_like if len(layer.x) else torch.zeros_like)(layer.weight) if wanted[1] else None
    db = torch.zeros(len(layer.weight), **like) if wanted[2] else None
    spare = None if layer.weight.dtype == layer.dtype else layer.weight.new_empty(0, dtype=layer.dtype)
    for tile in walk(layer, plan):
        slopes(tile)
        if dx is not None:
            dx[tile.rows].addmm_(tile.z, tile.weight)
        if db is not None:
            db[tile.labels] += tile.z.sum(0)
        if dw is not None:
            part = dw[tile.labels] if spare is None else spare.resize_(tile.weight.shape)
            part.addmm_(tile.z.T, tile.x, beta=int(tile.rows.start > 0))
            if spare is not None and tile.rows.stop == len(layer.x):
                dw[tile.labels] = part.to(dw.dtype)
    return (
        None if dx is None else dx.to(layer.x.dtype),
        dw,
        None if db is None or layer.bias is None else db.to(layer.bias.dtype),
    )
