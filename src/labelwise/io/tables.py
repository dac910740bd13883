"""Tables -> Raw: .csv and .parquet files, and frames in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelwise.errors import InputError, OptionError
from labelwise.io.columns import encode, find_columns, is_text, listed, read_words, take
from labelwise.io.features import check_numbers
from labelwise.io.files import reading, sha256_of
from labelwise.io.raw import Raw

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TABLE_READERS", "Table", "from_table", "from_table_source", "is_frame"]

_LABEL_LIKE = ("label", "target", "class", "y", "outcome", "species", "category")


@dataclass(frozen=True, eq=False)
class Table:
    """A frame and what its source says beside the columns.

    Attributes:
        frame: the columns.
        index: the column that holds the names of the rows, or None.
        ordered: columns that are ordered categories, but in an order that cannot be read.
        notes: what reading has to say.
    """

    frame: pl.DataFrame
    index: str | None = None
    ordered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def from_table_source(source: Any, *, kind: str, need_labels: bool, **options: Any) -> Raw:
    """Read a .csv or .parquet file or a frame; options as in `from_table`."""
    raw = from_table(TABLE_READERS[kind](source), need_labels=need_labels, **options)
    if isinstance(source, Path):
        raw.found.update(path=str(source), sha256=sha256_of(source))
    return raw


def is_frame(source: Any) -> bool:
    """True for polars, pandas and any other frame with the Arrow interface."""
    if hasattr(source, "collect") and hasattr(source, "collect_schema"):  # polars, lazy
        return True
    return hasattr(source, "__arrow_c_stream__") and (hasattr(source, "columns") or hasattr(source, "column_names"))


def from_table(
    table: Table,
    *,
    need_labels: bool,
    labels: Sequence[str] = (),
    exclude: Sequence[str] = (),
    categorical: Sequence[str] = (),
    impute: str | None = None,
    group: str | None = None,
    id: str | None = None,
    y: Any = None,
) -> Raw:
    """Give the columns of a table their roles.

    Args:
        table: the columns.
        need_labels: False where labels are not wanted; then every option but `categorical` may name columns that are
            not there.
        labels: label columns, names or patterns.
        exclude: columns to leave out, names or patterns.
        categorical: columns to encode one-hot; a pattern takes the text columns among its matches.
        impute: "median" or None.
        group: the column of the groups.
        id: the column of the ids.
        y: labels that come beside the table instead of `labels`.

    Raises:
        InputError: where a column cannot be what it is asked to be.
        OptionError: where a column is not there, or is asked to be two things.
    """
    frame = table.frame
    columns, free = frame.columns, not need_labels
    if not frame.height:
        raise InputError("rows to learn from", f"no rows, only the columns {listed(columns)}", "a table with rows")
    groups, names = ([] if name is None else [name] for name in (group, id))
    of = _settle(
        {
            "label": find_columns(labels, columns, option="label", optional=free),
            "group": find_columns(groups, columns, option="group", optional=free, patterns=False),
            "id": find_columns(names, columns, option="id", optional=free, patterns=False),
            "exclude": find_columns(exclude, columns, option="exclude", optional=free),
            "categorical": find_columns(categorical, columns, option="categorical"),
        }
    )
    if need_labels and y is None and not labels:
        raise InputError("the label column", f"no --label; {_candidates(frame)}", "--label COLUMN")
    # The index is no feature, unless the caller gives the column a role by its full name.
    index = table.index
    if index is not None and any(named.get(index) for named in of.values()):
        index = None
    taken = {*of["label"], *of["group"], *of["id"], *of["exclude"], index}
    rest = take(frame, [c for c in columns if c not in taken])
    if not rest.width:
        raise InputError("feature columns", f"none left of {listed(columns)}", "a table with columns to learn from")
    features, feature_names, encoded = encode(rest, categorical=_to_encode(of["categorical"], rest))
    notes = (*table.notes, *check_numbers(features, feature_names, impute=impute, leave_out="--exclude {}"))
    if encoded:
        notes += (f"one-hot encoded: {', '.join(f'{c} ({n} columns)' for c, n in encoded.items())}",)
    if of["exclude"]:
        notes += (f"left out: {', '.join(of['exclude'])}",)
    label_names = list(of["label"])
    if need_labels and y is None:
        y = frame[label_names[0]] if len(label_names) == 1 else take(frame, label_names)
    ids = next(iter(of["id"]), index)
    if index is not None and not of["id"]:
        notes += (f"column {index!r} is the index that was saved with the table: taken as ids, not as a feature",)
    return Raw(
        features=features,
        y=y if need_labels else None,
        y_name=", ".join(label_names) or "y",
        order_lost=len(label_names) == 1 and label_names[0] in table.ordered,
        ids=None if ids is None else _codes(frame[ids], "id"),
        groups=_codes(frame[next(iter(of["group"]))], "group") if of["group"] else None,
        feature_names=feature_names,
        notes=notes,
        found={"columns": len(columns)} | ({"one_hot": list(encoded)} if encoded else {}),
    )


# ------------------------------------------------------------------ reading


def _read_csv(path: Path) -> Table:
    import polars as pl

    with reading(
        path, "csv", "a comma-separated UTF-8 table: one line of column names, then as many cells in every row"
    ):
        # The whole file decides a column's type, so a word in the last row cannot surprise.
        frame = pl.read_csv(path, infer_schema_length=None, glob=False)
    columns = frame.columns
    for name in columns:
        original = re.sub(r"_duplicated_\d+$", "", name)
        if original != name and original in columns:
            raise InputError("a name of its own for every column", f"{path}: two named {original!r}", "other names")
    mark = next((m for m in ";\t|" if m in columns[0]), None)
    if len(columns) == 1 and mark:
        raise InputError(
            "a comma-separated table",
            f"{path}: one column, named {columns[0][:60]!r}; the separator seems to be {mark!r}",
            f"polars.read_csv({path.name!r}, separator={mark!r}), handed over as a frame or saved as .parquet",
        )
    stripped = [c.strip() for c in columns]
    if len(set(stripped)) == len(columns):
        frame = frame.rename(dict(zip(columns, stripped, strict=True)))
    rows = frame.height
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    frame = frame.with_columns(read_words(c) for c in frame.iter_columns())
    return Table(
        frame,
        index="" if frame.columns[0] == "" else None,  # pandas writes its index as a first column without a name
        notes=(f"blank lines left out: {rows - frame.height}",) if rows > frame.height else (),
    )


def _read_parquet(path: Path) -> Table:
    import polars as pl

    with reading(path, "parquet"):
        frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
        told = json.loads(pl.read_parquet_metadata(path).get("pandas", "{}"))
    index = [c for c in told.get("index_columns", []) if isinstance(c, str) and c in frame.columns]
    ordered = [c["name"] for c in told.get("columns", []) if (c.get("metadata") or {}).get("ordered")]
    return Table(frame, index=index[0] if len(index) == 1 else None, ordered=tuple(ordered))


def _read_frame(source: Any) -> Table:
    import polars as pl

    if hasattr(source, "collect_schema"):
        return Table(source.lazy().collect())
    try:
        frame = pl.DataFrame(source)
    except Exception as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            "a frame that polars can read",
            f"a {type(source).__name__}: {why}",
            "columns with a name of their own and values of one type",
        ) from None
    for name in getattr(source, "columns", ()):  # pandas: the order of a category is in the column's type
        dtype = getattr(source[name], "dtype", None) if isinstance(name, str) else None
        if getattr(dtype, "ordered", False):
            order = pl.Enum([str(c) for c in dtype.categories])  # type: ignore[union-attr]
            frame = frame.with_columns(frame.get_column(name).cast(pl.String).cast(order))
    index = [c for c in frame.columns if re.fullmatch(r"__index_level_\d+__", c)]  # pyarrow's name for it
    return Table(frame, index=index[0] if len(index) == 1 else None)


TABLE_READERS = {"csv": _read_csv, "parquet": _read_parquet, "frame": _read_frame}


# ------------------------------------------------------------------ roles of columns


def _settle(of: dict[str, dict[str, bool]]) -> dict[str, dict[str, bool]]:
    """Each column's one role: a full name counts more than a pattern, and of two patterns the earlier role's."""
    settled: dict[str, dict[str, bool]] = {role: {} for role in of}
    for column in dict.fromkeys(c for named in of.values() for c in named):
        claims = sorted((role for role in of if column in of[role]), key=lambda role: not of[role][column])
        if len(claims) > 1 and of[claims[1]][column]:
            raise OptionError(
                f"--{claims[0]} {column} and --{claims[1]} {column}",
                "a column that is asked to be both, so one of the two would have no effect",
                "one of them",
            )
        settled[claims[0]][column] = of[claims[0]][column]
    for role, named in of.items():
        if named and not settled[role]:
            raise OptionError(
                f"--{role} with a pattern for {listed(list(named), most=5)}",
                "columns that all have another role already, so it would have no effect",
                f"no --{role}, or another pattern",
            )
    return {role: {c: settled[role][c] for c in named if c in settled[role]} for role, named in of.items()}


def _to_encode(named: dict[str, bool], rest: pl.DataFrame) -> set[str]:
    chosen = {c for c, full in named.items() if c in rest.columns and (full or is_text(rest[c]))}
    if named and not chosen:
        raise OptionError(
            "--categorical with a pattern",
            f"no text column among its matches {', '.join(named)}",
            "columns named in full",
        )
    return chosen


def _candidates(frame: pl.DataFrame) -> str:
    """Columns that could hold labels, the likeliest first."""
    import polars as pl

    most = min(100, max(2, frame.height // 2))
    plain = [c for c in frame.iter_columns() if not (c.dtype.is_float() or c.dtype.is_nested() or c.dtype == pl.Object)]
    few = [c.name for c in plain if 2 <= c.n_unique() <= most]
    few.sort(key=lambda name: name.lower() not in _LABEL_LIKE)
    if few:
        return f"columns with few distinct values: {listed(few, most=8)}"
    return f"columns: {listed(frame.columns)}"


def _codes(column: pl.Series, option: str) -> np.ndarray:
    """A column of groups or ids as whole numbers or text."""
    import polars as pl

    if column.dtype.is_nested() or column.dtype == pl.Object:
        raise InputError(f"--{option} {column.name}", f"a column of {column.dtype}", "a column of numbers or text")
    if column.null_count():
        row = int(column.is_null().arg_max() or 0)
        raise InputError(
            f"--{option} {column.name}: a value in every row",
            f"{column.null_count()} missing, first at row {row} (rows are counted from 0)",
            "a column without gaps",
        )
    if column.dtype.is_integer():
        return column.to_numpy()
    return np.array(column.cast(pl.String).to_list(), dtype=str)
