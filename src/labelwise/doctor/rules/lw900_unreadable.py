"""LW900 unreadable."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW900",
    slug="unreadable",
    severity="note",
    what="The file could not be checked.",
    why="A file with a syntax error, an unknown encoding or more than 2 MB is skipped, and said.",
    fix="Mend the file, or exclude it.",
    safety="Not fixed.",
    misses="None.",
    source="Python's own parser.",
)
