"""Finding and Findings: what the doctor says, frozen, printable and convertible."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

__all__ = ["Edit", "Finding", "Findings", "Place", "Severity"]

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[str, ...] = get_args(Severity)


@dataclass(frozen=True)
class Place:
    """The other end of a finding's path.

    Attributes:
        path: file, or the name of an array.
        line: line from 1 (within the cell for notebooks), or None.
        what: what stands there, in a word or two.
        cell: notebook cell from 1, or None.
    """

    path: str
    line: int | None
    what: str
    cell: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {"path": self.path, "line": self.line, "what": self.what} | ({"cell": self.cell} if self.cell else {})


@dataclass(frozen=True)
class Edit:
    """One replacement in a file: columns from 0, on one line of the file (never in a notebook).

    Attributes:
        line, start, end: what is replaced.
        text: what stands there afterwards.
        safe: True where the program's meaning cannot change but for the mistake.
    """

    line: int
    start: int
    end: int
    text: str
    safe: bool


@dataclass(frozen=True)
class Finding:
    """One mistake, with both ends of its path.

    Attributes:
        code: stable code of the rule, e.g. ``LW101``.
        slug: its name, e.g. ``double-softmax``.
        severity: ``error``, ``warning`` or ``note``.
        confidence: ``high``, ``medium`` or ``low`` (unproven path, only with ``pedantic``).
        path: file, or what was checked.
        message: what happens, at which places.
        line: line from 1; in notebooks within the cell, before magics are stripped. None for arrays.
        column: column from 0, or None.
        cell: notebook cell, counted from 1 over all cells; None elsewhere.
        evidence: the other ends.
        fingerprint: id of the array test, e.g. ``F1``, or None.
        fixes: replacements that mend it.
    """

    code: str
    slug: str
    severity: str
    confidence: str
    path: str
    message: str
    line: int | None = None
    column: int | None = None
    cell: int | None = None
    evidence: tuple[Place, ...] = ()
    fingerprint: str | None = None
    fixes: tuple[Edit, ...] = ()

    @property
    def where(self) -> str:
        """``train.py:33`` or ``nb.ipynb:cell 4:3``."""
        if self.line is None:
            return self.path
        return f"{self.path}:cell {self.cell}:{self.line}" if self.cell is not None else f"{self.path}:{self.line}"

    def __str__(self) -> str:
        return f"{self.where}: {self.code} {self.slug} ({self.severity}): {self.message}"

    def to_dict(self) -> dict[str, Any]:
        """As plain data; the keys of the JSON output."""
        return {
            "code": self.code,
            "slug": self.slug,
            "severity": self.severity,
            "confidence": self.confidence,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "cell": self.cell,
            "message": self.message,
            "evidence": [place.to_dict() for place in self.evidence],
            "fingerprint": self.fingerprint,
            "fixable": ("safe" if all(e.safe for e in self.fixes) else "unsafe") if self.fixes else None,
        }


@dataclass(frozen=True)
class Findings:
    """What a check found, in order; prints as a list, one line each.

    Attributes:
        items: the findings.
        checked: how many files, arrays or epochs were looked at.
        skipped: checks or files that did not run, each with the reason.
        repaired: corrected scores where a mistake can be undone exactly, else None.

    Example:
        >>> from labelwise.doctor import check_scores
        >>> import numpy as np
        >>> findings = check_scores(np.array([[3.0, -1.0], [0.5, 2.0]] * 20), np.array([0, 1] * 20))
        >>> [f.slug for f in findings]
        ['not-probabilities']
    """

    items: tuple[Finding, ...] = ()
    checked: int = 0
    skipped: tuple[str, ...] = ()
    repaired: np.ndarray | None = field(default=None, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __getitem__(self, index: int) -> Finding:
        return self.items[index]

    def __add__(self, other: Findings) -> Findings:
        repaired = self.repaired if self.repaired is not None else other.repaired
        return Findings(self.items + other.items, self.checked + other.checked, self.skipped + other.skipped, repaired)

    def worst(self) -> str | None:
        """The highest severity found, or None where nothing was."""
        found = {f.severity for f in self.items}
        return next((s for s in SEVERITIES if s in found), None)

    def __str__(self) -> str:
        counts = Counter(f.severity for f in self.items)
        told = ", ".join(f"{counts[s]} {s}{'s' if counts[s] != 1 else ''}" for s in SEVERITIES if counts[s])
        lines = [str(f) for f in self.items] + [f"not checked: {s}" for s in self.skipped]
        return "\n".join([*lines, told or "nothing found"])

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "findings": [f.to_dict() for f in self.items],
            "checked": self.checked,
            "skipped": list(self.skipped),
            "repairable": self.repaired is not None,
        }

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(f.where)}</td><td>{f.code}</td><td>{html.escape(f.slug)}</td><td>{f.severity}</td>"
            f"<td>{html.escape(f.message)}</td></tr>"
            for f in self.items
        )
        head = "<tr><th>where</th><th>code</th><th>rule</th><th>severity</th><th>what happens</th></tr>"
        return f"<table>{head}{rows}</table>" if rows else "<p>nothing found</p>"
