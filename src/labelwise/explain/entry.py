"""One entry of the glossary: a term with its meaning, formula, use and source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

__all__ = ["Entry"]

WIDTH = 96


@dataclass(frozen=True)
class Entry:
    """A term, metric, head, link, decision rule or switch; empty text where there is nothing to say.

    Attributes:
        name: as one would write it in a sentence.
        theme: key in `THEMES`.
        text: what it is: a phrase, in lower case and without a full stop, so that it can stand in a table.
        formula: in plain characters, lines apart.
        more: what else one must know, in sentences.
        when: when to use it.
        when_not: when not.
        source: paper, or library whose definition is followed.
        see: names of related entries.
        aliases: other names that lead here.
        rows: metrics of `METRICS` that this entry explains.
        elsewhere: library -> the name it has there.
        facts: what the product's own tables say of it, by name.
    """

    name: str
    theme: str
    text: str = ""
    formula: str = ""
    more: str = ""
    when: str = ""
    when_not: str = ""
    source: str = ""
    see: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def meaning(self) -> str:
        """`text` as a sentence, and `more`: one paragraph."""
        return f"{self.text[:1].upper()}{self.text[1:]}. {self.more}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists and text; None where there is nothing to say."""
        told = {name: getattr(self, name) or None for name in ("name", "theme", "text", "formula", "more")}
        told |= {name: getattr(self, name) or None for name in ("when", "when_not", "source")}
        told |= {name: list(getattr(self, name)) for name in ("see", "aliases", "rows")}
        return told | {"elsewhere": dict(self.elsewhere), "facts": dict(self.facts)}

    def sections(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """(heading, lines) of all that follows the meaning, without the empty ones."""
        pairs = [
            ("when", (self.when,)),
            ("when not", (self.when_not,)),
            ("here", tuple(f"{name}: {text}" for name, text in self.facts.items())),
            ("elsewhere", tuple(f"{name}: {text}" for name, text in self.elsewhere.items())),
            ("source", (self.source,)),
            ("see also", (", ".join(self.see),)),
            ("also called", (", ".join(self.aliases),)),
        ]
        for heading, lines in pairs:
            if any(lines):
                yield heading, lines

    def __str__(self) -> str:
        lines = [self.name, ""]
        if self.formula:
            lines += [*(f"    {line}" for line in self.formula.splitlines()), ""]
        lines += [*textwrap.wrap(self.meaning, WIDTH), ""]
        for heading, parts in self.sections():
            for i, part in enumerate(parts):
                lead = f"{'' if i else heading:12} "
                lines += textwrap.wrap(part, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
        return "\n".join(lines).rstrip()

    def _repr_html_(self) -> str:
        formula = f"<pre>{escape(self.formula)}</pre>" if self.formula else ""
        rest = "".join(
            f"<dt>{escape(heading)}</dt>" + "".join(f"<dd>{escape(part)}</dd>" for part in parts)
            for heading, parts in self.sections()
        )
        return f"<h4>{escape(self.name)}</h4>{formula}<p>{escape(self.meaning)}</p><dl>{rest}</dl>"
