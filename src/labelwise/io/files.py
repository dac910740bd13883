"""Files: written whole or not at all, read without ever running what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from labelwise.errors import InputError, LabelwiseError

__all__ = ["read_npz", "reading", "sha256_of", "write_atomically", "write_json"]

# A zip may announce more than it weighs: refuse what no honest file needs.
MOST_BYTES = 64 * 2**30
MOST_RATIO, SMALL_BYTES = 1000, 2**30


def write_atomically(path: Path | str, writer: Callable[[Path], object]) -> None:
    """Write a file so that a reader sees the old one or the whole new one, never a part.

    The writer fills a hidden file beside it (``.tmp-...``, with the same ending), which is flushed to the disk and then
    takes the name. Where the writer fails, the hidden file is removed and the old file stays as it was; a process that
    is killed leaves at most the hidden file.

    Args:
        path: the file to write; its folder exists.
        writer: called with the path of the hidden file.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_atomically(folder / "a.txt", lambda part: part.write_text("whole"))
        >>> (folder / "a.txt").read_text(), len(list(folder.iterdir()))
        ('whole', 1)
    """
    path = Path(path)
    part = path.with_name(f".tmp-{secrets.token_hex(6)}-{path.name}")
    try:
        writer(part)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the new name itself is safe only once the folder is on the disk
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_json(path: Path | str, obj: Any) -> None:
    """Write one JSON document atomically: UTF-8, keys in the given order, nan and infinity refused.

    Args:
        path: the file to write.
        obj: dicts, lists, strings, numbers (numpy's too), booleans, None.

    Raises:
        InputError: where a number is nan or infinite; JSON has no word for it, and an undefined value is None.
    """
    try:
        text = json.dumps(obj, indent=1, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError:
        where = next(_not_finite(obj, ""), "somewhere")
        raise InputError(f"a JSON document {path}", f"nan or infinity at {where}", "None, with a reason") from None
    # A file name that is not UTF-8 comes with surrogates, which cannot be written.
    write_atomically(path, lambda part: part.write_bytes((text + "\n").encode("utf-8", "replace")))


def sha256_of(what: Path | str | Mapping[str, np.ndarray]) -> str:
    """SHA-256 of a file's bytes, or of named arrays with their order, shapes and dtypes.

    Example:
        >>> sha256_of({"a": np.arange(3)}) == sha256_of({"a": np.arange(3.0)})
        False
    """
    if not isinstance(what, Mapping):
        with open(what, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for name, array in what.items():
        array = np.asarray(array)
        if array.dtype == object:
            array = array.astype(str)
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return digest.hexdigest()


def read_npz(path: Path | str) -> dict[str, np.ndarray]:
    """Every array of an .npz file. Never unpickles.

    Args:
        path: the file.

    Raises:
        InputError: where the file is damaged, is no .npz, holds pickled objects, or would unpack to an absurd size.
    """
    path = Path(path)
    with reading(path, "npz"):
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(path, archive)
        arrays = {}
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                arrays[name] = _array_of(path, archive, name)
    return arrays


@contextmanager
def reading(
    path: Path, kind: str, wanted: str = "the file once more from where it came, or its right ending"
) -> Iterator[None]:
    """Whatever a damaged file makes a library raise becomes one `InputError`."""
    try:
        yield
    except (LabelwiseError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # polars can panic on damaged bytes, outside Exception
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"a .{kind} file", f"{path} is damaged, cut short or of another kind: {lines[0].rstrip('.')}", wanted
        ) from None


def _refuse_bomb(path: Path, archive: zipfile.ZipFile) -> None:
    unpacked, packed = sum(i.file_size for i in archive.infolist()), path.stat().st_size
    if unpacked > MOST_BYTES or (unpacked > SMALL_BYTES and unpacked > MOST_RATIO * packed):
        raise InputError(
            "an .npz file of honest size",
            f"{path}: {packed:,} bytes that would unpack to {unpacked:,}",
            "the arrays in parts, or saved uncompressed (np.savez)",
        )


def _array_of(path: Path, archive: Any, name: str) -> np.ndarray:
    try:
        array = archive[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        array = None
    if not isinstance(array, np.ndarray):
        raise InputError(
            "arrays of numbers or text",
            f"{path}: {name!r} holds Python objects (pickle), which are never read because they can run code",
            f"{name} saved as numbers or text, e.g. np.asarray({name}, dtype=str)",
        )
    return array


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (np.ndarray, tuple)):
        return list(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a JSON document")


def _not_finite(obj: Any, where: str) -> Iterator[str]:
    if isinstance(obj, Mapping):
        for key, value in obj.items():
            yield from _not_finite(value, f"{where}.{key}".lstrip("."))
    elif isinstance(obj, (list, tuple, np.ndarray)):
        for i, value in enumerate(obj):
            yield from _not_finite(value, f"{where}[{i}]")
    elif isinstance(obj, (float, np.floating)) and not np.isfinite(obj):
        yield where or "the top"
