"""How to get the same comparison again: the command, and three lines of Python.

`Comparison.settings` holds what `compare` was called with, by its own names, defaults filled in; ``data`` and ``ood``
are there where they can be named (a path, or a built-in set).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from labelwise.comparison.result import Comparison

__all__ = ["command_line", "python_lines"]

_OPTIONS = {"labels": "label"}
_REPEATED = ("labels", "exclude", "categorical")


def command_line(comparison: Comparison) -> str | None:
    """The command, quoted for a shell, or None where no command says the same."""
    seeds = list(comparison.seeds)
    if seeds != list(range(seeds[0], seeds[0] + len(seeds))):
        return None
    words = ["labelwise", "compare", _source(comparison)]
    for name, value in _acting(comparison):
        option = "--" + _OPTIONS.get(name, name).replace("_", "-")
        if name == "seeds":
            words += ["--seeds", str(len(seeds)), *(("--seed", str(seeds[0])) if seeds[0] else ())]
        elif isinstance(value, bool):
            words.append(option if value else f"--no-{name}")
        elif name in _REPEATED:
            words += [word for one in value for word in (option, str(one))]
        else:
            words += [option, ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)]
    return shlex.join(words)


def python_lines(comparison: Comparison) -> str:
    """Three statements of Python, every value as a literal."""
    given = "".join(f",\n    {name}={value!r}" for name, value in _acting(comparison))
    return f"import labelwise as lw\nresult = lw.compare(\n    {_source(comparison)!r}{given},\n)\nprint(result)"


def _source(comparison: Comparison) -> str:
    return str(comparison.settings.get("data", comparison.data.name))


def _acting(comparison: Comparison) -> Iterator[tuple[str, Any]]:
    """Settings that were asked for; None means that nothing was."""
    return ((name, value) for name, value in comparison.settings.items() if name != "data" and value is not None)
