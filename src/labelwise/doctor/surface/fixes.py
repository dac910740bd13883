"""Fixes: replacements on one line, found from the syntax at the finding's place, and applying them."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable

from labelwise.doctor.code.notebooks import parse
from labelwise.doctor.finding import Edit, Finding

__all__ = ["apply_edits", "diff", "edits_for"]


def edits_for(code: str, tree: ast.Module, text: str, line: int, column: int) -> tuple[Edit, ...]:
    """How to mend a claim at a place, or nothing where that cannot be written with certainty."""
    maker = _MAKERS.get(code)
    if maker is None:
        return ()
    for node in ast.walk(tree):
        here = getattr(node, "lineno", None) == line and getattr(node, "col_offset", None) == column
        if here and isinstance(node, (ast.Call, ast.Compare)) and node.lineno == node.end_lineno:
            made = maker(node, text.split("\n")[line - 1], _aliases(tree))
            if made is not None:
                start, end, new, safe = made
                return (Edit(line, start, end, new, safe),)
    return ()


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Names of imported modules: ``F`` -> ``torch.nn.functional``."""
    out = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            out |= {a.asname or a.name: a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            out |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return out


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    text = ast.unparse(node)
    head, _, rest = text.partition(".")
    return f"{aliases.get(head, head)}.{rest}" if rest else aliases.get(head, head)


Made = tuple[int, int, str, bool] | None


def _stable_log(wanted: dict[str, str]) -> Callable[[ast.AST, str, dict[str, str]], Made]:
    """``torch.log(F.softmax(z, dim=1))`` -> ``F.log_softmax(z, dim=1)``."""

    def make(node: ast.AST, line: str, aliases: dict[str, str]) -> Made:
        if (
            not isinstance(node, ast.Call)
            or len(node.args) != 1
            or node.keywords
            or not isinstance(node.args[0], ast.Call)
        ):
            return None
        inner = node.args[0]
        if _dotted(node.func, aliases) != "torch.log":
            return None
        name = _dotted(inner.func, aliases)
        if name not in wanted or not all(line.isascii() for _ in (0,)):
            return None
        owner = next((k for k, v in aliases.items() if v == "torch.nn.functional"), None)
        if owner is None or (wanted[name] == "log_softmax" and len(inner.args) + len(inner.keywords) < 2):
            return None
        rest = line[inner.func.end_col_offset : inner.end_col_offset]
        return node.col_offset, node.end_col_offset or 0, f"{owner}.{wanted[name]}{rest}", True

    return make


def _dim(node: ast.AST, line: str, aliases: dict[str, str]) -> Made:
    """Softmax without dim: ``dim=-1``."""
    if not isinstance(node, ast.Call) or not line.isascii() or any(k.arg in ("dim", "axis") for k in node.keywords):
        return None
    last = _dotted(node.func, aliases).rpartition(".")[2]
    if last not in ("softmax", "log_softmax", "Softmax", "LogSoftmax") or len(node.args) > 1:
        return None
    end = (node.end_col_offset or 0) - 1
    given = line[:end].rstrip()
    comma = "" if given.endswith(("(", ",")) else ", "
    space = " " if given.endswith(",") else ""
    return end, end, f"{comma}{space}dim=-1", False


def _zero(node: ast.AST, line: str, aliases: dict[str, str]) -> Made:
    """``z > 0.5`` -> ``z > 0``."""
    if not isinstance(node, ast.Compare) or not line.isascii():
        return None
    for side in (*node.comparators, node.left):
        if isinstance(side, ast.Constant) and side.value == 0.5:
            return side.col_offset, side.end_col_offset or 0, "0", False
    return None


_MAKERS = {
    "LW403": _dim,
    "LW501": _zero,
    "LW701": _stable_log({"torch.sigmoid": "logsigmoid", "torch.nn.functional.sigmoid": "logsigmoid"}),
    "LW702": _stable_log({"torch.softmax": "log_softmax", "torch.nn.functional.softmax": "log_softmax"}),
}


def apply_edits(text: str, findings: Iterable[Finding], *, unsafe: bool = False) -> str:
    """The text with the findings' edits made; overlapping ones are left out, and so is what would not parse."""
    edits = {e for f in findings for e in f.fixes if e.safe or unsafe}
    lines = text.split("\n")
    taken: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e.line, e.start, e.end), reverse=True):
        if any(t.line == edit.line and edit.end > t.start for t in taken):
            continue
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start] + edit.text + line[edit.end :]
        taken.append(edit)
    new = "\n".join(lines)
    try:
        parse(new)
    except SyntaxError:
        return text
    return new


def diff(path: str, old: str, new: str) -> str:
    """A unified diff, empty where nothing changes."""
    lines = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path}", f"b/{path}")
    return "".join(lines)
