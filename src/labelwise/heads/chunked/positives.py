"""Labels that hold, as indices: N rows of a few labels each out of very many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labelwise.errors import InputError

__all__ = ["Positives", "positives_from"]


@dataclass(frozen=True)
class Positives:
    """Labels that hold for each row, in compressed rows (CSR); made and checked by `positives_from`.

    Attributes:
        starts: (N + 1,) int64: row i has ``labels[starts[i]:starts[i + 1]]``.
        labels: (nnz,) int64 label indices, ascending within a row.
        at_least: one more than the largest label index: the least number of labels there can be.
    """

    starts: Tensor
    labels: Tensor
    at_least: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def counts(self) -> Tensor:
        """(N,) number of labels of each row."""
        return self.starts.diff()

    @property
    def rows(self) -> Tensor:
        """(nnz,) row of each label."""
        return torch.repeat_interleave(torch.arange(len(self), device=self.labels.device), self.counts)

    def take(self, rows: Tensor) -> Positives:
        """The labels of some rows, in their order: a batch.

        Example:
            >>> positives_from([[1, 4], [], [2]]).take(torch.tensor([2, 0])).labels.tolist()
            [2, 1, 4]
        """
        counts = self.counts[rows]
        starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        shift = torch.repeat_interleave(self.starts[rows] - starts[:-1], counts)
        return Positives(starts, self.labels[torch.arange(len(shift), device=shift.device) + shift], self.at_least)

    def to(self, device: torch.device | str) -> Positives:
        """The same on another device."""
        return Positives(self.starts.to(device), self.labels.to(device), self.at_least)


def positives_from(given: Any) -> Positives:
    """Labels of rows in any of the usual sparse forms.

    Args:
        given: `Positives`; a tuple (indptr, indices) of a CSR matrix; a scipy.sparse matrix of 0 and 1, (N, L); a list
            with one list, array or tensor of label indices per row; or (N,) integers, one label per row.

    Raises:
        InputError: where labels are negative, repeated or (in a CSR pair) not ascending within a row, where the row
            starts do not fit them, or a sparse matrix holds anything but 0 and 1.

    Example:
        >>> positives_from([[4, 1], [], [2]])
        Positives(starts=tensor([0, 2, 2, 3]), labels=tensor([1, 4, 2]), at_least=5)
    """
    if isinstance(given, Positives):
        return given
    if hasattr(given, "tocsr"):
        return _checked(*_scipy(given))
    if isinstance(given, tuple) and len(given) == 2:
        return _checked(*(_integers(part, name) for part, name in zip(given, ("indptr", "indices"), strict=True)))
    if isinstance(given, Tensor | np.ndarray):
        labels = _integers(given, "one label per row")
        return _checked(torch.arange(len(labels) + 1, device=labels.device), labels)
    if isinstance(given, list) and all(hasattr(row, "__len__") for row in given):
        rows = [_integers(row, f"labels of row {i}").sort().values for i, row in enumerate(given)]
        lengths = torch.tensor([0, *map(len, rows)])
        labels = torch.cat(rows) if rows else torch.zeros(0, dtype=torch.int64)
        return _checked(lengths.cumsum(0).to(labels.device), labels)
    raise InputError(
        "labels that hold, as indices",
        f"{type(given).__name__}",
        "a list of label indices per row, a tuple (indptr, indices), a scipy.sparse matrix, or one integer per row",
    )


def _integers(values: Any, name: str) -> Tensor:
    tensor = torch.as_tensor(values)
    if tensor.numel() == 0 and tensor.dim() == 1:
        return tensor.to(torch.int64)
    if tensor.dim() != 1 or tensor.dtype == torch.bool or tensor.is_floating_point() or tensor.is_complex():
        raise InputError(
            f"{name}: (n,) integers", f"shape {tuple(tensor.shape)}, {tensor.dtype}", "label indices counted from 0"
        )
    return tensor.to(torch.int64)


def _scipy(matrix: Any) -> tuple[Tensor, Tensor]:
    rows = matrix.tocsr().copy()
    rows.sort_indices()
    if (rows.data != 1).any():
        first = rows.data[rows.data != 1][0]
        raise InputError(
            "a sparse matrix of labels that hold", f"a stored value {first}", "1 for each label that holds"
        )
    return torch.from_numpy(rows.indptr.astype(np.int64)), torch.from_numpy(rows.indices.astype(np.int64))


def _checked(starts: Tensor, labels: Tensor) -> Positives:
    if len(starts) == 0 or starts[0] != 0 or starts[-1] != len(labels) or (starts.diff() < 0).any():
        raise InputError(
            f"row starts (indptr) that climb from 0 to the {len(labels)} labels",
            f"{len(starts)} of them, from {starts[:1].tolist()} to {starts[-1:].tolist()}",
            "indptr of length N + 1: row i has indices[indptr[i]:indptr[i + 1]]",
        )
    found = Positives(starts, labels, int(labels.max()) + 1 if len(labels) else 0)
    if len(labels) and int(labels.min()) < 0:
        bad = int((labels < 0).nonzero()[0])
        raise InputError(
            "label indices from 0 up", f"{labels[bad]} in row {found.rows[bad]}", "indices of the labels that hold"
        )
    rows = found.rows
    unordered = (rows[1:] == rows[:-1]) & (labels[1:] <= labels[:-1])
    if unordered.any():
        bad = int(unordered.nonzero()[0])
        raise InputError(
            "labels ascending within each row, none twice",
            f"{int(labels[bad])} before {int(labels[bad + 1])} in row {int(rows[bad])}",
            "sorted label indices, each once",
        )
    return found
