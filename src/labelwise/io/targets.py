"""Labels -> targets of a task that is known already."""

from __future__ import annotations

from typing import Any

import numpy as np

from labelwise.errors import InputError
from labelwise.task import Labels, Task

__all__ = ["encode_targets"]


def encode_targets(y: Any, task: Task, where: str = "y", *, indices: bool = False) -> np.ndarray:
    """Labels as targets of a task that is known already.

    Args:
        y: `Labels` as they are; (N,) class names, or indices counted from 0, missing ones as nan, None or a negative
            number; for several labels (N, L) 0/1 with nan.
        task: binary, multiclass, ordinal or multilabel.
        where: what to call the labels in messages.
        indices: True where whole numbers are places in `class_names`, also where the names are numbers themselves.

    Returns:
        (N,) int64 with -1 for missing, or (N, L) float32 with nan.

    Raises:
        InputError: where a label is none of the task's.

    Example:
        >>> encode_targets(["b", "a", None], Task("multiclass", ("a", "b", "c"))).tolist()
        [1, 0, -1]
    """
    if isinstance(y, Labels):
        return y.targets
    array = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    if task.kind == "grouped":
        raise InputError("labels of one question", f"{where}: a grouped task", "each question on its own")
    if task.kind == "multilabel":
        if array.ndim != 2 or array.shape[1] != task.n_outputs:
            raise InputError(
                f"labels (N, {task.n_outputs}) of 0 and 1", f"{where}: shape {array.shape}", "one column per label"
            )
        values = array.astype(np.float32)
        bad = ~(np.isnan(values) | (values == 0) | (values == 1))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise InputError(
                'labels of 0 and 1, nan for "not known"',
                f"{where}: {values[row, column]:g} at row {row}, column {column} ({task.class_names[column]})",
                "0, 1 or nan",
            )
        return values
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(
            f"one label per row for the task {task}",
            f"{where}: shape {array.shape}",
            "class indices or names (N,); a 0/1 matrix only where a row may have several labels",
        )
    return _indices(array, task, where, None if indices else _numbered(task))


def _indices(array: np.ndarray, task: Task, where: str, numbered: dict[int, int] | None) -> np.ndarray:
    count = len(task.class_names)
    if array.dtype == object and all(v is None or isinstance(v, (int, float, np.number)) for v in array):
        array = np.array([np.nan if v is None else float(v) for v in array])
    if array.dtype.kind == "f":
        whole = np.where(np.isnan(array), -1, array)
        broken = whole != np.round(whole)
        if broken.any() or np.isinf(whole).any():
            row = int((broken | np.isinf(whole)).argmax())
            raise InputError("class indices", f"{where}: {array[row]} at row {row}", "whole numbers counted from 0")
        array = whole.astype(np.int64)
    if array.dtype.kind in "iub" and numbered is None:
        codes = array.astype(np.int64)
        if codes.size and codes.max() >= count:
            row = int(codes.argmax())
            raise InputError(
                f"class indices 0..{count - 1}", f"{where}: {codes[row]} at row {row}", "labels counted from 0"
            )
        return np.maximum(codes, -1)
    index: dict[Any, int] = dict(numbered or {})
    index |= {name: i for i, name in enumerate(task.class_names)}
    codes = np.empty(len(array), np.int64)
    for row, value in enumerate(array.tolist()):
        name = value.decode() if isinstance(value, bytes) else value
        missing = value is None or value != value or name in ("", -1)
        if not missing and name not in index:
            raise InputError(
                f"labels among {', '.join(task.class_names[:8])}{' ...' * (count > 8)}",
                f"{where}: {name!r} at row {row}",
                "the class names of the score columns, or indices counted from 0",
            )
        codes[row] = -1 if missing else index[name]
    return codes


def _numbered(task: Task) -> dict[int, int] | None:
    """Number -> index where the classes are numbers that are not their own indices, such as 1, 2, 3."""
    try:
        numbers = [int(name) for name in task.class_names]
    except ValueError:
        return None
    return None if numbers == list(range(len(numbers))) else {n: i for i, n in enumerate(numbers)}
