"""Notebooks as one Python text: cells in order, magics blanked, and the way back from a line to its cell."""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass

__all__ = ["Cells", "parse", "read_notebook"]

_MAGIC = re.compile(r"^(\s*)([%!?].*|.*\S\?{1,2}\s*)$")
_SHELL_ASSIGN = re.compile(r"^(\s*)([\w, ]+)=\s*[!%].*$")


@dataclass(frozen=True)
class Cells:
    """Where each line of the joined text comes from: ``(cell, line in the cell)``, both from 1."""

    text: str
    places: tuple[tuple[int, int], ...]
    broken: tuple[tuple[int, int, str], ...]

    def place(self, line: int) -> tuple[int, int]:
        """Cell and line within it."""
        return self.places[min(max(line, 1), len(self.places)) - 1] if self.places else (1, 1)


def parse(text: str) -> ast.Module:
    """`ast.parse` without its warnings; ValueError (null bytes) and deep nesting come out as SyntaxError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or type(error).__name__) from None


def read_notebook(raw: str) -> Cells:
    """The code of a notebook file.

    Raises:
        SyntaxError: where the file is not a notebook.
    """
    try:
        data = json.loads(raw)
        cells = data.get("cells") or [c for sheet in data.get("worksheets", []) for c in sheet.get("cells", [])]
        sources = [_source(c) if c.get("cell_type") == "code" else None for c in cells]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise SyntaxError(f"not a notebook: {error}") from None
    lines: list[str] = []
    places: list[tuple[int, int]] = []
    broken: list[tuple[int, int, str]] = []
    for number, source in enumerate(sources, 1):
        if source is None:
            continue
        clean = _clean(source)
        try:
            parse("\n".join(clean))
        except SyntaxError as error:
            broken.append((number, error.lineno or 1, f"syntax error, this cell is not read: {error.msg}"))
            continue
        lines += clean
        places += [(number, i) for i in range(1, len(clean) + 1)]
    return Cells("\n".join(lines), tuple(places), tuple(broken))


def _source(cell: dict) -> str:
    source = cell.get("source", cell.get("input", ""))
    return "".join(source) if isinstance(source, list) else str(source)


def _clean(source: str) -> list[str]:
    lines = source.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and not first.startswith(("%%time", "%%capture", "%%prun")):
        return ["" for _ in lines]  # another language, or a file to write
    out = []
    for line in lines:
        if (assign := _SHELL_ASSIGN.match(line)) and "==" not in line:
            out.append(f"{assign[1]}{assign[2]}= None")
        elif (magic := _MAGIC.match(line)) and not line.lstrip().startswith("#"):
            out.append(f"{magic[1]}pass")
        else:
            out.append(line)
    return out
