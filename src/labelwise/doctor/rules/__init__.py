"""RULES: one file per rule; the table is read from the files of this folder."""

from __future__ import annotations

import importlib
import pkgutil

from labelwise.doctor.rules.rule import Rule
from labelwise.errors import choose

__all__ = ["RULES", "Rule", "find_rule"]


def _read() -> dict[str, Rule]:
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name.startswith("lw"))
    rules = [importlib.import_module(f"{__name__}.{name}").RULE for name in names]
    return {rule.code: rule for rule in rules}


RULES: dict[str, Rule] = _read()


def find_rule(name: str) -> Rule:
    """A rule by its code or slug.

    Raises:
        OptionError: where there is none of that name.

    Example:
        >>> find_rule("double-softmax").code
        'LW101'
    """
    by_slug = {rule.slug: rule.code for rule in RULES.values()}
    return RULES[by_slug[name]] if name in by_slug else RULES[choose(name.upper(), RULES, what="rule")]
