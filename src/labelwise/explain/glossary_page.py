"""The glossary as the page of the docs, and as the list of the terminal.

`python -m labelwise.explain.glossary_page docs/reference/glossary.md` writes the page anew.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from labelwise.explain.entry import Entry
from labelwise.explain.glossary import GLOSSARY, THEMES

__all__ = ["glossary_markdown", "listed_terms"]

_INTRO = (
    "Every term, metric, head, link, decision rule and switch of labelwise. `labelwise explain TERM` shows the same in "
    "the terminal; `labelwise explain 2.0 1.0 0.1` explains a row of scores. Made by "
    "`python -m labelwise.explain.glossary_page docs/reference/glossary.md`."
)


def listed_terms() -> str:
    """All terms, theme by theme, as text."""
    lines = []
    for theme, names in _by_theme():
        lines += [theme, *textwrap.wrap(", ".join(names), 90, initial_indent="  ", subsequent_indent="  "), ""]
    return "\n".join(
        [*lines, "labelwise explain TERM shows one of them, labelwise explain 2.0 1.0 0.1 a row of scores"]
    )


def glossary_markdown() -> str:
    """The page of the docs: every entry under its theme, with links between them."""
    lines = ["# Glossary", "", _INTRO, ""]
    for theme, names in _by_theme():
        lines += [f"## {theme[:1].upper()}{theme[1:]}", ""]
        for name in names:
            lines += [*_entry(GLOSSARY[name]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _by_theme() -> Iterator[tuple[str, list[str]]]:
    for theme, title in THEMES.items():
        yield title, [entry.name for entry in GLOSSARY.values() if entry.theme == theme]


def _entry(entry: Entry) -> Iterator[str]:
    yield f'<a id="{_anchor(entry.name)}"></a>'
    yield ""
    yield f"### {_escaped(entry.name)}"
    yield ""
    if entry.formula:
        yield from ["```text", *entry.formula.splitlines(), "```", ""]
    yield from [_escaped(entry.meaning), ""]
    for heading, parts in entry.sections():
        if heading == "see also":
            said = ", ".join(f"[{_escaped(name)}](#{_anchor(name)})" for name in entry.see)
            yield f"- **{heading}**: {said}"
        elif len(parts) == 1:
            yield f"- **{heading}**: {_escaped(parts[0])}"
        else:
            yield f"- **{heading}**:"
            yield from (f"  - {_escaped(part)}" for part in parts)


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_<>\[\]|])", r"\\\1", text)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(glossary_markdown(), encoding="utf-8")
