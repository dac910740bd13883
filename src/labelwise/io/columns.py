"""Columns of a table: finding them by name or pattern, and turning them into features."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np

from labelwise.errors import InputError, OptionError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["encode", "find_columns", "first_value", "is_text"]

MOST_VALUES = 1000
_LISTED = 40


def find_columns(
    wanted: Sequence[str], columns: Sequence[str], *, option: str, optional: bool = False
) -> dict[str, bool]:
    """The columns that names and patterns (``tag_*``) stand for.

    Args:
        wanted: names or patterns of `fnmatch`; a name that is a column is never a pattern.
        columns: the columns there are.
        option: the option they were given to, for messages.
        optional: what is not there is left out instead of refused.

    Returns:
        Column -> whether it was named in full, in the order asked for and, within a pattern, of the table.

    Raises:
        OptionError: where nothing has that name, with the closest one.

    Example:
        >>> find_columns(["y", "tag_*"], ["tag_b", "x", "tag_a", "y"], option="label")
        {'y': True, 'tag_b': False, 'tag_a': False}
    """
    found: dict[str, bool] = {}
    for name in wanted:
        if name in columns:
            found[name] = True
            continue
        matches = [c for c in columns if fnmatchcase(c, name)]
        if not matches and not optional:
            raise OptionError(f"--{option} {name}", "no column of that name", _closest(name, columns))
        for match in matches:
            found.setdefault(match, False)
    return found


def is_text(column: pl.Series) -> bool:
    """True for columns whose values are words: text and categories."""
    import polars as pl

    return column.dtype in (pl.String, pl.Categorical, pl.Enum)


def first_value(column: pl.Series) -> str:
    """The first value there is, shown short, with its row."""
    known = column.is_not_null().arg_true()
    if not len(known):
        return "no value at all"
    value = repr(column[known[0]])
    return value if len(value) <= 60 else value[:57] + "..."


def encode(
    frame: pl.DataFrame, *, categorical: Collection[str], words_as_missing: bool
) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Feature columns as float32: numbers as they are, booleans as 0 and 1, named categories one-hot.

    Args:
        frame: the feature columns.
        categorical: columns to encode one-hot, one new column ``NAME=value`` per value, sorted; a missing value counts
            as a value of its own.
        words_as_missing: read text columns as numbers where every value is a number or a word such as ``NA`` (CSV has
            no types of its own).

    Returns:
        (N, D) float32 with nan for missing, the names of the D columns, and notes.

    Raises:
        InputError: where a column holds neither numbers nor booleans and is not in `categorical`, or has too many
            values.
    """
    columns: list[np.ndarray] = []
    names: list[str] = []
    notes: list[str] = []
    foreign: list[pl.Series] = []
    for column in frame.iter_columns():
        if column.name in categorical:
            new, values = _one_hot(column)
            columns += new
            names += [f"{column.name}{v}" for v in values]
            notes.append(f"{column.name}: one-hot encoded into {len(values)} columns")
            continue
        numbers = _numbers(column, words_as_missing)
        if numbers is None:
            foreign.append(column)
        else:
            columns.append(numbers)
            names.append(column.name)
    if foreign:
        _refuse(foreign)
    matrix = np.empty((frame.height, len(columns)), np.float32)
    with np.errstate(over="ignore"):  # what overflows becomes inf, which `check_numbers` refuses
        for i, numbers in enumerate(columns):
            matrix[:, i] = numbers
    return matrix, tuple(names), tuple(notes)


def _numbers(column: pl.Series, words_as_missing: bool) -> np.ndarray | None:
    import polars as pl

    if words_as_missing and column.dtype == pl.String and column.null_count() < len(column):
        # The words that `task` takes for a missing label are missing here too.
        words = column.str.strip_chars()
        words = words.set(words.str.to_lowercase().is_in(["", "nan", "none", "null", "na", "n/a"]), None)
        numbers = words.cast(pl.Float64, strict=False)
        column = numbers if numbers.null_count() == words.null_count() else column
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        return None
    return column.cast(pl.Float64).to_numpy()


def _one_hot(column: pl.Series) -> tuple[list[np.ndarray], list[str]]:
    import polars as pl

    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        raise InputError(
            f"--categorical {column.name}",
            f"a column of {column.dtype}",
            f"text or numbers, or --exclude {column.name}",
        )
    values = column.unique().drop_nulls().sort().to_list()
    if len(values) > MOST_VALUES:
        raise InputError(
            f"--categorical {column.name}",
            f"{len(values):,} different values in {len(column):,} rows, each of which would become a column",
            f"--exclude {column.name}, or a coarser column (at most {MOST_VALUES:,} values)",
        )
    words = sorted(values, key=str) if is_text(column) else values
    new = [(column == v).fill_null(False).to_numpy() for v in words]
    shown = [f"={v}" for v in words]
    if column.null_count():
        new.append(column.is_null().to_numpy())
        shown.append(" is missing")
    return new, shown


def _refuse(columns: list[Any]) -> None:
    import polars as pl

    told = []
    for column in columns[:5]:
        dtype = column.dtype
        kind = "text" if is_text(column) else "dates" if dtype.is_temporal() else str(dtype)
        kind = "nothing" if dtype == pl.Null or column.null_count() == len(column) else kind
        told.append(f"{column.name!r} holds {kind}" + (f", first {first_value(column)}" if kind != "nothing" else ""))
    more = f"; and {len(columns) - 5} more columns" if len(columns) > 5 else ""
    name = columns[0].name
    every = " ".join(f"--exclude {_quoted(c.name)}" for c in columns[:5])
    raise InputError(
        "numbers in every feature column",
        "; ".join(told) + more,
        f"--exclude {_quoted(name)} to leave it out, or --categorical {_quoted(name)} to encode it one-hot"
        + (f" (to leave all of these out: {every})" if len(columns) > 1 else ""),
    )


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)


def _closest(name: str, columns: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, columns, n=1, cutoff=0.5)
    close = close or [c for c in columns if c.lower() == name.lower()][:1]
    listed = ", ".join(columns[:_LISTED]) + (f" and {len(columns) - _LISTED} more" if len(columns) > _LISTED else "")
    return f"{close[0]} (closest); columns: {listed}" if close else f"one of the columns {listed}"
