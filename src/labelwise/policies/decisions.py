"""Decisions: the labels of each row, with the probabilities and the caveats beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from labelwise.decisions.caution import CAVEATS
from labelwise.kernels.blocks import in_parts, row_blocks
from labelwise.task import Task

__all__ = ["Decisions"]


@dataclass(frozen=True, eq=False)
class Decisions:
    """What a policy says of N rows.

    Attributes:
        task: what the columns stand for.
        indicators: (N, L) True where the label is given; for a yes/no task one column, the yes.
        probabilities: (N, L) calibrated probabilities, always kept beside the answers.
        caveat_flags: (N, number of `CAVEATS`) True where the row has the caveat.
        ids: (N,) names of the rows, or None.
        members: (N, C) True where a class is in the row's set; None where the policy gives no sets.
        doubts: (N, L) True where a label is neither yes nor no; None where the policy knows no third answer.
    """

    task: Task
    indicators: np.ndarray
    probabilities: np.ndarray
    caveat_flags: np.ndarray
    ids: np.ndarray | None = None
    members: np.ndarray | None = None
    doubts: np.ndarray | None = None

    @cached_property
    def labels(self) -> list[list[str]]:
        """The names of each row's labels; an empty list where there is none. For a yes/no task its answer, if sure."""
        return _named(self._given, self.task.class_names)

    @cached_property
    def caveats(self) -> list[list[str]]:
        """The names of each row's caveats, in the order of `CAVEATS`."""
        return _named(self.caveat_flags, tuple(CAVEATS))

    @cached_property
    def unsure(self) -> list[list[str]] | None:
        """The names of the labels that are neither yes nor no; None where the policy knows no third answer."""
        return None if self.doubts is None else _named(self.doubts, self.task.column_names)

    @cached_property
    def sets(self) -> list[list[str]] | None:
        """The names of the classes in each row's set; None where the policy gives no sets."""
        return None if self.members is None else _named(self.members, self.task.class_names)

    @property
    def _given(self) -> np.ndarray:
        """(N, number of classes) True where the class is the answer, or one of them."""
        if self.task.kind != "binary":
            return self.indicators
        no = ~self.indicators if self.doubts is None else ~self.indicators & ~self.doubts
        return np.concatenate([no, self.indicators], axis=1)

    def __len__(self) -> int:
        return len(self.indicators)

    def to_dict(self) -> dict[str, Any]:
        """Lists and numbers only."""
        return {
            "class_names": list(self.task.class_names),
            "ids": list(range(len(self))) if self.ids is None else np.asarray(self.ids).tolist(),
            "labels": self.labels,
            "caveats": self.caveats,
            **({} if self.unsure is None else {"unsure": self.unsure}),
            **({} if self.sets is None else {"sets": self.sets}),
            "probabilities": self.probabilities.tolist(),
        }

    def to_frame(self) -> Any:
        """A polars frame: ``id``, ``labels``, ``caveats`` and ``prob_NAME`` (float32) per column.

        Labels and caveats are lists of names; so are ``unsure`` and ``sets``, where the policy gives them.
        """
        import polars as pl

        columns = {
            "id": np.arange(len(self)) if self.ids is None else np.asarray(self.ids),
            "labels": _list_column(self._given, self.task.class_names),
            "caveats": _list_column(self.caveat_flags, tuple(CAVEATS)),
        }
        if self.doubts is not None:
            columns["unsure"] = _list_column(self.doubts, self.task.column_names)
        if self.members is not None:
            columns["sets"] = _list_column(self.members, self.task.class_names)
        probs = _columns(self.probabilities)
        return pl.DataFrame(
            columns | {f"prob_{name}": column for name, column in zip(self.task.column_names, probs, strict=True)}
        )

    def __str__(self) -> str:
        flagged = int(self.caveat_flags.any(1).sum())
        return f"decisions for {len(self)} rows ({self.task}), {flagged} of them with a caveat"

    def _repr_html_(self) -> str:
        return self.to_frame().head(20)._repr_html_()


def _columns(matrix: np.ndarray) -> np.ndarray:
    """(C, N) float32, transposed in blocks that stay in the cache."""
    out = np.empty((matrix.shape[1], len(matrix)), np.float32)

    def job(part: slice) -> None:
        for rows in row_blocks(part, 8 * matrix.shape[1]):
            out[:, rows] = matrix[rows].T

    in_parts(job, len(matrix), least=65_536)
    return out


def _named(flags: np.ndarray, names: tuple[str, ...]) -> list[list[str]]:
    out: list[list[str]] = [[] for _ in range(len(flags))]
    for row, column in zip(*(index.tolist() for index in np.nonzero(flags)), strict=True):
        out[row].append(names[column])
    return out


def _list_column(flags: np.ndarray, names: tuple[str, ...]) -> Any:
    """A polars column of lists of names, made without a Python object per row."""
    import polars as pl

    kind = pl.Enum(names)  # written as numbers with a dictionary, read as text
    rows, columns = np.divmod(np.flatnonzero(flags), flags.shape[1])
    if not len(rows):
        return pl.Series([[]], dtype=pl.List(kind)).new_from_index(0, len(flags))
    words = pl.Series(names, dtype=kind).gather(columns)
    some = pl.DataFrame({"row": pl.Series(rows).set_sorted(), "name": words})
    some = some.group_by("row", maintain_order=True).agg("name")
    if len(some) == len(flags):
        return some["name"]
    every = pl.DataFrame({"row": pl.Series(np.arange(len(flags))).set_sorted()})
    return every.join(some, on="row", how="left", maintain_order="left")["name"].fill_null([])
