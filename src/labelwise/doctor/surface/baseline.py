"""A baseline of old findings, so that only new ones are reported."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from labelwise.doctor.finding import Finding
from labelwise.errors import InputError

__all__ = ["new_findings", "write_baseline"]


def _key(finding: Finding, line_text: str) -> str:
    digest = hashlib.sha256(line_text.strip().encode()).hexdigest()[:16]
    return f"{finding.path}::{finding.code}::{digest}"


def write_baseline(path: Path, findings: Sequence[tuple[Finding, str]]) -> None:
    """Write the findings (each with its line's text) as known; line numbers may change later."""
    counts = Counter(_key(f, text) for f, text in findings)
    path.write_text(json.dumps({"version": 1, "known": dict(sorted(counts.items()))}, indent=1) + "\n", "utf-8")


def new_findings(path: Path, findings: Sequence[tuple[Finding, str]]) -> list[Finding]:
    """Findings that the baseline does not hold.

    Raises:
        InputError: where the file is no baseline.
    """
    try:
        known = Counter({str(k): int(v) for k, v in json.loads(path.read_text("utf-8"))["known"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("a baseline", f"{path}: {error}", "a file written by --write-baseline") from None
    out = []
    for finding, text in findings:
        key = _key(finding, text)
        if known[key] > 0:
            known[key] -= 1
        else:
            out.append(finding)
    return out
