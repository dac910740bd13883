"""`read_dataset`: any source of `compare` as one `Dataset`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from labelwise.errors import InputError, need
from labelwise.io.arrays import from_arrays, from_npz
from labelwise.io.files import sha256_of
from labelwise.io.raw import Raw
from labelwise.task import Labels, Task, TaskKind, read_labels

__all__ = ["Dataset", "read_dataset"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows or images with their labels, ready to be split and learnt from.

    Attributes:
        name: "digits", or the stem of the file.
        features: (N, D) float32 rows, or (N, H, W, channels) images, float32 or uint8. Missing numbers are nan, and
            only where ``source["impute"]`` says how training rows fill them.
        labels: the task and its targets; None only where labels were not needed.
        ids: (N,) text or whole numbers: row numbers, file names or an id column.
        feature_names: names of the D columns; () for images.
        groups: (N,) whole numbers or text; rows of one group stay on one side of every split. None where all rows are
            on their own.
        test_rows: (N,) True for the rows of a test part that the source itself states, or None.
        source: what was read: kind, path, sha256, rows, and the options as given.
        notes: what was done to the data, in words.
    """

    name: str
    features: np.ndarray = field(repr=False)
    labels: Labels | None = field(repr=False)
    ids: np.ndarray = field(repr=False)
    feature_names: tuple[str, ...] = field(repr=False)
    groups: np.ndarray | None = field(repr=False)
    test_rows: np.ndarray | None = field(repr=False)
    source: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def task(self) -> Task:
        """What the labels ask for."""
        return self._labels.task

    @property
    def targets(self) -> np.ndarray:
        """Encoded labels, see `Labels`."""
        return self._labels.targets

    @property
    def is_image(self) -> bool:
        """True where a row is an image (H, W, channels)."""
        return self.features.ndim == 4

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.features)

    def digest(self) -> str:
        """SHA-256 of all that a run depends on: features, targets, groups, test part, task; order and dtype count."""
        arrays = {"features": self.features}
        if self.labels is not None:
            arrays["targets"] = self.targets
            arrays["task"] = np.array([self.task.kind, *self.task.class_names])
        for name in ("groups", "test_rows"):
            if getattr(self, name) is not None:
                arrays[name] = getattr(self, name)
        return sha256_of(arrays)

    @property
    def _labels(self) -> Labels:
        if self.labels is None:
            raise InputError(f"the labels of {self.name}", "it was read without labels", "read_dataset(source)")
        return self.labels

    def __str__(self) -> str:
        if self.is_image:
            what = "images of " + " x ".join(map(str, self.features.shape[1:]))
        else:
            what = f"rows of {self.features.shape[1]} features"
        return f"{self.name}: {self.n_rows} {what}" + (f"; {self.task}" if self.labels is not None else "")


def read_dataset(
    source: Any,
    *,
    labels: Sequence[str] = (),
    exclude: Sequence[str] = (),
    categorical: Sequence[str] = (),
    impute: str | None = None,
    group: str | None = None,
    id: str | None = None,
    ordered: Sequence[Any] | bool | None = None,
    task: TaskKind | None = None,
    need_labels: bool = True,
) -> Dataset:
    """Read `digits`, a file, a folder, arrays or a frame."""
    read, name = _reader(source)
    raw = read(impute=impute, need_labels=need_labels)
    read_as = _read_labels(raw, ordered, task) if need_labels else None
    return Dataset(
        name=name,
        features=raw.features,
        labels=read_as,
        ids=np.arange(len(raw.features)) if raw.ids is None else raw.ids,
        feature_names=raw.feature_names,
        groups=raw.groups,
        test_rows=raw.test_rows,
        source={**raw.found, "rows": len(raw.features), "impute": impute},
        notes=raw.notes,
    )


def _reader(source: Any):
    if isinstance(source, tuple):
        return partial(from_arrays, dict(zip(("X", "y"), source, strict=True))), "arrays"
    if isinstance(source, Mapping):
        return partial(from_arrays, source), "arrays"
    if source == "digits":
        return _digits, "digits"
    path = Path(source)
    return partial(from_npz, path), path.stem


def _digits(*, impute: str | None, need_labels: bool) -> Raw:
    datasets = need("sklearn.datasets", extra="train", purpose="the digits data")
    found = datasets.load_digits()
    arrays = {"X": found.images.astype(np.float32), "y": found.target}
    return from_arrays(arrays, impute=impute, need_labels=need_labels)


def _read_labels(raw: Raw, ordered: Any, task: TaskKind | None) -> Labels:
    return read_labels(raw.y, ordered=ordered, names=raw.names, kind=task)
