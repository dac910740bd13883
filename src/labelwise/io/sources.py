"""What a source may be: a table of its kinds, with what reads each and which options have an effect on it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from labelwise.errors import InputError, OptionError, choose, need
from labelwise.io.arrays import from_arrays, from_npz
from labelwise.io.images import from_folder
from labelwise.io.raw import Raw
from labelwise.io.tables import from_table_source, is_frame

__all__ = ["KINDS", "Kind", "open_source", "refuse_idle_options"]


def _digits(*, need_labels: bool) -> Raw:
    datasets = need("sklearn.datasets", extra="train", purpose="the digits data")
    found = datasets.load_digits()
    return from_arrays({"X": found.images.astype(np.float32), "y": found.target}, need_labels=need_labels)


def _pair(source: tuple[Any, Any], *, need_labels: bool, **options: Any) -> Raw:
    return from_arrays(dict(zip(("X", "y"), source, strict=True)), need_labels=need_labels, **options)


def _frame_and_labels(source: tuple[Any, Any], *, need_labels: bool, **options: Any) -> Raw:
    return from_table_source(source[0], kind="frame", y=source[1], need_labels=need_labels, **options)


@dataclass(frozen=True)
class Kind:
    """A kind of source: what reads it, and which options have an effect on it."""

    read: Callable[..., Raw]
    options: tuple[str, ...]
    why_not: str


_ROWS = ("impute",)
_TABLE = ("labels", "exclude", "categorical", "impute", "group", "id")
_BY_ARRAYS = "the arrays say it themselves: y, classes or labels, groups, ids, features"
KINDS: dict[str, Kind] = {
    "digits": Kind(_digits, (), "digits is complete as it is"),
    "npz": Kind(from_npz, _ROWS, _BY_ARRAYS),
    "arrays": Kind(from_arrays, _ROWS, _BY_ARRAYS),
    "(X, y)": Kind(_pair, _ROWS, 'the labels are y; a dict {"X": ..., "y": ..., "groups": ..., "ids": ...} says more'),
    "csv": Kind(partial(from_table_source, kind="csv"), _TABLE, "a table has columns"),
    "parquet": Kind(partial(from_table_source, kind="parquet"), _TABLE, "a table has columns"),
    "frame": Kind(partial(from_table_source, kind="frame"), _TABLE, "a table has columns"),
    "frame and labels": Kind(_frame_and_labels, _TABLE[1:], "the labels come beside the frame"),
    "folder": Kind(from_folder, ("image_size",), "file and folder names say it"),
}
ENDINGS = {".npz": "npz", ".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}
# What people have instead, and how it becomes one of them.
FOREIGN = {
    ".npy": "np.savez('data.npz', X=np.load(...), y=...)",
    ".tsv": "polars.read_csv(..., separator='\\t').write_parquet('data.parquet')",
    ".xlsx": "the sheet saved as .csv",
    ".feather": "polars.read_ipc(...).write_parquet('data.parquet')",
    ".arrow": "polars.read_ipc(...).write_parquet('data.parquet')",
    ".pkl": "arrays saved with np.savez('data.npz', X=..., y=...); a pickle can run code and is never read",
    ".pt": "np.savez('data.npz', X=x.numpy(), y=y.numpy()); a pickle can run code and is never read",
}


def open_source(source: Any) -> tuple[str, str, Callable[..., Raw]]:
    """Kind, name and reader of a source."""
    if isinstance(source, tuple):
        if len(source) != 2:
            raise InputError("a pair (X, y)", f"a tuple of {len(source)}", 'a dict {"X": ..., "y": ..., "groups": ...}')
        kind, name = ("frame and labels", "frame") if is_frame(source[0]) else ("(X, y)", "arrays")
    elif is_frame(source):
        kind, name = "frame", "frame"
    elif isinstance(source, Mapping):
        kind, name = "arrays", "arrays"
    elif isinstance(source, str) and source == "digits":
        return "digits", "digits", _digits
    elif isinstance(source, (str, Path)):
        if not str(source) or "://" in str(source):
            given = "an address" if str(source) else "no name"
            raise InputError(f"data in {str(source)!r}", given, "the path of a file or folder on this machine")
        source = Path(source).expanduser()
        kind, name = _kind_of_path(source), source.stem if source.is_file() else source.resolve().name
    else:
        raise InputError(
            "data",
            f"an object of type {type(source).__name__}",
            'a path, "digits", (X, y), a dict of arrays or a frame with labels=',
        )
    return kind, name, partial(KINDS[kind].read, source)


def _kind_of_path(path: Path) -> str:
    if path.is_dir():
        return "folder"
    ending = path.suffix.lower()
    if not path.exists():
        raise InputError(f"data in {path}", *_why_not_there(path))
    if ending not in ENDINGS:
        raise InputError(
            f"data in {path}",
            f"the ending {ending!r}" if ending else "a file without an ending",
            FOREIGN.get(ending, f"{', '.join(ENDINGS)}, a folder of images, or digits"),
        )
    if not path.is_file():
        raise InputError(f"data in {path}", "neither a file nor a folder", "a regular file")
    if not path.stat().st_size:
        raise InputError(f"data in {path}", "an empty file (0 bytes)", "the file as it was meant to be")
    return ENDINGS[ending]


def _why_not_there(path: Path) -> tuple[str, str]:
    folder = path.parent
    if not folder.is_dir():
        return f"no folder {folder}", "an existing path"
    names = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    beside = ["digits"] if len(path.parts) == 1 else []
    close = difflib.get_close_matches(path.name, [*beside, *names], n=1, cutoff=0.5)
    readable = [n for n in names if Path(n).suffix.lower() in ENDINGS or (folder / n).is_dir()]
    if close:
        return "no such file or folder", f"{close[0] if close[0] in beside else folder / close[0]} (closest)"
    return (
        "no such file or folder",
        f"one of {', '.join(readable[:10])} in {folder}" if readable else "an existing path",
    )


def refuse_idle_options(kind: str, options: dict[str, Any]) -> None:
    """Refuse options that would have no effect on this kind of source."""
    idle = [o for o in options if o not in KINDS[kind].options]
    if idle:
        flag = "--" + {"labels": "label"}.get(idle[0], idle[0].replace("_", "-"))
        value = options[idle[0]]
        raise OptionError(
            f"{flag} {' '.join(value) if isinstance(value, tuple) else value}",
            f"a source of the kind {kind!r}, on which it has no effect: {KINDS[kind].why_not}",
            f"the same without {flag}",
        )
    if "impute" in options:
        choose(options["impute"], ["median"], what="impute")
