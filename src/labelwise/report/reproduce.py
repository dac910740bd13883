"""How to get the same comparison again: the command, and three lines of Python."""

from __future__ import annotations

import shlex
from typing import Any

from labelwise.comparison.result import Comparison

__all__ = ["command_line", "python_lines"]


def command_line(comparison: Comparison) -> str:
    """The command, with every setting as an option, quoted for a shell."""
    words = ["labelwise", "compare", _source(comparison)]
    for name, value in _settings(comparison):
        option = "--" + name.replace("_", "-")
        if value is True:
            words.append(option)
        elif isinstance(value, (list, tuple)):
            words += [option, ",".join(map(str, value))]
        else:
            words += [option, str(value)]
    return " ".join(map(shlex.quote, words))


def python_lines(comparison: Comparison) -> str:
    """Three lines of Python, every name as a literal."""
    given = "".join(f", {name}={value!r}" for name, value in _settings(comparison))
    return f"import labelwise as lw\nresult = lw.compare({_source(comparison)!r}{given})\nprint(result)"


def _source(comparison: Comparison) -> str:
    return str(comparison.settings.get("source", comparison.data.name))


def _settings(comparison: Comparison) -> list[tuple[str, Any]]:
    """Settings that act: None and False mean that nothing was asked for."""
    return [(k, v) for k, v in comparison.settings.items() if k != "source" and v is not None and v is not False]
