"""`read_dataset`: any source of `compare` as one `Dataset`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from labelwise.errors import InputError, OptionError
from labelwise.io.files import sha256_of
from labelwise.io.raw import Raw
from labelwise.io.sources import open_source, refuse_idle_options
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

    @cached_property
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
    labels: Sequence[str] | str = (),
    exclude: Sequence[str] | str = (),
    categorical: Sequence[str] | str = (),
    impute: str | None = None,
    group: str | None = None,
    id: str | None = None,
    image_size: int | None = None,
    ordered: Sequence[Any] | bool | None = None,
    task: TaskKind | None = None,
    need_labels: bool = True,
) -> Dataset:
    """Read a source of rows or images with their labels.

    Args:
        source: ``"digits"`` (8 x 8 images of digits that come with scikit-learn); the path of an .npz, .csv or
            .parquet file, or of a folder with one sub-folder of images per class; ``(X, y)``; a dict of arrays
            ``{"X": ..., "y": ..., "classes": ..., "groups": ..., "ids": ...}``; a frame (polars, pandas, Arrow).
            X is (N, D) rows or (N, H, W[, channels]) images; y is anything `infer_task` reads. Arrays ``x_train``,
            ``y_train``, ``x_test``, ``y_test`` state a test part of their own.
        labels: tables: the label columns, names or patterns such as ``tag_*``.
        exclude: tables: columns to leave out, names or patterns.
        categorical: tables: columns to encode one-hot. A pattern takes the text columns among its matches; a column of
            numbers is encoded only when named in full.
        impute: rows: ``"median"`` leaves missing numbers as nan, to be filled with the medians of the training rows.
        group: tables: the column whose equal values no split may cut apart. Never a feature.
        id: tables: the column that names the rows. Never a feature.
        image_size: folders: height and width in pixels that images are resized to, 32 by default.
        ordered: the classes from lowest to highest, or True where sorting gives the order: makes the task ordinal.
        task: overrides the reading of the labels where two are possible, see `infer_task`.
        need_labels: False for data of no known class: labels are then neither needed nor read.

    Returns:
        The data, with everything that was done to it in `notes`.

    Raises:
        InputError: where the source cannot be used as it is.
        OptionError: where an option names nothing, contradicts another, or would have no effect on this source.
        MissingExtra: where reading this kind of source needs an extra that is not installed.

    Example:
        >>> data = read_dataset((np.eye(4), ["cat", "dog", "cat", "dog"]))
        >>> print(data)
        arrays: 4 rows of 4 features; binary: one yes/no question (dog)
        >>> data.targets.tolist()
        [0, 1, 0, 1]

    Source: labelwise.
    """
    kind, name, read = open_source(source)
    given = {
        "labels": _names(labels),
        "exclude": _names(exclude),
        "categorical": _names(categorical),
        "impute": impute,
        "group": group,
        "id": id,
        "image_size": image_size,
    }
    options = {option: value for option, value in given.items() if value is not None and value != ()}
    refuse_idle_options(kind, options)
    if not need_labels and (ordered is not None or task is not None):
        raise OptionError("ordered or task", "data that is read without labels", "neither of them")
    raw = read(need_labels=need_labels, **options)
    if not len(raw.features):
        raise InputError("rows to learn from", f"{name}: no rows", "a source with rows")
    dataset = Dataset(
        name=name,
        features=raw.features,
        labels=_read_labels(raw, ordered, task) if need_labels else None,
        ids=np.arange(len(raw.features)) if raw.ids is None else raw.ids,
        feature_names=raw.feature_names,
        groups=raw.groups,
        test_rows=raw.test_rows,
        source={},
        notes=raw.notes,
    )
    stated = {**options, "ordered": ordered, "task": task}
    record = {
        "kind": kind,
        **raw.found,
        "sha256": raw.found.get("sha256") or dataset.digest,  # of the bytes; where there are none, of what was read
        "rows": dataset.n_rows,
        "shape": list(dataset.features.shape[1:]),
        **{k: v if isinstance(v, (str, bool, int)) else list(v) for k, v in stated.items() if v is not None},
    }
    return replace(dataset, source=record)


# ------------------------------------------------------------------ labels


def _read_labels(raw: Raw, ordered: Any, task: TaskKind | None) -> Labels:
    """The task of the labels; what nothing can be learnt from is refused."""
    rows = len(raw.features)
    if not hasattr(raw.y, "__len__") or len(raw.y) != rows:
        given = f"{len(raw.y)} labels" if hasattr(raw.y, "__len__") else type(raw.y).__name__
        raise InputError(
            f"one label for each of the {rows} rows", f"{given} in {raw.y_name}", "features and labels of one length"
        )
    if raw.order_lost and ordered is None and task is None:
        raise InputError(
            f"the order of the classes of {raw.y_name}",
            "an ordered category, as pandas wrote it, in an order that cannot be read from the file",
            "--ordered with the classes from lowest to highest, or --task multiclass to do without the order",
        )
    labels = read_labels(raw.y, ordered=ordered, names=raw.names, kind=task)
    for trap in labels.task.traps:
        if trap.fatal:
            raise InputError("labels to learn from", f"{raw.y_name}: {trap.text}", _MEND.get(trap.name, "other labels"))
    return labels


_MEND = {
    "one_class": "data with at least two classes",
    "missing_labels": "the rows with labels only",
}


def _names(value: Sequence[str] | str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
