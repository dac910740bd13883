"""Options: defaults, ``[tool.labelwise]`` in pyproject.toml, then the command line."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labelwise.doctor.rules import RULES
from labelwise.errors import InputError, OptionError, choose

__all__ = ["Options", "read_config", "selected"]

_KEYS = ("select", "extend-select", "ignore", "per-file-ignores", "exclude", "fail-on", "pedantic")


@dataclass(frozen=True)
class Options:
    """What to look for.

    Attributes:
        select: prefixes of codes, or slugs; empty for every rule that is on by default. ``("ALL",)`` for every rule.
        extend_select: more of them.
        ignore: fewer of them.
        per_file_ignores: pattern of paths -> codes ignored there.
        exclude: patterns of paths that are not read.
        fail_on: lowest severity that makes the command exit with 1.
        pedantic: also report paths that are not proven, with low confidence.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    fail_on: str = "note"
    pedantic: bool = False

    def __post_init__(self):
        for prefix in (
            *self.select,
            *self.extend_select,
            *self.ignore,
            *(p for v in self.per_file_ignores.values() for p in v),
        ):
            if not matching(prefix):
                coded = prefix.upper().startswith("LW")
                names = list(RULES) if coded else [rule.slug for rule in RULES.values()]
                choose(prefix, names, what="rule")
        choose(self.fail_on, ("error", "warning", "note", "never"), what="severity")

    def but(self, **changes: Any) -> Options:
        """A copy with some options changed."""
        return replace(self, **changes)


def matching(prefix: str) -> set[str]:
    """Codes that a prefix or slug stands for."""
    if prefix.upper() == "ALL":
        return set(RULES)
    return {
        r.code
        for r in RULES.values()
        if r.slug == prefix or (r.code.startswith(prefix.upper()) and prefix.upper().startswith("LW"))
    }


def selected(options: Options, path: str = "") -> set[str]:
    """Codes to report for a path."""
    codes = {r.code for r in RULES.values() if r.on}
    if options.select:
        codes = set().union(*(matching(p) for p in options.select))
    for prefix in options.extend_select:
        codes |= matching(prefix)
    ignored = [*options.ignore]
    for pattern, prefixes in options.per_file_ignores.items():
        name = path.rpartition("/")[2]
        if fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(path, f"*/{pattern}"):
            ignored += prefixes
    for prefix in ignored:
        codes -= matching(prefix)
    return codes


def read_config(start: Path) -> Options:
    """Options from the nearest pyproject.toml above `start` that has ``[tool.labelwise]``.

    Raises:
        InputError: where that file is not TOML.
        OptionError: where it holds an unknown setting.
    """
    folder = start.resolve() if start.is_dir() else start.resolve().parent
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            table = tomllib.loads(file.read_text("utf-8")).get("tool", {}).get("labelwise")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError("settings from pyproject.toml", f"{file.name}: {error}", "valid TOML in UTF-8") from None
        if table is not None:
            return _options(table)
    return Options()


def _options(table: Mapping[str, Any]) -> Options:
    for key in table:
        choose(key, _KEYS, what="setting of [tool.labelwise]")
    per_file = table.get("per-file-ignores", {})
    lists = {k: _texts(k, table.get(k, [])) for k in ("select", "extend-select", "ignore", "exclude")}
    if not isinstance(per_file, Mapping):
        raise OptionError("per-file-ignores as a table", repr(per_file), 'per-file-ignores = { "tests/*" = ["LW701"] }')
    return Options(
        select=lists["select"],
        extend_select=lists["extend-select"],
        ignore=lists["ignore"],
        per_file_ignores={k: _texts(k, v) for k, v in per_file.items()},
        exclude=lists["exclude"],
        fail_on=str(table.get("fail-on", "note")),
        pedantic=bool(table.get("pedantic", False)),
    )


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise OptionError(f"{key} as a list of codes", repr(value), f'{key} = ["LW101"]')
    return tuple(value)
