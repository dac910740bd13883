"""Tables -> Raw: .csv and .parquet files, and frames in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelwise.errors import InputError, OptionError
from labelwise.io.columns import encode, find_columns, is_text
from labelwise.io.features import check_numbers
from labelwise.io.files import reading, sha256_of
from labelwise.io.raw import Raw

if TYPE_CHECKING:
    import polars as pl

__all__ = ["from_csv", "from_frame", "from_parquet", "is_frame"]

_LABEL_LIKE = ("label", "target", "class", "y", "outcome", "species", "category")


def from_csv(path: Path, *, need_labels: bool, **options: Any) -> Raw:
    """Read a .csv file; options as in `from_frame`."""
    frame, notes = _read_csv(path)
    # A first column without a name is what pandas writes for its index.
    index = "" if frame.columns[0] == "" else None
    raw = from_frame(frame, need_labels=need_labels, index=index, is_csv=True, notes=notes, **options)
    raw.found.update(path=str(path), sha256=sha256_of(path))
    return raw


def from_parquet(path: Path, *, need_labels: bool, **options: Any) -> Raw:
    """Read a .parquet file; options as in `from_frame`."""
    frame, index = _read_parquet(path)
    raw = from_frame(frame, need_labels=need_labels, index=index, **options)
    raw.found.update(path=str(path), sha256=sha256_of(path))
    return raw


def is_frame(source: Any) -> bool:
    """True for polars, pandas and any other frame with the Arrow interface."""
    return hasattr(source, "__arrow_c_stream__") and (hasattr(source, "columns") or hasattr(source, "column_names"))


def from_frame(
    source: Any,
    *,
    need_labels: bool,
    labels: Sequence[str] = (),
    exclude: Sequence[str] = (),
    categorical: Sequence[str] = (),
    impute: str | None = None,
    group: str | None = None,
    id: str | None = None,
    y: Any = None,
    index: str | None = None,
    is_csv: bool = False,
    notes: tuple[str, ...] = (),
) -> Raw:
    """Read the columns of a frame.

    Args:
        source: the frame.
        need_labels: False where labels are not wanted; then `labels` and `exclude` may name columns that are not there.
        labels: label columns, names or patterns.
        exclude: columns to leave out, names or patterns.
        categorical: columns to encode one-hot; a pattern takes the text columns among its matches.
        impute: "median" or None.
        group: the column of the groups.
        id: the column of the ids.
        y: labels that come beside the frame instead of `labels`.
        index: a column that holds the names of the rows, as the source itself says.
        is_csv: text that reads as numbers is numbers.
        notes: what reading has to say already.

    Raises:
        InputError: where a column cannot be what it is asked to be.
        OptionError: where a column is not there, or is asked to be two things.
    """
    frame = _as_frame(source)
    columns = frame.columns
    if not frame.height:
        raise InputError("rows to learn from", f"no rows, only the columns {', '.join(columns)}", "a table with rows")
    of = {
        "label": find_columns(labels, columns, option="label", optional=not need_labels),
        "group": find_columns([group] if group is not None else [], columns, option="group"),
        "id": find_columns([id] if id is not None else [], columns, option="id"),
        "exclude": find_columns(exclude, columns, option="exclude", optional=not need_labels),
        "categorical": find_columns(categorical, columns, option="categorical"),
    }
    _refuse_double_use(of)
    if need_labels and y is None and not labels:
        raise InputError("the label column", f"no --label; {_candidates(frame)}", "--label COLUMN")
    if y is not None and labels:
        raise OptionError(f"--label {labels[0]}", "labels beside the frame already", "one or the other")
    if index is not None and any(index in named for named in of.values()):
        index = None
    taken = {*of["label"], *of["group"], *of["id"], *of["exclude"], index}
    rest = frame.select([c for c in columns if c not in taken])
    if not rest.width:
        raise InputError(
            "feature columns", "no column is left beside labels, groups, ids and excluded ones", "features"
        )
    features, names, encoded = encode(rest, categorical=_to_encode(of["categorical"], rest), words_as_missing=is_csv)
    notes = (*notes, *encoded, *check_numbers(features, names, impute=impute))
    if of["exclude"]:
        notes += (f"left out: {', '.join(of['exclude'])}",)
    row_names = next(iter(of["id"]), None)
    if index is not None and row_names is None:
        row_names = index
        notes += (f"column {index!r} is the index of the frame that was saved: taken as ids, not as a feature",)
    return Raw(
        features=features,
        y=(y if y is not None else _labels(frame, list(of["label"]))) if need_labels else None,
        y_name="y" if y is not None else ", ".join(of["label"]),
        ids=None if row_names is None else _codes(frame[row_names], "id"),
        groups=_codes(frame[next(iter(of["group"]))], "group") if of["group"] else None,
        feature_names=names,
        notes=notes,
        found={"columns": len(columns)},
    )


# ------------------------------------------------------------------ reading


def _read_csv(path: Path) -> tuple[pl.DataFrame, tuple[str, ...]]:
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
            raise InputError(
                "column names that differ", f"{path}: two columns named {original!r}", "one name per column"
            )
    if len(columns) == 1 and (mark := next((m for m in ";\t|" if m in columns[0]), None)):
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
    return frame, (f"{rows - frame.height} blank lines left out",) if rows > frame.height else ()


def _read_parquet(path: Path) -> tuple[pl.DataFrame, str | None]:
    """The frame, and the column that its pandas metadata call the index."""
    import polars as pl

    with reading(path, "parquet"):
        frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
        told = json.loads(pl.read_parquet_metadata(path).get("pandas", "{}"))
    index = [c for c in told.get("index_columns", []) if isinstance(c, str) and c in frame.columns]
    return frame, index[0] if len(index) == 1 else None


def _as_frame(source: Any) -> pl.DataFrame:
    import polars as pl

    return source if isinstance(source, pl.DataFrame) else pl.DataFrame(source)


# ------------------------------------------------------------------ roles of columns


def _refuse_double_use(of: dict[str, dict[str, bool]]) -> None:
    """A column has one role; a pattern of --exclude or --categorical yields to the others."""
    for yielding in ("exclude", "categorical"):
        for role, named in of.items():
            if role != yielding:
                of[yielding] = {c: full for c, full in of[yielding].items() if full or c not in named}
    roles = list(of)
    for i, role in enumerate(roles):
        for other in roles[i + 1 :]:
            both = [c for c in of[role] if c in of[other]]
            if both:
                raise OptionError(
                    f"--{role} {both[0]} and --{other} {both[0]}",
                    "a column that is asked to be both, so one of the two would have no effect",
                    "one of them",
                )


def _to_encode(named: dict[str, bool], rest: pl.DataFrame) -> set[str]:
    chosen = {c for c, full in named.items() if full or is_text(rest[c])}
    if named and not chosen:
        raise OptionError(
            "--categorical with a pattern",
            f"no text column among its matches {', '.join(named)}",
            "columns named in full",
        )
    return chosen


def _candidates(frame: pl.DataFrame) -> str:
    """Columns that could hold labels, the likeliest first."""
    few = [
        c.name
        for c in frame.iter_columns()
        if not c.dtype.is_float() and not c.dtype.is_nested() and 2 <= c.n_unique() <= min(100, frame.height)
    ]
    few.sort(key=lambda name: name.lower() not in _LABEL_LIKE)
    if few:
        more = f" and {len(few) - 8} more" if len(few) > 8 else ""
        return f"columns with few distinct values: {', '.join(few[:8])}{more}"
    return f"columns: {', '.join(frame.columns[:40])}"


def _labels(frame: pl.DataFrame, names: list[str]) -> Any:
    import polars as pl

    if len(names) > 1:
        return frame.select(names)
    column = frame[names[0]]
    if isinstance(column.dtype, (pl.List, pl.Array)):
        return column.to_list()
    if column.dtype.is_temporal():
        return column.cast(pl.String)
    return column


def _codes(column: pl.Series, option: str) -> np.ndarray:
    """A column of groups or ids as whole numbers or text."""
    import polars as pl

    if column.dtype.is_nested():
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
