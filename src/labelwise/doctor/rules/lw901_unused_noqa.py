"""LW901 unused-noqa."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW901",
    slug="unused-noqa",
    severity="note",
    what="A noqa comment that silences nothing.",
    why="It hides the next mistake on its line.",
    fix="Remove it.",
    safety="`--fix` removes it: comments do not change the program.",
    misses="Codes of other linters are left alone.",
    source="As ruff's RUF100.",
)
