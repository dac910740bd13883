"""Saved scores -> Scores with targets: .npz, .parquet and .csv files, whole or in batches.

- ``.npz``: ``logits``, ``log_probs`` or ``probs`` (N, C), or (N,) for one yes/no column; ``y``: (N,) class indices, or
  (N, L) 0/1 with nan for "not known"; optional ``classes`` (C,) text, ``ids``, ``groups``, ``weights``.
- ``.parquet``, ``.csv``: a column ``logit_NAME``, ``log_prob_NAME`` or ``prob_NAME`` per class, or one list column
  ``logits``, ``log_probs`` or ``probs``; ``label`` (name or index) or ``label_NAME`` 0/1 columns; optional ``id``,
  ``group``, ``weight``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labelwise.errors import InputError, OptionError
from labelwise.io.files import read_npz, reading
from labelwise.io.stated import linked, read_as, targets_read_as
from labelwise.io.targets import encode_targets
from labelwise.scores import Logits, LogProbs, Probs, Scores
from labelwise.task import Labels, Task

__all__ = ["ScoresFile", "batches_of", "read_scores"]

KINDS: dict[str, type[Scores]] = {"logits": Logits, "log_probs": LogProbs, "probs": Probs}
COLUMNS = {"logit_": "logits", "log_prob_": "log_probs", "prob_": "probs"}
NPZ_NAMES = (*KINDS, "y", "classes", "ids", "groups", "weights", "link")
BATCH_CELLS = 8_000_000


@dataclass(frozen=True, eq=False)
class ScoresFile:
    """What a scores file holds.

    Attributes:
        scores: the scores with their task, ids, groups and weights.
        targets: (N,) class indices (-1: not known), (N, L) 0/1 with nan, or None where the file has no labels.
        notes: what reading has to say, e.g. columns that were not read.
    """

    scores: Scores
    targets: np.ndarray | None
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> Labels | None:
        """Task and targets together, as `audit` and `fit_policy` take them; None without targets."""
        return None if self.targets is None else Labels(self.scores.task, self.targets)


@dataclass
class _Raw:
    """Arrays of a file before they are understood."""

    kind: str
    array: np.ndarray
    y: np.ndarray | None
    names: list[str] | None
    ids: np.ndarray | None
    groups: np.ndarray | None
    weights: np.ndarray | None
    unread: list[str]
    link: str | None = None
    indexed: bool = False


def read_scores(
    path: Path | str,
    *,
    ordered: Sequence[str] | bool = False,
    kind: str | None = None,
    link: str | None = None,
    task: Task | None = None,
    rows: slice | None = None,
) -> ScoresFile:
    """Read a scores file, whole or in part.

    The file tells most: one column is a yes/no question, a matrix of labels stands for several labels per row, logits
    are of the task's own link. What it cannot tell, or tells wrongly, is stated by `ordered`, `kind` and `link`.

    Args:
        path: an .npz, .parquet or .csv file.
        ordered: the classes from lowest to highest, or True where the columns are in order: the task is ordinal.
        kind: ``multiclass`` where a matrix of labels holds one class per row, ``multilabel`` where class indices are to
            be read as labels of which a row could have had more.
        link: ``sigmoid`` where logits of exclusive classes come from a sigmoid head (each row's probabilities are
            divided by their sum), ``softmax`` where logits of several labels come from a softmax head.
        task: the task of the scores where it is known from elsewhere, e.g. for inputs of no known class.
        rows: one of `batches_of`, to read no more than these.

    Returns:
        The scores with their targets.

    Raises:
        InputError: where the file cannot be read as scores.
        OptionError: where `ordered`, `kind` or `link` do not fit the file, or change nothing.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "scores.npz"
        >>> np.savez(path, logits=np.zeros((2, 3)), y=[0, 2])
        >>> read_scores(path).scores.task.kind
        'multiclass'
    """
    path = Path(path)
    if not path.exists():
        raise InputError("a scores file", f"{path}: no such file", "the path of an .npz, .parquet or .csv file")
    where = str(path) if rows is None else f"{path}, rows from {rows.start}"
    raw = _from_npz(path) if path.suffix == ".npz" else _from_frame(_frame(path, rows), path)
    if kind is not None and task is not None:
        raise OptionError("a kind of task, or a task", f"kind={kind!r} and {task}", "one of them")
    return _understand(raw, where, ordered, kind, link, task)


def batches_of(path: Path | str, *, cells: int = BATCH_CELLS) -> list[slice | None]:
    """Parts in which a scores file can be read one by one: rows of a .parquet file; other files have one part.

    Args:
        path: as in `read_scores`.
        cells: numbers in a batch.

    Raises:
        InputError: where the file cannot be read.
    """
    path = Path(path)
    if path.suffix != ".parquet" or not path.exists():
        return [None]
    import polars as pl

    with reading(path, "parquet"):
        lazy = pl.scan_parquet(path)
        rows, columns = int(lazy.select(pl.len()).collect().item()), lazy.collect_schema().names()
    if not rows:
        return [None]
    width = sum(c.startswith(tuple(COLUMNS)) for c in columns)
    width = width or _from_frame(_frame(path, slice(0, 1)), path).array.shape[1]  # a list column
    step = max(1, cells // width)
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]


# ------------------------------------------------------------------ files


def _from_npz(path: Path) -> _Raw:
    arrays = read_npz(path)
    kind = _one_kind([k for k in KINDS if k in arrays], path, "the arrays " + (", ".join(arrays) or "(none)"))
    names = [str(n) for n in arrays["classes"].tolist()] if "classes" in arrays else None
    return _Raw(
        kind,
        arrays[kind],
        arrays.get("y"),
        names,
        arrays.get("ids"),
        arrays.get("groups"),
        arrays.get("weights"),
        [k for k in arrays if k not in NPZ_NAMES],
        str(arrays["link"]) if "link" in arrays else None,
        indexed=True,  # an .npz holds class indices, whatever the classes are called
    )


def _frame(path: Path, rows: slice | None) -> Any:
    import polars as pl

    readers = {".parquet": pl.read_parquet, ".csv": lambda p: pl.read_csv(p, infer_schema_length=None)}
    if path.suffix not in readers:
        raise InputError("a scores file", f"{path}: a file of kind {path.suffix!r}", "an .npz, .parquet or .csv file")
    with reading(path, path.suffix[1:]):
        if rows is not None:
            return pl.scan_parquet(path).slice(rows.start, rows.stop - rows.start).collect()
        return readers[path.suffix](path)


def _from_frame(frame: Any, path: Path) -> _Raw:
    columns = list(frame.columns)
    by_kind = {kind: [c for c in columns if c.startswith(start)] for start, kind in COLUMNS.items()}
    wide = [kind for kind, found in by_kind.items() if found]
    lists = [kind for kind in KINDS if kind in columns]
    kind = _one_kind([*wide, *lists], path, "the columns " + (", ".join(columns[:12]) or "(none)"))
    names = None
    used = {"id", "group", "weight", "label"}
    if wide:
        start = next(s for s, k in COLUMNS.items() if k == kind)
        names = [c.removeprefix(start) for c in by_kind[kind]]
        used |= set(by_kind[kind])
        array = _matrix(frame.select(by_kind[kind]), path)
    else:
        used.add(kind)
        array = _list_column(frame[kind], kind, path)
    y, label_columns = _labels(frame, names, path)
    used |= set(label_columns)
    if label_columns and names is None:
        names = [c.removeprefix("label_") for c in label_columns]
    extra = {name: frame[name].to_numpy() if name in columns else None for name in ("id", "group", "weight")}
    unread = [c for c in columns if c not in used]
    return _Raw(kind, array, y, names, extra["id"], extra["group"], extra["weight"], unread)


def _one_kind(found: list[str], path: Path, given: str) -> str:
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError("scores of one kind", f"{path}: {' and '.join(found)}", "only one of them in the file")
    raise InputError(
        "scores whose kind is told by their name",
        f"{path}: {given}",
        "arrays logits or probs (N, C); in a table columns logit_NAME or prob_NAME, or a list column logits or probs",
    )


def _matrix(frame: Any, path: Path) -> np.ndarray:
    """Columns of numbers side by side, row after row in memory; float32 where all of them are."""
    import polars as pl

    for name, kind in frame.schema.items():
        _refuse_words(kind, name, path)
    single = all(kind == pl.Float32 for kind in frame.schema.values())
    return (frame if single else frame.cast(pl.Float64)).to_numpy(order="c")


def _refuse_words(kind: Any, name: str, path: Path) -> None:
    if not kind.is_numeric():
        raise InputError(f"numbers in column {name}", f"{path}: {kind}", "scores as numbers")


def _numbers(column: Any, name: str, path: Path) -> np.ndarray:
    _refuse_words(column.dtype, name, path)
    return column.to_numpy().astype(np.float32 if str(column.dtype) == "Float32" else np.float64)


def _list_column(column: Any, name: str, path: Path) -> np.ndarray:
    if not (str(column.dtype).startswith(("List", "Array"))):
        raise InputError(f"a list of numbers per row in column {name}", f"{path}: {column.dtype}", "one list per row")
    lengths = column.list.len() if str(column.dtype).startswith("List") else None
    if lengths is not None:
        first = lengths[0]
        bad = (lengths != first).fill_null(True).to_numpy()
        if bad.any():
            row = int(bad.argmax())
            raise InputError(
                f"lists of one length in column {name}",
                f"{path}: {first} numbers in row 0, {lengths[row]} in row {row}",
                "one score per class in every row",
            )
    flat = column.explode() if lengths is not None else column.arr.explode()
    return _numbers(flat, name, path).reshape(len(column), -1)


def _labels(frame: Any, names: list[str] | None, path: Path) -> tuple[np.ndarray | None, list[str]]:
    columns = [c for c in frame.columns if c.startswith("label_")]
    if columns and "label" in frame.columns:
        raise InputError("labels of one form", f"{path}: label and {columns[0]}", "label, or one label_NAME per label")
    if "label" in frame.columns:
        return frame["label"].to_numpy(), []
    if not columns:
        return None, []
    if names is not None:
        given = [c.removeprefix("label_") for c in columns]
        lost = [n for n in given if n not in names] + [n for n in names if n not in given]
        if lost:
            raise InputError(
                "a label column for every score column, and the other way round",
                f"{path}: {lost[0]!r} has only one of the two",
                f"label_{lost[0]} and the score of {lost[0]}, or neither",
            )
        columns = [f"label_{n}" for n in names]
    y = np.stack([frame[c].cast(float).to_numpy() for c in columns], axis=1)
    return y, columns


# ------------------------------------------------------------------ what it means


def _understand(
    raw: _Raw, where: str, ordered: Sequence[str] | bool, kind: str | None, link: str | None, task: Task | None
) -> ScoresFile:
    array = raw.array
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2) or not array.size:
        raise InputError(
            f"{raw.kind} of N rows", f"{where}: shape {array.shape}, dtype {array.dtype}", "numbers (N, C), or (N,)"
        )
    for name, value in (("labels", raw.y), ("ids", raw.ids), ("groups", raw.groups), ("weights", raw.weights)):
        if value is not None and len(value) != len(array):
            raise InputError(f"{len(array)} {name}, one per row of scores", f"{where}: {len(value)} {name}", "one each")
    if raw.ids is not None:
        _refuse_twins(raw.ids, where)
    width = 1 if array.ndim == 1 else array.shape[1]
    if task is None:
        task = _task(raw, width, where, ordered)
    if kind is not None:
        task = read_as(kind, task, bool(ordered), where)
    scores = KINDS[raw.kind](array, task, ids=raw.ids, groups=raw.groups, weights=raw.weights)
    targets = None
    if raw.y is not None:
        encode = encode_targets if kind is None else targets_read_as
        targets = encode(raw.y, task, where, indices=raw.indexed)
    notes = (f"not read: {', '.join(raw.unread)}",) if raw.unread else ()
    scores, told = linked(scores, raw.link, link, where)
    return ScoresFile(scores, targets, (*told, *notes))


def _task(raw: _Raw, width: int, where: str, ordered: Sequence[str] | bool) -> Task:
    shape = f"scores of {width} column{'s' * (width > 1)}"
    several = raw.y is not None and raw.y.ndim == 2 and raw.y.shape[1] > 1
    names = raw.names
    if width == 1 and not several:
        if names is not None and len(names) == 1:
            names = [f"not {names[0]}", names[0]]
        _refuse_names(names, 2, where)
        return Task("binary", tuple(names or ("0", "1")), (f"{shape}: one yes/no question",))
    _refuse_names(names, width, where)
    classes = tuple(names or map(str, range(width)))
    if several:
        if ordered:
            raise OptionError("ordered classes", f"{where}: labels as a matrix", "one column of labels")
        return Task("multilabel", classes, (f"{shape} and labels as a matrix: any subset of the labels",))
    if ordered is False:
        return Task("multiclass", classes, (f"{shape} and one label per row: exactly one of the classes",))
    if ordered is not True and tuple(ordered) != classes:
        raise OptionError(
            f"the order {' < '.join(map(str, ordered))}",
            f"{where}: score columns in the order {', '.join(classes)}",
            "score columns from the lowest class to the highest, and the same names",
        )
    return Task("ordinal", classes, (f"{shape} and one label per row, the classes ordered as stated",))


def _refuse_names(names: list[str] | None, wanted: int, where: str) -> None:
    if names is None:
        return
    if len(names) != wanted:
        raise InputError(f"{wanted} class names, one per class", f"{where}: {len(names)} names", "one name per class")
    if len(set(names)) != len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise InputError("class names that differ", f"{where}: {twice!r} twice", "a name of its own for every class")


def _refuse_twins(ids: np.ndarray, where: str) -> None:
    distinct, first, count = np.unique(ids.astype(str), return_index=True, return_counts=True)
    if len(distinct) < len(ids):
        twin = int(np.argmax(count > 1))
        raise InputError(
            "ids that name one row each",
            f"{where}: id {str(distinct[twin])!r} {count[twin]} times, first at row {first[twin]}; "
            f"{len(ids) - len(distinct)} rows repeat an id",
            "a distinct id per row, or no ids",
        )
