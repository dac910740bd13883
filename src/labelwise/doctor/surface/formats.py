"""Findings as text, JSON, GitHub annotations or SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from labelwise import __version__
from labelwise.doctor.finding import Finding, Findings
from labelwise.doctor.rules import RULES

__all__ = ["FORMATS"]


def _text(findings: Findings) -> str:
    """One line each, then the count and what can be done next."""
    safe = sum(f.to_dict()["fixable"] == "safe" for f in findings)
    unsafe = sum(f.to_dict()["fixable"] == "unsafe" for f in findings)
    hints = [
        f"{safe} can be mended with --fix" if safe else "",
        f"{unsafe} with --fix --unsafe-fixes" if unsafe else "",
        "--repair out.npz writes the corrected scores" if findings.repaired is not None else "",
        f"labelwise doctor --rule {findings[0].code} explains a rule" if len(findings) else "",
    ]
    return "\n".join([str(findings), "; ".join(h for h in hints if h)]).rstrip()


def _json(findings: Findings) -> str:
    return json.dumps([f.to_dict() for f in findings], indent=1)


_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def _github(findings: Findings) -> str:
    return "\n".join(
        f"::{_LEVELS[f.severity]} file={_property(f.path)}"
        + (f",line={f.line}" if f.line is not None and f.cell is None else "")
        + (f",col={f.column + 1}" if f.column is not None and f.cell is None else "")
        + f",title={f.code} "
        f"{f.slug}::{_data((f'cell {f.cell}, line {f.line}: ' if f.cell is not None else '') + f.message)}"
        for f in findings
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(findings: Findings) -> str:
    used = sorted({f.code for f in findings})
    rules = [
        {
            "id": code,
            "name": RULES[code].slug,
            "shortDescription": {"text": RULES[code].what},
            "fullDescription": {"text": RULES[code].why},
            "help": {"text": RULES[code].fix, "markdown": RULES[code].page()},
        }
        for code in used
    ]
    run = {
        "tool": {"driver": {"name": "labelwise doctor", "version": __version__, "rules": rules}},
        "results": [_result(f, used.index(f.code)) for f in findings],
        "columnKind": "unicodeCodePoints",
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=1)


def _result(f: Finding, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": f.code,
        "ruleIndex": index,
        "level": f.severity,
        "message": {"text": f"cell {f.cell}, line {f.line}: {f.message}" if f.cell is not None else f.message},
        "locations": [_location(f.path, f.line if f.cell is None else None, f.column)],
        "relatedLocations": [
            _location(p.path, p.line if p.cell is None else None, None) | {"message": {"text": p.what}}
            for p in f.evidence
        ],
        "properties": {"confidence": f.confidence}
        | ({"cell": f.cell, "cellLine": f.line} if f.cell is not None else {}),
    }
    if f.fixes:
        result["fixes"] = [
            {
                "description": {"text": RULES[f.code].fix},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": f.path},
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": e.line,
                                    "startColumn": e.start + 1,
                                    "endLine": e.line,
                                    "endColumn": e.end + 1,
                                },
                                "insertedContent": {"text": e.text},
                            }
                            for e in f.fixes
                        ],
                    }
                ],
            }
        ]
    return result


def _location(path: str, line: int | None, column: int | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": path}}
    if line is not None:
        place["region"] = {"startLine": line} | ({"startColumn": column + 1} if column is not None else {})
    return {"physicalLocation": place}


FORMATS: dict[str, Callable[[Findings], str]] = {"text": _text, "json": _json, "github": _github, "sarif": _sarif}
