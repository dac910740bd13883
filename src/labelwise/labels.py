"""Labels as people hold them (lists, arrays, columns of any frame) -> one array of plain values.

A plain value is an int, a float, a str, or None where it is missing. What cannot be one is refused with its row; what
the values mean is decided in `task`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import numpy as np

from labelwise.errors import InputError

__all__ = ["as_array", "as_numbers", "order_of_type", "plain_values", "shown", "sorted_values"]

Plain = int | float | str | None

_MISSING_WORDS = {"", "nan", "none", "null", "na", "n/a", "nat", "<na>"}
_MISSING_TYPES = {"NAType", "NaTType"}
_ROWS = (list, tuple, set, frozenset, np.ndarray)


def order_of_type(y: Any) -> tuple[list[Plain] | None, Any]:
    """The order that a column's own type carries (polars Enum, pandas ordered category), and the column as objects."""
    dtype = getattr(y, "dtype", None)
    if getattr(dtype, "ordered", False):  # pandas
        return [plain(c, 0) for c in dtype.categories], np.asarray(y, dtype=object)  # type: ignore[union-attr]
    if type(dtype).__name__ == "Enum" and hasattr(dtype, "categories"):  # polars
        return [str(c) for c in dtype.categories], np.asarray(y.to_list(), dtype=object)  # type: ignore[union-attr]
    return None, y


def as_array(y: Any) -> tuple[np.ndarray, list[str] | None]:
    """Labels as an array of one or two dimensions, with the names of its columns where it has them.

    Lists of label names become a 0/1 matrix with a column per name.
    """
    columns = [str(c) for c in y.columns] if hasattr(y, "columns") and hasattr(y, "shape") else None
    if hasattr(y, "to_numpy"):
        y = y.to_numpy()
    if isinstance(y, (list, tuple)) and any(isinstance(row, (list, tuple, set, frozenset)) for row in y):
        return _from_rows(list(y))
    try:
        array = np.asarray(y)
    except ValueError:  # rows of several lengths
        return _from_rows(list(y))
    if array.dtype.kind in "cV":
        raise InputError("labels", f"an array of dtype {array.dtype}", "class indices, names, or 0/1 per label")
    if array.ndim == 0 or array.ndim > 2:
        raise InputError("labels of one or two dimensions", f"shape {array.shape}", "(N,) or (N, L)")
    if array.ndim == 2 and array.shape[1] == 0 and len(array):
        raise InputError("at least one label column", f"shape {array.shape}", "(N,) or (N, L)")
    if array.dtype.kind in "mM":
        array = array.astype(str)
    if array.dtype == object and any(isinstance(v, _ROWS) for v in array.flat):
        if array.ndim == 2 and array.shape[1] > 1:
            raise InputError("one value per label and row", "a list within a label column", "one column of lists")
        return _from_rows(list(array.flat))
    return array, columns


def plain_values(column: np.ndarray) -> list[Plain]:
    """The values of a column as int, float, str or None for missing.

    Raises:
        InputError: for a value that is none of them, with its row.
    """
    if column.dtype.kind == "f":
        column = column.astype(np.float64)
    return [plain(value, row) for row, value in enumerate(column.tolist())]


def plain(value: Any, row: int) -> Plain:
    """One label as int, float, str, or None where it is missing (None, nan, an empty text, a word for nothing)."""
    if isinstance(value, np.generic):
        value = float(value) if isinstance(value, np.floating) else value.item()
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return None
    if isinstance(value, bytes):
        value = _decoded(value, row)
    if isinstance(value, str):
        return None if value.strip().lower() in _MISSING_WORDS else value
    if isinstance(value, float):
        return None if value != value else value
    if isinstance(value, int):  # booleans among them
        return value
    if isinstance(value, (datetime.date, datetime.timedelta)):
        return str(value)
    raise InputError(
        "labels that are numbers or text", f"a {type(value).__name__} at row {row}", "class indices or names"
    )


def as_numbers(matrix: np.ndarray) -> np.ndarray | None:
    """A matrix as float64 with nan for missing, or None where it holds words."""
    if matrix.dtype.kind in "US":
        return None
    if matrix.dtype != object:
        return matrix.astype(np.float64)
    values = [plain_values(row) for row in matrix]
    if any(isinstance(v, str) for row in values for v in row):
        return None
    return np.array([[np.nan if v is None else float(v) for v in row] for row in values]).reshape(matrix.shape)


def shown(value: Any) -> str:
    """A class as text: whole floats without their point."""
    return str(int(value)) if isinstance(value, (bool, float, np.floating)) and value == value // 1 else str(value)


def sorted_values(values: Iterable[Any]) -> list[Any]:
    """Sorted, by their text where they cannot be compared."""
    values = list(values)
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=str)


def _decoded(value: bytes, row: int) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InputError("labels as UTF-8 text", f"the bytes {value!r} at row {row}", "text, decoded") from None


def _from_rows(rows: list[Any]) -> tuple[np.ndarray, list[str] | None]:
    """A row each: a 0/1 matrix or columns of classes as they are; lists of label names as a 0/1 matrix."""
    for i, row in enumerate(rows):
        if not isinstance(row, _ROWS) or (isinstance(row, np.ndarray) and row.ndim != 1):
            raise InputError("one list of labels per row", f"{row!r} at row {i}", "[] for a row without a label")
    values = [
        [plain(v, i) for v in (row.tolist() if isinstance(row, np.ndarray) else row)] for i, row in enumerate(rows)
    ]
    items = [v for row in values for v in row]
    words = any(isinstance(v, str) for v in items)
    widths = {len(row) for row in values}
    names = words and all(isinstance(v, str) for v in items)
    if len(widths) == 1 and widths != {0} and not (names and (widths == {1} or _are_sets(rows, values))):
        return np.array(values, dtype=object if words else None), None
    if not items:
        raise InputError("labels", "every row's list is empty", "the labels of each row")
    lost = next((i for i, row in enumerate(values) if None in row), None)
    if lost is not None:
        raise InputError("lists of labels", f"a missing value within the list of row {lost}", "the list without it")
    classes = sorted_values(set(items))
    index = {v: i for i, v in enumerate(classes)}
    matrix = np.zeros((len(rows), len(classes)), np.int8)
    for i, row in enumerate(values):
        matrix[i, [index[v] for v in row]] = 1
    return matrix, [shown(v) for v in classes]


def _are_sets(rows: list[Any], values: list[list[Plain]]) -> bool:
    """Rows of equal length are sets of names where a value turns up in more than one position."""
    if isinstance(rows[0], (set, frozenset)):
        return True
    columns = [set(c) for c in zip(*values, strict=True)]
    return any(columns[i] & columns[j] for i in range(len(columns)) for j in range(i))
