"""``# noqa`` comments: what they silence, which of them silence nothing, and writing them."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labelwise.doctor.finding import Edit, Finding
from labelwise.doctor.rules import RULES

__all__ = ["Noqa", "add_noqa", "read_noqa", "silence"]

_LINE = re.compile(r"#\s*noqa\b(?P<rest>:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
_FILE = re.compile(
    r"^\s*#\s*labelwise:\s*noqa(?::\s*(?P<codes>LW\d+(?:[,\s]+LW\d+)*))?\s*$", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class Noqa:
    """One comment: the line, the codes (empty: all), and where it stands; line 0 is the whole file."""

    line: int
    codes: tuple[str, ...]
    start: int = 0
    end: int = 0

    def covers(self, finding_line: int | None, code: str) -> bool:
        """Whether it silences `code` there."""
        return (self.line in (0, finding_line)) and (not self.codes or code in self.codes)


def read_noqa(text: str) -> list[Noqa]:
    """The comments of a file."""
    out = [Noqa(0, _codes(m["codes"])) for m in _FILE.finditer(text)]
    if "noqa" not in text.lower():
        return out
    for line, column, comment in _comments(text):
        match = _LINE.search(comment)
        if match and not _FILE.match(comment):
            out.append(Noqa(line, _codes(match["codes"]), column + match.start(), column + match.end()))
    return out


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(re.findall(r"[A-Z]+\d+", text.upper())) if text else ()


def _comments(text: str) -> Iterable[tuple[int, int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def silence(findings: Sequence[tuple[int | None, Finding]], noqas: Sequence[Noqa]) -> tuple[list[Finding], list[Noqa]]:
    """Findings that no comment covers, and the comments for our rules that cover nothing."""
    kept: list[Finding] = []
    used: set[Noqa] = set()
    for line, finding in findings:
        covering = [n for n in noqas if n.covers(line, finding.code)]
        used.update(covering)
        if not covering:
            kept.append(finding)
    unused = [n for n in noqas if n not in used and any(c in RULES for c in n.codes)]
    return kept, unused


def unused_edit(noqa: Noqa, text: str) -> Edit:
    """Take our codes out of an unused comment, or all of it where nothing else is in it."""
    line = text.split("\n")[noqa.line - 1]
    others = [c for c in noqa.codes if c not in RULES]
    if others:
        return Edit(noqa.line, noqa.start, noqa.end, "# noqa: " + ", ".join(others), True)
    end = noqa.end if line[noqa.end :].strip() else len(line)
    start = len(line[: noqa.start].rstrip()) if end == len(line) else noqa.start
    return Edit(noqa.line, start, end, "", True)


def add_noqa(text: str, findings: Iterable[Finding]) -> str:
    """The text with a comment on the line of each finding."""
    lines = text.split("\n")
    codes: dict[int, set[str]] = {}
    for finding in findings:
        if finding.line is not None and 0 < finding.line <= len(lines):
            codes.setdefault(finding.line, set()).add(finding.code)
    for number, new in codes.items():
        line = lines[number - 1]
        if line.endswith("\\"):
            continue
        match = _LINE.search(line)
        if match:
            both = sorted({*_codes(match["codes"]), *new})
            lines[number - 1] = line[: match.start()] + "# noqa: " + ", ".join(both) + line[match.end() :]
        else:
            lines[number - 1] = f"{line}  # noqa: {', '.join(sorted(new))}"
    return "\n".join(lines)
