"""Columns of a table: finding them by name or pattern, and turning them into features."""

from __future__ import annotations

import difflib
import shlex
from collections import Counter
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from labelwise.errors import InputError, OptionError
from labelwise.labels import plain

if TYPE_CHECKING:
    import polars as pl

__all__ = ["encode", "find_columns", "is_encoded", "is_text", "listed", "read_words", "take"]

MOST_VALUES = 1000


def find_columns(
    wanted: Sequence[str], columns: Sequence[str], *, option: str, optional: bool = False, patterns: bool = True
) -> dict[str, bool]:
    """The columns that names and patterns (``tag_*``) stand for.

    Args:
        wanted: names or patterns of `fnmatch`; a name that is a column is never a pattern.
        columns: the columns there are.
        option: the option they were given to, for messages.
        optional: what is not there is left out instead of refused.
        patterns: False where only full names count.

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
        matches = [c for c in columns if patterns and fnmatchcase(c, name)]
        if not matches and not optional:
            raise OptionError(f"--{option} {name}", "no column of that name", _closest(name, columns))
        for match in matches:
            found.setdefault(match, False)
    return found


def take(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The named columns; polars' own `select` reads names such as ``*`` or ``^a$`` as patterns."""
    import polars as pl

    return pl.DataFrame([frame.get_column(name) for name in names])


def is_text(column: pl.Series) -> bool:
    """True for columns whose values are words: text and categories."""
    import polars as pl

    return column.dtype in (pl.String, pl.Categorical, pl.Enum)


def listed(names: Sequence[str], most: int = 40) -> str:
    """Names in a row, at most so many; what cannot be printed is escaped."""
    shown = ", ".join(n if n and n.isprintable() else repr(n) for n in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def read_words(column: pl.Series) -> pl.Series:
    """A text column as numbers where every value is a number or a word for missing such as ``NA``; else as it is.

    For sources without types of their own; the words are those that mean a missing label.

    Example:
        >>> import polars as pl
        >>> read_words(pl.Series(["1", " 2", "NA"])).to_list()
        [1, 2, None]
    """
    import polars as pl

    if column.dtype != pl.String or column.null_count() == len(column):
        return column
    cells = column.str.strip_chars()
    for dtype in (pl.Int64, pl.Float64):
        numbers = cells.cast(dtype, strict=False).fill_nan(None)
        words = cells.filter(numbers.is_null()).unique().to_list()
        if numbers.null_count() < len(cells) and all(plain(word, 0) is None for word in words):
            return numbers
    return column


def encode(frame: pl.DataFrame, *, categorical: Collection[str]) -> tuple[np.ndarray, tuple[str, ...], dict[str, int]]:
    """Feature columns as float32: numbers as they are, booleans as 0 and 1, named categories one-hot.

    Args:
        frame: the feature columns.
        categorical: columns to encode one-hot, one new column ``NAME=value`` per value, sorted; a missing value counts
            as a value of its own, ``NAME is missing``.

    Returns:
        (N, D) float32 with nan for missing, the names of the D columns, and how many columns each encoded one became.

    Raises:
        InputError: where a column holds neither numbers nor booleans and is not in `categorical`, or has too many
            values.

    Example:
        >>> import polars as pl
        >>> encode(pl.DataFrame({"a": [1, 2], "b": ["u", "v"]}), categorical=["b"])[1]
        ('a', 'b=u', 'b=v')
    """
    import polars as pl

    columns: list[np.ndarray] = []
    names: list[str] = []
    encoded: dict[str, int] = {}
    foreign: list[pl.Series] = []
    for column in frame.iter_columns():
        if column.name in categorical:
            new, values = _one_hot(column)
            columns += new
            names += [f"{column.name}{v}" for v in values]
            encoded[column.name] = len(new)
        elif column.dtype.is_numeric() or column.dtype == pl.Boolean:
            columns.append(column.cast(pl.Float64).to_numpy())
            names.append(column.name)
        else:
            foreign.append(column)
    if foreign:
        _refuse(foreign)
    matrix = np.empty((frame.height, len(columns)), np.float32)
    with np.errstate(over="ignore"):  # what overflows becomes inf, which `check_numbers` refuses
        for i, numbers in enumerate(columns):
            matrix[:, i] = numbers
    twice = [n for n, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError("a name of its own for every feature", f"{twice[0]!r} more than once", "other column names")
    return matrix, tuple(names), encoded


def is_encoded(name: str, column: str) -> bool:
    """True for the names that `encode` gives to the one-hot columns of a column."""
    return name.startswith(f"{column}=") or name == f"{column} is missing"


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


def _refuse(columns: list[pl.Series]) -> None:
    kinds = [_kind(c) for c in columns]
    told = [f"{c.name!r} holds {kind}{_first_value(c)}" for c, kind in zip(columns[:5], kinds, strict=False)]
    names = [shlex.quote(c.name) for c in columns]
    encodable = [n for n, kind in zip(names, kinds, strict=True) if kind in ("text", "dates")]
    instead = " ".join(f"--exclude {n}" for n in names[:5]) + (" ..." if len(names) > 5 else "")
    if len(encodable) == 1:
        instead += f", or --categorical {encodable[0]} to encode it one-hot"
    elif encodable:
        instead += ", or --categorical COLUMN to encode one of them one-hot (--categorical '*': every text column)"
    raise InputError(
        "numbers in every feature column",
        "; ".join(told) + (f"; and {len(columns) - 5} more columns" if len(columns) > 5 else ""),
        instead,
    )


def _kind(column: pl.Series) -> str:
    if column.null_count() == len(column):
        return "nothing"
    return "text" if is_text(column) else "dates" if column.dtype.is_temporal() else str(column.dtype)


def _first_value(column: pl.Series) -> str:
    """The first value, or, in a text column of mostly numbers, the first that is none."""
    import polars as pl

    known = column.is_not_null()
    if not known.any():
        return ""
    what, row = "first", int(known.arg_max() or 0)
    if is_text(column):
        stray = column.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False).is_null() & known
        if stray.sum() <= known.sum() / 2:
            row = int(stray.arg_max() or 0)
            what = f"first that is no number, in row {row},"
    value = repr(column[row])
    return f", {what} {value if len(value) <= 60 else value[:57] + '...'}"


def _closest(name: str, columns: Sequence[str]) -> str:
    by_fold = {c.casefold(): c for c in columns}
    close = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.5)
    return f"{by_fold[close[0]]} (closest); columns: {listed(columns)}" if close else f"one of {listed(columns)}"
