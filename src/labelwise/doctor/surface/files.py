"""Which files a path stands for, each once; what cannot be read is said."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from labelwise.errors import InputError

__all__ = ["collect", "shown"]

SKIPPED_FOLDERS = {
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".ruff_cache",
    ".eggs",
    ".ipynb_checkpoints",
    ".labelwise_cache",
}
SUFFIXES = (".py", ".ipynb")


def collect(paths: Iterable[str | os.PathLike[str]], exclude: Sequence[str] = ()) -> list[Path]:
    """Python files and notebooks under the paths, sorted; links that lead back are followed once.

    Raises:
        InputError: where a path does not exist.
    """
    seen: set[str] = set()
    found: list[Path] = []
    for given in paths:
        path = Path(given)
        if not path.exists():
            raise InputError(
                "code to check", f"{path}, which does not exist", "a file or folder with .py or .ipynb files"
            )
        for file in [path] if path.is_file() else _walk(path, set()):
            real = os.path.realpath(file)
            excluded = any(fnmatch.fnmatch(file.as_posix(), p) or fnmatch.fnmatch(file.name, p) for p in exclude)
            if real not in seen and not excluded:
                seen.add(real)
                found.append(file)
    return sorted(found)


def _walk(folder: Path, trail: set[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in trail:
        return
    trail.add(real)
    try:
        entries = sorted(os.scandir(folder), key=lambda e: e.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            if entry.name not in SKIPPED_FOLDERS:
                yield from _walk(Path(entry.path), trail)
        elif entry.name.endswith(SUFFIXES) and entry.is_file():
            yield Path(entry.path)


def shown(path: Path) -> str:
    """The path as it is shown: relative to here where it lies below."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix() if path.is_absolute() else path.as_posix()
    except ValueError:
        return path.as_posix()
